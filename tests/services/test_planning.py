"""Planning: the selection is fixed, chunks break no limit, and a plan that was cut short is made anew."""

import pytest
import sqlalchemy as sa

from run_stage import NOON
from shotlog.domain.model import Mode
from shotlog.errors import Invalid, NotFound
from shotlog.services.browse import Browse
from shotlog.services.planning import Planner
from shotlog.services.terms import LimitRules
from shotlog.store import jobs
from shotlog.store.tables.library import AssetRow, RenditionRow
from shotlog.store.tables.runs import RecipeRow, RecordRow, RunRow

#: The limits of the models, not those of a library that is small.
REAL = {"min_records": None}


def lengths(stage, terms):
    """Return the records of each chunk, having checked that each lists what it has."""
    found = []
    for job in stage.jobs(terms.run.id):
        members = stage.rows(RecordRow, RecordRow.job_id == job.id)
        assert len(members) == job.records_planned
        found.append(len(members))
    return found


def test_the_selection_is_fixed_when_the_run_begins(stage):
    ids = stage.assets(2)
    terms = stage.plan()
    stage.assets(3, first=10)
    stage.planner.cut(terms)
    assert [record.asset_id for record in stage.records(terms.run.id)] == ids
    assert terms.run.planned == 2


def test_only_what_can_be_asked_about_is_selected(stage):
    (ready,) = stage.assets(1)
    stage.assets(1, first=1, state="new")
    stage.assets(1, first=2, state="failed", failure_code="x")
    stage.assets(1, first=3, missing_at=NOON)
    stage.assets(1, first=4, kind="photo")
    run = stage.planner.begin(stage.request())
    assert [record.asset_id for record in stage.records(run.id)] == [ready]


def test_b05_paths_and_assets_narrow_the_selection(stage):
    ids = stage.assets(4)
    by_path = stage.planner.begin(stage.request(paths=("/films/1", "/films/3/clip 3.mp4")))
    assert [record.asset_id for record in stage.records(by_path.id)] == [ids[1], ids[3]]
    both = stage.planner.begin(stage.request(assets=(ids[0], ids[1]), paths=("/films/0",)))
    assert [record.asset_id for record in stage.records(both.id)] == [ids[0]]


def test_nothing_to_ask_about_is_no_run(stage):
    assert stage.planner.begin(stage.request()) is None
    stage.assets(1)
    assert stage.planner.begin(stage.request(paths=("/elsewhere",))) is None
    assert stage.rows(RunRow) == []


def test_b20_the_same_request_goes_on_with_its_unfinished_run(stage):
    ids = stage.assets(2)
    first = stage.planner.begin(stage.request(assets=tuple(ids)))
    again = stage.planner.begin(stage.request(assets=tuple(reversed(ids))))
    assert again == first == stage.planner.unfinished(stage.request(assets=tuple(ids)))
    assert (len(stage.rows(RunRow)), len(stage.rows(RecordRow)), len(stage.rows(RecipeRow))) == (1, 2, 1)
    assert stage.planner.unfinished(stage.request(mode=Mode.ON_DEMAND, assets=tuple(ids))) is None


def test_what_was_asked_once_is_not_asked_again_unless_that_is_wanted(stage):
    stage.assets(1)
    terms, job = stage.ended()
    stage.collector.collect(job.id, terms)
    stage.planner.finish(terms.run.id)

    assert stage.planner.begin(stage.request()) is None
    assert stage.planner.begin(stage.request(model="shotlog.local-v1:0")) is not None
    assert stage.planner.begin(stage.request(again=True)).planned == 1


def test_a_file_that_changed_since_is_asked_about_again(stage):
    (asset,) = stage.assets(1)
    terms, job = stage.ended()
    stage.collector.collect(job.id, terms)
    stage.planner.finish(terms.run.id)
    stage.change(AssetRow, asset, fingerprint="another")
    assert stage.planner.begin(stage.request()).planned == 1


def test_b17_four_hundred_files_make_three_chunks_of_which_none_is_below_the_minimum(stage):
    stage.assets(400, files=False)
    terms = stage.plan(REAL)
    assert lengths(stage, terms) == [150, 150, 100]
    assert stage.run(terms.run.id).state == "planned"
    assert {job.total_chunks for job in stage.jobs(terms.run.id)} == {3}


