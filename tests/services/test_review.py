"""Nobody approves by accident: answers are bound to a version and to a person."""

from dataclasses import replace

import pytest

from invoicing.domain.errors import RefusedError
from invoicing.domain.events import EventKind
from invoicing.domain.review import AUTO_RULE, Answer, ReviewRequest
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services import decide, draft, parcels, report, review
from tests.services.models import every_model, fact, line
from tests.support.services import House


def asked(house: House, amount: str = "9000.00 EUR") -> tuple[str, ReviewRequest]:
    house.win_deal("D-1", amount)
    (parcel,) = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request is not None
    return parcel, request


def state_of(house: House, draft_id: str) -> DraftState:
    with house.s.ledger.read() as work:
        return work.drafts.get([draft_id])[0].state


def label(request: ReviewRequest, answer: str) -> str:
    return next(option for option in request.options if option.startswith(answer))


def test_a_small_draft_is_approved_by_a_recorded_rule(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")

    assert review.open_review(house.s, parcel) is None

    with house.s.ledger.read() as work:
        item = work.parcels.get(parcel).items[0]
        decision = work.reviews.decision(item.draft_id, 1)
    assert decision is not None
    assert (decision.decided_by, decision.rule) == ("system", AUTO_RULE)


def test_the_question_shows_money_account_client_version_and_reason(house: House) -> None:
    _, request = asked(house)

    for said in ("10710\\.00 EUR", "DE89370400440532013000", "Nordwind Logistik GmbH", "v1\\-"):
        assert said in request.body
    assert "at or over the threshold of 5000\\.00 EUR" in request.body
    assert all(f"v1-{request.content_hash[:6]}" in option for option in request.options)


def test_an_approval_moves_the_draft_and_answering_again_changes_nothing(house: House) -> None:
    parcel, request = asked(house)

    first = review.answer_review(house.s, parcel, label(request, "Approve"), "finance", "fine")
    again = review.answer_review(house.s, parcel, label(request, "Reject"), "lead")

    assert first == again
    assert first.answer is Answer.APPROVE
    assert state_of(house, request.draft_id) is DraftState.APPROVED
    assert review.open_review(house.s, parcel) is None


@pytest.mark.parametrize("login", ["", "viewer", "finance"])
def test_who_may_not_approve_is_refused_and_recorded(house: House, login: str) -> None:
    house.win_deal("D-1", "9000.00 EUR")

    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.s, Model.DEAL)
    draft.draft_obligations(house.s, Model.DEAL, author="finance")
    (parcel,) = parcels.plan_parcels(house.s, Model.DEAL, "run-1", lambda _: False)
    request = review.open_review(house.s, parcel)
    assert request is not None

    with pytest.raises(RefusedError):
        review.answer_review(house.s, parcel, label(request, "Approve"), login)

    assert state_of(house, request.draft_id) is DraftState.AWAITING_REVIEW
    assert house.open_codes() == ["answer_refused"]
    assert house.actions(request.draft_id)[-1] == "answer_refused"
    (again,) = parcels.plan_parcels(house.s, Model.DEAL, "run-2", lambda _: False)
    review.answer_review(house.s, again, label(request, "Approve"), "lead")
    assert house.open_codes() == []


def test_a_rejected_draft_never_gets_a_number(house: House) -> None:
    parcel, request = asked(house)
    review.answer_review(house.s, parcel, label(request, "Reject"), "finance", "wrong client")

    assert house.finish(parcel) == []
    assert house.open_codes() == ["rejected"]
    assert house.mailer.sent == []


def test_sent_back_becomes_a_new_version_that_is_asked_about_anew(house: House) -> None:
    parcel, request = asked(house)
    review.answer_review(house.s, parcel, label(request, "Send back"), "finance", "other title")
    assert house.finish(parcel) == []

    draft.draft_again(house.s, request.draft_id, "engineer")
    (second,) = house.plan("run-2")
    renewed = review.open_review(house.s, second)

    assert renewed is not None
    assert renewed.version == 2
    with pytest.raises(RefusedError, match="not about version 2"):
        review.answer_review(house.s, second, label(request, "Approve"), "finance")
    (third,) = house.plan("run-3")
    review.answer_review(house.s, third, label(renewed, "Approve"), "finance")
    assert len(house.finish(third)) == 1


def test_a_time_out_approves_nothing(house: House) -> None:
    parcel, request = asked(house)

    review.expire_review(house.s, parcel)

    assert state_of(house, request.draft_id) is DraftState.AWAITING_REVIEW
    assert house.finish(parcel) == []
    (again,) = house.plan("run-2", Model.DEAL, "run-1")
    assert review.open_review(house.s, again) is not None


def test_an_answer_to_a_question_that_moved_to_a_newer_run_is_refused(house: House) -> None:
    parcel, request = asked(house)
    parcels.plan_parcels(house.s, Model.DEAL, "run-2", lambda _: True)

    with pytest.raises(RefusedError, match="newer run"):
        review.answer_review(house.s, parcel, label(request, "Approve"), "finance")

    assert state_of(house, request.draft_id) is DraftState.AWAITING_REVIEW
    assert house.open_codes() == ["answer_refused"]


def test_a_refused_answer_does_not_block_the_draft_while_its_run_lives_on(house: House) -> None:
    house.win_deal("D-2", "8000.00 EUR")
    house.win_deal("D-1", "9000.00 EUR")
    parcel, other = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    review.open_review(house.s, other)
    assert request
    with pytest.raises(RefusedError):
        review.answer_review(house.s, parcel, label(request, "Approve"), "intern")

    (again,) = house.plan("run-2")

    assert review.open_review(house.s, again) == request
    review.answer_review(house.s, again, label(request, "Approve"), "finance")
    assert house.finish(again) == [request.draft_id]


def test_who_asked_for_an_invoice_never_approves_it_though_another_drafts_it_again(
    house: House,
) -> None:
    company = house.with_book(every_model(only="tessin"))
    request = fact("tessin", EventKind.ONE_OFF_REQUESTED, "F-1", line("F-1", "9000.00"))
    request = replace(request, source="form", reported_by="finance")
    report.report_request(company.s, request)
    company.printer.broken.add("tessin")
    company.plan("run-1", Model.ONE_OFF)
    with company.s.ledger.read() as work:
        (record,) = work.drafts.in_state(DraftState.HELD, 10)

    company.printer.broken.clear()
    draft.draft_again(company.s, record.id, "lead")

    (parcel,) = company.plan("run-2", Model.ONE_OFF)
    question = review.open_review(company.s, parcel)
    assert question is not None
    assert company.open_codes() == ["nobody_may_approve"]
    with pytest.raises(RefusedError, match="finance made this draft"):
        review.answer_review(company.s, parcel, question.options[0], "finance")
