"""The rules that one request must meet: the body's shape first, then what batch inference adds (R25-R31)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.location import Location
from shotlog.emulator.models import ModelCard
from shotlog.emulator.prompt import JsonObject, MediaSource, Prompt, RecordRefused
from shotlog.emulator.texts import say
from shotlog.emulator.validation import Violation, check, input_shape, matches

_INVOKE_MEMBERS = {"schemaVersion", "system", "messages", "inferenceConfig", "toolConfig", "reasoningConfig"}
#: Members of a Converse request that a batch record must not have (facts §3.1).
_NOT_IN_BATCH = ("guardrailConfig", "outputConfig", "serviceTier", "requestMetadata", "promptVariables")
_BLOCKS = {"text", "image", "video"}
_TOOL_BLOCKS = {"toolUse", "toolResult"}
#: Legal in the control plane's pattern and yet unproven in prompts (open question 3).
_DOUBTFUL = frozenset("'()*!")


@dataclass(frozen=True, slots=True)
class RecordRules:
    """Reads the bodies of one job, or of one call on demand.

    Args:
        config: limits and texts.
        card: the model that is asked.
        api: ``InvokeModel`` or ``Converse``.
        folder: where a batch job's media must lie; None on demand.
    """

    config: EmulatorConfig
    card: ModelCard
    api: str
    folder: Location | None = None

    def read(self, body: JsonObject) -> Prompt:
        """Return what *body* asks.

        Raises:
            RecordRefused: a rule is broken; the first one in the order of this module.
        """
        if self.folder is not None:
            self._check_batch_members(body)
        self._check_shape(body)
        blocks = list(_blocks(body))
        self._check_blocks(body, blocks)
        media = tuple(_media(blocks))
        self._check_media(media)
        settings = body.get("inferenceConfig") or {}
        return Prompt(
            text=_text(body),
            media=media,
            max_tokens=self._max_tokens(settings),
            stop_sequences=tuple(settings.get("stopSequences") or ()),
        )

    def _check_batch_members(self, body: JsonObject) -> None:
        """Refuse what works on demand only (R30, R31)."""
        converse = self.api == "Converse"
        if body.get("toolConfig") is not None and (converse or self.config.strict):
            raise self._refuse("tools" if converse else "tools_invoke")
        if converse:
            for member in _NOT_IN_BATCH:
                if body.get(member) is not None:
                    raise self._refuse("member", member=member)
        elif self.config.schema_version_required and body.get("schemaVersion") is None:
            raise self._refuse("schema_version")

    def _check_shape(self, body: JsonObject) -> None:
        found = self._converse_violations(body) if self.api == "Converse" else _invoke_violations(body)
        first = next(found, None)
        if first is None:
            return
        if first.path.endswith("s3Location.uri"):
            raise self._refuse("uri")
        if first.kind == "unknown":
            raise self._refuse("extra_inputs", path=first.path)
        raise self._refuse("bad_input", reason=first.text)

    def _converse_violations(self, body: JsonObject) -> Iterator[Violation]:
        shape = input_shape("bedrock-runtime", "Converse")
        if "modelId" in body:  # it stands in the path of a call, and in the job of a batch
            yield Violation("modelId", "unknown", "")
        yield from check(shape, {**body, "modelId": self.card.model_id})
        if not body.get("messages"):
            yield Violation("messages", "constraint", "messages: at least one message is required")

    def _check_blocks(self, body: JsonObject, blocks: list[JsonObject]) -> None:
        if body["messages"][0]["role"] != "user":
            raise self._refuse("bad_input", reason="A conversation must start with a user message")
        system = [block for block in body.get("system") or () if isinstance(block, dict)]
        for kind in (name for block in [*system, *blocks] for name in block if block[name] is not None):
            if kind == "cachePoint":
                if self.folder is not None:
                    raise self._refuse("cache_point")
            elif kind in _TOOL_BLOCKS and self.folder is not None:
                raise self._refuse("tools")
            elif kind not in _BLOCKS or not self._model_sees(kind):
                raise self._refuse("block", kind=kind)

    def _model_sees(self, kind: str) -> bool:
        return {"image": self.card.images, "video": self.card.video}.get(kind, True)

    def _check_media(self, media: tuple[MediaSource, ...]) -> None:
        for uri in (each.uri for each in media if each.uri is not None):
            self._check_uri(uri)
        videos = sum(each.kind == "video" for each in media)
        if videos > 1:
            raise self._refuse("one_video", count=videos)
        if len(media) - videos > self.config.max_images:
            raise self._refuse("too_many_images", count=len(media) - videos, limit=self.config.max_images)
        inline = sum(len(each.inline or "") for each in media)
        if inline > self.config.max_inline_bytes:
            raise self._refuse("inline_too_large", size=inline, limit=self.config.max_inline_bytes)

    def _check_uri(self, uri: str) -> None:
        """Apply the control plane's pattern and the folder rule to a URI in a batch record (R25, R26)."""
        if self.folder is None:
            return
        doubtful = self.config.strict and not _DOUBTFUL.isdisjoint(uri)
        if doubtful or not matches(_control_plane_uri(), uri):
            raise self._refuse("uri")
        if not self.folder.holds(uri):
            raise self._refuse("folder")

    def _max_tokens(self, settings: JsonObject) -> int | None:
        asked = settings.get("maxTokens")
        limit = self.card.max_output_tokens
        if asked is not None and asked > limit:
            raise self._refuse("max_tokens", limit=limit)
        return asked

    def _refuse(self, text: str, **values: object) -> RecordRefused:
        return RecordRefused(say(text, self.config.texts, **values))


