"""Which models the emulated service has, how they are reached, and what they may be given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shotlog.emulator.service_error import ServiceError
from shotlog.emulator.texts import say

GIB = 1 << 30
LOCAL_MODEL = "shotlog.local-v1:0"
_ARN = re.compile(r"arn:aws(?:-[^:]+)?:bedrock:([a-z0-9-]+):([0-9]*):([a-z-]+)/(.+)")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model: its limits are the published defaults (facts §2 and §7), which configuration may replace."""

    model_id: str
    max_output_tokens: int
    #: Geographies of its inference profiles: ``us`` makes ``us.<model_id>``.
    profiles: tuple[str, ...] = ()
    #: It has no on-demand id of its own: only a profile may be named (R7).
    profile_only: bool = False
    #: Bytes of everything under a job's input prefix (R17).
    max_job_bytes: int = 5 * GIB
    batch: bool = True
    images: bool = True
    video: bool = True
    #: Most frames that a video is sampled to, at one a second (R42).
    max_frames: int = 960
    #: Billed tokens of one image; None: by its size, which only the model's own count tells.
    image_tokens: int | None = None

    def video_tokens(self, seconds: float) -> int:
        """Return the input tokens of a video that lasts *seconds*: 288 a sampled frame (R42)."""
        whole = int(seconds) + (seconds > int(seconds))
        return 288 * min(max(whole, 1), self.max_frames)


_NOVA = ("us", "eu", "apac")
CARDS: tuple[ModelCard, ...] = (
    ModelCard("amazon.nova-micro-v1:0", 10_000, _NOVA, images=False, video=False),
    ModelCard("amazon.nova-lite-v1:0", 10_000, _NOVA, max_job_bytes=100 * GIB),
    ModelCard("amazon.nova-pro-v1:0", 10_000, _NOVA, max_job_bytes=100 * GIB),
    ModelCard("amazon.nova-premier-v1:0", 10_000, ("us",), profile_only=True, max_frames=3_200),
    ModelCard(
        "amazon.nova-2-lite-v1:0", 65_535, ("us", "eu", "jp", "global"), profile_only=True, image_tokens=230
    ),
    ModelCard("amazon.nova-canvas-v1:0", 10_000, batch=False, video=False),
    ModelCard("amazon.nova-2-pro-preview-20251202-v1:0", 65_535, ("us",), profile_only=True, batch=False),
    ModelCard("amazon.nova-2-omni-preview-20251202-v1:0", 65_535, ("us",), profile_only=True, batch=False),
    ModelCard(LOCAL_MODEL, 65_535, image_tokens=230),
)


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as a request named it."""

    card: ModelCard
    #: The id or the profile's id, without an ARN around it.
    name: str
    through_profile: bool

    def arn(self, region: str, account_id: str) -> str:
        """Return the ARN under which the service echoes the model (R19)."""
        if self.through_profile:
            return f"arn:aws:bedrock:{region}:{account_id}:inference-profile/{self.name}"
        return f"arn:aws:bedrock:{region}::foundation-model/{self.name}"


class Catalogue:
    """Finds models by id, profile id or ARN.

    Args:
        region: ARNs of other regions are refused.
        texts: replaced texts.
        application_profiles: ids of application inference profiles and the model ids behind them.
        max_frames: model id -> most frames of a video, in place of the table's (R42).
    """

    def __init__(
        self,
        *,
        region: str,
        texts: Mapping[str, str],
        application_profiles: Mapping[str, str],
        max_frames: Mapping[str, int],
    ) -> None:
        self._region = region
        self._texts = texts
        cards = [replace(card, max_frames=max_frames.get(card.model_id, card.max_frames)) for card in CARDS]
        self._cards = {card.model_id: card for card in cards}
        self._profiles = {f"{geo}.{card.model_id}": card for card in cards for geo in card.profiles}
        self._applications = application_profiles

    def find(self, named: str) -> ModelReference:
        """Return the model that *named* means.

        Raises:
            ServiceError: there is none, or it may be reached through a profile only (R7).
        """
        reference = self._by_arn(named) if named.startswith("arn:") else self._by_id(named)
        if reference is None:
            raise ServiceError("ValidationException", say("unknown_model", self._texts))
        if reference.card.profile_only and not reference.through_profile:
            raise ServiceError(
                "ValidationException", say("profile_only", self._texts, model=reference.card.model_id)
            )
        return reference

    def card(self, model_id: str) -> ModelCard:
        """Return the model with this plain id, which ``find`` gave."""
        return self._cards[model_id]

    def _by_id(self, named: str) -> ModelReference | None:
        if named in self._cards:
            return ModelReference(self._cards[named], named, through_profile=False)
        if named in self._profiles:
            return ModelReference(self._profiles[named], named, through_profile=True)
        return None

    def _by_arn(self, named: str) -> ModelReference | None:
        match = _ARN.fullmatch(named)
        if match is None:
            return None
        region, _account, kind, name = match.groups()
        if region != self._region:
            raise ServiceError("ValidationException", say("arn_region", self._texts))
        if kind == "application-inference-profile" and name in self._applications:
            card = self._cards.get(self._applications[name])
            return ModelReference(card, name, through_profile=True) if card else None
        reference = self._by_id(name)
        wanted = {"foundation-model": False, "inference-profile": True}.get(kind)
        return reference if reference and reference.through_profile == wanted else None
