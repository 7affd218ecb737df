"""Each event ends as exactly one of billed, merged, held or ignored."""

from dataclasses import replace

import pytest

from invoicing.domain.errors import StateError
from invoicing.domain.rules import Model
from invoicing.services import decide, report
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


def test_a_second_event_that_says_something_else_is_shown(house: House) -> None:
    house.win_deal("D-1")
    reported(house)
    decide.decide_events(house.s, Model.DEAL)
    house.sources.objects["D-1"] = a_deal("D-1", "9200.00 EUR", "nordwind")
    report.accept_hint(house.s, a_hint("D-1", event_id="another"))
    reported(house)

    assert decide.decide_events(house.s, Model.DEAL) == []
    assert house.open_codes() == ["event_differs"]


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


def test_what_our_own_calendar_reported_needs_no_source_to_be_decided_again(house: House) -> None:
    ruleless = house.with_book(replace(a_book(), rules=()))
    (event,) = report.report_events(house.s, Model.RETAINER)
    decide.decide_events(ruleless.s, Model.RETAINER)

    decide.decide_again(house.s, event, "engineer")

    assert len(decide.decide_events(house.s, Model.RETAINER)) == 1
