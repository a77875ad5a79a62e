"""The command line in this process, over an application in memory."""

import io
import json
import logging
from dataclasses import dataclass

import pytest
import structlog

from cli.fake_app import FakeApp
from shotlog import bootstrap
from shotlog.cli.main import main


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on stdout."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        assert self.out.isascii()
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def app(monkeypatch):
    """What the commands open."""
    fake = FakeApp()
    monkeypatch.setattr(bootstrap, "build", lambda settings: fake)
    monkeypatch.setenv("COLUMNS", "80")
    return fake


class _Keyboard(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def answers(monkeypatch):
    """Return a function that sits a person at the terminal, who types something."""

    def type_(text):
        monkeypatch.setattr("sys.stdin", _Keyboard(text))
        monkeypatch.setattr("shotlog.cli.output.Terminal.can_ask", lambda self: True)

    return type_


@pytest.fixture
def shotlog(app, capsys, monkeypatch):
    """Return a function that runs one command to its end; nobody is at the terminal."""
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Ended(ended.value.code, *capsys.readouterr())

    return run
