"""The runtime: one question, one answer, at once (InvokeModel and Converse)."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

from shotlog.emulator.answers import Answerer
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.distortion import distort, with_line_separators
from shotlog.emulator.faults import draw
from shotlog.emulator.models import Catalogue
from shotlog.emulator.prompt import RecordRefused
from shotlog.emulator.records import RecordRules
from shotlog.emulator.reply import model_response
from shotlog.emulator.service_error import ServiceError
from shotlog.emulator.switchboard import Switchboard
from shotlog.emulator.texts import say
from shotlog.emulator.validation import input_shape, matches
from shotlog.errors import AppError


@dataclass(frozen=True, slots=True)
class Invocation:
    """The answer to one call."""

    body: dict[str, Any]
    latency_ms: int


class Runtime:
    """Answers calls on demand; every refusal is a ``ServiceError``."""

    def __init__(
        self,
        *,
        config: EmulatorConfig,
        catalogue: Catalogue,
        switchboard: Switchboard,
        answerer: Answerer,
    ) -> None:
        self._config = config
        self._catalogue = catalogue
        self._switchboard = switchboard
        self._answerer = answerer
        self._calls = itertools.count()

    def call(self, api: str, model_id: str, body: Any) -> Invocation:
        """Answer one ``InvokeModel`` or ``Converse``; the faults of records meet calls too."""
        if not matches(input_shape("bedrock-runtime", api).members["modelId"], model_id):
            raise ServiceError("ValidationException", say("unknown_model", self._config.texts))
        card = self._catalogue.find(model_id).card
        if not isinstance(body, dict):
            raise ServiceError("SerializationException", "The request body is not a JSON object")
        number = next(self._calls)
        faults = self._switchboard.faults
        fault = faults.record_fault(draw(self._config.seed, "call", number, "fault"))
        self._switchboard.wait(lambda: self._switchboard.closed, at_most_s=faults.delay_s)
        started = time.monotonic()
        if fault in {"error", "drop"}:
            raise ServiceError("ServiceUnavailableException", say("injected", self._config.texts))
        try:
            prompt = RecordRules(self._config, card, api).read(body)
            answer = self._answerer.answer(prompt, card)
        except RecordRefused as error:
            raise error.as_service_error() from error
        except AppError as error:
            raise ServiceError(
                "ServiceUnavailableException", say("model_unavailable", self._config.texts)
            ) from error
        answer = distort(answer, fault, draw(self._config.seed, "call", number, "cut"))
        if draw(self._config.seed, "call", number, "separator") < faults.line_separators:
            answer = with_line_separators(answer)
        latency_ms = int((time.monotonic() - started) * 1000)
        return Invocation(model_response(api, answer, latency_ms=latency_ms), latency_ms)
