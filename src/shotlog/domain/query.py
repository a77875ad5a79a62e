"""The search language: words and ``key:value`` filters in one line of text, read into a tree.

    search := group*                        every group must match
    group  := item ("OR" item)*             one of its items must match
    item   := ["-"] (word | word* | "phrase" | "phrase"* | key:value | key:"value")

Words are found whatever their case and diacritics, and anywhere in the asset: one may be in a
chapter and the next one on the screen. ``docs/reference/search.md`` has examples of everything.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from shotlog.domain.query_tree import (
    POSSESSIONS,
    STATUSES,
    And,
    Between,
    Bounded,
    Camera,
    Has,
    HasField,
    Is,
    Kind,
    Node,
    Not,
    Or,
    Query,
    Under,
    Words,
)
from shotlog.domain.query_values import date_span, duration_span, number_span
from shotlog.domain.segments import FIELDS
from shotlog.domain.words import words_in
from shotlog.errors import Invalid

LONGEST_QUERY = 1000  # characters
MOST_ITEMS = 40
_LONE_SURROGATES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # the others are bytes of file names
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f", '"'))
_HOW = 'Words, "phrases", -exclusions, prefix*, OR and filters such as type:video can be combined.'


def parse(text: str) -> Query:
    """Read a search; an empty one matches every asset.

    Raises:
        Invalid: it cannot be understood; the hint says what can be written.

    >>> parse('Café -type:photo').root
    And(parts=(Words(words=('cafe',), prefix=False, fields=frozenset()), Not(part=Kind(kind='photo'))))
    """
    if len(text) > LONGEST_QUERY:
        raise Invalid(f"A search has at most {LONGEST_QUERY} characters.", hint="Leave some words out.")
    if "\0" in text:
        raise Invalid("A search holds no NUL character.", hint=_HOW)
    items = _items(text)
    if sum(item.text != "OR" or item.quoted for item in items) > MOST_ITEMS:
        raise Invalid(f"A search has at most {MOST_ITEMS} words and filters.", hint="Leave some out.")
    groups = list(_groups(items))
    fields = _Fields.of(groups)
    nodes = [_group(group) for group in groups if not fields.takes(group)]
    known = [node for node in nodes if node is not None]
    if items and not known and not fields.asked:
        raise Invalid("The search has no letters or digits to look for.", hint=_HOW)
    return Query(_together(fields.applied_to(known)))


@dataclass(frozen=True, slots=True)
class _Item:
    text: str
    key: str = ""
    quoted: bool = False
    prefix: bool = False
    excluded: bool = False

    @property
    def is_or(self) -> bool:
        return self.text == "OR" and not (self.key or self.quoted or self.excluded)


def _items(text: str) -> list[_Item]:
    found, rest = [], text.translate(_QUOTES).strip()
    while rest:
        excluded = len(rest) > 1 and rest[0] == "-" and not rest[1].isspace()
        rest = rest[1:] if excluded else rest
        key, rest = _key(rest)
        if rest.startswith('"'):
            value, closed, rest = rest[1:].partition('"')
            if not closed:
                raise Invalid(f'The quote before "{value}" is not closed.', hint='Write "two words".')
            prefix = rest.startswith("*")
            rest = rest.removeprefix("*")
            found.append(_Item(value, key, quoted=True, prefix=prefix, excluded=excluded))
        else:
            value = rest.split(maxsplit=1)[0] if rest and not rest[0].isspace() else ""
            rest = rest[len(value) :]
            prefix = not key and value.endswith("*")
            found.append(_Item(value, key, prefix=prefix, excluded=excluded))
        rest = rest.lstrip()
    return found


def _key(text: str) -> tuple[str, str]:
    """Split a filter's key off; what only looks like one (``12:30``, ``http://``) is words."""
    word = text.split(maxsplit=1)[0] if text and not text[0].isspace() else ""
    key, colon, value = word.partition(":")
    if not colon or not key.isalpha() or not key.isascii() or value.startswith("//"):
        return "", text
    if key.lower() not in _FILTERS:
        raise Invalid(
            f"There is no filter {key}:.",
            hint=f'{_meant(key, _FILTERS)} To look for the words, put them in quotes: "{word}".',
        )
    return key.lower(), text[len(key) + 1 :]


def _groups(items: Sequence[_Item]) -> Iterable[list[_Item]]:
    group: list[_Item] = []
    joined = False
    for item in items:
        if item.is_or:
            if joined or not group:
                raise Invalid("OR stands between two words.", hint="Write cat OR dog.")
            joined = True
        elif joined:
            group.append(item)
            joined = False
        else:
            if group:
                yield group
            group = [item]
    if joined:
        raise Invalid("OR stands between two words.", hint="Write cat OR dog.")
    if group:
        yield group


