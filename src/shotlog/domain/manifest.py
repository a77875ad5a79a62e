"""The lines of a manifest, the ids in them, and the names that make a job findable and unrepeatable."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shotlog.errors import Conflict

#: What the name of every job of ours begins with, so that jobs that we lost can be found again.
JOB_PREFIX = "shotlog-"

#: Name of the one file in a chunk's folder that the provider reads as input (rule R24).
MANIFEST_NAME = "manifest.jsonl"

_JOB_NAME_LIMIT = 63
_ILLEGAL = re.compile(r"[^A-Za-z0-9]+")
_RECORD_ID = re.compile(r"rec_([1-9][0-9]{0,17})")


def record_id(number: int) -> str:
    """Return the id by which a record is found again in the output, whatever its order there.

    >>> record_id(12)
    'rec_12'
    """
    return f"rec_{number}"


def record_number(text: str | None) -> int | None:
    """Read a record's id back; None for an id that is not ours.

    >>> record_number("rec_12"), record_number("rec_012"), record_number(None)
    (12, None, None)
    """
    match = _RECORD_ID.fullmatch(text or "")
    return int(match.group(1)) if match else None


def manifest_line(record: str, model_input: Mapping[str, Any]) -> bytes:
    r"""Return one record as a line: compact, pure ASCII and ended by ``\n`` alone (rules R24, R37).

    >>> manifest_line("rec_1", {"text": "é"})
    b'{"recordId":"rec_1","modelInput":{"text":"\\u00e9"}}\n'
    """
    line = json.dumps({"recordId": record, "modelInput": model_input}, separators=(",", ":"), allow_nan=False)
    return line.encode("ascii") + b"\n"


def manifest_lines(records: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[bytes]:
    """Yield the manifest of a chunk line by line.

    Raises:
        Conflict: two records have the same id (rule R32: nobody else looks).
    """
    seen: set[str] = set()
    for record, model_input in records:
        if record in seen:
            raise Conflict(f"The record {record!r} is twice in one manifest.")
        seen.add(record)
        yield manifest_line(record, model_input)


def job_name(s3_folder: str, salt: str = "") -> str:
    """Return a legal name of at most 63 characters for the job of a chunk (rule R2).

    Folders are unique in an installation; *salt* (such as the store's URI) tells installations apart.

    >>> job_name("nova_batch/job_20260105_101502_001")
    'shotlog-job-20260105-101502-001-7493dc497c'
    """
    tail = _digest(s3_folder, salt)[:10]
    label = _ILLEGAL.sub("-", s3_folder.rstrip("/").rpartition("/")[2]).strip("-")
    room = _JOB_NAME_LIMIT - len(JOB_PREFIX) - len(tail) - 1
    return "-".join(part for part in (JOB_PREFIX.rstrip("-"), label[-room:].strip("-"), tail) if part)


def client_token(s3_folder: str, salt: str = "", attempt: int = 1) -> str:
    """Return the token by which the provider knows a repeat of the same submission (rule R5).

    A new *attempt* (after the provider's job failed) is a new job on purpose.
    """
    return _digest(s3_folder, salt, str(attempt))


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()
