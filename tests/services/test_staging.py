"""Staging: safe copies first, the manifest last, and one bad file costs only itself."""

import json
import re

import pytest

from shotlog.blobs.directory import DirectoryBlobs
from shotlog.errors import Unavailable
from shotlog.services.asking import context_of
from shotlog.services.proxy_store import proxy_key
from shotlog.services.staging import Stager
from shotlog.store import assets
from shotlog.store.tables.library import AssetRow, RenditionRow
from shotlog.store.tables.runs import RecordRow


def chunk(stage, **rules):
    terms = stage.plan(rules)
    (job,) = stage.jobs(terms.run.id)
    return terms, job


def manifest(stage, job):
    lines = stage.store.get(f"{job.s3_folder}/manifest.jsonl").split(b"\n")
    assert lines.pop() == b""
    return [json.loads(line) for line in lines]


def media_uris(stage, job):
    """Return where each record of the manifest says its video is."""
    found = {}
    for line in manifest(stage, job):
        video = line["modelInput"]["messages"][0]["content"][0]["video"]
        found[line["recordId"]] = video["source"]["s3Location"]["uri"]
    return found


def keys(stage, prefix):
    return [info.key for info in stage.store.list(prefix)]


class Watched(DirectoryBlobs):
    """A store that counts what is put and copied, and breaks after so many copies."""

    def __init__(self, stage, copies_left=None):
        super().__init__(stage.buckets / "clips", bucket="clips")
        self.copies_left, self.puts, self.copies = copies_left, [], []

    def put(self, key, data, **options):
        if key.startswith("proxies/"):
            self.puts.append(key)
        return super().put(key, data, **options)

    def copy(self, source, target):
        if self.copies_left is not None and len(self.copies) >= self.copies_left:
            raise Unavailable("The store is gone.")
        self.copies.append(target)
        super().copy(source, target)


@pytest.fixture
def watched(stage):
    """Return a function that puts a watched store in place of the stage's."""

    def make(copies_left=None):
        stage.store = Watched(stage, copies_left)
        return stage.store

    return make


def test_b13_manifest_and_media_stand_in_one_folder_of_the_chunks_own(stage):
    stage.assets(2)
    terms, job = chunk(stage)
    stage.stager.stage(job.id, terms)

    assert stage.job(job.id).state == "staged"
    folder = f"s3://clips/{job.s3_folder}/files/"
    assert media_uris(stage, job) == {
        f"rec_{record.id}": f"{folder}clip_{number}_{record.asset_id}.mp4"
        for number, record in enumerate(stage.records(terms.run.id))
    }
    assert len(keys(stage, f"{job.s3_folder}/")) == 3


def test_b11_where_each_records_copy_stands_is_stored(stage):
    stage.assets(2)
    terms, job = chunk(stage)
    stage.stager.stage(job.id, terms)
    for record in stage.records(terms.run.id):
        assert stage.store.get(record.media_key) == stage.proxy_file(record.asset_id).read_bytes()


def test_a_prompt_carries_what_is_known_of_its_asset(stage):
    stage.assets(1, name="beach {}.mp4", latitude=54.5, longitude=18.5)
    terms, job = chunk(stage)
    stage.stager.stage(job.id, terms)
    (line,) = manifest(stage, job)
    words = line["modelInput"]["messages"][0]["content"][1]["text"]
    assert "beach 0.mp4" in words
    assert "54.5" in words
    assert line["modelInput"]["inferenceConfig"] == {"maxTokens": 1200, "temperature": 0.0}


def test_of_a_files_folder_only_the_last_names_are_told(stage):
    (id_,) = stage.assets(1, folder="/home/somebody/secret/trip/day 1")
    with stage.database.read() as session:
        assert context_of(assets.get(session, id_)).folder == "secret/trip/day 1"


def test_a_retry_may_ask_for_a_longer_answer(stage):
    stage.assets(1)
    terms, job = chunk(stage)
    stage.change(RecordRow, stage.record_ids(terms.run.id)[0], max_tokens=7000)
    stage.stager.stage(job.id, terms)
    assert manifest(stage, job)[0]["modelInput"]["inferenceConfig"]["maxTokens"] == 7000


