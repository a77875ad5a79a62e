"""``run``, ``analyze`` and ``estimate``: what is asked, what is spent, what is printed."""

import pytest

from cli.fake_app import PAID, asset, estimate, records
from shotlog.domain.model import Range
from shotlog.services.browse import AssetDetail
from shotlog.services.estimating import Tail

OUTCOMES = ["planned", "succeeded", "partial", "failed", "refused", "truncated", "unparsable", "missing"]


def test_run_imports_without_renditions_asks_waits_and_sums_up(shotlog, app, tmp_path):
    ended = shotlog("run", tmp_path, "--json")

    assert ended.code == 0
    assert app.names() == ["import", "request", "run", "wait", "bench closed"]
    assert app.arguments("import") == {"paths": [str(tmp_path)], "renditions": False}
    assert app.arguments("request")["paths"] == [str(tmp_path)]


def test_run_prints_the_promised_object(shotlog, app, tmp_path):
    app.refused = [{"path": "/films/x", "code": "empty_file", "reason": "The file is empty."}]

    document = shotlog("run", tmp_path, "--json").json

    assert list(document) == ["run", "state", "assets", "jobs", "records", "cost_usd"]
    assert list(document["assets"]) == ["found", "imported", "unchanged", "refused"]
    assert list(document["records"]) == OUTCOMES
    assert list(document["cost_usd"]) == ["estimated", "actual"]
    assert document["assets"]["refused"] == app.refused


def test_flags_go_into_the_request(shotlog, app, tmp_path):
    shotlog(
        *("run", tmp_path, "--mode", "on-demand", "--model", "nova-pro"),
        *("--recipe", "chapters", "--budget", "$4.50"),
    )

    wanted = app.arguments("request")
    assert (wanted["mode"], wanted["model"], wanted["recipe"]) == ("on-demand", "nova-pro", "chapters")
    assert wanted["budget_usd"] == "$4.50"


def test_what_is_free_is_not_asked_about(shotlog, app, tmp_path):
    assert shotlog("run", tmp_path).code == 0
    assert "run" in app.names()


@pytest.mark.parametrize(
    "found",
    [
        estimate(batch=PAID, on_demand=PAID),
        estimate(batch=Range(0, 0, 1), on_demand=Range(0, 0, 1)),
        estimate(batch=None, on_demand=None),
        estimate(tail=Tail(1, "on-demand", PAID)),
        estimate(tail=Tail(1, "on-demand", None)),
    ],
    ids=["paid", "perhaps", "unknown", "paid tail", "unknown tail"],
)
class TestConsent:
    def test_nobody_to_ask_means_nothing_is_spent(self, shotlog, app, tmp_path, found):
        app.found = found

        ended = shotlog("run", tmp_path, "--json")

        assert ended.code == 1
        assert "--yes" in ended.json["error"]["hint"]
        assert "run" not in app.names()

    @pytest.mark.parametrize("answer", ["n\n", "\n", "", "yep\n"])
    def test_only_a_yes_is_consent(self, shotlog, app, tmp_path, answers, found, answer):
        app.found = found
        answers(answer)

        ended = shotlog("run", tmp_path)

        assert ended.code == 1
        assert "nothing was spent" in ended.err
        assert "run" not in app.names()

    def test_yes_is_consent(self, shotlog, app, tmp_path, answers, found):
        app.found = found
        answers("Y\n")

        ended = shotlog("run", tmp_path, "--json")

        assert ended.code == 0
        assert ended.json["run"] == "run_7"
        assert "Ask the model about 2 files? [y/N]" in ended.err

    def test_the_flag_is_consent(self, shotlog, app, tmp_path, found):
        app.found = found

        assert shotlog("run", tmp_path, "--yes").code == 0


def test_the_estimate_stands_beside_the_question(shotlog, app, tmp_path):
    app.found = estimate(
        400,
        jobs=3,
        batch=Range(1_100_000, 1_600_000, 2_400_000),
        on_demand=None,
        tail=Tail(12, "wait", Range(0, 0, 0)),
    )

    ended = shotlog("run", tmp_path, "--yes")

    assert "400 files to ask about in 3 jobs." in ended.err
    assert "$1.1000" in ended.err
    assert "unknown" in ended.err
    assert "12 files too few for a job: left for a later run." in ended.err
    assert max(map(len, ended.err.splitlines())) <= 80


def test_run_says_when_there_is_nothing_to_ask(shotlog, app, tmp_path):
    app.found = estimate(0, jobs=0)

    plain, document = shotlog("run", tmp_path), shotlog("run", tmp_path, "--json").json

    assert plain.code == 0
    assert "Nothing to ask" in plain.out
    assert document["run"] is None


