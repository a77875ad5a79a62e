"""The table of batch jobs: what was asked for, where each stands, and what its counters say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shotlog.emulator.database import StateFile
from shotlog.emulator.state import ACTIVE, TERMINAL, may_follow


@dataclass(frozen=True, slots=True)
class Job:
    """One batch job. Times are seconds since 1970, UTC."""

    id: str
    arn: str
    token: str
    #: Checksum of the request, by which a token's second use is told from a repeat (R5).
    fingerprint: str
    name: str
    #: The model's plain id, whatever name or profile the request used.
    model_id: str
    model_arn: str
    #: The request of Create, as it came.
    request: dict[str, Any]
    submitted_at: float
    expires_at: float
    status: str = "Submitted"
    message: str | None = None
    modified_at: float = 0.0
    ended_at: float | None = None
    total: int = 0
    success: int = 0
    error: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    #: Place in the order of creation.
    seq: int = 0

    @property
    def api(self) -> str:
        """Return whose request bodies the records hold: ``InvokeModel`` or ``Converse``."""
        return str(self.request.get("modelInvocationType") or "InvokeModel")

    @property
    def input_uri(self) -> str:
        """Return where the manifests and media are."""
        return str(self.request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"])

    @property
    def output_uri(self) -> str:
        """Return where the output goes."""
        return str(self.request["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"])


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list holds, and in which order."""

    submitted_after: float | None = None
    submitted_before: float | None = None
    status: str | None = None
    name_contains: str | None = None
    ascending: bool = False
    #: The ``seq`` of the last job of the page before.
    after_seq: int | None = None


class TokenReused(Exception):
    """The client token belongs to a job with other parameters."""


class QuotaFull(Exception):
    """The model has as many active jobs as it may have."""


class JobTable:
    """Reads and writes jobs; every change of state goes through ``move``."""

    def __init__(self, state: StateFile) -> None:
        self._state = state

    def add(self, job: Job, *, max_active: int) -> Job:
        """Add *job*, or return the one that its token made before (R5).

        Raises:
            TokenReused: the token was used with other parameters.
            QuotaFull: *max_active* jobs of the model are active (R9).
        """
        with self._state.transaction() as db:
            row = db.execute("SELECT * FROM jobs WHERE token = ?", (job.token,)).fetchone()
            if row is not None:
                known = _job(row)
                if known.fingerprint != job.fingerprint:
                    raise TokenReused
                return known
            if _count_active(db, job.model_id) >= max_active:
                raise QuotaFull
            db.execute(
                "INSERT INTO jobs (id, arn, token, fingerprint, name, model_id, model_arn, request, status,"
                " submitted_at, modified_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job.id,
                    job.arn,
                    job.token,
                    job.fingerprint,
                    job.name,
                    job.model_id,
                    job.model_arn,
                    json.dumps(job.request),
                    job.status,
                    job.submitted_at,
                    job.submitted_at,
                    job.expires_at,
                ),
            )
            return _job(db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone())

    def get(self, job_id: str) -> Job | None:
        """Return the job with this id."""
        rows = self._state.rows("SELECT * FROM jobs WHERE id = ?", job_id)
        return _job(rows[0]) if rows else None

    def unfinished(self) -> list[Job]:
        """Return all jobs that have not ended, oldest first."""
        marks = ",".join("?" * len(TERMINAL))
        sql = f"SELECT * FROM jobs WHERE status NOT IN ({marks}) ORDER BY seq"  # noqa: S608 - only marks
        return [_job(row) for row in self._state.rows(sql, *sorted(TERMINAL))]

    def page(self, wanted: JobFilter, limit: int) -> list[Job]:
        """Return up to *limit* jobs that fit *wanted*."""
        clauses: list[tuple[str, object]] = [
            ("submitted_at > ?", wanted.submitted_after),
            ("submitted_at < ?", wanted.submitted_before),
            ("status = ?", wanted.status),
            ("instr(name, ?) > 0", wanted.name_contains),
            ("seq > ?" if wanted.ascending else "seq < ?", wanted.after_seq),
        ]
        used = [(clause, value) for clause, value in clauses if value is not None]
        where = " AND ".join(clause for clause, _ in used) or "1"
        order = "ASC" if wanted.ascending else "DESC"
        sql = f"SELECT * FROM jobs WHERE {where} ORDER BY seq {order} LIMIT ?"  # noqa: S608 - our clauses
        return [_job(row) for row in self._state.rows(sql, *(value for _, value in used), limit)]

    def counts(self) -> dict[str, int]:
        """Return how many jobs are in each state."""
        rows = self._state.rows("SELECT status, count(*) AS jobs FROM jobs GROUP BY status")
        return {row["status"]: row["jobs"] for row in rows}

    def move(self, job_id: str, status: str, *, at: float, message: str | None = None) -> Job | None:
        """Bring a job into *status*; None when it cannot go there from where it is now."""
        with self._state.transaction() as db:
            row = db.execute("SELECT status FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if row is None or not may_follow(row["status"], status):
                return None
            ended = at if status in TERMINAL else None
            db.execute(
                "UPDATE jobs SET status = ?, message = ?, modified_at = ?, ended_at = ? WHERE id = ?",
                (status, message, at, ended, job_id),
            )
            return _job(db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone())

    def set_total(self, job_id: str, total: int) -> None:
        """Record how many records the job has; it stays 0 until processing begins (R20)."""
        with self._state.transaction() as db:
            db.execute("UPDATE jobs SET total = ? WHERE id = ?", (total, job_id))


def _count_active(db: sqlite3.Connection, model_id: str) -> int:
    states: Sequence[str] = sorted(ACTIVE)
    marks = ",".join("?" * len(states))
    sql = f"SELECT count(*) FROM jobs WHERE status IN ({marks}) AND model_id = ?"  # noqa: S608 - only marks
    return int(db.execute(sql, (*states, model_id)).fetchone()[0])


def _job(row: sqlite3.Row) -> Job:
    fields = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates over its values
    return Job(**{**fields, "request": json.loads(fields["request"])})
