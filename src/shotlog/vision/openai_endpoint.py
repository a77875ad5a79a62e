"""A vision model of the user's own, behind an OpenAI-compatible endpoint (vLLM, Ollama, LM Studio)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import urllib3
from pydantic import BaseModel, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from shotlog.domain.ports import Answer, Question
from shotlog.errors import Invalid, MediaRefused, Rejected, Throttled, Unavailable
from shotlog.sandbox.pool import Sandbox

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "content_filtered"}
_MOST_BYTES = 8 << 20
_EXCERPT = 300
_LONGEST_PAUSE_S = 60.0
_CHARS_PER_TOKEN = 4


class OpenAIEndpoint:
    """A ``VisionModel`` that sends frames and the prompt to ``/chat/completions`` under *url*.

    Args:
        url: base address such as ``http://127.0.0.1:8000/v1``; the path is added if it is missing.
        model: the model's name at that endpoint.
        api_key: sent as bearer token; empty for none. Never sent on to where a redirect points.
        sandbox: where media files are opened.
        frames: the most frames of one video, evenly spaced, no more than one a second.
        long_side: pixels of a frame's longer side.
        timeout_s: the longest time one answer may take, and one file may take to open.
        attempts: how often a request is made at the most.
        pause_s: the pause before the second attempt; it doubles, and the endpoint may ask for more.
    """

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str = "",
        *,
        sandbox: Sandbox,
        frames: int = 16,
        long_side: int = 672,
        timeout_s: float = 300,
        attempts: int = 4,
        pause_s: float = 1.0,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise Invalid(f"{url!r} is no http or https address.", hint="Set SHOTLOG_VISION_ENDPOINT.")
        base = url.rstrip("/")
        self._url = base if base.endswith("/chat/completions") else f"{base}/chat/completions"
        self._model = model
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._sandbox = sandbox
        self._frames, self._long_side, self._timeout_s = frames, long_side, timeout_s
        self._attempts, self._pause = attempts, wait_random_exponential(pause_s, max=_LONGEST_PAUSE_S)
        self._http = urllib3.PoolManager(
            maxsize=16, timeout=urllib3.Timeout(connect=min(10.0, timeout_s), read=timeout_s), retries=False
        )

    def answer(self, question: Question) -> Answer:
        """Ask the endpoint once, again after throttling or an outage.

        Raises:
            MediaRefused: a file cannot be opened.
            Throttled: it still asks to slow down after the last attempt.
            Unavailable: it cannot be reached, is too slow, or breaks.
            Rejected: it refuses the request, or what it says is no chat completion.
        """
        body = {
            "model": self._model or question.model_id,
            "messages": [{"role": "user", "content": [*self._pictures(question), _text(question.text)]}],
            "max_tokens": question.max_tokens,
            "temperature": 0,
        }
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=retry_if_exception_type((Throttled, Unavailable)),
            reraise=True,
        )
        completion = retrying(self._post, json.dumps(body).encode())
        return completion.as_answer(question)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.clear()

    def _pictures(self, question: Question) -> Iterator[dict[str, Any]]:
        for media in question.media:
            if media.kind not in {"video", "photo"}:
                raise MediaRefused(f"Cannot make pictures of a {media.kind}.", code="media_kind")
            arguments: dict[str, Any] = {"path": str(media.path), "long_side": self._long_side}
            if media.kind == "video":
                arguments["count"] = self._frames
            function = f"shotlog.vision.stills:{'video_stills' if media.kind == 'video' else 'photo_still'}"
            found = self._sandbox.call(function, timeout_s=self._timeout_s, **arguments)
            for still in found["stills"]:
                if still["time_s"] is not None:
                    yield _text(f"Frame at {still['time_s']} s of {found['duration_s']:.1f} s:")
                address = f"data:image/jpeg;base64,{still['jpeg']}"
                yield {"type": "image_url", "image_url": {"url": address}}

    def _post(self, body: bytes) -> _Completion:
        try:
            response = self._http.request(
                "POST",
                self._url,
                body=body,
                headers=self._headers,
                redirect=False,
                preload_content=False,
            )
            try:
                content = response.read(_MOST_BYTES, decode_content=True)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                f"The vision endpoint cannot be reached: {type(error).__name__}.",
                hint="Is it running? See SHOTLOG_VISION_ENDPOINT.",
            ) from error
        _check(response.status, content, response.headers.get("Retry-After", ""))
        try:
            return _Completion.model_validate_json(content)
        except ValidationError as error:
            raise Rejected(f"The vision endpoint sent no chat completion: {_excerpt(content)}") from error

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, Throttled) else 0.0
        return max(self._pause(state), min(asked, _LONGEST_PAUSE_S))


class _Part(BaseModel):
    text: str = ""


class _Message(BaseModel):
    content: str | list[_Part] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None

    def as_answer(self, question: Question) -> Answer:
        if not self.choices:
            raise Rejected("The vision endpoint sent an answer without a choice.")
        choice, usage = self.choices[0], self.usage or _Usage()
        content = choice.message.content or ""
        text = content if isinstance(content, str) else "".join(part.text for part in content)
        asked, said = usage.prompt_tokens, usage.completion_tokens
        reason = choice.finish_reason or "stop"
        return Answer(
            text=text,
            stop_reason=_STOP_REASONS.get(reason, reason),
            input_tokens=math.ceil(len(question.text) / _CHARS_PER_TOKEN) if asked is None else asked,
            output_tokens=math.ceil(len(text) / _CHARS_PER_TOKEN) if said is None else said,
        )


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _check(status: int, content: bytes, retry_after: str) -> None:
    """Translate what is not 200 into the errors of the product."""
    if status == 200:
        return
    said = f"The vision endpoint answered {status}: {_excerpt(content)}"
    if status == 429:
        throttled = Throttled(said)
        throttled.retry_after_s = float(retry_after) if retry_after.isdigit() else 0.0
        raise throttled
    if status >= 500 or status == 408:
        raise Unavailable(said)
    hint = "Set SHOTLOG_VISION_API_KEY." if status in {401, 403} else ""
    raise Rejected(said, hint=hint)


def _excerpt(content: bytes) -> str:
    text = content[: _EXCERPT * 4].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:_EXCERPT].strip()
