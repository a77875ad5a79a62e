"""Column types and the declarative base that all tables share, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

#: Undecodable bytes of a file name (surrogates in Python) live here: a private-use plane that text can hold.
_ESCAPED_BYTES = 0x10F700
_SURROGATES = 0xDC00
_TO_TEXT = {_SURROGATES + byte: _ESCAPED_BYTES + byte for byte in range(0x80, 0x100)}
_FROM_TEXT = {text: surrogate for surrogate, text in _TO_TEXT.items()}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, also on SQLite, which stores none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: their meaning would depend on the machine."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("Times are stored with their zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive value its zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PathText(TypeDecorator[str]):
    """A file name or path of any bytes: what is not UTF-8 survives the round trip."""

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | os.PathLike[str] | None, dialect: Dialect) -> str | None:
        """Move undecodable bytes to private-use characters."""
        del dialect
        return None if value is None else path_to_text(os.fspath(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Move them back."""
        del dialect
        return None if value is None else text_to_path(value)


class HostileText(TypeDecorator[str]):
    """Text from a model or a file: NUL and lone surrogates, which no database takes, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored."""
        del dialect
        return None if value is None else clean_text(value)


class HostileName(TypeDecorator[str]):
    """A short word from outside, such as an error code: cleaned like ``HostileText``."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored."""
        del dialect
        return None if value is None else clean_text(value)


#: JSON from a model; ``json_text`` cleans it like ``HostileText`` on its way into the database.
HostileJson = JSON().with_variant(JSONB(), "postgresql")


def json_text(value: Any) -> str:
    r"""Write JSON for the database, without what no database takes: NUL and lone surrogates become U+FFFD.

    >>> json_text(["a" + chr(0), 1])
    '["a\\ufffd", 1]'
    """
    text = json.dumps(value)
    # Escaped, both begin so; whole pairs do too, which are rare enough to be looked at again.
    return json.dumps(_clean_json(value)) if "\\u0000" in text or "\\ud" in text else text


def path_to_text(path: str) -> str:
    """Move the undecodable bytes of a path to private-use characters, which text columns can hold."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return path.translate(_TO_TEXT)
    return path


def text_to_path(text: str) -> str:
    """Undo ``path_to_text``."""
    return text.translate(_FROM_TEXT)


def clean_text(value: str) -> str:
    """Replace NUL and lone surrogates by U+FFFD.

    >>> clean_text("a" + chr(0) + "b")
    'a\ufffdb'
    """
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _clean_json(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean_json(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean_json(item) for key, item in value.items()}
    return value


Key = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
Big = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: HostileJson, list[Any]: HostileJson}  # noqa: RUF012 - SQLAlchemy's own protocol


def table_of(row: type[Base]) -> Table:
    """Return the table itself: rows by the thousand are written without an object for each."""
    return cast("Table", row.__table__)
