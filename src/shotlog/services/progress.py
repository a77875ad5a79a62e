"""How far imports and runs are, read from the state alone, so that any process can tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from shotlog.domain.state import ChunkState, ImportState, RunState
from shotlog.store import imports, jobs, records, runs, work
from shotlog.store.database import Database


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is."""

    #: ``scanning``, ``probing``, ``rendering``, ``asking`` or ``done``.
    phase: str
    done: int
    #: None while it is unknown.
    total: int | None
    #: More for people: what the jobs do.
    note: str = ""


class Watcher:
    """Looks at one import or run again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._most: Counter[str] = Counter()

    def of_import(self, import_id: int) -> Progress:
        """Return how far an import is, in files."""
        with self._database.read() as session:
            state = imports.get(session, import_id).state
            waiting = {kind: work.waiting(session, kind) for kind in ("probe", "render")}
        if state == ImportState.SCANNING:
            return Progress("scanning", 0, None)
        if state == ImportState.PROBING:
            return self._files("probing", waiting["probe"])
        if state == ImportState.RENDERING:
            return self._files("rendering", waiting["render"])
        return Progress("done", 1, 1)

    def of_run(self, run_id: int) -> Progress:
        """Return how far a run is: records accounted for, out of those planned (regression S01)."""
        with self._database.read() as session:
            run = runs.get(session, run_id)
            if run.state == RunState.DRAFT:
                return self._files("rendering", work.waiting(session, "render"))
            still_open = records.count_open(session, run_id)
            active = jobs.in_state(session, run_id, ChunkState.SUBMITTED)
        states = Counter(job.provider_state or "Submitted" for job in active)
        processed = sum(job.processed_records or 0 for job in active)
        note = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        if processed:
            note += f", {processed} answered"
        return Progress("asking", run.planned - still_open, run.planned, note)

    def _files(self, phase: str, waiting: int) -> Progress:
        self._most[phase] = most = max(self._most[phase], waiting)
        return Progress(phase, most - waiting, most or None)
