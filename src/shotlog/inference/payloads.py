"""What a model is sent: Nova's InvokeModel body for a manifest, and the Converse request for on demand."""

from __future__ import annotations

from typing import Any

from shotlog.domain.model import ModelCard
from shotlog.domain.ports import OnDemandQuestion
from shotlog.errors import Invalid
from shotlog.inference.request_checks import check_s3_uri

#: Names of formats as files and probes have them -> Bedrock's own (rule R29); others are the same.
_FORMATS = {
    "jpg": "jpeg",
    "jpe": "jpeg",
    "jfif": "jpeg",
    "mpo": "jpeg",
    "3gp": "three_gp",
    "3gpp": "three_gp",
    "matroska": "mkv",
    "quicktime": "mov",
    "m4v": "mp4",
    "asf": "wmv",
}


def bedrock_format(name: str) -> str:
    """Return Bedrock's name of a media format or file extension.

    >>> bedrock_format("JPG"), bedrock_format(".3gp"), bedrock_format("mp4")
    ('jpeg', 'three_gp', 'mp4')
    """
    plain = name.lower().removeprefix(".")
    return _FORMATS.get(plain, plain)


def model_input(
    card: ModelCard,
    *,
    kind: str,
    media_format: str,
    uri: str,
    text: str,
    max_tokens: int,
    temperature: float = 0.0,
) -> dict[str, Any]:
    """Return the ``modelInput`` of one record in Nova's ``messages-v1`` shape: media first, then the words.

    It names no model and no tools, which batch refuses (rules R30, R45), and never asks for a longer
    answer than the model can give.

    Raises:
        Invalid: the model does not take that kind or format, or the URI is one that batch refuses.
    """
    check_s3_uri(uri, "media URI")
    return {
        "schemaVersion": "messages-v1",
        "messages": [{"role": "user", "content": [_media(card, kind, media_format, uri), {"text": text}]}],
        "inferenceConfig": {"maxTokens": min(max_tokens, card.max_tokens), "temperature": temperature},
    }


def converse_request(card: ModelCard, question: OnDemandQuestion) -> dict[str, Any]:
    """Return the arguments of boto3's ``converse`` for the same question.

    Raises:
        Invalid: the model does not take that kind or format.
    """
    if not card.converse:
        raise Invalid(f"{card.name} cannot be asked on demand.")
    media = _media(card, question.kind, question.format, question.uri)
    return {
        "modelId": question.model_id,
        "messages": [{"role": "user", "content": [media, {"text": question.text}]}],
        "inferenceConfig": {
            "maxTokens": min(question.max_tokens, card.max_tokens),
            "temperature": question.temperature,
        },
    }


def _media(card: ModelCard, kind: str, media_format: str, uri: str) -> dict[str, Any]:
    name = bedrock_format(media_format)
    taken = card.formats(kind)
    if not taken:
        raise Invalid(f"{card.name} cannot look at a {kind}.", hint="Choose another model.")
    if name not in taken:
        raise Invalid(
            f"{card.name} takes no {kind} in the format {media_format!r}.",
            hint=f"It takes {', '.join(taken)}.",
        )
    member = "video" if kind == "video" else "image"
    return {member: {"format": name, "source": {"s3Location": {"uri": uri}}}}
