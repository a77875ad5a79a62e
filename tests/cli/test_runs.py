"""``runs`` and ``doctor``: what was done, and whether more can be."""

import pytest

from cli.fake_app import records
from shotlog.services.examination import Check

FAILURE = {
    "asset": "ast_3",
    "name": "ferry\x1b[2J.mp4",
    "outcome": "failed",
    "code": "throttled",
    "message": "Slow down",
    "retryable": True,
}


def test_runs_list_prints_a_page(shotlog, app):
    document = shotlog("runs", "list", "--json", "--limit", "3", "--after", "run_9").json

    assert list(document) == ["runs", "next"]
    assert app.arguments("runs") == {"before": 9, "limit": 3}


def test_runs_list_is_readable_in_80_columns(shotlog, app):
    app.counts = records(succeeded=2, failed=1)

    ended = shotlog("runs", "list")

    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "2/3" in ended.out
    assert "2026-02-03" in ended.out
    assert "--after run_7" in ended.out


def test_runs_list_of_an_empty_library(shotlog, app):
    app.state = "none"

    assert shotlog("runs", "list").out == "There is no run yet.\n"


@pytest.mark.parametrize("after", ["ast_9", "x"])
def test_a_wrong_page_is_an_error(shotlog, after):
    assert shotlog("runs", "list", "--after", after).code == 1


def test_runs_show_tells_jobs_outcomes_and_failures(shotlog, app):
    app.failures, app.counts = [FAILURE], records(succeeded=1, failed=4)

    ended, document = shotlog("runs", "show", "7"), shotlog("runs", "show", "run_7", "--json").json

    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "throttled: Slow down" in " ".join(ended.out.split())
    assert "5 planned: 1 succeeded, 4 failed" in ended.out
    assert "... and 3 more." in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    assert document["failures"] == [FAILURE]


def test_runs_watch_waits_and_sums_up(shotlog, app):
    ended = shotlog("runs", "watch", "run_7", "--json")

    assert ended.code == 0
    assert app.names() == ["wait", "bench closed"]
    assert list(ended.json) == ["run", "state", "assets", "jobs", "records", "cost_usd"]


def test_runs_watch_ends_as_the_run_ended(shotlog, app):
    app.counts = records(missing=1)
    assert shotlog("runs", "watch", "run_7").code == 3

    app.state = "failed"
    assert shotlog("runs", "watch", "run_7").code == 1


ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl"


def test_runs_adopt_takes_a_job_in_and_sees_its_run_through(shotlog, app):
    ended = shotlog("runs", "adopt", ARN, "--json")

    assert ended.code == 0
    assert app.names() == ["adopt", "wait", "bench closed"]
    assert (app.arguments("adopt"), app.arguments("wait")) == ({"arn": ARN}, {"run": 7})
    assert list(ended.json) == ["run", "state", "assets", "jobs", "records", "cost_usd"]


def test_runs_adopt_ends_as_the_run_ended(shotlog, app):
    app.counts = records(succeeded=1, missing=1)
    assert shotlog("runs", "adopt", ARN).code == 3

    app.state = "failed"
    assert shotlog("runs", "adopt", ARN).code == 1


def test_runs_adopt_of_what_is_no_job_says_how_one_is_named(shotlog, app):
    ended = shotlog("runs", "adopt", "abcdefghijkl")

    assert ended.code == 1
    assert "hint: Name the job by its full ARN." in ended.err
    assert "wait" not in app.names()


def test_doctor_tells_each_check_and_how_to_mend_it(shotlog, app):
    app.checks = [
        Check("home", "ok", "The home is /films/\x1b[2Jhome."),
        Check("model", "warning", "Its price is old.", "Add a newer one."),
    ]

    ended = shotlog("doctor")

    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "home: The home is" in ended.out
    assert "hint: Add a newer one." in ended.out


def test_doctor_with_a_failed_check_is_code_1(shotlog, app):
    app.checks = [Check("home", "ok", "Fine."), Check("store", "failed", "It is full.", "Make room.")]

    ended = shotlog("doctor", "--json")

    assert ended.code == 1
    assert list(ended.json) == ["ok", "checks", "policies"]
    assert ended.json["ok"] is False
    assert [check["state"] for check in ended.json["checks"]] == ["ok", "failed"]
    assert {"name", "state", "detail", "hint"} <= set(ended.json["checks"][0])
    assert ended.err.startswith("error: 1 check failed.\nhint: ")
