"""Ask a model on Bedrock at once, through Converse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shotlog.domain.ports import Answer, OnDemandQuestion
from shotlog.inference.bedrock_clients import BedrockClients
from shotlog.inference.bedrock_errors import translated
from shotlog.inference.catalog import Catalog
from shotlog.inference.output import read_answer
from shotlog.inference.payloads import converse_request


class BedrockRuntime:
    """Bedrock's runtime as an ``OnDemandModel``; the emulator is one by its endpoint."""

    def __init__(self, clients: BedrockClients, catalog: Catalog) -> None:
        self._clients = clients
        self._catalog = catalog

    def converse(self, question: OnDemandQuestion) -> Answer:
        """Ask about one asset and return what was said; a refusal or a cut answer is an answer too.

        A throttled call is asked again after a pause: it was not answered, so it was not paid. What
        broke on the way is not asked again here, because it may have been.

        Raises:
            Invalid: the model does not take that kind or format.
            Throttled, QuotaReached, Unavailable, Rejected: see ``translated``.
        """
        request = converse_request(self._catalog.find(question.model_id), question)

        def call() -> Mapping[str, Any]:
            with translated("answer"):
                return self._clients.runtime().converse(**request)

        return read_answer(self._clients.repeated(call, unreachable=False))
