"""The states of a batch job and the only ways between them (facts §1.5, R13, R14)."""

from __future__ import annotations

#: State -> the states that may follow it. A state without followers is terminal.
#: InProgress -> Expired is not in the service's texts but was seen (R21).
TRANSITIONS: dict[str, frozenset[str]] = {
    "Submitted": frozenset({"Validating", "Failed", "Stopping"}),
    "Validating": frozenset({"Scheduled", "Failed", "Stopping"}),
    "Scheduled": frozenset({"InProgress", "Expired", "Stopping"}),
    "InProgress": frozenset({"Completed", "PartiallyCompleted", "Failed", "Expired", "Stopping"}),
    "Stopping": frozenset({"Stopped"}),
    "Completed": frozenset(),
    "PartiallyCompleted": frozenset(),
    "Failed": frozenset(),
    "Stopped": frozenset(),
    "Expired": frozenset(),
}

TERMINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
#: States that take a slot of the quota of concurrent jobs (R9).
ACTIVE = frozenset({"Submitted", "Validating", "Scheduled", "InProgress"})


def may_follow(state: str, following: str) -> bool:
    """Say whether a job may go from *state* to *following*."""
    return following in TRANSITIONS[state]
