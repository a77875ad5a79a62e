"""What is kept of an answer, whichever way it came: its words, and its sections under the original."""

import json

import pytest
import sqlalchemy as sa

from run_stage import NO_STOP, answer
from shotlog.domain.model import Mode
from shotlog.domain.ports import Answer
from shotlog.errors import Unavailable
from shotlog.services.browse import Browse, detail_json
from shotlog.services.collecting import Collector
from shotlog.services.on_demand import OnDemandAsker
from shotlog.services.reparsing import Reparser
from shotlog.services.terms import LimitRules, TermsBook
from shotlog.store.tables.findings import AnnotationRow
from shotlog.store.tables.runs import LedgerRow, ResultRow

METADATA = {
    "recording_date": {"date": "2024-05-01", "source": "visual", "confidence": "high"},
    "place": {"name": "Old Pier", "city": "Dover", "source": "visual"},
    "content_type": "interview",
    "entities": [{"type": "project", "value": 'Alpha "7"'}],
    "keywords": ["harbour", "gull"],
}
SAID = json.dumps({"metadata": METADATA})


class Told:
    """A model that always says the same."""

    def converse(self, question):
        return Answer(SAID, "end_turn", 100, 20)


@pytest.fixture
def told(stage):
    """Return a function that asks for metadata of one new asset, by a batch or on demand; its terms."""

    def ask(mode, number):
        stage.assets(1, first=number)
        wanted = {"recipe": stage.recipes.get("metadata"), "paths": (f"/films/{number}",)}
        if mode is Mode.BATCH:
            terms, job = stage.ended(**wanted)
            stage.collect(terms, job, answer(stage.record_ids(terms.run.id)[0], SAID))
            return terms
        terms = stage.plan(mode=mode, **wanted)
        store, model = stage.store, Told()
        asker = OnDemandAsker(
            stage.database, stage.clock, lambda: store, lambda: model, stage.proxies, concurrency=1
        )
        asker.ask(terms, stop=NO_STOP)
        return terms

    return ask


def test_b03_what_was_said_of_a_proxy_belongs_to_the_original(stage, chunk):
    terms, job, ids = chunk(2)
    stage.collect(terms, job, *(answer(id_, f"a walrus of {id_}") for id_ in ids))
    browse = Browse(stage.database)
    asked = {record.id: record.asset_id for record in stage.records(terms.run.id)}

    for id_ in ids:
        (hit,) = browse.search(f'"a walrus of {id_}"').hits
        shown = browse.show(hit.asset)
        assert shown.asset.id == asked[id_]
        assert hit.path == shown.asset.path == f"/films/{shown.asset.name[5]}/{shown.asset.name}"
        assert "proxy" not in hit.path
    assert browse.list_assets("is:analysed").total == browse.list_assets().total == 2


def test_b04_an_answer_that_cannot_be_saved_is_told_and_stays_due(stage, chunk, monkeypatch):
    terms, job, ids = chunk(3)
    stage.output(job, [answer(id_) for id_ in ids])
    write = type(stage.database).write

    def full(self):
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(type(stage.database), "write", full)
    with pytest.raises(Unavailable):
        Collector(stage.database, stage.clock, lambda: stage.store).collect(job.id, terms)
    monkeypatch.setattr(type(stage.database), "write", write)
    assert (stage.job(job.id).state, stage.open(terms.run.id)) == ("ended", 3)

    stage.collector.collect(job.id, terms)
    assert stage.account(terms.run.id) == {"succeeded": 3}


def test_s12_metadata_is_kept_and_findable_whichever_way_it_came(stage, told):
    told(Mode.BATCH, 0)
    told(Mode.ON_DEMAND, 1)
    browse = Browse(stage.database)

    for query in ("dover", '"old pier"', "harbour", "interview", "field:keyword gull", "field:entity alpha"):
        assert {hit.name for hit in browse.search(query).hits} == {"clip 0.mp4", "clip 1.mp4"}, query
    one, two = (row.body for row in stage.rows(AnnotationRow))
    assert one == two
    assert one["place"]["city"] == "Dover"


def test_s13_sections_are_encoded_once(stage, told):
    told(Mode.BATCH, 0)
    (row,) = stage.rows(AnnotationRow)
    with stage.database.read() as session:
        stored = session.execute(sa.text("SELECT CAST(body AS TEXT) FROM annotations")).scalar_one()

    assert isinstance(row.body, dict)
    assert json.loads(stored) == row.body
    assert row.body["entities"][0]["value"] == 'Alpha "7"'
    shown = detail_json(Browse(stage.database).show(row.asset_id))
    assert shown["annotations"]["metadata"]["body"] == row.body


def test_s14_what_was_read_already_can_be_read_again(stage, told):
    terms = told(Mode.BATCH, 0)
    before = stage.traces()
    book = TermsBook(stage.database, stage.catalog, LimitRules(1), region="us-east-1")
    for _ in range(2):
        changes = Reparser(stage.database, stage.clock, book).reparse(terms.run.id)
        assert changes == {("succeeded", "succeeded"): 1}
    bodies = [row["body"] for row in before["AnnotationRow"]]
    assert [row.body for row in stage.rows(AnnotationRow)] == bodies


@pytest.mark.parametrize("mode", [Mode.BATCH, Mode.ON_DEMAND])
def test_p13_the_words_of_an_answer_are_kept_as_they_came(stage, told, mode):
    told(mode, 0)
    assert [row.raw_text for row in stage.rows(ResultRow)] == [SAID]


def test_c04_the_books_name_the_model_of_each_amount(stage):
    stage.assets(1)
    for model in ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0"):
        terms, job = stage.ended(model=model, invocation_id=model)
        stage.collect(terms, job, answer(stage.record_ids(terms.run.id)[0], usage=(1_000_000, 0)))

    with stage.database.read() as session:
        sums = session.execute(
            sa.select(LedgerRow.model, sa.func.sum(LedgerRow.amount_microusd)).group_by(LedgerRow.model)
        ).all()
    assert dict(map(tuple, sums)) == {"amazon.nova-lite-v1:0": 30_000, "amazon.nova-pro-v1:0": 400_000}