def test_b17_chunks_are_balanced_where_the_last_would_fall_below_the_minimum(stage):
    stage.assets(301, files=False)
    assert lengths(stage, stage.plan(REAL)) == [101, 100, 100]


def test_b17_the_bytes_of_a_job_are_kept(stage):
    stage.assets(10, files=False, sizes=[400] * 10)
    terms = stage.plan({"max_bytes": 1000})
    assert lengths(stage, terms) == [2] * 5
    assert [job.bytes_planned for job in stage.jobs(terms.run.id)] == [800] * 5


@pytest.mark.parametrize(("count", "expected", "left"), [(99, [], 99), (100, [100], 0), (155, [150], 5)])
def test_b07_what_fills_no_job_is_in_none(stage, count, expected, left):
    stage.assets(count, files=False)
    terms = stage.plan(REAL)
    assert lengths(stage, terms) == expected
    assert len(stage.rows(RecordRow, RecordRow.job_id.is_(None))) == left


def test_a_tail_on_demand_stays_open_for_asking(stage):
    stage.assets(101, files=False)
    terms = stage.plan({"min_records": 100, "max_records": 100})
    stage.planner.settle_tail(terms)
    assert (stage.open(terms.run.id), stage.run(terms.run.id).planned) == (101, 101)


def test_a_tail_that_waits_leaves_the_run_and_is_found_by_the_next(stage):
    ids = stage.assets(101, files=False)
    terms = stage.plan({"min_records": 100, "max_records": 100}, tail="wait")
    stage.planner.settle_tail(terms)
    assert (stage.open(terms.run.id), stage.run(terms.run.id).planned) == (100, 100)
    rest = stage.planner.begin(stage.request(paths=("/films",)))
    assert [record.asset_id for record in stage.records(rest.id)] == [ids[-1]]


def test_a_run_of_nothing_but_a_waiting_tail_is_done_with_nothing(stage):
    stage.assets(3, files=False)
    terms = stage.plan(REAL, tail="wait")
    stage.planner.settle_tail(terms)
    assert stage.planner.finish(terms.run.id)
    assert stage.account(terms.run.id) == {}


def test_b07_a_tail_that_fails_says_what_the_minimum_is(stage):
    stage.assets(3, files=False)
    terms = stage.plan(REAL, tail="fail")
    stage.planner.settle_tail(terms)
    assert stage.account(terms.run.id) == {"failed": 3}
    first = stage.records(terms.run.id)[0]
    assert (first.code, first.retryable) == ("below_minimum", True)
    assert "100" in first.message
    assert stage.planner.finish(terms.run.id)


def test_a_file_that_fits_no_job_is_refused_alone(stage):
    stage.assets(3, files=False, sizes=[5, 2000, 5])
    terms = stage.plan({"max_bytes": 1000})
    assert stage.endings(terms.run.id) == [(None, None), ("failed", "file_too_large"), (None, None)]
    assert lengths(stage, terms) == [2]
    refused = stage.records(terms.run.id)[1]
    assert (refused.retryable, "2,000 bytes" in refused.message) == (False, True)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_file_that_the_model_does_not_take_is_refused_alone(stage, mode):
    most = stage.catalog.find("nova-lite").max_media_bytes
    stage.assets(2, files=False, sizes=[most, most + 1])
    terms = stage.plan(mode=mode)
    assert stage.endings(terms.run.id) == [(None, None), ("failed", "file_too_large")]
    assert "the model takes" in stage.records(terms.run.id)[1].message


def test_files_that_could_not_be_opened_leave_the_run(stage):
    bad, good = stage.assets(2, files=False)
    run = stage.planner.begin(stage.request())
    stage.change(AssetRow, bad, state="failed", failure_code="damaged")
    stage.planner.cut(stage.terms(run.id))
    assert [record.asset_id for record in stage.records(run.id)] == [good]
    assert stage.run(run.id).planned == 1


def test_a_file_without_a_proxy_fails_alone(stage):
    gone, _ = stage.assets(2, files=False)
    run = stage.planner.begin(stage.request())
    with stage.database.write() as session:
        session.execute(sa.delete(RenditionRow).where(RenditionRow.asset_id == gone))
    stage.planner.cut(stage.terms(run.id))
    assert stage.endings(run.id) == [("failed", "no_proxy"), (None, None)]
    assert [job.records_planned for job in stage.jobs(run.id)] == [1]


