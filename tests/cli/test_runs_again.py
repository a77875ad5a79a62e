"""``runs retry``, ``cancel`` and ``reparse``: what becomes of a run after it was begun."""

from cli.fake_app import PAID, estimate


def test_runs_retry_asks_in_a_new_run_and_prints_its_summary(shotlog, app):
    document = shotlog("runs", "retry", "run_6", "--partial", "--budget", "2.50", "--yes", "--json").json

    assert app.arguments("retry") == {"run": 6, "mode": "", "partial": True, "budget_usd": "2.50"}
    assert (document["run"], app.arguments("wait")) == ("run_7", {"run": 7})


def test_runs_retry_spends_nothing_without_consent(shotlog, app):
    app.found = estimate(batch=PAID, on_demand=PAID)

    ended = shotlog("runs", "retry", "run_6")

    assert ended.code == 1
    assert "--yes" in ended.err
    assert "run" not in app.names()


def test_runs_cancel_waits_for_what_is_kept(shotlog, app):
    app.state = "cancelled"

    ended = shotlog("runs", "cancel", "run_7", "--json")

    assert (ended.code, ended.json["state"]) == (0, "cancelled")
    assert app.names().index("cancel") < app.names().index("wait")


def test_runs_reparse_says_what_has_changed(shotlog, app):
    document = shotlog("runs", "reparse", "run_7", "--json").json
    shown = shotlog("runs", "reparse", "run_7").out

    assert document == {
        "run": "run_7",
        "read": 7,
        "changes": [{"before": "unparsable", "after": "succeeded", "records": 2}],
    }
    assert "7 answers read anew." in shown
    assert "unparsable" in shown


def test_an_id_that_is_none_is_an_error_in_each(shotlog):
    for verb in ("retry", "cancel", "reparse"):
        assert shotlog("runs", verb, "film").code == 1
