"""Tests of `drafting/frame.py`, `instalments.py` and `block.py`: prices that are simply agreed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import Frame, Instalments, RecurringItem
from invoicing.domain.events import EventKind
from invoicing.domain.periods import Period
from invoicing.domain.work import RecordRef
from tests.domain.builders import (
    BLOCK,
    INSTALMENTS,
    RETAINER,
    agreement,
    eur,
    hours,
    item,
    outlay,
)
from tests.domain.drafting.made import due, held, made, month, owed, rows

SETUP = RecurringItem("setup", "Set-up", Decimal(2), "day", eur("900.00"), "standard")
LICENCE = agreement(INSTALMENTS, "licence")
SUPPORT = agreement(BLOCK, "support")


def test_an_onboarding_has_the_lines_of_the_agreement() -> None:
    frame = agreement(Frame(onboarding=(SETUP,)), "frame")
    draft = made(frame, owed(frame, "onboarding", kind=EventKind.CLIENT_ONBOARDED, source="crm"))
    assert rows(draft) == ["2 day x 900.00 = 1800.00"]
    assert draft.lines[0].records == (RecordRef("crm", "frame:onboarding:setup"),)
    deal = made(frame, owed(frame, "D-1", item()))
    assert rows(deal) == ["8 h x 120.00 = 960.00"]


def test_twelve_instalments_add_up() -> None:
    plan = agreement(Instalments(eur("10000.00"), parts=12), "licence")
    drafts = [made(plan, due(plan, month(number))) for number in range(1, 13)]
    nets = [str(one.lines[0].net.amount) for one in drafts]
    assert nets == ["833.33", "833.34", "833.33"] * 4
    line = drafts[1].lines[0]
    assert line.description == "Projects, instalment 2 of 12"
    assert "10000.00 EUR x 2/12 - 10000.00 EUR x 1/12 = 833.34 EUR" in line.explanation
    assert line.records == (RecordRef("calendar", "licence:2026-02-01"),)


def test_of_percentages_the_last_takes_the_rest() -> None:
    percents = Decimal("33.33"), Decimal("33.33"), Decimal("33.34")
    plan = agreement(Instalments(eur("9999.99"), percents=percents), "licence")
    first, last = made(plan, due(plan, month(1))), made(plan, due(plan, month(3)))
    assert rows(first) + rows(last) == ["1 item x 3333.00 = 3333.00", "1 item x 3333.99 = 3333.99"]
    assert "33.33 % of 9999.99 EUR" in first.lines[0].explanation
    assert "part 3 of 3 of 9999.99 EUR" in last.lines[0].explanation


def test_an_instalment_too_many_is_held() -> None:
    thirteenth = replace(
        due(LICENCE, month(12)), period=Period(date(2027, 1, 1), date(2027, 1, 31))
    )
    assert "has 12 instalments, not 13" in held(LICENCE, thirteenth).reason


def test_a_block_has_its_price_and_names_the_hours_that_used_up_the_former() -> None:
    first = made(SUPPORT, due(SUPPORT, "block:1"))
    assert rows(first) == ["1 block x 3600.00 = 3600.00"]
    assert first.lines[0].description == "Projects, 20 hours in advance"
    more = owed(SUPPORT, "block:2", hours("17"), outlay(), kind=EventKind.HOURS_LOGGED)
    second = made(SUPPORT, more)
    assert rows(second) == ["1 block x 3600.00 = 3600.00", "1 item x 50.00 = 50.00"]
    assert second.lines[0].records == (RecordRef("psa", "support:block:2"), RecordRef("psa", "T-1"))


def test_a_request_under_any_agreement_bills_its_own_lines() -> None:
    for one in (SUPPORT, LICENCE, agreement(RETAINER, "care")):
        request = owed(one, "run-1", item(), kind=EventKind.ONE_OFF_REQUESTED)
        assert rows(made(one, request)) == ["8 h x 120.00 = 960.00"]


def test_a_settlement_bills_the_last_outlays_and_nothing_else() -> None:
    for one in (SUPPORT, LICENCE):
        ended = replace(one, ends_on=date(2026, 3, 31), work_source="psa")
        last = due(ended, "settlement:2026-03-31", outlay(on=date(2026, 3, 9)))
        assert rows(made(ended, last)) == ["1 item x 50.00 = 50.00"]
