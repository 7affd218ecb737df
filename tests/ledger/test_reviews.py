"""One question and one answer per step about a version of a draft; the first of each stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from invoicing.domain.draft import Draft
from invoicing.domain.errors import StateError
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import Answer, Approval, ReviewRequest, options
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import Reviewed
from tests.ledger.given import drafted, in_parcel
from tests.support.builders import CONFIG, NOW, a_draft

CHAIN = ("manager", "finance")


def _approval(draft_id: str, version: int = 1, step: str = "") -> Approval:
    return Approval(draft_id, version, "hash", Answer.APPROVE, "finance", "", "fine \0 by me", step)


def _question(parcel_id: str, draft: Draft, step: str = "manager") -> ReviewRequest:
    return ReviewRequest(
        parcel_id, draft.id, 1, draft.content_hash, "Deal D-1", "| a | b |",
        options(1, draft.content_hash), step, CHAIN,
    )  # fmt: skip


def test_a_step_is_asked_once(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft()).draft
        asked = _question(in_parcel(work, draft).id, draft)
        assert work.reviews.asked(draft.id, 1) is None
        assert work.reviews.ask(asked, NOW) == asked
        assert work.reviews.ask(replace(asked, subject="something else"), NOW) == asked
        assert work.reviews.asked(draft.id, 1) == asked
        assert work.reviews.asked(draft.id, 2) is None


def test_questions_and_answers_come_in_the_order_of_the_chain(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft()).draft
        parcel = in_parcel(work, draft)
        first, second = (_question(parcel.id, draft, step) for step in CHAIN)
        answers = [_approval(draft.id, step=step) for step in CHAIN]
        for answer, question in zip(answers[::-1], (second, first), strict=True):
            work.reviews.ask(question, NOW)
            work.reviews.decide(answer, NOW)
        found = work.reviews.of_versions([ParcelItem(draft.id, 1), ParcelItem("nothing", 1)])
        newest = work.reviews.asked(draft.id, 1), work.reviews.decision(draft.id, 1)

    assert found[draft.id].requests == (first, second)
    assert [one.step for one in found[draft.id].approvals] == list(CHAIN)
    assert newest == (second, found[draft.id].approvals[-1])
    assert found["nothing"] == Reviewed()


def test_a_question_is_open_until_its_step_is_answered(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft()).draft
        parcel = in_parcel(work, draft)
        items = [ParcelItem(draft.id, 1)]
        for at, step in enumerate(CHAIN):
            work.reviews.ask(_question(parcel.id, draft, step), NOW + timedelta(seconds=at))
            assert work.reviews.of_versions(items)[draft.id].has_open_question
            work.reviews.decide(_approval(draft.id, step=step), NOW)
            assert not work.reviews.of_versions(items)[draft.id].has_open_question


def test_the_first_answer_to_a_step_stays(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft()).draft
        parcel = in_parcel(work, draft)
        assert work.reviews.answered(parcel.id) is None
        first = work.reviews.decide(_approval(draft.id), NOW, parcel.id)
        second = replace(first, answer=Answer.REJECT, decided_by="lead")
        kept = work.reviews.decide(second, NOW)
        assert kept == work.reviews.decision(draft.id, 1) == work.reviews.answered(parcel.id)
    assert (kept.answer, kept.decided_by) == (Answer.APPROVE, "finance")
    assert kept.comment == "fine \N{REPLACEMENT CHARACTER} by me"


def test_answers_are_those_about_exactly_these_versions(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        one, two = drafted(work, a_draft("D-1")), drafted(work, a_draft("D-2"))
        work.reviews.decide(_approval(one.id), NOW)
        work.reviews.decide(_approval(two.id), NOW)
        work.drafts.add_version(two.draft, "lead", CONFIG, two)
        found = work.reviews.of_versions([ParcelItem(one.id, 1), ParcelItem(two.id, 2)])
    assert [len(found[record.id].approvals) for record in (one, two)] == [1, 0]


@pytest.mark.parametrize(
    "change", ["UPDATE approvals SET answer='reject'", "DELETE FROM approvals"]
)
def test_a_decision_is_never_changed(ledger: SqlLedger, change: str) -> None:
    with ledger.write() as work:
        work.reviews.decide(_approval(drafted(work, a_draft()).id), NOW)
    with pytest.raises(StateError, match="rows are never"), ledger.write() as work:
        work.clock.connection.execute(text(change))
