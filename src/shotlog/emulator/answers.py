"""Ask the vision model: fetch the media of a request into a scratch folder, ask, count, clean up."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from pathlib import Path

from shotlog.domain.ports import Answer, BlobStore, Buckets, MediaInput, Question, VisionModel
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.location import split_uri
from shotlog.emulator.models import ModelCard
from shotlog.emulator.prompt import MediaSource, Prompt, RecordRefused
from shotlog.emulator.texts import say
from shotlog.errors import Invalid, MediaRefused, NotFound

_CHARS_PER_TOKEN = 4
_DEFAULT_MAX_TOKENS = 5_000
_INPUT = (NotFound, Invalid)  # what a store says of a bucket or key that is not there or cannot be

#: Returns a video's length in seconds, or None when it cannot tell.
DurationProbe = Callable[[Path], float | None]


class Answerer:
    """Answers prompts with the vision model; safe to call from many threads.

    Args:
        buckets: where ``s3Location`` media are.
        model: who looks at them.
        config: limits and texts.
        scratch: folder for the media while they are looked at.
        duration_s: tells how long a video is, so that it costs the tokens that Nova counts (R42); without it
            the vision model's own count stands.
    """

    def __init__(
        self,
        *,
        buckets: Buckets,
        model: VisionModel,
        config: EmulatorConfig,
        scratch: Path,
        duration_s: DurationProbe | None = None,
    ) -> None:
        self._buckets = buckets
        self._model = model
        self._config = config
        self._scratch = scratch
        self._duration_s = duration_s

    def answer(self, prompt: Prompt, card: ModelCard) -> Answer:
        """Answer one prompt.

        Raises:
            RecordRefused: a medium is missing, too large or cannot be opened.
            AppError: the store or the vision model cannot be reached.
        """
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            media = self._fetch(prompt.media, Path(folder))
            limit = prompt.max_tokens or min(_DEFAULT_MAX_TOKENS, card.max_output_tokens)
            question = Question(model_id=card.model_id, media=media, text=prompt.text, max_tokens=limit)
            try:
                answer = self._model.answer(question)
            except MediaRefused as error:
                kinds = " and ".join(sorted({each.kind for each in media})) or "request"
                raise self._refuse("media", kind=kinds, reason=error.message) from error
            return Answer(
                text=_cut(answer.text, prompt.stop_sequences),
                stop_reason=answer.stop_reason,
                input_tokens=self._input_tokens(prompt, card, media, answer.input_tokens),
                output_tokens=answer.output_tokens,
            )

    def _fetch(self, media: tuple[MediaSource, ...], folder: Path) -> tuple[MediaInput, ...]:
        fetched, photo_bytes = [], 0
        for number, source in enumerate(media):
            path = folder / f"{number}.{source.format}"
            if source.uri is None:
                path.write_bytes(base64.b64decode(source.inline or ""))
            else:
                photo_bytes += self._download(source, path, self._config.max_images_bytes - photo_bytes)
            fetched.append(MediaInput(kind=source.kind, format=source.format, path=path))
        return tuple(fetched)

    def _download(self, source: MediaSource, path: Path, photo_bytes_left: int) -> int:
        """Write the object to *path* and return how many bytes of photos that was (R28, R29)."""
        uri = source.uri or ""
        store, key, size = self._find(uri)
        if size > self._config.max_media_bytes:
            raise self._refuse("object_too_large", uri=uri, size=size, limit=self._config.max_media_bytes)
        photo_bytes = size if source.kind == "photo" else 0
        if photo_bytes > photo_bytes_left:
            limit = self._config.max_images_bytes
            raise self._refuse("objects_too_large", size=limit - photo_bytes_left + size, limit=limit)
        try:
            store.download(key, path)
        except _INPUT as error:
            raise self._refuse("missing_object", uri=uri) from error
        return photo_bytes

    def _find(self, uri: str) -> tuple[BlobStore, str, int]:
        bucket, key = split_uri(uri)
        try:
            store = self._buckets.bucket(bucket)
            info = store.head(key) if key else None
        except _INPUT as error:
            raise self._refuse("missing_object", uri=uri) from error
        if info is None:
            raise self._refuse("missing_object", uri=uri)
        return store, key, info.size_bytes

    def _input_tokens(
        self, prompt: Prompt, card: ModelCard, media: tuple[MediaInput, ...], counted: int
    ) -> int:
        if self._duration_s is None or not media:
            return counted
        tokens = -(-len(prompt.text) // _CHARS_PER_TOKEN)
        for each in media:
            if each.kind == "photo":
                if card.image_tokens is None:
                    return counted
                tokens += card.image_tokens
            else:
                seconds = self._duration_s(each.path)
                if seconds is None:
                    return counted
                tokens += card.video_tokens(seconds)
        return tokens

    def _refuse(self, text: str, **values: object) -> RecordRefused:
        return RecordRefused(say(text, self._config.texts, **values))


def _cut(text: str, stop_sequences: tuple[str, ...]) -> str:
    """Return *text* up to the first stop sequence in it."""
    ends = [text.find(stop) for stop in stop_sequences if stop in text]
    return text[: min(ends)] if ends else text