def test_b15_hostile_names_become_safe_keys(stage):
    names = [
        "a b, (c) %20.mp4",
        "../../etc/passwd.mp4",
        "-rf.mp4",
        "東京 🎬.mp4",
        "x" * 240 + ".mp4",
        ".mp4",
        "ü'&?.MP4",
    ]
    for number, name in enumerate(names):
        stage.assets(1, first=number, name=name.replace("{", "{{"))
    stage.assets(1, first=50, name="bad \udcff byte.mp4")
    terms, job = chunk(stage)
    stage.stager.stage(job.id, terms)

    uris = media_uris(stage, job)
    assert len(set(uris.values())) == len(names) + 1
    assert all(re.fullmatch(r"s3://clips/[A-Za-z0-9._/-]+", uri) for uri in uris.values())
    for record in stage.records(terms.run.id):
        assert stage.store.get(record.media_key) == stage.proxy_file(record.asset_id).read_bytes()


def test_m02_files_of_one_name_have_copies_of_their_own(stage):
    one, two = stage.assets(2, name="clip.mp4")
    terms, job = chunk(stage)
    stage.stager.stage(job.id, terms)
    first, second = stage.records(terms.run.id)
    assert first.media_key != second.media_key
    assert stage.store.get(first.media_key) == stage.proxy_file(one).read_bytes()
    assert stage.store.get(second.media_key) == stage.proxy_file(two).read_bytes()


def test_b08_only_proxies_that_a_job_needs_are_uploaded_and_only_once(stage, watched):
    stage.assets(3)
    store = watched()
    terms = stage.plan(paths=("/films/0", "/films/1"))
    (job,) = stage.jobs(terms.run.id)
    stage.stager.stage(job.id, terms)
    assert len(store.puts) == 2
    again = stage.plan(
        paths=("/films/0",), again=True, model="amazon.nova-pro-v1:0", invocation_id="amazon.nova-pro-v1:0"
    )
    stage.stager.stage(stage.jobs(again.run.id)[0].id, again)
    assert len(store.puts) == 2


@pytest.mark.parametrize("harm", ["gone", "shorter", "other"])
def test_b19_a_stored_proxy_that_is_gone_or_changed_is_uploaded_again(stage, harm):
    (asset,) = stage.assets(1)
    terms, job = chunk(stage)
    body = stage.proxy_file(asset).read_bytes()
    with stage.database.read() as session:
        key = proxy_key(assets.get(session, asset), ".mp4")
        known = [assets.get(session, asset)]
    assert stage.proxies.ensure(known).keys == {asset: key}
    if harm == "gone":
        stage.store.delete(key)
    else:
        stage.store.put(key, b"?" if harm == "shorter" else b"?" * len(body))

    stage.stager.stage(job.id, terms)
    assert stage.store.get(stage.records(terms.run.id)[0].media_key) == body
    assert stage.store.get(key) == body


@pytest.mark.parametrize("harm", ["gone", "damaged", "no rendition"])
def test_b19_a_proxy_that_is_lost_fails_only_its_own_file(stage, harm):
    lost, _ = stage.assets(2)
    terms, job = chunk(stage)
    if harm == "gone":
        stage.proxy_file(lost).unlink()
    elif harm == "damaged":
        stage.proxy_file(lost).write_bytes(b"half")
    else:
        (row,) = stage.rows(RenditionRow, RenditionRow.asset_id == lost)
        stage.change(RenditionRow, row.id, kind="poster")
    stage.stager.stage(job.id, terms)

    assert stage.endings(terms.run.id) == [("failed", "proxy_missing"), (None, None)]
    assert stage.job(job.id).state == "staged"
    assert list(media_uris(stage, job)) == [f"rec_{stage.record_ids(terms.run.id)[1]}"]


def test_b09_a_file_that_the_recipe_can_no_longer_ask_about_fails_only_itself(stage):
    turned, _ = stage.assets(2)
    terms, job = chunk(stage)
    stage.change(AssetRow, turned, kind="photo")
    stage.stager.stage(job.id, terms)
    assert stage.endings(terms.run.id) == [("failed", "invalid"), (None, None)]
    assert len(manifest(stage, job)) == 1


