"""State changes as EventBridge would carry them; those are best effort, so these can be lost too (R23)."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from shotlog.emulator.database import StateFile
from shotlog.emulator.jobs import Job


class EventTable:
    """The events of all jobs, in order."""

    def __init__(self, state: StateFile, *, account_id: str, region: str) -> None:
        self._state = state
        self._account_id = account_id
        self._region = region

    def add(self, job: Job) -> None:
        """Append the event that says where *job* stands now."""
        body = json.dumps(self._event(job))
        with self._state.transaction() as db:
            db.execute("INSERT INTO events (body) VALUES (?)", (body,))

    def after(self, seq: int, limit: int = 1_000) -> list[dict[str, Any]]:
        """Return up to *limit* events that follow number *seq*, each with its own number as ``seq``."""
        rows = self._state.rows("SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
        return [{"seq": row["seq"], **json.loads(row["body"])} for row in rows]

    def _event(self, job: Job) -> dict[str, Any]:
        created = datetime.fromtimestamp(job.submitted_at, UTC)
        return {
            "version": "0",
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job.arn}#{job.status}")),
            "detail-type": "Batch Inference Job State Change",
            "source": "aws.bedrock",
            "account": self._account_id,
            "time": datetime.fromtimestamp(job.modified_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": [job.arn],
            "detail": {
                "version": "0.0",
                "accountId": self._account_id,
                "batchJobName": job.name,
                "batchJobArn": job.arn,
                "batchModelId": job.model_arn,
                "status": job.status,
                "failureMessage": job.message or "",
                "creationTime": f"{created:%b} {created.day}, {created:%Y, %I:%M:%S %p}",
            },
        }
