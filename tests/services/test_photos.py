"""Photos go the whole way that videos go: through a batch, into the one place where everything looks."""

import json

import pytest

from run_stage import NO_STOP
from shotlog.domain.model import Mode
from shotlog.domain.ports import Answer
from shotlog.services.browse import Browse
from shotlog.services.on_demand import OnDemandAsker
from shotlog.store.tables.library import RenditionRow


@pytest.fixture
def photos(stage):
    """Three photos with their proxies."""
    ids = stage.assets(3, kind="photo", name="photo {}.jpg", duration_ms=None, files=False)
    stage.renditions.mkdir()
    for row in stage.rows(RenditionRow):
        body = f"photo {row.asset_id}".encode()
        stage.change(
            RenditionRow,
            row.id,
            path=f"{row.asset_id}-proxy.jpg",
            media_type="image/jpeg",
            size_bytes=len(body),
        )
        (stage.renditions / f"{row.asset_id}-proxy.jpg").write_bytes(body)
    return ids


@pytest.fixture
def looking(service):
    """A service that says what it sees in a photo."""
    served = service()

    def see(question):
        served.seer.questions.append(question)
        (media,) = question.media
        said = {"description": {"overview": f"It shows {media.path.read_text()}, a walrus."}}
        return Answer(json.dumps(said), "end_turn", 100, 20)

    served.seer.answer = see
    return served


def test_i01_photos_go_the_whole_way_through_a_batch(stage, photos, looking, follower):
    terms = stage.staged(recipe=stage.recipes.get("description"))
    (job,) = stage.jobs(terms.run.id)
    stage.submitter(looking.batch).submit(job.id, terms, stop=NO_STOP)
    follower(looking.batch).follow(job.id, stop=NO_STOP)
    stage.collector.collect(job.id, terms)

    assert stage.account(terms.run.id) == {"succeeded": 3}
    assert {(media.kind, media.format) for asked in looking.seer.questions for media in asked.media} == {
        ("photo", "jpeg")
    }
    browse = Browse(stage.database)
    for id_ in photos:
        shown = browse.show(id_)
        assert [item.section for item in shown.annotations] == ["description"]
        assert f"photo {id_}" in shown.annotations[0].body["overview"]
    assert stage.planner.finish(terms.run.id)


@pytest.mark.parametrize("mode", [Mode.BATCH, Mode.ON_DEMAND])
def test_i02_every_view_reads_what_was_found_in_photos_from_one_place(stage, photos, looking, follower, mode):
    recipe = stage.recipes.get("description")
    if mode is Mode.BATCH:
        terms = stage.staged(recipe=recipe)
        (job,) = stage.jobs(terms.run.id)
        stage.submitter(looking.batch).submit(job.id, terms, stop=NO_STOP)
        follower(looking.batch).follow(job.id, stop=NO_STOP)
        stage.collector.collect(job.id, terms)
    else:
        terms = stage.plan(mode=mode, recipe=recipe)
        OnDemandAsker(
            stage.database,
            stage.clock,
            lambda: stage.store,
            lambda: looking.on_demand(stage.catalog),
            stage.proxies,
            concurrency=1,
        ).ask(terms, stop=NO_STOP)

    browse = Browse(stage.database)
    assert browse.list_assets("type:photo is:analysed").total == 3
    assert {hit.name for hit in browse.search("walrus").hits} == {f"photo {n}.jpg" for n in range(3)}
    assert browse.facets().analysed == {True: 3}
    assert stage.reports.run_summary(terms.run.id, None)["records"]["succeeded"] == 3
    assert all(len(browse.show(id_).annotations) == 1 for id_ in photos)
