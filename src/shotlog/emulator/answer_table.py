"""The answers made so far, kept until the job's output is written: a restart asks nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shotlog.emulator.database import StateFile

_PAGE = 500  # keys read at a time; the lines themselves, which can be large, are read one by one


@dataclass(frozen=True, slots=True)
class Manifest:
    """One input file of a job."""

    number: int
    key: str
    #: Its path below the input folder.
    name: str
    records: int


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line of a job's output, and what it adds to the job's counters."""

    manifest: int
    line: int
    #: Where the line stands among the lines of its file.
    position: int
    body: bytes
    success: bool
    input_tokens: int = 0
    output_tokens: int = 0


class AnswerTable:
    """Input files and output lines of the jobs that have not ended."""

    def __init__(self, state: StateFile) -> None:
        self._state = state

    def set_manifests(self, job_id: str, manifests: Iterable[Manifest]) -> None:
        """Store what validating found, in place of what an interrupted one may have left."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM manifests WHERE job_id = ?", (job_id,))
            db.executemany(
                "INSERT INTO manifests (job_id, number, key, name, records) VALUES (?, ?, ?, ?, ?)",
                [(job_id, each.number, each.key, each.name, each.records) for each in manifests],
            )

    def manifests(self, job_id: str) -> list[Manifest]:
        """Return the job's input files."""
        rows = self._state.rows(
            "SELECT number, key, name, records FROM manifests WHERE job_id = ? ORDER BY number", job_id
        )
        return [Manifest(**dict(row)) for row in rows]

    def add(self, job_id: str, line: OutputLine) -> None:
        """Store one output line and count it, once, however often it is added."""
        with self._state.transaction() as db:
            added = db.execute(
                "INSERT OR IGNORE INTO answers (job_id, manifest, line, position, body)"
                " VALUES (?, ?, ?, ?, ?)",
                (job_id, line.manifest, line.line, line.position, line.body),
            ).rowcount
            db.execute(
                "UPDATE jobs SET success = success + ?, error = error + ?, input_tokens = input_tokens + ?,"
                " output_tokens = output_tokens + ? WHERE id = ?",
                (
                    added * line.success,
                    added * (not line.success),
                    added * line.input_tokens,
                    added * line.output_tokens,
                    job_id,
                ),
            )

    def answered(self, job_id: str, manifest: int) -> set[int]:
        """Return the numbers of the lines that are answered."""
        rows = self._state.rows(
            "SELECT line FROM answers WHERE job_id = ? AND manifest = ?", job_id, manifest
        )
        return {row["line"] for row in rows}

    def lines(self, job_id: str, manifest: int) -> Iterator[bytes]:
        """Yield the output lines of one input file by position, in flat memory."""
        position, line = -1, -1
        while page := self._state.rows(
            "SELECT rowid, position, line FROM answers WHERE job_id = ? AND manifest = ?"
            " AND (position, line) > (?, ?) ORDER BY position, line LIMIT ?",
            job_id,
            manifest,
            position,
            line,
            _PAGE,
        ):
            for row in page:
                yield self._state.rows("SELECT body FROM answers WHERE rowid = ?", row["rowid"])[0]["body"]
            position, line = page[-1]["position"], page[-1]["line"]

    def forget(self, job_id: str) -> None:
        """Drop everything about a job that has ended: its output is in the bucket."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM answers WHERE job_id = ?", (job_id,))
            db.execute("DELETE FROM manifests WHERE job_id = ?", (job_id,))

    def forget_ended(self) -> None:
        """Drop what jobs left that ended just before their emulator did."""
        ended = self._state.rows(
            "SELECT DISTINCT job_id FROM manifests"
            " WHERE job_id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL)"
        )
        for row in ended:
            self.forget(row["job_id"])
