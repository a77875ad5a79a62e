"""Folders of jobs as tests of clean-up make them, and stores that die or break in the middle of it."""

import gzip

from run_stage import NOON
from shotlog.blobs.directory import DirectoryBlobs
from shotlog.domain.state import ChunkState
from shotlog.services.submitting import output_folder
from shotlog.store import jobs

#: Objects that are no job's own.
FOREIGN = [
    "nova_batch/readme.txt",
    "nova_batch/job_20260304_120000_999",
    "nova_batch/notes/job_20260304_120000_001/a.mp4",
    "nova/batch/output/readme.txt",
    "nova/batch/output/other/job_20260304_120000_001/manifest.jsonl.out",
    "proxies/1/a.mp4",
]


def collected(stage, name="first.mp4", number=0):
    """A chunk whose job is over and whose results are in; its folder and its output are full."""
    stage.assets(1, first=number, name=name)
    _, job = stage.ended(paths=(f"/films/{number}",))
    fill(stage.store, job)
    with stage.database.write() as session:
        return jobs.advance(session, job.id, ChunkState.COLLECTED, collected_at=NOON)


def fill(store, job):
    store.put(f"{job.s3_folder}/files/a.mp4", b"a film")
    store.put(f"{job.s3_folder}/manifest.jsonl", b"{}\n")
    number = job.job_arn.rpartition("/")[2]
    store.put(f"{output_folder(job)}/{number}/manifest.jsonl.out", b'{"recordId": "rec_1"}\n' * 100)
    store.put(f"{output_folder(job)}/{number}/manifest.json.out", b'{"processedRecordCount": 1}')


def contents(store):
    return {info.key: store.get(info.key) for info in store.list()}


def below(store, prefix):
    return [info.key for info in store.list(prefix)]


def archived(store, job):
    """What is kept of a job's output, unpacked, by its name."""
    root = f"nova/batch/archive/{job.s3_folder}/{job.job_arn.rpartition('/')[2]}/"
    return {key.removeprefix(root): gzip.decompress(store.get(key)) for key in below(store, root)}


WHOLE = {
    "manifest.jsonl.out.gz": b'{"recordId": "rec_1"}\n' * 100,
    "manifest.json.out.gz": b'{"processedRecordCount": 1}',
}


class Killed(BaseException):
    """The process is gone."""


class Faulty(DirectoryBlobs):
    """A store that does something in place of its n-th write or deletion, or after it."""

    def __init__(self, stage, at, fault, *, after=False):
        super().__init__(stage.buckets / "clips", bucket="clips")
        self.at, self.fault, self.after, self.seen = at, fault, after, 0

    def _step(self, act, *given, **more):
        self.seen += 1
        if self.seen != self.at:
            return act(*given, **more)
        if self.after:
            act(*given, **more)
        return self.fault(*given)

    def put(self, key, data, **more):
        return self._step(super().put, key, data, **more)

    def delete_prefix(self, prefix):
        return self._step(super().delete_prefix, prefix)


def die(*given):
    raise Killed
