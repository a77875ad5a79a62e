"""Write a job's output into the bucket: one file for each input file, and the manifest (R33, R40, R41)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from shotlog.domain.ports import Buckets
from shotlog.emulator.answer_table import AnswerTable, Manifest
from shotlog.emulator.faults import Faults
from shotlog.emulator.jobs import Job
from shotlog.emulator.location import output_location

_CHUNK_BYTES = 256 << 10
_JSON_LINES = "application/jsonl"


class OutputWriter:
    """Writes the objects under ``<output>/<job id>/``; writing twice leaves the same objects."""

    def __init__(self, buckets: Buckets, answers: AnswerTable) -> None:
        self._buckets = buckets
        self._answers = answers

    def write(self, job: Job, faults: Faults) -> None:
        """Write all that *job* has answered; files without an answered record get no output."""
        location = output_location(job.output_uri)
        store = self._buckets.bucket(location.bucket)
        folder = f"{location.folder}{job.id}/"
        for manifest in self._answers.manifests(job.id):
            lines = self._answers.lines(job.id, manifest.number)
            first = next(lines, None)
            if first is not None:
                store.put_stream(
                    _key(folder, manifest), _chunks(_chain(first, lines)), media_type=_JSON_LINES
                )
        if not faults.no_manifest:
            body = json.dumps(_summary(job, faults)).encode()
            store.put(f"{folder}manifest.json.out", body, media_type="application/json")

    def write_half(self, job: Job) -> None:
        """Write what is answered so far, stopping in the middle of the last line (R41)."""
        location = output_location(job.output_uri)
        store = self._buckets.bucket(location.bucket)
        for manifest in self._answers.manifests(job.id):
            body = b"".join(self._answers.lines(job.id, manifest.number))
            if body:
                half = body[: max(1, len(body) * 2 // 3)].rstrip(b"\n")
                store.put(_key(f"{location.folder}{job.id}/", manifest), half, media_type=_JSON_LINES)


def _key(folder: str, manifest: Manifest) -> str:
    return f"{folder}{manifest.name}.out"


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to pieces that are worth a write."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= _CHUNK_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _summary(job: Job, faults: Faults) -> dict[str, int]:
    summary = {
        "totalRecordCount": job.total,
        "processedRecordCount": job.success + job.error,
        "successRecordCount": job.success,
        "errorRecordCount": job.error,
        "inputTokenCount": job.input_tokens,
        "outputTokenCount": job.output_tokens,
    }
    if faults.manifest_cache_fields:
        summary |= {"cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 0}
    return summary
