"""The process that a command is: its streams, its signals, and how it starts."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shotlog.emulator.config import EmulatorConfig

PROGRAM = [sys.executable, str(Path(__file__).with_name("program.py"))]
PATIENCE_S = 60


def start(*arguments, **options):
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options,
    )


def finish(process, **options):
    out, err = process.communicate(timeout=PATIENCE_S, **options)
    return process.returncode, out, err


def wait_for(stream, word):
    for line in stream:
        if word in line:
            return
    raise AssertionError(f"never said {word!r}")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["assets", "list"], 141), (["assets", "list", "--json"], 141), (["--help"], 1)],
    ids=["people", "json", "help"],
)
def test_a_reader_that_goes_away_is_no_error(arguments, expected):
    reading, writing = os.pipe()
    os.close(reading)
    process = start("many", *arguments, stdout=writing)
    os.close(writing)

    code, _, err = finish(process)

    assert err == ""
    assert code == expected


def test_a_full_disk_under_stdout_is_told():
    if not Path("/dev/full").exists():
        assert sys.platform != "linux"
        return
    with Path("/dev/full").open("w") as full:
        code, _, err = finish(start("many", "assets", "list", stdout=full))

    assert code == 1
    assert err.startswith("error: The output cannot be written: No space left on device.\nhint: ")


def test_a_terminal_without_the_letters_still_gets_the_list():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "200"}

    code, out, err = finish(start("accents", "assets", "list", env=environment))

    assert (code, err) == (0, "")
    assert r"\xc9t\xe9 \u6771\u4eac \ufffd.mp4" in out


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_ends_a_run_cleanly(tmp_path, number, code):
    process = start("endless", "run", tmp_path, "--json")
    wait_for(process.stderr, "waiting")
    process.send_signal(number)

    ended, out, err = finish(process)

    assert ended == code
    assert "closed" in err
    assert "hint: The same command goes on where it was." in err
    assert json.loads(out)["error"]["code"] == "interrupted"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_the_emulator_says_where_it_is_and_stops_well(tmp_path, number):
    process = start(
        *("many", "emulator", "--port", 0, "--store", "file:///films", "--min-records", 3, "--strict"),
        *("--state", tmp_path / "jobs.db", "--config", tmp_path / "faults.toml"),
    )
    said = process.stdout.readline()
    process.send_signal(number)

    code, out, err = finish(process)

    assert json.loads(said) == {"url": "http://127.0.0.1:4"}
    assert (code, out) == (0, "")
    assert err.endswith("stopped\n")
    for word in ("'port': 0", "'store': 'file:///films'", "'min_records': 3", "'strict': True", "jobs.db"):
        assert word in err
    assert "faults.toml" in err


def test_a_bedrock_job_needs_100_records_unless_told_otherwise():
    process = start("many", "emulator", "--port", 0)
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)

    assert "'min_records': None, 'strict': False, 'state': None, 'config_file': None" in finish(process)[2]
    assert EmulatorConfig().min_records == 100


def on_terminal(*arguments, typed=b"", environment=None):
    """Run a command on a terminal of 80 columns; return its code, stdout, and what the terminal got."""
    ours, theirs = pty.openpty()
    process = start(
        *arguments,
        stdin=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **(environment or {})},
    )
    os.close(theirs)
    os.write(ours, typed)
    seen, end = b"", time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if select.select([ours], [], [], 1)[0]:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # how Linux tells that the other side is closed
                break
            if not piece:
                break
            seen += piece
        elif process.poll() is not None:
            break
    os.close(ours)
    code, out, _ = finish(process)
    return code, out, seen.decode()


def test_s18_a_person_at_a_terminal_sees_the_estimate_is_asked_and_watches(tmp_path):
    code, out, seen = on_terminal("paid", "run", tmp_path, typed=b"y\n")

    assert code == 0
    assert "$3.0000" in seen
    assert "Ask the model about 2 files? [y/N]" in seen
    assert "Asking the model" in seen
    assert "2/2" in seen
    assert "\x1b" not in out
    assert "run_7 done" in out


def test_a_person_can_say_no(tmp_path):
    code, out, seen = on_terminal("paid", "run", tmp_path, "--json", typed=b"n\n")

    assert code == 1
    assert json.loads(out)["error"]["code"] == "conflict"
    assert "nothing was spent" in seen


def test_no_color_is_respected(tmp_path):
    _, _, seen = on_terminal("many", "run", tmp_path, environment={"NO_COLOR": "1"})

    assert "\x1b[3" not in seen
    assert "Asking the model" in seen


def test_python_m_is_the_same_program_and_starts_without_what_is_heavy():
    code = "import sys\nsys.argv[1:] = ['--help']\ntry:\n    import runpy\n"
    code += "    runpy.run_module('shotlog', run_name='__main__')\n"
    code += "finally:\n    print(sorted(sys.modules), file=sys.stderr)\n"

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )

    assert ended.returncode == 0
    assert "Usage: shotlog" in ended.stdout
    for heavy in ("sqlalchemy", "boto3", "av", "cv2", "dbos", "fastapi", "pydantic", "structlog"):
        assert f"'{heavy}'" not in ended.stderr


def test_completion_can_be_had():
    ended = subprocess.run(
        [sys.executable, "-m", "shotlog", "--show-completion", "bash"],
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert ended.returncode == 0
    assert "_SHOTLOG_COMPLETE" in ended.stdout
