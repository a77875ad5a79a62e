"""How a record ended: one of seven words, and what follows from each."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The one way in which a record ended; the seven counts add up to the records planned.

    >>> [str(outcome) for outcome in Outcome if outcome.analysed]
    ['succeeded', 'partial']
    """

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    UNPARSABLE = "unparsable"
    MISSING = "missing"

    @property
    def analysed(self) -> bool:
        """Tell whether there is something to show: the one predicate of every filter, count and total."""
        return self in ANALYSED

    @property
    def can_succeed_later(self) -> bool:
        """Tell whether asking again can help; a failed record's own ``retryable`` flag goes before this."""
        return self in RETRYABLE

    @property
    def wants_more_tokens(self) -> bool:
        """Tell whether asking again needs a longer answer to be any use."""
        return self is Outcome.TRUNCATED


#: Outcomes that count as analysed.
ANALYSED = frozenset({Outcome.SUCCEEDED, Outcome.PARTIAL})
#: Outcomes that a retry asks again; a refusal stays one, and what succeeded is not paid twice.
RETRYABLE = frozenset(
    {Outcome.PARTIAL, Outcome.FAILED, Outcome.TRUNCATED, Outcome.UNPARSABLE, Outcome.MISSING}
)
