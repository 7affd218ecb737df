"""One question and one answer per version of a draft; the first of each stays."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from invoicing.domain.errors import StateError
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import Answer, Approval, ReviewRequest, options
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import drafted, in_parcel
from tests.support.builders import CONFIG, NOW, a_draft


def _approval(draft_id: str, version: int = 1) -> Approval:
    return Approval(draft_id, version, "hash", Answer.APPROVE, "finance", "", "fine \0 by me")


def test_a_version_is_asked_about_once(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft()).draft
        parcel = in_parcel(work, draft)
        asked = ReviewRequest(
            parcel.id, draft.id, 1, draft.content_hash, "Deal D-1", "| a | b |",
            options(1, draft.content_hash),
        )  # fmt: skip
        assert work.reviews.asked(draft.id, 1) is None
        assert work.reviews.ask(asked, NOW) == asked
        assert work.reviews.ask(replace(asked, subject="something else"), NOW) == asked
        assert work.reviews.asked(draft.id, 1) == asked
        assert work.reviews.asked(draft.id, 2) is None


def test_the_first_decision_about_a_version_stays(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft()).draft
        first = work.reviews.decide(_approval(draft.id), NOW)
        second = replace(first, answer=Answer.REJECT, decided_by="lead")
        kept = work.reviews.decide(second, NOW)
        assert kept == work.reviews.decision(draft.id, 1)
    assert (kept.answer, kept.decided_by) == (Answer.APPROVE, "finance")
    assert kept.comment == "fine \N{REPLACEMENT CHARACTER} by me"


def test_decisions_are_those_of_exactly_these_versions(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        one, two = drafted(work, a_draft("D-1")), drafted(work, a_draft("D-2"))
        work.reviews.decide(_approval(one.id), NOW)
        work.reviews.decide(_approval(two.id), NOW)
        work.drafts.add_version(two.draft, "lead", CONFIG, two)
        found = work.reviews.decisions([ParcelItem(one.id, 1), ParcelItem(two.id, 2)])
    assert set(found) == {one.id}


@pytest.mark.parametrize(
    "change", ["UPDATE approvals SET answer='reject'", "DELETE FROM approvals"]
)
def test_a_decision_is_never_changed(ledger: SqlLedger, change: str) -> None:
    with ledger.write() as work:
        work.reviews.decide(_approval(drafted(work, a_draft()).id), NOW)
    with pytest.raises(StateError, match="rows are never"), ledger.write() as work:
        work.clock.connection.execute(text(change))
