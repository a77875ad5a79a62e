"""Write the generated blocks of the reference: settings, errors and states come from the code.

Run by hand after a change, ``.venv/bin/python docs/generate.py``; a test fails until one has.
"""

from __future__ import annotations

import os
import re
import types
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from shotlog import errors
from shotlog.domain import job_state, outcome, state
from shotlog.settings import Settings

REFERENCE = Path(__file__).resolve().parent / "reference"
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def error_classes(base: type[errors.AppError] = errors.AppError) -> Iterator[type[errors.AppError]]:
    """Yield *base* and every class below it, parents first."""
    yield base
    for child in base.__subclasses__():
        yield from error_classes(child)


def settings_table() -> str:
    """Return one row for each setting."""
    return _table(
        ("Variable", "In `shotlog.toml`", "Values", "Default", "Meaning"),
        [
            (
                ", ".join(f"`{name}`" for name in variables(key, field)),
                f"`{key}`",
                _values(field.annotation),
                _default(key, field),
                field.description or "",
            )
            for key, field in Settings.model_fields.items()
        ],
    )


def variables(key: str, field: FieldInfo) -> list[str]:
    """Return the environment variables that set *key*, the strongest first."""
    choices = getattr(field.validation_alias, "choices", None)
    return [str(name) for name in choices] if choices else [f"SHOTLOG_{key.upper()}"]


def errors_table() -> str:
    """Return one row for each error class."""
    return _table(
        ("Code", "Class", "HTTP", "Trying again helps", "Meaning"),
        [
            (
                f"`{error.code}`",
                f"`{error.__name__}`",
                str(error.status),
                "yes" if error.retryable else "no",
                (error.__doc__ or "").strip(),
            )
            for error in error_classes()
        ],
    )


def outcomes_table() -> str:
    """Return one row for each way in which a record ends."""
    return _table(
        ("Outcome", "Counts as analysed", "Asking again can help"),
        [
            (f"`{word}`", "yes" if word.analysed else "no", "yes" if word.can_succeed_later else "no")
            for word in outcome.Outcome
        ],
    )


def diagram(
    transitions: Mapping[Any, frozenset[Any]], adoption: Mapping[Any, frozenset[Any]] | None = None
) -> str:
    """Draw a table of transitions for Mermaid, and what else may follow by adoption."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(transitions))}"]
    for before, after in transitions.items():
        order = [word for word in transitions if word in after]
        lines += [f"    {before} --> {word}" for word in order] or [f"    {before} --> [*]"]
    for before, after in (adoption or {}).items():
        lines += [f"    {before} --> {word}: adoption" for word in sorted(after)]
    return "\n".join([*lines, "```"])


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "errors": errors_table,
    "asset": lambda: diagram(state.ASSET.transitions),
    "import": lambda: diagram(state.IMPORT.transitions),
    "run": lambda: diagram(state.RUN.transitions, state.RUN.adoption),
    "chunk": lambda: diagram(state.CHUNK.transitions, state.CHUNK.adoption),
    "job": lambda: diagram(job_state.TRANSITIONS),
    "outcomes": outcomes_table,
}


def regenerated(text: str) -> str:
    """Return *text* with each generated block as the code has it now."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n\n{block[3]}", text)


def main() -> None:
    """Rewrite the pages that have changed, and name them."""
    for page in sorted(REFERENCE.glob("*.md")):
        old = page.read_text(encoding="utf-8")
        if (new := regenerated(old)) != old:
            page.write_text(new, encoding="utf-8")
            print(page.name)


def _values(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, types.UnionType):
        return _values(next(kind for kind in get_args(annotation) if kind is not types.NoneType))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{value}`" for value in annotation)
    words = {"str": "text", "int": "whole number", "float": "number", "Path": "path", "SecretStr": "secret"}
    return words.get(annotation.__name__, annotation.__name__)


def _default(key: str, field: FieldInfo) -> str:
    computed = {"home": "the user's data folder", "workers": "number of cores"}
    if key in computed:
        return computed[key]
    value = field.get_default()
    if value is None or str(value) == "":
        return "empty"
    return f"`{os.fspath(value) if isinstance(value, Path) else value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    main()
