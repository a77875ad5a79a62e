"""State machines as tables: what may follow what, checked wherever a state is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shotlog.errors import Conflict


class AssetState(StrEnum):
    """Where an asset stands between being seen and being usable."""

    NEW = "new"
    READY = "ready"
    FAILED = "failed"


class ImportState(StrEnum):
    """Where an import stands."""

    SCANNING = "scanning"
    PROBING = "probing"
    RENDERING = "rendering"
    DONE = "done"


class RunState(StrEnum):
    """Where a run stands."""

    DRAFT = "draft"
    PLANNED = "planned"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkState(StrEnum):
    """Where a chunk stands; the provider's own words for its job are ``ProviderState``."""

    PLANNED = "planned"
    STAGED = "staged"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    ENDED = "ended"
    COLLECTED = "collected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StateTable:
    """The legal transitions of one kind of thing."""

    noun: str
    transitions: Mapping[str, frozenset[str]]
    #: What may follow besides when a job is adopted, and only then: a terminal state stays one.
    adoption: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def check(self, old: str, new: str, *, adopting: bool = False) -> None:
        """Raise ``Conflict`` unless *old* may become *new*; staying what it is is always legal."""
        adopted = adopting and new in self.adoption.get(old, ())
        if old != new and new not in self.transitions[old] and not adopted:
            raise Conflict(f"A {self.noun} that is {old} cannot become {new}.")

    def is_terminal(self, state: str) -> bool:
        """Tell whether nothing can follow *state*."""
        return not self.transitions[state]

    def open_states(self) -> tuple[str, ...]:
        """Return the states from which something still follows."""
        return tuple(str(state) for state in self.transitions if self.transitions[state])


def _table(noun: str, adoption: Mapping[str, str] | None = None, **transitions: str) -> StateTable:
    return StateTable(noun, _sets(transitions), _sets(adoption or {}))


def _sets(words: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {state: frozenset(after.split()) for state, after in words.items()}


#: A changed file is new again; a failed one too, when it changes.
ASSET = _table("asset", new="ready failed", ready="new failed", failed="new ready")

#: An import that only wants facts (for an estimate, say) is done once they are read.
IMPORT = _table("import", scanning="probing", probing="rendering done", rendering="done", done="")

#: ``cancelling`` asks nothing any more, and still collects what the provider had done by then. A run
#: that was over goes on when one of its jobs turns up.
RUN = _table(
    "run",
    {"done": "running", "failed": "running", "cancelled": "running"},
    draft="planned done failed cancelling",
    planned="running done failed cancelling",
    running="done failed cancelling",
    cancelling="cancelled",
    done="",
    failed="",
    cancelled="",
)

#: ``submitting`` is the committed intent; a repeat of it asks the provider with the same token (rule R5).
#: Whatever state a restored library has a chunk in: where the provider has its job, it is ``submitted``.
CHUNK = _table(
    "chunk",
    {"planned": "submitted", "staged": "submitted", "failed": "submitted"},
    planned="staged failed",
    staged="submitting failed",
    submitting="submitted failed",
    submitted="ended",
    ended="collected",
    collected="",
    failed="",
)
