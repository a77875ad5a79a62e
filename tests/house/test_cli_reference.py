"""The page of commands and the commands themselves say the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## shotlog ([a-z ]+)$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)


def _help(*command):
    finished = subprocess.run(
        [sys.executable, "-m", "shotlog", *command, "--help"],
        env={**os.environ, "COLUMNS": "300", "TERMINAL_WIDTH": "300", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def _listed(text):
    """The commands that a page of help lists."""
    return set(re.findall(r"^\W*([a-z]+) {2,}\S", text.partition("Commands")[2], re.MULTILINE))


@pytest.mark.parametrize(("command", "body"), SECTIONS, ids=[command for command, _ in SECTIONS])
def test_f07_a_documented_command_starts_and_has_the_documented_flags(command, body):
    usage = re.search(rf"^`(shotlog {command}.*)`$", body, re.MULTILINE)
    flags = set(re.findall(r"--[a-z][a-z-]*", usage[1] if usage else "")) | {"--json"} - (
        {"--json"} if command == "emulator" else set()
    )
    given = _help(*command.split())

    assert {flag for flag in flags if flag not in given} == set()


def test_every_command_is_documented():
    documented = {command for command, _ in SECTIONS}
    found = set()
    for name in _listed(_help()):
        group = _listed(_help(name))
        found |= {f"{name} {verb}" for verb in group} or {name}

    assert found
    assert found - documented == set()
