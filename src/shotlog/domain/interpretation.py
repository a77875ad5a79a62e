"""What a model's answer amounts to: its outcome, and the sections that hold up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shotlog.domain.answer_json import ParsedAnswer, parse_answer
from shotlog.domain.outcome import Outcome
from shotlog.domain.recipe import Dimension, Recipe
from shotlog.domain.section_check import check_section, is_empty
from shotlog.domain.taxonomy import settle_labels
from shotlog.errors import Unparsable

#: Stop reasons by which a model says that it will not answer.
REFUSALS = frozenset({"content_filtered", "guardrail_intervened"})
#: Stop reasons by which it says that it had to stop early.
CUTS = frozenset({"max_tokens", "model_context_window_exceeded"})
#: Stop reasons by which it says that something went wrong.
FAILURES = frozenset(
    {
        "malformed_model_output",
        "malformed_tool_use",
        "service_unavailable",
        "invalid_query",
        "max_tool_invocations",
        "tool_use",
    }
)

_TIMES = ("start_s", "end_s")
#: Sections that say nothing when they are empty; an empty list of chapters, in contrast, is an answer.
_PROSE = ("summary", "description")


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What came of one answer."""

    outcome: Outcome
    #: Section name -> its checked value, JSON-ready; empty unless the outcome counts as analysed.
    sections: dict[str, Any] = field(default_factory=dict)
    #: What was wrong or had to be mended, in words for people.
    problems: list[str] = field(default_factory=list)
    #: What the answer says it comes from (``local``); None for a model, which does not say.
    engine: str | None = None
    #: Stable word for what went wrong: a stop reason, ``empty``, ``no_sections``...; empty for a success.
    code: str = ""

    @property
    def message(self) -> str:
        """Return the problems as one line."""
        return "; ".join(self.problems)


@dataclass(slots=True)
class _Findings:
    """What is gathered while an answer is judged."""

    problems: list[str]
    #: Something of what was asked for is not there.
    lossy: bool
    sections: dict[str, Any] = field(default_factory=dict)
    #: At least one section holds more than defaults.
    says_something: bool = False

    def lose(self, problem: str) -> None:
        """Note a problem that costs a part of the answer."""
        self.problems.append(problem)
        self.lossy = True


def interpret(
    text: str, stop_reason: str, recipe: Recipe, kind: str, duration_ms: int | None = None
) -> Interpretation:
    """Read one answer: never raises for what a model wrote.

    Each section is checked alone, so that one bad section, or one bad item in a list, costs nothing else.
    With *duration_ms*, times after the end of the video are cut back or dropped.

    Raises:
        Invalid: the recipe asks nothing about that kind.
    """
    wanted = recipe.part(kind).sections
    stop = stop_reason.strip()
    if stop in REFUSALS:
        return _bare(Outcome.REFUSED, stop, f"The model refused to answer ({stop}).")
    if not text.strip():
        outcome = Outcome.TRUNCATED if stop in CUTS else Outcome.FAILED
        return _bare(outcome, stop or "empty", f"The answer is empty (stop reason: {stop or 'not given'}).")
    try:
        parsed = parse_answer(text, wanted)
    except Unparsable as error:
        return _unread(stop, error.message)
    return _judge(parsed, stop, recipe, kind, duration_ms)


