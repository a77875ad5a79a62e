"""What models said about assets: annotations whole, and segments that search can find."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shotlog.store.tables.columns import Base, Big, HostileJson, HostileName, HostileText, Key


class AnnotationRow(Base):
    """One validated section of one result."""

    __tablename__ = "annotations"
    __table_args__ = (
        UniqueConstraint("record_id", "section"),
        Index("ix_annotations_asset_id_section_current", "asset_id", "section", "current"),
    )

    id: Mapped[Key]
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"))
    section: Mapped[str]
    engine: Mapped[str] = mapped_column(HostileName)
    body: Mapped[Any] = mapped_column(HostileJson)
    #: The newest of its section for this asset; older ones stay as history.
    current: Mapped[bool]
    created_at: Mapped[datetime]


class SegmentRow(Base):
    """A findable piece of an asset: words of one field, with their time where they have one."""

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_asset_id_start_ms", "asset_id", "start_ms"),)

    id: Mapped[Key]
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    #: NULL for words that come from the file itself, such as its name.
    annotation_id: Mapped[int | None] = mapped_column(
        ForeignKey("annotations.id", ondelete="CASCADE"), index=True
    )
    #: ``name``, ``summary``, ``chapter``, ``text``, ``object``...
    field: Mapped[str]
    text: Mapped[str] = mapped_column(HostileText)
    #: The same words without case and diacritics: what the full-text index reads.
    folded: Mapped[str] = mapped_column(HostileText)
    start_ms: Mapped[Big | None]
    end_ms: Mapped[Big | None]