def _group(items: Sequence[_Item]) -> Node | None:
    nodes = [node for node in map(_node, items) if node is not None]
    if not nodes:
        return None
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def _node(item: _Item) -> Node | None:
    node = _FILTERS[item.key](item) if item.key else _words(item)
    return Not(node) if node is not None and item.excluded else node


def _words(item: _Item, *fields: str) -> Words | None:
    words = tuple(word.text for word in words_in(item.text))
    return Words(words, item.prefix, frozenset(fields)) if words else None


def _together(nodes: Sequence[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


@dataclass(frozen=True, slots=True)
class _Fields:
    """What ``field:`` says, which is about all words of the search at once."""

    only: frozenset[str]
    never: frozenset[str]

    @classmethod
    def of(cls, groups: Iterable[Sequence[_Item]]) -> _Fields:
        alone = [group[0] for group in groups if len(group) == 1 and group[0].key == "field"]
        named = [(_choice(item, FIELDS), item.excluded) for item in alone]
        return cls(
            frozenset(name for name, excluded in named if not excluded),
            frozenset(name for name, excluded in named if excluded),
        )

    @property
    def asked(self) -> bool:
        return bool(self.only or self.never)

    def takes(self, group: Sequence[_Item]) -> bool:
        if len(group) > 1 and any(item.key == "field" for item in group):
            raise Invalid(
                "field: is about the whole search and cannot stand beside OR.",
                hint="Write field:text field:chapter to look in both.",
            )
        return group[0].key == "field"

    def applied_to(self, nodes: list[Node]) -> list[Node]:
        if not self.asked:
            return nodes
        if not any(map(_has_words, nodes)):
            wanted = [HasField(name) for name in sorted(self.only)]
            barred = [Not(HasField(name)) for name in sorted(self.never)]
            return [*nodes, *([Or(tuple(wanted))] if wanted else []), *barred]
        allowed = (self.only or frozenset(FIELDS)) - self.never
        if not allowed:
            raise Invalid("The search leaves no field to look in.", hint="Leave field: or -field: out.")
        return [_within(node, allowed) for node in nodes]


def _has_words(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(map(_has_words, node.parts))
    return _has_words(node.part) if isinstance(node, Not) else isinstance(node, Words)


def _within(node: Node, fields: frozenset[str]) -> Node:
    if isinstance(node, Words):
        return node if node.fields else replace(node, fields=fields)
    if isinstance(node, Not):
        return Not(_within(node.part, fields))
    if isinstance(node, Or):
        return Or(tuple(_within(part, fields) for part in node.parts))
    return node


def _choice(item: _Item, choices: Iterable[str]) -> str:
    value = item.text.casefold().replace("analyz", "analys")
    known = list(choices)
    if value not in known:
        raise Invalid(f"{item.key}: knows no {item.text!r}.", hint=_meant(item.text, known))
    return value


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.lower(), known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."


def _value(item: _Item) -> str:
    if not item.text.strip():
        raise Invalid(f"{item.key}: needs a value.", hint=f"Write it right after the colon: {item.key}:...")
    return item.text


def _has(item: _Item) -> Node:
    what = _choice(item, POSSESSIONS)
    return HasField(what) if what in FIELDS else Has(what)


def _name(item: _Item) -> Node | None:
    found = _words(replace(item, text=_value(item)), "name")
    return found if found is None or item.quoted else replace(found, prefix=True)


def _folder(item: _Item) -> Node | None:
    value = _value(item)
    if value.startswith("/"):
        return Under(_LONE_SURROGATES.sub("\ufffd", value).rstrip("/") or "/")
    return _words(item, "folder")


def _camera(item: _Item) -> Node:
    return Camera(_value(item).encode("utf-8", "replace").decode())


def _dated(fact: Bounded) -> Callable[[_Item], Node]:
    return lambda item: Between(fact, *date_span(_value(item)))


def _sized(fact: Bounded) -> Callable[[_Item], Node]:
    return lambda item: Between(fact, *number_span(_value(item)))


_FILTERS: dict[str, Callable[[_Item], Node | None]] = {
    "type": lambda item: Kind(_choice(item, ("video", "photo"))),
    "is": lambda item: Is(_choice(item, STATUSES)),
    "has": _has,
    "name": _name,
    "folder": _folder,
    "path": _folder,
    "date": _dated("captured_at"),
    "added": _dated("added_at"),
    "duration": lambda item: Between("duration_ms", *duration_span(_value(item))),
    "width": _sized("width"),
    "height": _sized("height"),
    "camera": _camera,
    "field": lambda item: HasField(_choice(item, FIELDS)),
}
