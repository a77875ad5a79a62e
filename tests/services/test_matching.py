"""What a lost job asks about: the assets of its lines, its recipe and its model."""

import json

import pytest

from adoption_stage import ended, finish, lost, said_of, submitted
from backup import Backup
from run_stage import NO_STOP, NOON
from shotlog.domain.recipe import Recipe
from shotlog.store import runs
from shotlog.store.tables.findings import AnnotationRow
from shotlog.store.tables.library import AssetRow, RenditionRow
from shotlog.store.tables.runs import RecordRow, RunRow

NOWHERE = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{}"


# Which asset a line is about.


def test_files_that_were_imported_anew_are_known_by_name_folder_and_length(
    stage, service, adopter, follower, known
):
    served = service()
    stage.assets(1, first=50, name="filler.mp4")
    before = Backup(stage.database)
    stage.assets(3, name="same name.mp4")
    (arn,) = submitted(stage, served, assets=tuple(row.id for row in stage.rows(AssetRow)[1:]))
    before.restore()
    stage.assets(1, first=60, name="same name.mp4")
    ids = stage.assets(3, name="same name.mp4")
    run_id = adopter(served).adopt(arn)

    assert [record.asset_id for record in stage.records(run_id)] == ids
    assert finish(stage, follower, served, run_id) == {"succeeded": 3}
    for number, id_ in enumerate(ids):
        assert f"{number} here" in said_of(stage, id_)


def test_a_description_that_fits_two_files_fits_none(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served, count=2)
    first = stage.rows(AssetRow)[0]
    with stage.database.write() as session:
        session.execute(RenditionRow.__table__.delete().where(RenditionRow.asset_id == first.id))
        session.delete(session.get(AssetRow, first.id))
    for number in range(2):
        stage.assets(1, folder=first.folder, path=f"/films/twin {number}", name=first.name, files=False)
    run_id = adopter(served).adopt(arn)
    assert [record.asset_id for record in stage.records(run_id)] == [stage.rows(AssetRow)[0].id]
    assert stage.jobs(run_id)[0].unmatched_records == 1


def test_staged_names_that_came_out_alike_keep_their_files_apart(stage, service, adopter, follower, known):
    served = service()
    first, second = stage.assets(1, name="Clip.mp4") + stage.assets(1, first=1, name="Clip_1.mp4")
    before = Backup(stage.database)
    (arn,) = submitted(stage, served)
    before.restore()
    run_id = adopter(served).adopt(arn)
    assert [record.asset_id for record in stage.records(run_id)] == [first, second]
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    assert "Clip_1" in said_of(stage, second)


def test_a_file_that_changed_since_gets_no_findings_and_can_be_asked_about(
    stage, service, adopter, follower, known
):
    served = service()
    arn = lost(stage, served)
    changed, same = (row.id for row in stage.rows(AssetRow))
    stage.change(AssetRow, changed, duration_ms=99_000, fingerprint="another")
    run_id = adopter(served).adopt(arn)
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    assert [row.asset_id for row in stage.rows(AnnotationRow)] == [same]
    again = stage.planner.begin(stage.request())
    assert [record.asset_id for record in stage.records(again.id)] == [changed]


def test_lines_that_are_no_records_of_ours_are_counted(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served)
    key = next(info.key for info in stage.store.list("nova_batch/") if info.key.endswith("manifest.jsonl"))
    ended(served, arn)
    kept = stage.store.get(key)
    one = kept.splitlines()[0]
    strange = [
        b"[]",
        b"\xff",
        b'{"recordId": 7}',
        b'{"recordId": "CALLED1", "modelInput": {"messages": 1}}',
        one,
    ]
    stage.store.put(key, kept + b"\n".join(strange))
    run_id = adopter(served).adopt(arn)
    assert (stage.run(run_id).planned, stage.jobs(run_id)[0].unmatched_records) == (2, 5)


# Which recipe it was, and how it was asked.


def test_a_recipe_that_only_a_run_remembers_is_found_by_its_words(stage, service, adopter, known):
    served = service()
    stage.assets(1)
    own = Recipe.from_json({**stage.recipes.get("summary").to_json(), "version": "0"})
    old = own.model_copy(update={"video": own.video.model_copy(update={"instructions": "Say it shortly."})})
    with stage.database.write() as session:
        runs.save_recipe(session, digest=old.digest, name=old.name, version="0", body=old.to_json(), now=NOON)
        runs.save_recipe(session, digest="broken", name="broken", version="0", body={}, now=NOON)
    before = Backup(stage.database)
    (arn,) = submitted(stage, served, recipe=old)
    before.restore()
    assert stage.run(adopter(served).adopt(arn)).recipe_digest == old.digest


@pytest.mark.parametrize(
    ("sections", "name"), [(["chapters"], "chapters"), (["chapters", "summary"], "combined")]
)
def test_a_recipe_that_nobody_remembers_is_told_by_its_sections(
    stage, service, adopter, known, sections, name
):
    served = service()
    stage.assets(1)
    before = Backup(stage.database)
    unknown = Recipe.from_json({"name": "mine", "video": {"sections": sections, "instructions": "Look."}})
    (arn,) = submitted(stage, served, recipe=unknown)
    before.restore()
    assert stage.run(adopter(served).adopt(arn)).recipe == name


def test_what_a_retry_asked_otherwise_is_remembered(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served)
    run_id = adopter(served).adopt(arn)
    assert [(record.max_tokens, record.temperature) for record in stage.records(run_id)] == [(None, None)] * 2
    assert all(record.media_key.startswith("nova_batch/job_") for record in stage.records(run_id))

    before = Backup(stage.database)
    stage.planner.begin(stage.request(again=True, recipe=stage.recipes.get("chapters")))
    begun = stage.rows(RunRow)[-1].id
    stage.change(RecordRow, stage.record_ids(begun)[0], max_tokens=9000, temperature=0.3)
    stage.planner.cut(stage.terms(begun))
    (job,) = stage.jobs(begun)
    stage.stager.stage(job.id, stage.terms(begun))
    stage.submitter(served.batch).submit(job.id, stage.terms(begun), stop=NO_STOP)
    other = stage.job(job.id).job_arn
    before.restore()
    asked = [
        (record.max_tokens, record.temperature) for record in stage.records(adopter(served).adopt(other))
    ]
    assert asked == [(9000, 0.3), (None, None)]


def test_the_model_is_the_one_that_the_provider_names(stage, service, adopter, known):
    served = service()
    stage.assets(1)
    before = Backup(stage.database)
    card = stage.catalog.find("nova-2-lite")
    (arn,) = submitted(stage, served, model=card.id, invocation_id=card.profiles["us"])
    before.restore()
    run = stage.run(adopter(served).adopt(arn))
    assert (run.model, run.invocation_id) == (card.id, card.profiles["us"])
    assert json.loads(run.selection) == {"adopted": arn}