def test_a_file_that_changed_since_the_run_began_is_not_sent(stage):
    changed, _ = stage.assets(2)
    terms, job = chunk(stage)
    stage.change(AssetRow, changed, fingerprint="another")
    stage.stager.stage(job.id, terms)
    assert stage.endings(terms.run.id) == [("failed", "file_changed"), (None, None)]
    assert len(manifest(stage, job)) == 1


def test_a_chunk_that_lost_too_many_files_gives_the_rest_back(stage):
    lost, *_ = stage.assets(3)
    terms, job = chunk(stage, min_records=3)
    stage.proxy_file(lost).unlink()
    stage.stager.stage(job.id, terms)

    given_up = stage.job(job.id)
    assert (given_up.state, "2 of 3" in given_up.message, given_up.ended_at) == (
        "failed",
        True,
        stage.clock(),
    )
    left = stage.records(terms.run.id)[1:]
    assert [(record.outcome, record.job_id, record.media_key) for record in left] == [(None, None, None)] * 2
    stage.planner.settle_tail(stage.terms(terms.run.id))
    assert stage.open(terms.run.id) == 2
    assert keys(stage, f"{job.s3_folder}/manifest") == []


def test_a_chunk_that_lost_all_its_files_is_no_job(stage):
    (lost,) = stage.assets(1)
    terms, job = chunk(stage)
    stage.proxy_file(lost).unlink()
    stage.stager.stage(job.id, terms)
    assert stage.job(job.id).state == "failed"
    assert stage.planner.finish(terms.run.id)
    assert stage.account(terms.run.id) == {"failed": 1}


def test_staging_that_was_cut_short_goes_on_where_it_was(stage, watched):
    stage.assets(6)
    terms, job = chunk(stage)
    watched(copies_left=3)
    with pytest.raises(Unavailable):
        stage.stager.stage(job.id, terms)
    assert stage.job(job.id).state == "planned"
    assert keys(stage, f"{job.s3_folder}/manifest") == []
    assert stage.endings(terms.run.id) == [(None, None)] * 6

    store = watched()
    stage.stager.stage(job.id, terms)
    assert (len(store.copies), store.puts) == (3, [])
    assert len(manifest(stage, job)) == len(keys(stage, f"{job.s3_folder}/files/")) == 6


def test_the_manifest_comes_last(stage, watched):
    stage.assets(2)
    terms, job = chunk(stage)

    class Ordered(Watched):
        def put_stream(self, key, chunks, **options):
            assert len(keys(stage, f"{job.s3_folder}/files/")) == 2
            assert all(record.media_key for record in stage.records(terms.run.id))
            assert stage.job(job.id).state == "planned"
            return super().put_stream(key, chunks, **options)

    stage.store = Ordered(stage)
    stage.stager.stage(job.id, terms)
    assert stage.job(job.id).state == "staged"


def test_staging_twice_changes_nothing(stage, watched):
    stage.assets(2)
    terms, job = chunk(stage)
    stage.stager.stage(job.id, terms)
    before, store = stage.traces(), watched()
    stage.stager.stage(job.id, terms)
    assert (stage.traces(), store.puts, store.copies) == (before, [], [])


def test_a_store_that_cannot_be_reached_fails_no_file(stage):
    stage.assets(2)
    terms, job = chunk(stage)

    def gone():
        raise Unavailable("The store is gone.")

    stager = Stager(stage.database, stage.clock, gone, stage.proxies)
    with pytest.raises(Unavailable):
        stager.stage(job.id, terms)
    assert stage.endings(terms.run.id) == [(None, None)] * 2
    assert stage.job(job.id).state == "planned"


def test_m11_only_proxies_leave_the_machine(stage):
    stage.assets(3)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    proxies = {path.read_bytes() for path in stage.renditions.iterdir()}
    others = [key for key in keys(stage, "") if stage.store.get(key) not in proxies]
    assert others == [f"{job.s3_folder}/manifest.jsonl"]
