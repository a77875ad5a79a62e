"""Read the stored answers of a run anew, by the parser of today: nothing is asked and nothing is paid."""

from __future__ import annotations

from collections import Counter

from shotlog.domain.clock import Clock
from shotlog.domain.model import Mode
from shotlog.domain.ports import Answer
from shotlog.services.judging import judge
from shotlog.services.terms import TermsBook
from shotlog.store import answers, findings
from shotlog.store.database import Database

_AT_ONCE = 200


class Reparser:
    """Gives records the outcome that their raw text has now; what they cost stays as it was booked."""

    def __init__(self, database: Database, clock: Clock, terms: TermsBook) -> None:
        self._database = database
        self._clock = clock
        self._terms = terms

    def reparse(self, run_id: int) -> Counter[tuple[str, str]]:
        """Read every kept answer of a run anew, and count the records by (outcome before, outcome now).

        What an answer says comes into force again only where no later record has spoken about its asset.

        Raises:
            NotFound: there is no such run.
        """
        terms = self._terms.of_run(run_id)
        changes: Counter[tuple[str, str]] = Counter()
        after = 0
        while True:
            with self._database.read() as session:
                page = answers.of_run(session, run_id, after=after, limit=_AT_ONCE)
            if not page:
                return changes
            after = page[-1].subject.record_id
            with self._database.write() as session:
                for kept in page:
                    answer = Answer(kept.raw_text, kept.stop_reason, kept.input_tokens, kept.output_tokens)
                    judgement = judge(kept.subject, answer, terms, Mode(terms.run.mode))
                    changes[kept.outcome, judgement.ending.outcome] += 1
                    answers.amend(session, judgement.ending)
                    subject = kept.subject
                    findings.replace(
                        session, subject.asset_id, subject.record_id, judgement.finding, self._clock()
                    )
