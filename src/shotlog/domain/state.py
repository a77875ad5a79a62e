"""State machines as tables: what may follow what, checked wherever a state is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

    def check(self, old: str, new: str) -> None:
        """Raise ``Conflict`` unless *old* may become *new*; staying what it is is always legal."""
        if old != new and new not in self.transitions[old]:
            raise Conflict(f"A {self.noun} that is {old} cannot become {new}.")

    def is_terminal(self, state: str) -> bool:
        """Tell whether nothing can follow *state*."""
        return not self.transitions[state]

    def open_states(self) -> tuple[str, ...]:
        """Return the states from which something still follows."""
        return tuple(str(state) for state in self.transitions if self.transitions[state])


def _table(noun: str, **transitions: str) -> StateTable:
    return StateTable(noun, {state: frozenset(after.split()) for state, after in transitions.items()})


#: A changed file is new again; a failed one too, when it changes.
ASSET = _table("asset", new="ready failed", ready="new failed", failed="new ready")

#: An import that only wants facts (for an estimate, say) is done once they are read.
IMPORT = _table("import", scanning="probing", probing="rendering done", rendering="done", done="")

#: ``cancelling`` asks nothing any more, and still collects what the provider had done by then.
RUN = _table(
    "run",
    draft="planned done failed cancelling",
    planned="running done failed cancelling",
    running="done failed cancelling",
    cancelling="cancelled",
    done="",
    failed="",
    cancelled="",
)

#: ``submitting`` is the committed intent; a repeat of it asks the provider with the same token (rule R5).
CHUNK = _table(
    "chunk",
    planned="staged failed",
    staged="submitting failed",
    submitting="submitted failed",
    submitted="ended",
    ended="collected",
    collected="",
    failed="",
)
