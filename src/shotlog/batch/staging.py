"""Fill the folder that belongs to one chunk: copies of its proxies first, the manifest last.

A job reads its manifest and its media from one folder (rule R25), counts all that is in it (R17), and
refuses keys with awkward characters (R26). So the proxies, whose keys may be anything, are copied inside
the store to safe names in a folder that no other chunk shares. All of it may be done again: what is
there already stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shotlog.batch.names import distinct_names
from shotlog.batch.parallel import in_parallel
from shotlog.domain.manifest import MANIFEST_NAME
from shotlog.domain.ports import BlobInfo, BlobStore
from shotlog.errors import Invalid, NotFound, Rejected

_SAFE_FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
#: Manifest lines are handed to the store in pieces of about so many bytes.
_PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class StagedFiles:
    """Where each proxy of a chunk now stands, and why some do not."""

    #: Original key to the key in the chunk's folder, in the order of the chunk.
    mapping: dict[str, str] = field(default_factory=dict)
    #: Original key to the reason why it could not be staged.
    failed: dict[str, str] = field(default_factory=dict)
    #: How many copies were made now; the others were there from an earlier try.
    copied: int = 0


def staged_keys(proxy_s3_keys: Iterable[str], s3_folder: str) -> dict[str, str]:
    """Return where each proxy of a chunk will be staged; the same keys always give the same places.

    >>> staged_keys(["proxies/1/a b.mp4", "proxies/2/a,b.mp4"], "nova_batch/job_20260101_120000_001")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'proxies/1/a b.mp4': 'nova_batch/job_20260101_120000_001/files/a_b.mp4',
     'proxies/2/a,b.mp4': 'nova_batch/job_20260101_120000_001/files/a_b_2.mp4'}

    Raises:
        Invalid: *s3_folder* has characters that a job does not accept.
    """
    folder = _checked(s3_folder)
    keys = list(dict.fromkeys(proxy_s3_keys))
    names = distinct_names(_medium(key.rpartition("/")[2]) for key in keys)
    return {key: f"{folder}/files/{name}" for key, name in zip(keys, names, strict=True)}


def prepare_batch_files(
    store: BlobStore, proxy_s3_keys: Sequence[str], s3_folder: str, *, concurrency: int = 32
) -> StagedFiles:
    """Copy a chunk's proxies to safe, distinct names in ``<s3_folder>/files/``, inside the store.

    Calling it again copies only what is not there with the source's size. A proxy that is missing, or
    that the store refuses to copy, is in ``failed`` with its reason; the others are staged all the same.

    Raises:
        Unavailable: the store cannot be reached, or throttles for too long; call again to go on.
        Rejected: the store refuses every single copy, which is not about the files.
        Invalid: *s3_folder* has characters that a job does not accept.
    """
    places = staged_keys(proxy_s3_keys, s3_folder)
    there = {info.key: info.size_bytes for info in store.list(f"{_checked(s3_folder)}/files/")}
    refusals: list[Rejected] = []

    def stage(place: tuple[str, str]) -> bool | Invalid | NotFound | Rejected:
        source, target = place
        try:
            if target in there and _size(store, source) == there[target]:
                return False
            store.copy(source, target)
        except (Invalid, NotFound, Rejected) as error:
            return error
        return True

    result = StagedFiles()
    for (source, target), outcome in in_parallel(stage, places.items(), concurrency):
        if isinstance(outcome, bool):
            result.mapping[source] = target
            result.copied += outcome
        else:
            result.failed[source] = outcome.message
            if isinstance(outcome, Rejected):
                refusals.append(outcome)
    if refusals and not result.mapping:
        raise refusals[0]
    return result


def upload_manifest(store: BlobStore, s3_folder: str, lines: Iterable[bytes]) -> BlobInfo:
    r"""Write a chunk's manifest, one JSON record a line, and return what was written.

    This comes last: a folder with a manifest is complete. Lines may come with or without their end;
    each is written with a single ``\n``. The manifest is streamed, so it takes no memory to speak of.

    Raises:
        Invalid: a line is empty or holds a line break, so that it would not be one record.
    """
    pieces = _pieces(_terminated(lines))
    return store.put_stream(f"{_checked(s3_folder)}/{MANIFEST_NAME}", pieces, media_type="application/jsonl")


def _checked(s3_folder: str) -> str:
    if not _SAFE_FOLDER.fullmatch(s3_folder):
        raise Invalid(f"{s3_folder!r} cannot be a job's folder: use letters, digits, '_', '-' and '.'.")
    return s3_folder


def _medium(name: str) -> str:
    """Keep a medium from being read as a manifest, as every ``.jsonl`` in the folder is (rule R24)."""
    return f"{name}_" if name.lower().endswith(".jsonl") else name


def _size(store: BlobStore, key: str) -> int | None:
    info = store.head(key)
    return None if info is None else info.size_bytes


def _terminated(lines: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines, start=1):
        body = line.removesuffix(b"\n").removesuffix(b"\r")
        if not body.strip() or b"\n" in body or b"\r" in body:
            raise Invalid(f"Line {number} of the manifest is not one record.")
        yield body + b"\n"


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
