"""The people of the house: they answer the reviews that wait, each one who may."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from invoicing.domain.approvers import who_may
from invoicing.domain.draft import DraftRecord
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.periods import local_date
from invoicing.domain.review import ReviewStep
from invoicing.domain.states import DraftState
from invoicing.services.ports import Services
from sandbox.airflow_house import SETTLED_SECONDS, USERS, AirflowHouse, HouseError, Review

_TAKEN = {httpx.codes.OK, httpx.codes.CONFLICT}


@dataclass(frozen=True)
class People:
    """Everybody who may log in to Airflow, with the ledger's word about who may answer what."""

    airflow: AirflowHouse
    services: Services

    def answer(self, review: Review, choice: str) -> bool:
        """Answer one review as somebody who may; tells whether the answer was taken."""
        comment = "decided by the demo"
        answer = self.airflow.answer(review, choice, self.who_may(review), comment)
        return answer.status_code in _TAKEN

    def answer_all(self, choices: Mapping[str, str]) -> list[tuple[Review, bool]]:
        """Approve all that waits and return it, with whether the answer was taken.

        ``choices`` are other answers, by a part of the subject; an empty one lets it wait.
        """
        open_ones = [one for one in self.airflow.reviews() if self._draft_of(one)]
        asked = {one: _choice(one.subject, choices) for one in open_ones}
        waiting = [one for one, choice in asked.items() if choice and self.airflow.is_parked(one)]
        if waiting:
            time.sleep(SETTLED_SECONDS)
        return [(review, self.answer(review, asked[review])) for review in waiting]

    def who_may(self, review: Review) -> str:
        """Return the first login that may answer now."""
        policy = self.services.book.review
        record = self._draft_of(review)
        if record is None:
            raise HouseError(f"no draft waits for the answer to {review.subject!r}")
        with self.services.ledger.read() as work:
            item = ParcelItem(record.id, record.version)
            reviewed = work.reviews.of_versions([item])[record.id]
        asked = reviewed.requests[-1].step
        everybody = ReviewStep(asked, tuple(policy.approvers))
        step = next((one for one in policy.chain if one.name == asked), everybody)
        found = who_may(
            step,
            gross=record.draft.totals.gross,
            author=record.author,
            earlier=[one.decided_by for one in reviewed.approvals],
            policy=policy,
            today=local_date(self.services.clock.now(), record.draft.entity.zone),
        )
        login = next((one for one in found if one in USERS), "")
        if not login:
            raise HouseError(
                f"nobody may answer {review.subject!r}: {', '.join(found) or 'no one'}"
            )
        return login

    def _draft_of(self, review: Review) -> DraftRecord | None:
        """Return the draft that a question is about; none once it was decided by mail."""
        mark = review.options[0].rpartition("-")[2]
        with self.services.ledger.read() as work:
            waiting = work.drafts.in_state(DraftState.AWAITING_REVIEW, 1000)
        return next((one for one in waiting if one.content_hash.startswith(mark)), None)


def _choice(subject: str, choices: Mapping[str, str]) -> str:
    return next((choice for part, choice in choices.items() if part in subject), "Approve")
