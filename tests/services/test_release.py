"""A held draft whose new facts break a safety bound has a way on: a person lets it pass."""

from dataclasses import replace

import pytest

from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.errors import StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.states import DraftState
from invoicing.services import attend, review
from invoicing.services.draft import draft_again
from tests.support.services import House

ONE_A_DAY = SafetyBounds(per_client_and_day=1)


def test_a_draft_sent_back_beside_a_released_one_can_pass_the_bound(house: House) -> None:
    company = house.with_book(replace(house.s.book, bounds=ONE_A_DAY))
    company.win_deal("D-1", "9000.00 EUR")
    (parcel,) = company.plan("run-1")
    request = review.open_review(company.s, parcel)
    assert request is not None
    company.win_deal("D-2", "8000.00 EUR")
    company.plan("run-2")
    entry, parking = _open_about(company, "bound_broken"), _open_about(company, "client_parked")
    attend.act(company.s, entry, Action.RELEASE, "clerk", "two orders, both signed")
    attend.act(company.s, parking, Action.UN_PARK, "clerk", "looked at")
    company.plan("run-3")
    review.answer_review(company.s, parcel, request.options[2], "finance", "wrong day")

    with pytest.raises(StateError, match="1 other drafts"):
        draft_again(company.s, request.draft_id, "lead")
    entry = _open_about(company, "bound_broken")
    attend.act(company.s, entry, Action.RELEASE, "clerk", "both are right")
    draft_again(company.s, request.draft_id, "clerk")

    with company.s.ledger.read() as work:
        (record,) = work.drafts.get([request.draft_id])
    assert (record.state, record.version) == (DraftState.DRAFT, 2)
    assert "bound_released" in record.draft.flags
    assert company.open_codes() == []


def _open_about(house: House, code: str) -> str:
    with house.s.ledger.read() as work:
        return next(one.id for one in work.exceptions.list_open(10) if one.code == code)
