"""The tree that a search becomes: words to find, filters on assets, and how they combine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

#: Facts of an asset that a ``Between`` can bound.
Bounded = Literal["captured_at", "added_at", "duration_ms", "width", "height"]


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand next to each other in one segment, as ``words_in`` cuts them."""

    words: tuple[str, ...]
    #: The last word may go on.
    prefix: bool = False
    #: Fields that count; empty: all.
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HasField:
    """The asset has a segment of this field, whatever its words."""

    field: str


@dataclass(frozen=True, slots=True)
class Kind:
    """The asset is a ``video`` or a ``photo``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Is:
    """Where the asset stands: one of ``STATUSES``."""

    status: str


@dataclass(frozen=True, slots=True)
class Has:
    """The asset has ``gps`` or ``audio``."""

    what: str


@dataclass(frozen=True, slots=True)
class Under:
    """The asset is this file, or lies somewhere below this folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Camera:
    """Make and model of the camera contain this."""

    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """A fact of the asset is known and lies in [*low*, *high*); None: no bound on that side."""

    fact: Bounded
    low: datetime | int | None
    high: datetime | int | None


@dataclass(frozen=True, slots=True)
class Not:
    """What *part* does not match, unknown facts included."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """All *parts* match, each anywhere in the asset; no parts: every asset."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of *parts* matches."""

    parts: tuple[Node, ...]


Node: TypeAlias = Words | HasField | Kind | Is | Has | Under | Camera | Between | Not | And | Or

#: What ``is:`` can ask for. The first two divide the library; see ``store.conditions.analysed``.
STATUSES = ("analysed", "unanalysed", "refused", "missing", "new", "ready")
#: What ``has:`` can ask for.
POSSESSIONS = ("gps", "audio", "text", "people")


@dataclass(frozen=True, slots=True)
class Query:
    """A search as it was understood."""

    root: Node = And()

    @property
    def wanted(self) -> tuple[Words, ...]:
        """Return the words that make a hit: all but the excluded ones."""
        return tuple(dict.fromkeys(leaf for leaf in _wanted(self.root) if isinstance(leaf, Words)))

    @property
    def needs_words(self) -> bool:
        """Tell whether no asset can match without containing one of ``wanted``."""
        return _needs_words(self.root)

    def asks_for(self, status: str) -> bool:
        """Tell whether ``is:`` *status* is asked for (excluding it is not asking for it)."""
        return Is(status) in _wanted(self.root)

    def also(self, node: Node) -> Query:
        """Return this search narrowed by one more condition."""
        parts = self.root.parts if isinstance(self.root, And) else (self.root,)
        return Query(And((*parts, node)))

    def beyond_words(self) -> Query:
        """Return what is still to be asked of an asset that is known to contain one of ``wanted``."""
        parts = self.root.parts if isinstance(self.root, And) else (self.root,)
        wanted = set(self.wanted)
        return Query(And(tuple(part for part in parts if not wanted or not wanted <= _alternatives(part))))


def _wanted(node: Node) -> Iterator[Node]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from _wanted(part)
    elif not isinstance(node, Not):
        yield node


def _needs_words(node: Node) -> bool:
    if isinstance(node, And):
        return any(map(_needs_words, node.parts))
    if isinstance(node, Or):
        return all(map(_needs_words, node.parts))
    return isinstance(node, Words)


def _alternatives(node: Node) -> set[Words]:
    """Return the words of which any one makes *node* match; empty when that is not all there is to it."""
    parts = node.parts if isinstance(node, Or) else (node,)
    words = [part for part in parts if isinstance(part, Words)]
    return set(words) if len(words) == len(parts) else set()
