"""Each event ends as exactly one of billed, merged, held or ignored."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from invoicing.domain.errors import StateError
from invoicing.domain.events import EventKind
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services import decide, draft, report, review
from tests.services.models import every_model, fact, hours, line
from tests.support.services import House, a_book, a_deal, a_hint


def reported(house: House) -> list[str]:
    return report.report_events(house.s, Model.DEAL)


def test_two_events_about_one_deal_make_one_obligation(house: House) -> None:
    house.win_deal("D-1")
    report.accept_hint(house.s, a_hint("D-1", event_id="another"))
    first, second = reported(house)

    assert len(decide.decide_events(house.s, Model.DEAL)) == 1
    assert decide.decide_events(house.s, Model.DEAL) == []
    assert house.actions(first)[-1] == house.actions(second)[-1] == "decided"
    assert house.open_codes() == []


def told_otherwise(house: House, amount: str = "9200.00 EUR", description: str = "") -> list[str]:
    """Let the CRM tell of the same deal again, with another amount or another text."""
    deal = a_deal("D-1", amount, "nordwind")
    if description:
        deal = replace(deal, work=(replace(deal.work[0], description=description),))
    house.sources.objects["D-1"] = deal
    report.accept_hint(house.s, a_hint("D-1", event_id="another"))
    events = reported(house)
    assert decide.decide_events(house.s, Model.DEAL) == []
    return events


def test_another_story_about_the_same_amount_is_shown(house: House) -> None:
    house.win_deal("D-1")
    reported(house)
    decide.decide_events(house.s, Model.DEAL)

    told_otherwise(house, "1200.00 EUR", "Something else")

    assert house.open_codes() == ["event_differs"]


def test_two_amounts_for_one_deal_hold_what_is_not_drafted_yet(house: House) -> None:
    house.win_deal("D-1")
    reported(house)
    (owed,) = decide.decide_events(house.s, Model.DEAL)

    (event,) = told_otherwise(house)

    assert house.open_codes() == ["amounts_disagree"] * 2
    assert (house.actions(owed), house.actions(event)[-1]) == (["held"], "decided")
    assert draft.draft_obligations(house.s, Model.DEAL) == []


@pytest.mark.parametrize("asked", [False, True])
def test_two_amounts_for_one_deal_hold_its_draft(house: House, asked: bool) -> None:
    house.win_deal("D-1", "8500.00 EUR")
    (parcel,) = house.plan("run-1")
    if asked:
        review.open_review(house.s, parcel)

    told_otherwise(house)

    with house.s.ledger.read() as work:
        (held,) = work.drafts.in_state(DraftState.HELD, 10)
    assert house.actions(held.id)[-1] == "held"
    assert house.finish(parcel) == []
    draft.draft_again(house.s, held.id, "engineer")  # after the record was corrected
    with house.s.ledger.read() as work:
        assert str(work.drafts.get([held.id])[0].draft.totals.net) == "9200.00 EUR"


def test_two_amounts_for_a_deal_that_is_issued_leave_its_invoice_alone(house: House) -> None:
    invoice = house.invoice_of("D-1")

    told_otherwise(house)

    assert house.open_codes() == ["amounts_disagree"]
    assert house.actions(invoice.id)[-1] != "held"


def test_what_no_rule_covers_is_held_and_can_be_decided_again(house: House) -> None:
    ruleless = house.with_book(replace(a_book(), rules=()))
    house.win_deal("D-1")
    (event,) = reported(ruleless)
    assert decide.decide_events(ruleless.s, Model.DEAL) == []
    assert house.open_codes() == ["no_rule"]

    decide.decide_again(house.s, event, "engineer")

    assert reported(house) == [event]
    assert len(decide.decide_events(house.s, Model.DEAL)) == 1


def test_only_a_held_event_is_decided_again(house: House) -> None:
    house.win_deal("D-1")
    (event,) = reported(house)

    with pytest.raises(StateError, match="not held"):
        decide.decide_again(house.s, event, "engineer")


def test_a_deal_that_was_not_there_yet_can_be_fetched_again(house: House) -> None:
    report.accept_hint(house.s, a_hint("D-1"))
    assert reported(house) == []
    assert house.open_codes() == ["object_missing"]
    with house.s.ledger.read() as work:
        event = work.exceptions.list_open(1)[0].subject

    house.win_deal("D-1")
    decide.decide_again(house.s, event, "finance")

    assert house.open_codes() == []
    assert reported(house) == [event]
    assert len(decide.decide_events(house.s, Model.DEAL)) == 1


def test_a_period_that_is_decided_again_has_todays_work(house: House) -> None:
    company = house.with_book(every_model(only="meridian"))
    house.clock.at = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    (event,) = report.report_events(company.s, Model.RETAINER)
    decide.decide_events(replace(company.s, book=replace(company.s.book, rules=())), Model.RETAINER)
    house.sources.work["meridian-work"] = (hours("T-1", "1"),)

    decide.decide_again(company.s, event, "engineer")

    (owed,) = decide.decide_events(company.s, Model.RETAINER)
    with house.s.ledger.read() as work:
        assert len(work.obligations.get(owed).work) == 1


def test_a_request_that_is_decided_again_needs_no_source(house: House) -> None:
    company = house.with_book(every_model())
    request = fact("tessin", EventKind.ONE_OFF_REQUESTED, "F-1", line("F-1", "900.00"))
    event = report.report_request(company.s, replace(request, source="form"))
    decide.decide_events(replace(company.s, book=replace(company.s.book, rules=())), Model.ONE_OFF)

    decide.decide_again(company.s, event, "engineer")

    assert len(decide.decide_events(company.s, Model.ONE_OFF)) == 1


def test_what_our_own_calendar_reported_needs_no_source_to_be_decided_again(house: House) -> None:
    ruleless = house.with_book(replace(a_book(), rules=()))
    (event,) = report.report_events(house.s, Model.RETAINER)
    decide.decide_events(ruleless.s, Model.RETAINER)

    decide.decide_again(house.s, event, "engineer")

    assert len(decide.decide_events(house.s, Model.RETAINER)) == 1
