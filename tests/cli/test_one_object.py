"""With ``--json`` every command prints one object, never a bare list, whatever it has to say."""

import pytest

from cli.fake_app import NOON, asset, hit
from cli.test_library import detail

COMMANDS = [
    ("run", "."),
    ("import", "."),
    ("import", ".", "--dry-run"),
    ("assets", "list"),
    ("assets", "show", "3"),
    ("estimate",),
    ("analyze", "--yes"),
    ("runs", "list"),
    ("runs", "show", "7"),
    ("runs", "watch", "7"),
    ("runs", "retry", "7", "--yes"),
    ("runs", "cancel", "7"),
    ("runs", "adopt", "arn:1"),
    ("runs", "reparse", "7"),
    ("search", "boat"),
    ("storage", "show"),
    ("storage", "clean", "--yes"),
    ("doctor",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_e04_json_is_one_object(shotlog, app, monkeypatch, tmp_path, command, filled):
    monkeypatch.chdir(tmp_path)
    app.detail = detail()
    if filled:
        app.assets, app.hits = [asset(3, "ferry.mp4", analysed_at=NOON)], [hit(3, "ferry.mp4")]

    assert isinstance(shotlog(*command, "--json").json, dict)


def test_e04_an_error_is_one_object_too(shotlog):
    assert list(shotlog("runs", "show", "8", "--json").json) == ["error"]
