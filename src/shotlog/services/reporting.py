"""Give account of imports and runs: what was found, how each record ended, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from shotlog.domain.asset import public_id
from shotlog.domain.clock import utc_text
from shotlog.domain.model import Range
from shotlog.domain.money import usd
from shotlog.domain.outcome import ANALYSED, Outcome
from shotlog.domain.run import BatchJob, Run
from shotlog.services.estimating import money_json
from shotlog.store import imports, jobs, records, runs
from shotlog.store.database import Database
from shotlog.store.records import OutcomeLine

#: Records that did not succeed, of one run, that are shown at once.
_FAILURES_SHOWN = 1000
_UNSUCCESSFUL = tuple(str(outcome) for outcome in Outcome if outcome not in ANALYSED)


class Reports:
    """Reads the accounts; writes nothing. Ids are public, times UTC, money dollars, unknown is null."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def import_summary(self, import_id: int) -> dict[str, Any]:
        """Return what one import found; imported, unchanged and refused add up to found."""
        with self._database.read() as session:
            return _import_json(session, import_id)

    def run_summary(self, run_id: int | None, import_id: int | None) -> dict[str, Any]:
        """Return the account of a run, and of the import before it, as ``run --json`` prints it."""
        with self._database.read() as session:
            found: dict[str, Any] = {"found": 0, "imported": 0, "unchanged": 0, "refused": []}
            if import_id is not None:
                known = _import_json(session, import_id)
                found = {name: known[name] for name in found}
            if run_id is None:
                nothing = money_json(Range(0, 0, 0))
                account: dict[str, Any] = {
                    "run": None,
                    "state": "done",
                    "jobs": 0,
                    "records": _counts_json(0, {}),
                    "cost_usd": {"estimated": nothing, "actual": 0.0},
                }
            else:
                account = _account(session, runs.get(session, run_id))
        return {**{name: account[name] for name in ("run", "state")}, "assets": found, **account}

    def runs(self, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
        """Return runs, the newest first: a keyset page."""
        with self._database.read() as session:
            found = runs.newest(session, before=before, limit=limit + 1)
            shown = [{**_account(session, run), **_facts(run)} for run in found[:limit]]
        return {"runs": shown, "next": found[limit - 1].public_id if len(found) > limit else None}

    def run(self, run_id: int) -> dict[str, Any]:
        """Return one run whole: its chunks and jobs, and why each record that failed did."""
        with self._database.read() as session:
            run = runs.get(session, run_id)
            counts = runs.outcome_counts(session, run_id)
            failures = records.lines_of_run(session, run_id, outcomes=_UNSUCCESSFUL, limit=_FAILURES_SHOWN)
            chunks = jobs.get_batch_jobs_by_parent(session, run.public_id)
            return {
                **_account(session, run),
                **_facts(run),
                "chunks": [_chunk_json(chunk) for chunk in chunks],
                "failures": [_failure_json(line) for line in failures],
                "failures_total": sum(counts.get(outcome, 0) for outcome in _UNSUCCESSFUL),
            }


def _import_json(session: Session, import_id: int) -> dict[str, Any]:
    known = imports.get(session, import_id)
    refused = [*known.problems, *imports.refusals(session, known.paths)]
    files = len(refused) - len(known.problems)
    imported = imports.imported(session, import_id)
    return {
        "found": known.found,
        "imported": imported,
        "unchanged": max(0, known.found - imported - files),
        "moved": known.moved,
        "missing": known.missing,
        "refused": [
            {"path": refusal.path, "code": refusal.code, "reason": refusal.reason} for refusal in refused
        ],
    }


def _account(session: Session, run: Run) -> dict[str, Any]:
    actual, _ = runs.actual_cost(session, run.id)
    estimate = run.estimate and Range(run.estimate["low"], run.estimate["likely"], run.estimate["high"])
    return {
        "run": run.public_id,
        "state": run.state,
        "jobs": jobs.count_submitted(session, run.id),
        "records": _counts_json(run.planned, runs.outcome_counts(session, run.id)),
        "cost_usd": {"estimated": money_json(estimate or None), "actual": usd(actual)},
    }


def _counts_json(planned: int, counts: Mapping[str | None, int]) -> dict[str, int]:
    return {"planned": planned, **{str(outcome): counts.get(outcome, 0) for outcome in Outcome}}


def _facts(run: Run) -> dict[str, Any]:
    return {
        "mode": run.mode,
        "engine": run.engine,
        "model": run.model,
        "recipe": run.recipe,
        "reason": run.reason,
        "retry_of": None if run.retry_of is None else public_id("run", run.retry_of),
        "created_at": utc_text(run.created_at),
        "ended_at": utc_text(run.ended_at),
    }


def _chunk_json(job: BatchJob) -> dict[str, Any]:
    return {
        "index": job.chunk_index,
        "folder": job.s3_folder,
        "state": job.state,
        "job_state": job.provider_state,
        "job_arn": job.job_arn,
        "records": job.records_planned,
        "processed": job.processed_records,
        "unmatched": job.unmatched_records,
        "message": job.message,
    }


def _failure_json(line: OutcomeLine) -> dict[str, Any]:
    return {
        "asset": public_id("ast", line.asset_id),
        "name": line.name,
        "outcome": line.outcome,
        "code": line.code,
        "message": line.message,
        "retryable": line.retryable,
    }
