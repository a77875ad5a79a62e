"""Ask an OpenAI-compatible endpoint which models it has: is it there at all, at no cost."""

from __future__ import annotations

import urllib3
from pydantic import BaseModel, Field, ValidationError

from shotlog.errors import Invalid, NotFound, Rejected, Unavailable

_MOST_BYTES = 4 << 20
_HINT = "Is it running? See SHOTLOG_VISION_ENDPOINT."


class EndpointModels:
    """The list of models of a vision endpoint.

    Args:
        url: as for ``OpenAIEndpoint``; ``/models`` takes the place of ``/chat/completions``.
        api_key: sent as bearer token; empty for none.
    """

    def __init__(self, url: str, api_key: str = "", *, timeout_s: float = 10.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise Invalid(f"{url!r} is no http or https address.", hint="Set SHOTLOG_VISION_ENDPOINT.")
        self._url = f"{url.rstrip('/').removesuffix('/chat/completions')}/models"
        self._headers = {"Accept": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._timeout_s = timeout_s

    def names(self) -> list[str]:
        """Return the names of the models that the endpoint has, as it lists them.

        Raises:
            NotFound: it answers, and has no such list; not every server does.
            Unavailable: it cannot be reached, is too slow, or breaks.
            Rejected: it refuses, or what it says is no list of models.
        """
        status, content = self._get()
        if status == 404:
            raise NotFound("The vision endpoint has no list of models.")
        if status in (401, 403):
            raise Rejected(
                f"The vision endpoint answered {status}.",
                hint="Set SHOTLOG_VISION_API_KEY.",
            )
        if status >= 500:
            raise Unavailable(f"The vision endpoint answered {status}.", hint=_HINT)
        if status != 200:
            raise Rejected(f"The vision endpoint answered {status}.", hint=_HINT)
        try:
            return [model.id for model in _Models.model_validate_json(content).data]
        except ValidationError as error:
            raise Rejected("The vision endpoint sent no list of models.", hint=_HINT) from error

    def _get(self) -> tuple[int, bytes]:
        timeout = urllib3.Timeout(connect=self._timeout_s, read=self._timeout_s)
        with urllib3.PoolManager(timeout=timeout, retries=False) as http:
            try:
                response = http.request(
                    "GET", self._url, headers=self._headers, redirect=False, preload_content=False
                )
                try:
                    return response.status, response.read(_MOST_BYTES, decode_content=True)
                finally:
                    response.close()
            except urllib3.exceptions.HTTPError as error:
                raise Unavailable(
                    f"The vision endpoint cannot be reached: {type(error).__name__}.", hint=_HINT
                ) from error


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model] = Field(default_factory=list)
