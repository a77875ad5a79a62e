"""Whatever goes wrong ends with words, a hint and the right exit code."""

import errno

import pytest

from shotlog import bootstrap
from shotlog.cli.failure import Terminated
from shotlog.errors import Throttled


def test_an_expected_error_has_a_hint_and_code_1(shotlog):
    ended = shotlog("runs", "show", "run_8")

    assert ended.code == 1
    assert ended.out == ""
    assert ended.err == "error: There is no run run_8.\nhint: `shotlog runs list` shows them.\n"


def test_json_tells_the_error_on_stdout_as_well(shotlog):
    ended = shotlog("runs", "show", "run_8", "--json")

    assert ended.code == 1
    assert ended.err.startswith("error: There is no run run_8.")
    assert ended.json == {
        "error": {
            "code": "not_found",
            "message": "There is no run run_8.",
            "hint": "`shotlog runs list` shows them.",
        }
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "--nonsense", "."],
        ["run", ""],
        ["run", ".", "--mode", "quickly"],
        ["run", ".", "--budget", "lots"],
        ["nonsense"],
        ["runs"],
        ["runs", "list", "--limit", "0"],
        ["runs", "list", "--limit", "1001"],
        ["emulator"],
        ["emulator", "--port", "70000"],
    ],
)
def test_wrong_usage_is_code_2(shotlog, app, arguments):
    ended = shotlog(*arguments, *([] if arguments[0] == "emulator" else ["--json"]))

    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert "--help` shows what it takes." in ended.err
    assert app.asked == []
    if arguments[0] != "emulator":
        assert ended.json["error"]["code"] == "usage"


def test_a_search_that_begins_with_a_minus_sign_is_told_how_to_be_written(shotlog, app):
    assert "Write `--` before" in shotlog("search", "-type:photo").err
    assert shotlog("search", "--", "-type:photo").code == 0
    assert app.arguments("search")["query"] == "-type:photo"


def test_json_after_two_dashes_is_a_name(shotlog):
    assert shotlog("runs", "show", "--", "--json").out == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SHOTLOG_MODE", "slow"), ("SHOTLOG_WORKERS", "0"), ("SHOTLOG_LOG_LEVEL", "LOUD")],
)
def test_a_wrong_setting_is_named_and_is_code_2(shotlog, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    ended = shotlog("runs", "list", "--json")

    assert ended.code == 2
    assert variable in ended.err
    assert variable.removeprefix("SHOTLOG_").lower() in ended.err
    assert ended.json["error"]["code"] == "settings"


def test_settings_that_cannot_be_read_are_code_2(shotlog, clean_environment):
    home = clean_environment / "shotlog"
    home.mkdir()
    (home / "shotlog.toml").write_text("mode = [")

    ended = shotlog("runs", "list")

    assert ended.code == 2
    assert "shotlog.toml cannot be read" in ended.err


def test_a_bug_is_code_70_and_shows_its_traceback_with_v(shotlog, app):
    app.trouble = KeyError("ceiling\x1b[2J")

    plain, verbose = shotlog("runs", "watch", "run_7"), shotlog("runs", "watch", "run_7", "-v")

    assert (plain.code, verbose.code) == (70, 70)
    assert "Traceback" not in plain.err
    assert "hint: It is a bug in Shotlog. Repeat with -v for the details." in plain.err
    assert "Traceback" in verbose.err
    assert "\x1b" not in plain.err + verbose.err


def test_a_bug_is_json_too(shotlog, app):
    app.trouble = KeyError("ceiling")

    assert shotlog("runs", "watch", "run_7", "--json").json["error"]["code"] == "bug"


def test_v_shows_where_an_expected_error_came_from(shotlog, app):
    app.trouble = Throttled(hint="Wait.")

    assert "Traceback" in shotlog("runs", "watch", "7", "-v").err


@pytest.mark.parametrize(("trouble", "code"), [(KeyboardInterrupt(), 130), (Terminated(), 143)])
def test_being_stopped_closes_everything_and_says_how_to_go_on(shotlog, app, tmp_path, trouble, code):
    app.trouble = trouble

    ended = shotlog("run", tmp_path, "--json")

    assert ended.code == code
    assert "hint: The same command goes on where it was." in ended.err
    assert ended.json["error"]["code"] == "interrupted"
    assert app.closed
    assert app.names()[-1] == "bench closed"


def test_a_full_disk_is_no_bug(shotlog, monkeypatch):
    def build(settings):
        raise OSError(errno.ENOSPC, "No space left on device", str(settings.home))

    monkeypatch.setattr(bootstrap, "build", build)

    ended = shotlog("runs", "list")

    assert ended.code == 1
    assert "No space left on device" in ended.err
    assert "SHOTLOG_HOME" in ended.err


def test_hostile_words_in_an_error_are_harmless(shotlog):
    ended = shotlog("import", "no\x1b[2J\nsuch \udcff", "--json")

    assert ended.code == 1
    assert "\x1b" not in ended.err
    assert ended.err.count("\n") == 2
    assert ended.json["error"]["code"] == "not_found"


def test_without_a_command_help_is_shown(shotlog):
    ended = shotlog()

    assert ended.code == 2
    assert "doctor" in ended.out


def test_the_version_is_told(shotlog):
    ended = shotlog("--version")

    assert ended.code == 0
    assert ended.out.startswith("shotlog ")