def _judge(
    parsed: ParsedAnswer, stop: str, recipe: Recipe, kind: str, duration_ms: int | None
) -> Interpretation:
    found = _Findings([f"mended: {note}" for note in parsed.notes], parsed.lossy or stop in FAILURES)
    wanted = recipe.part(kind).sections
    values = _members(parsed.value, wanted)
    for name in wanted:
        if name in values:
            must_speak = name in (*_PROSE, parsed.cut_member)
            _take(found, name, values[name], recipe.dimensions, must_speak=must_speak)
        else:
            found.lose(f"{name}: is missing")
    if kind == "video":
        found.sections = _within(found.sections, duration_ms, found.problems)
    if parsed.cut:
        inside = f" inside {parsed.cut_member}" if parsed.cut_member else ""
        found.lose(f"the answer was cut off{inside} (stop reason: {stop or 'not given'})")
    if not found.says_something:
        return _empty(parsed, stop, found.problems)
    engine = parsed.value.get("engine")
    return Interpretation(
        Outcome.PARTIAL if found.lossy else Outcome.SUCCEEDED,
        found.sections,
        found.problems,
        engine if isinstance(engine, str) else None,
        (stop if stop in CUTS | FAILURES else "incomplete") if found.lossy else "",
    )


def _take(
    found: _Findings, name: str, given: Any, dimensions: tuple[Dimension, ...], *, must_speak: bool
) -> None:
    """Check one section and add what holds up to *found*."""
    value, wrong, dropped = check_section(name, given)
    empty = is_empty(name, value)
    if name == "classification" and value is not None:
        value, more = settle_labels(value, dimensions)
        wrong = [*wrong, *more]
    found.problems.extend(wrong)
    found.lossy = found.lossy or dropped
    found.says_something = found.says_something or not empty
    if value is None or (empty and must_speak):
        found.lose(f"{name}: holds nothing")
    else:
        found.sections[name] = value


def _members(value: dict[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    """Return the sections by name; an answer to one question may come without the section's name."""
    if len(wanted) == 1 and wanted[0] not in value and value:
        return {wanted[0]: value}
    return value


def _empty(parsed: ParsedAnswer, stop: str, problems: list[str]) -> Interpretation:
    if parsed.cut or stop in CUTS:
        return Interpretation(Outcome.TRUNCATED, problems=problems, code=stop or "cut")
    outcome = Outcome.FAILED if stop in FAILURES else Outcome.UNPARSABLE
    said = [*problems, "The answer holds no section that says anything."]
    return Interpretation(outcome, problems=said, code=stop if stop in FAILURES else "no_sections")


def _unread(stop: str, why: str) -> Interpretation:
    if stop in CUTS:
        return _bare(
            Outcome.TRUNCATED, stop, f"The answer was cut off before anything could be read ({stop})."
        )
    if stop in FAILURES:
        return _bare(Outcome.FAILED, stop, f"The model failed to answer ({stop}). {why}")
    return _bare(Outcome.UNPARSABLE, "unparsable", why)


def _bare(outcome: Outcome, code: str, problem: str) -> Interpretation:
    return Interpretation(outcome, problems=[problem], code=code)


def _within(value: Any, duration_ms: int | None, problems: list[str]) -> Any:
    """Return a section without times after the end: a start there drops the item, an end is cut back."""
    if duration_ms is None or not _overruns(value, duration_ms / 1000):
        return value
    return _cut_back(value, duration_ms / 1000, problems)


def _overruns(value: Any, end: float) -> bool:
    """Tell whether any time in *value* is after the end, without building anything: nearly always none is."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, str):
            continue
        if isinstance(item, float):
            if item > end and key in _TIMES:
                return True
        elif isinstance(item, dict | list) and _overruns(item, end):
            return True
    return False


def _cut_back(value: Any, end: float, problems: list[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _cut_back(item, end, problems)
            if isinstance(item, dict | list)
            else min(item, end)
            if key in _TIMES and isinstance(item, float)
            else item
            for key, item in value.items()
        }
    kept = [item for item in value if not (isinstance(item, dict) and _starts_after(item, end))]
    if len(kept) < len(value):
        problems.append(f"{len(value) - len(kept)} times after the end of the video were dropped")
    return [_cut_back(item, end, problems) if isinstance(item, dict | list) else item for item in kept]


def _starts_after(item: dict[str, Any], end: float) -> bool:
    """Tell whether an item begins more than a second (the model's step) after the end."""
    start = item.get("start_s")
    return isinstance(start, float) and start > end + 1
