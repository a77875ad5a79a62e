"""What the library holds: its sources, imports, assets and their renditions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shotlog.store.tables.columns import Base, Big, HostileText, Key, PathText


class LibraryRow(Base):
    """The one library of this installation; its uid marks what belongs to it at a provider."""

    __tablename__ = "library"

    id: Mapped[Key]
    uid: Mapped[str]
    created_at: Mapped[datetime]


class SourceRow(Base):
    """A folder or file that was registered, in place and read-only."""

    __tablename__ = "sources"

    id: Mapped[Key]
    path: Mapped[str] = mapped_column(PathText, unique=True)
    added_at: Mapped[datetime]
    scanned_at: Mapped[datetime | None]


class ImportRow(Base):
    """One import: which paths, and what was found there."""

    __tablename__ = "imports"

    id: Mapped[Key]
    paths: Mapped[list[Any]]
    state: Mapped[str]
    #: Whether renditions are made at once, or only when a run needs them.
    renditions: Mapped[bool] = mapped_column(default=True)
    found: Mapped[int] = mapped_column(default=0)
    moved: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    #: Folders that could not be read: [path, code, reason] each.
    problems: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AssetRow(Base):
    """One video or photo, and what its content says; unknown is NULL."""

    __tablename__ = "assets"
    __table_args__ = (
        # What is not known yet, as of every file that was only registered, needs no place in an index.
        *(
            Index(
                f"ix_assets_{name}",
                name,
                sqlite_where=text(f"{name} IS NOT NULL"),
                postgresql_where=text(f"{name} IS NOT NULL"),
            )
            for name in ("captured_at", "fingerprint")
        ),
        Index("ix_assets_folder_name", "folder", "name"),
        Index("ix_assets_state_id", "state", "id"),
        Index("ix_assets_import_id_state", "import_id", "state"),
        Index("ix_assets_analysed_id", "analysed_at", "id"),
        {"sqlite_autoincrement": True},  # an id names files; it must never be given twice
    )

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    #: The import that registered it, or found it changed.
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    path: Mapped[str] = mapped_column(PathText, unique=True)
    folder: Mapped[str] = mapped_column(PathText)
    name: Mapped[str] = mapped_column(PathText)
    state: Mapped[str]
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None] = mapped_column(HostileText)
    size_bytes: Mapped[Big]
    mtime_ns: Mapped[Big]
    fingerprint: Mapped[str | None]
    kind: Mapped[str | None]
    format: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration_ms: Mapped[Big | None]
    fps: Mapped[float | None]
    rotation: Mapped[int | None]
    video_codec: Mapped[str | None]
    audio_codec: Mapped[str | None]
    has_audio: Mapped[bool | None]
    pixel_format: Mapped[str | None]
    captured_at: Mapped[datetime | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    altitude_m: Mapped[float | None]
    camera_make: Mapped[str | None] = mapped_column(HostileText)
    camera_model: Mapped[str | None] = mapped_column(HostileText)
    added_at: Mapped[datetime]
    probed_at: Mapped[datetime | None]
    missing_at: Mapped[datetime | None]
    #: When a result last succeeded, or was salvaged: what "analysed" means in every filter and count.
    analysed_at: Mapped[datetime | None]


class RenditionRow(Base):
    """A file that stands for an asset: local first, in the store once a job needs it."""

    __tablename__ = "renditions"
    __table_args__ = (UniqueConstraint("asset_id", "kind"),)

    id: Mapped[Key]
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    kind: Mapped[str]
    #: Relative to the home's ``renditions`` folder.
    path: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[Big]
    sha256: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    duration_ms: Mapped[Big | None]
    made_at: Mapped[datetime]
    store_key: Mapped[str | None]
    etag: Mapped[str | None]
    uploaded_at: Mapped[datetime | None]


class WorkItemRow(Base):
    """One file's due work, leased to one worker at a time; gone when it is done."""

    __tablename__ = "work_items"
    __table_args__ = (
        UniqueConstraint("kind", "asset_id"),
        Index("ix_work_items_kind_leased_until_id", "kind", "leased_until", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), index=True)
    owner: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
