"""Accounts as commands print them: exactly the members that were promised, and unknown is null."""

import pytest

from run_stage import NOON, answer, error
from shotlog.domain.model import Mode
from shotlog.errors import NotFound
from shotlog.store import imports
from shotlog.store.tables.library import ImportRow

OUTCOMES = ["succeeded", "partial", "failed", "refused", "truncated", "unparsable", "missing"]


def members(value):
    """Return the names in *value*, level by level."""
    return {name: members(inner) for name, inner in value.items()} if isinstance(value, dict) else None


RUN = {
    "run": None,
    "state": None,
    "assets": dict.fromkeys(["found", "imported", "unchanged", "refused"]),
    "jobs": None,
    "records": dict.fromkeys(["planned", *OUTCOMES]),
    "cost_usd": {"estimated": dict.fromkeys(["low", "likely", "high"]), "actual": None},
}


def collected(stage):
    stage.assets(3)
    terms, job = stage.ended()
    ids = stage.record_ids(terms.run.id)
    stage.output(job, [answer(ids[0]), error(ids[1], 500, "It broke."), answer(999)])
    stage.collector.collect(job.id, terms)
    stage.planner.finish(terms.run.id)
    return terms.run.id, job


def test_a_run_is_told_with_exactly_the_members_of_the_contract(stage):
    run, _ = collected(stage)
    told = stage.reports.run_summary(run, None)

    assert members(told) == RUN
    assert list(told) == list(RUN)
    assert told == {
        "run": f"run_{run}",
        "state": "done",
        "assets": {"found": 0, "imported": 0, "unchanged": 0, "refused": []},
        "jobs": 1,
        "records": {"planned": 3, **dict.fromkeys(OUTCOMES, 0), "succeeded": 1, "failed": 1, "missing": 1},
        "cost_usd": {
            "estimated": {"low": 0.000001, "likely": 0.001, "high": 0.002},
            "actual": 0.000005,
        },
    }


def test_a_run_that_had_nothing_to_ask_is_told_the_same_way(stage):
    told = stage.reports.run_summary(None, None)
    assert members(told) == RUN
    assert list(told) == list(RUN)
    assert (told["run"], told["state"], told["records"]["planned"]) == (None, "done", 0)
    assert told["cost_usd"]["actual"] == 0.0


def test_s15_counts_are_there_while_a_run_goes_on_too(stage):
    stage.assets(2)
    terms = stage.plan()
    told = stage.reports.run_summary(terms.run.id, None)
    assert (told["state"], told["jobs"], told["cost_usd"]["actual"]) == ("planned", 0, 0.0)
    assert told["records"] == {"planned": 2, **dict.fromkeys(OUTCOMES, 0)}


def test_an_unknown_price_is_null(stage):
    stage.assets(1)
    terms, job = stage.ended(estimate=None)
    stage.output(job, [answer(stage.record_ids(terms.run.id)[0], usage=None)])
    stage.collector.collect(job.id, terms)
    told = stage.reports.run_summary(terms.run.id, None)["cost_usd"]
    assert told == {"estimated": {"low": None, "likely": None, "high": None}, "actual": None}


def test_s16_a_run_is_shown_whole_under_its_public_id(stage):
    run, job = collected(stage)
    told = stage.reports.run(run)

    (chunk,) = told["chunks"]
    assert chunk == {
        "index": 1,
        "folder": job.s3_folder,
        "state": "collected",
        "job_state": "Completed",
        "job_arn": job.job_arn,
        "records": 3,
        "processed": None,
        "unmatched": 1,
        "message": None,
    }
    failed, missing = told["failures"]
    assert failed == {
        "asset": f"ast_{stage.records(run)[1].asset_id}",
        "name": "clip 1.mp4",
        "outcome": "failed",
        "code": "500",
        "message": "It broke.",
        "retryable": True,
    }
    assert (missing["outcome"], told["failures_total"]) == ("missing", 2)
    assert (told["mode"], told["engine"], told["recipe"]) == ("batch", "bedrock", "summary")
    assert told["created_at"] == told["ended_at"] == f"{NOON:%Y-%m-%dT%H:%M:%S}Z"
    assert (told["reason"], told["retry_of"]) == (None, None)


def test_runs_are_listed_newest_first_page_by_page(stage):
    stage.assets(3)
    ids = [stage.plan(paths=(f"/films/{n}",), mode=Mode.ON_DEMAND).run.id for n in range(3)]
    page = stage.reports.runs(limit=2)
    assert [run["run"] for run in page["runs"]] == [f"run_{ids[2]}", f"run_{ids[1]}"]
    assert page["next"] == f"run_{ids[1]}"
    last = stage.reports.runs(before=ids[1], limit=2)
    assert ([run["run"] for run in last["runs"]], last["next"]) == ([f"run_{ids[0]}"], None)
    assert set(RUN) - {"assets"} <= set(page["runs"][0])


def test_what_does_not_exist_is_not_found(stage):
    for ask in (
        stage.reports.run,
        stage.reports.import_summary,
        lambda id_: stage.reports.run_summary(id_, None),
    ):
        with pytest.raises(NotFound):
            ask(404)


def test_found_is_imported_and_unchanged_and_refused(stage):
    with stage.database.write() as session:
        older = imports.create(session, ["/films"], NOON, renditions=True)
        newer = imports.create(session, ["/films"], NOON, renditions=True)
    stage.assets(2, files=False, import_id=older)
    stage.assets(3, first=10, files=False, import_id=newer)
    stage.assets(
        1, first=20, files=False, import_id=older, state="failed", failure_code="damaged", failure_reason="x"
    )
    stage.assets(
        1, first=21, files=False, import_id=newer, state="failed", failure_code="no_media", failure_reason="y"
    )
    stage.assets(1, first=30, files=False, state="failed", failure_code="gone", missing_at=NOON)
    stage.change(ImportRow, newer, found=7, problems=[["/films/locked", "unreadable_folder", "no"]])

    told = stage.reports.import_summary(newer)
    assert (told["found"], told["imported"], told["unchanged"]) == (7, 3, 2)
    assert told["refused"] == [
        {"path": "/films/locked", "code": "unreadable_folder", "reason": "no"},
        {"path": "/films/20/clip 20.mp4", "code": "damaged", "reason": "x"},
        {"path": "/films/21/clip 21.mp4", "code": "no_media", "reason": "y"},
    ]
    shown = stage.reports.run_summary(None, newer)["assets"]
    assert shown == {name: told[name] for name in ("found", "imported", "unchanged", "refused")}