def test_a_run_on_demand_has_no_chunks(stage):
    stage.assets(3, files=False, sizes=[5, 10**9, 5])
    terms = stage.plan({"max_bytes": 1000}, mode=Mode.ON_DEMAND)
    assert (stage.jobs(terms.run.id), stage.open(terms.run.id)) == ([], 3)
    assert stage.run(terms.run.id).state == "planned"


def test_cutting_twice_changes_nothing(stage):
    stage.assets(5, files=False)
    terms = stage.plan({"max_records": 2})
    before = stage.traces()
    stage.clock.tick(60)
    stage.planner.cut(terms)
    assert stage.traces() == before


def test_a_plan_that_was_killed_in_the_middle_is_made_anew(stage, monkeypatch):
    stage.assets(5, files=False)
    run = stage.planner.begin(stage.request())
    terms = stage.terms(run.id, max_records=2)
    monkeypatch.setattr("shotlog.services.planning._CHUNKS_AT_ONCE", 1)
    real, stored = jobs.add_chunks, []

    def dies_at_the_second(*arguments, **options):
        if stored:
            raise KeyboardInterrupt
        stored.append(real(*arguments, **options))

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "add_chunks", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            stage.planner.cut(terms)
    assert (len(stage.jobs(run.id)), stage.run(run.id).state) == (1, "draft")
    with stage.database.read() as session:
        assert jobs.due(session, limit=10) == []

    stage.clock.tick(5)
    stage.planner.cut(terms)
    assert lengths(stage, terms) == [2, 2, 1]
    assert [job.chunk_index for job in stage.jobs(run.id)] == [1, 2, 3]
    assert len({job.s3_folder[:-4] for job in stage.jobs(run.id)}) == 1
    with stage.database.read() as session:
        assert len(jobs.due(session, limit=10)) == 3


def test_a_run_is_finished_only_when_no_record_and_no_chunk_is_open(stage):
    stage.assets(1)
    terms, job = stage.ended()
    assert not stage.planner.finish(terms.run.id)
    stage.collector.collect(job.id, terms)
    assert stage.planner.finish(terms.run.id)
    ended = stage.run(terms.run.id)
    assert (ended.state, ended.ended_at) == ("done", NOON)
    stage.clock.tick(9)
    assert stage.planner.finish(terms.run.id)
    assert stage.run(terms.run.id).ended_at == NOON


def test_the_store_is_not_needed_before_something_is_cut(stage):
    def no_store():
        raise AssertionError

    stage.assets(1)
    assert Planner(stage.database, stage.clock, no_store).begin(stage.request()).planned == 1


def test_terms_are_those_of_the_recipe_as_it_was_when_the_run_began(stage):
    stage.assets(1)
    run = stage.planner.begin(stage.request())
    terms = stage.terms(run.id)
    assert terms.recipe.digest == stage.recipes.get("summary").digest
    assert (terms.card.id, terms.price_group) == (run.model, "us")
    with pytest.raises(NotFound):
        stage.terms(99)


def test_limits_never_pass_those_of_the_model(stage):
    card = stage.catalog.find("nova-2-lite")
    limits = LimitRules(max_records=10**9, max_bytes=10**18).limits(card)
    assert (limits.min_records, limits.max_records, limits.max_bytes) == (100, 100_000, 4_831_838_208)
    usual = LimitRules().limits(card)
    assert (usual.min_records, usual.max_records, usual.max_bytes) == (100, 150, 4_831_838_208)
    assert LimitRules(min_records=200).limits(card).max_records == 200
    with pytest.raises(Invalid, match="200 records at least"):
        LimitRules(min_records=200, max_records=100).limits(card)


def test_b06_a_selection_holds_what_no_page_of_the_list_shows(stage):
    stage.assets(120, files=False)
    page = Browse(stage.database).list_assets("type:video")
    run = stage.planner.begin(stage.request())
    assert (len(page.assets), page.total) == (50, 120)
    assert (run.planned, len(stage.records(run.id))) == (120, 120)
