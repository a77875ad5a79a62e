"""The log of a command goes to stderr, as the settings and ``-v`` say."""

import json
import logging

import pytest
import structlog

from shotlog.cli import logs
from shotlog.settings import Settings


def speak():
    log = structlog.get_logger("test")
    log.debug("whisper")
    log.info("said", path="/films/\x1b[2J\udcff.mp4")
    log.warning("shouted", path="/films/\x1b[2J.mp4")
    logging.getLogger("library").info("secret header")
    logging.getLogger("library").warning("deprecated %s", "\x1b[2Jthing")


@pytest.mark.parametrize(
    ("verbosity", "level", "heard"),
    [
        (0, "WARNING", {"shouted"}),
        (0, "error", set()),
        (1, "WARNING", {"said", "shouted"}),
        (2, "ERROR", {"whisper", "said", "shouted"}),
    ],
)
def test_the_level_is_the_settings_or_lower_with_v(capsys, verbosity, level, heard):
    logs.configure(Settings(log_level=level), verbosity)
    speak()

    out, err = capsys.readouterr()

    assert out == ""
    assert {word for word in ("whisper", "said", "shouted") if word in err} == heard
    assert "secret" not in err
    assert "\x1b" not in err


def test_json_lines_are_json(capsys):
    logs.configure(Settings(log_format="json"))
    speak()

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [line["event"] for line in lines] == ["shouted", "deprecated \x1b[2Jthing"]
    assert lines[0]["path"] == "/films/\x1b[2J.mp4"
    assert lines[0]["level"] == "warning"


def test_an_exception_is_told_whole_in_json(capsys):
    logs.configure(Settings(log_format="json"))
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        structlog.get_logger("test").exception("broke")

    assert "ZeroDivisionError" in json.loads(capsys.readouterr().err)["exception"]