def _control_plane_uri() -> Any:
    create = input_shape("bedrock", "CreateModelInvocationJob")
    return create.members["inputDataConfig"].members["s3InputDataConfig"].members["s3Uri"]


def _invoke_violations(body: JsonObject) -> Iterator[Violation]:
    """Check a ``messages-v1`` body: its messages are Converse's, its settings nearly so (facts §7.1)."""
    for member in body:
        if member not in _INVOKE_MEMBERS:
            yield Violation(member[:256], "unknown", "")
    if body.get("schemaVersion") not in {None, "messages-v1"}:
        yield Violation("schemaVersion", "constraint", "schemaVersion: must be messages-v1")
    if not body.get("messages"):
        yield Violation("messages", "constraint", "messages: at least one message is required")
    settings = body.get("inferenceConfig")
    if isinstance(settings, dict) and "topK" in settings:
        top_k, settings = settings["topK"], {key: settings[key] for key in settings if key != "topK"}
        if isinstance(top_k, bool) or not isinstance(top_k, int) or not 0 <= top_k <= 128:
            yield Violation("inferenceConfig.topK", "constraint", "topK: must be a number from 0 to 128")
    shape = input_shape("bedrock-runtime", "Converse")
    parts = {"messages": body.get("messages"), "system": body.get("system"), "inferenceConfig": settings}
    for name, value in parts.items():
        if value is not None:
            yield from check(shape.members[name], value, name)


def _blocks(body: JsonObject) -> Iterator[JsonObject]:
    for message in body["messages"]:
        yield from message["content"]


def _media(blocks: list[JsonObject]) -> Iterator[MediaSource]:
    for block in blocks:
        for kind, name in (("video", "video"), ("photo", "image")):
            if media := block.get(name):
                source = media["source"]
                location = source.get("s3Location")
                yield MediaSource(
                    kind=kind,
                    format=media["format"],
                    uri=location["uri"] if location else None,
                    inline=source.get("bytes"),
                )


def _text(body: JsonObject) -> str:
    """Return all words of the request, the system's first; a trailing assistant turn is only a prefill."""
    system = [block["text"] for block in body.get("system") or () if block.get("text")]
    spoken = [block["text"] for block in _blocks(body) if block.get("text")]
    if body["messages"][-1]["role"] == "assistant":
        ours = [block for message in body["messages"][:-1] for block in message["content"]]
        spoken = [block["text"] for block in ours if block.get("text")]
    return "\n\n".join([*system, *spoken])
