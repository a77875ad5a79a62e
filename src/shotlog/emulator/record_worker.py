"""Turn one manifest line into one output line, whatever is wrong with it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import structlog

from shotlog.emulator.answer_table import OutputLine
from shotlog.emulator.answers import Answerer
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.distortion import distort, with_line_separators
from shotlog.emulator.faults import Faults, draw
from shotlog.emulator.jobs import Job
from shotlog.emulator.lines import decode, encode
from shotlog.emulator.location import input_location
from shotlog.emulator.models import ModelCard
from shotlog.emulator.prompt import RecordRefused
from shotlog.emulator.records import RecordRules
from shotlog.emulator.reply import error_line, model_response, success_line
from shotlog.emulator.switchboard import Switchboard
from shotlog.emulator.texts import say
from shotlog.errors import AppError

_LOG = structlog.get_logger(__name__)
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record stands in its job's input."""

    manifest: int
    line: int


class RecordWorker:
    """Answers the records of one job; safe to call from many threads."""

    def __init__(
        self,
        *,
        job: Job,
        card: ModelCard,
        answerer: Answerer,
        config: EmulatorConfig,
        switchboard: Switchboard,
    ) -> None:
        self._job = job
        self._card = card
        self._answerer = answerer
        self._config = config
        self._switchboard = switchboard
        self._rules = RecordRules(config, card, job.api, input_location(job.input_uri))

    def work(self, place: RecordPlace, line: bytes) -> OutputLine | None:
        """Answer one record; None when it is to be absent or the emulator is closing."""
        faults = self._switchboard.faults
        if not faults.meets(self._job.name):
            faults = Faults()
        dropped = faults.record_fault(self._draw(place, "fault")) == "drop"
        if dropped or self._switchboard.closed:
            return None
        if faults.delay_s:
            self._switchboard.wait(lambda: self._switchboard.closed, at_most_s=faults.delay_s)
        record = decode(line)
        record_id = record.get("recordId")
        if record_id is None:
            record_id = self._make_id(place)
        position = place.line if faults.keep_order else int(self._draw(place, "order") * (1 << 53))
        try:
            return self._success(place, record_id, record["modelInput"], faults, position)
        except RecordRefused as error:
            refused = error
        except AppError as error:
            refused = RecordRefused(say("model_unavailable", self._config.texts), code=503, retryable=True)
            _LOG.warning("record_unanswered", job=self._job.id, record=record_id, reason=error.message)
        except Exception:  # noqa: BLE001 - one record's surprise must not end its job
            refused = RecordRefused(say("internal", self._config.texts), code=500, retryable=True)
            _LOG.exception("record_broke", job=self._job.id, record=record_id)
        if self._switchboard.closed:  # it may have failed only because everything is being shut down
            return None
        body = encode(error_line(record_id, record["modelInput"], refused))
        return OutputLine(place.manifest, place.line, position, body, success=False)

    def _success(
        self, place: RecordPlace, record_id: str, model_input: dict[str, Any], faults: Faults, position: int
    ) -> OutputLine:
        fault = faults.record_fault(self._draw(place, "fault"))
        if fault == "error":
            raise RecordRefused(say("injected", self._config.texts), code=500, retryable=True)
        started = time.monotonic()
        answer = self._answerer.answer(self._rules.read(model_input), self._card)
        answer = distort(answer, fault, self._draw(place, "cut"))
        if self._draw(place, "separator") < faults.line_separators:
            answer = with_line_separators(answer)
        output = model_response(
            self._job.api,
            answer,
            latency_ms=int((time.monotonic() - started) * 1000),
            explicit_nulls=True,
        )
        null_error = self._draw(place, "null") < faults.null_error
        return OutputLine(
            place.manifest,
            place.line,
            position,
            encode(success_line(record_id, model_input, output, null_error=null_error)),
            success=True,
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
        )

    def _draw(self, place: RecordPlace, purpose: str) -> float:
        return draw(self._config.seed, self._job.id, place.manifest, place.line, purpose)

    def _make_id(self, place: RecordPlace) -> str:
        """Return an id of eleven letters and digits for a record that came without one (R32)."""
        number = int(self._draw(place, "id") * (1 << 53))
        letters = []
        for _ in range(11):
            number, digit = divmod(number, len(_ID_LETTERS))
            letters.append(_ID_LETTERS[digit])
        return "".join(letters)