def test_a_run_that_was_begun_is_finished_without_asking_again(shotlog, app, tmp_path):
    app.found, app.unfinished = estimate(0, jobs=0, batch=None), True

    ended = shotlog("run", tmp_path, "--json")

    assert ended.code == 0
    assert ended.json["run"] == "run_7"
    assert "run_7: 2 records, begun before" in ended.err


@pytest.mark.parametrize("word", ["failed", "refused", "truncated", "unparsable", "missing"])
def test_records_that_did_not_succeed_are_code_3(shotlog, app, tmp_path, word):
    app.counts = records(succeeded=2, **{word: 1})

    ended = shotlog("run", tmp_path)

    assert ended.code == 3
    assert f"3 planned: 2 succeeded, 1 {word}" in ended.out
    assert "`shotlog runs show run_7` tells why 1 record did not succeed." in ended.out


def test_partial_records_are_no_failure(shotlog, app, tmp_path):
    app.counts = records(succeeded=2, partial=1)

    assert shotlog("run", tmp_path).code == 0


def test_refused_files_are_code_3(shotlog, app, tmp_path):
    app.refused = [
        {"path": f"/films/{i}\x1b[2J", "code": "empty_file", "reason": "Empty."} for i in range(30)
    ]

    ended = shotlog("run", tmp_path)

    assert ended.code == 3
    assert "\x1b" not in ended.out
    assert "... and 10 more; --json lists all." in ended.out


@pytest.mark.parametrize(
    ("state", "said"), [("failed", "run_7 failed. The role is gone."), ("cancelled", "run_7 was cancelled.")]
)
def test_a_run_that_did_not_finish_is_code_1_and_still_one_object(shotlog, app, tmp_path, state, said):
    app.state, app.reason = state, "The role is gone."

    ended = shotlog("run", tmp_path, "--json")

    assert ended.code == 1
    assert ended.json["state"] == state
    assert said in ended.err
    assert "hint: " in ended.err


def test_an_unknown_price_is_null_and_unknown(shotlog, app, tmp_path):
    app.estimated, app.actual = dict.fromkeys(("low", "likely", "high")), None

    assert shotlog("run", tmp_path, "--json").json["cost_usd"]["actual"] is None
    assert "unknown" in shotlog("run", tmp_path).out


def test_a_path_that_is_not_there_is_said_before_anything_is_done(shotlog, app, tmp_path):
    ended = shotlog("run", tmp_path, tmp_path / "gone")

    assert ended.code == 1
    assert "hint: " in ended.err
    assert "import" not in app.names()


def test_estimate_of_the_whole_library_opens_nothing(shotlog, app):
    app.found = estimate(400, jobs=3, batch=PAID, on_demand=None)

    ended = shotlog("estimate", "--json")

    assert ended.code == 0
    assert app.names() == ["request"]
    assert list(ended.json) == ["records", "jobs", "batch", "on_demand", "tail"]
    assert ended.json["batch"] == {"low": 1.0, "likely": 1.5, "high": 2.5}
    assert set(ended.json["on_demand"].values()) == {None}


def test_estimate_of_a_path_imports_it_first_and_says_so(shotlog, app, tmp_path):
    ended = shotlog("estimate", tmp_path)

    assert app.names() == ["import", "bench closed", "request"]
    assert app.arguments("import")["renditions"] is False
    assert "Importing first" in ended.err
    assert "Importing" not in ended.out
    assert "$0.00 " in ended.out


def test_analyze_without_ids_asks_about_all(shotlog, app):
    assert shotlog("analyze").code == 0
    assert app.arguments("request")["assets"] == []
    assert "import" not in app.names()


def test_analyze_takes_ids_and_asks_again_where_told(shotlog, app):
    app.detail = AssetDetail(asset(12, "a.mp4"), [], [], [], [])

    document = shotlog("analyze", "ast_12", "12", "--again", "--json").json

    assert app.arguments("request")["assets"] == [12, 12]
    assert app.arguments("request")["again"] is True
    assert document["assets"] == {"found": 0, "imported": 0, "unchanged": 0, "refused": []}


def test_analyze_of_an_asset_that_is_not_there_asks_nothing(shotlog, app):
    ended = shotlog("analyze", "ast_13", "--yes")

    assert ended.code == 1
    assert app.names() == []


def test_progress_is_silent_away_from_a_terminal_and_short_with_v(shotlog, tmp_path):
    assert "Reading" not in shotlog("run", tmp_path).err
    verbose = shotlog("run", tmp_path, "-v").err
    assert "Reading files: 1 of 2" in verbose
    assert "Asking the model: 1 of 2 (1 InProgress)" in verbose
