"""What the calendar makes due: a fee by itself, work only up to the last day that is covered."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.agreements import Agreement, Pricing
from invoicing.domain.decide import Bill, Decision, Hold, Ignore, decide
from invoicing.domain.events import BillingEvent
from invoicing.domain.obligations import Owed
from invoicing.domain.periods import Period
from invoicing.domain.report import due_event, dues
from invoicing.domain.rules import Model
from invoicing.domain.work import Work
from tests.domain.builders import (
    BLOCK,
    INSTALMENTS,
    MONTHLY_HOURS,
    RETAINER,
    agreement,
    book,
    breach,
    decided,
    eur,
    hours,
    item,
    outlay,
    owed_key,
    owing,
    rule,
)

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))


def of(pricing: Pricing) -> Agreement:
    return replace(agreement(pricing), work_source="psa")


def due(one: Agreement, unit: str, *work: Work, today: date = date(2026, 6, 1)) -> BillingEvent:
    (found,) = [due for due in dues(one, today) if due.unit == unit]
    return due_event(one, found, work)


def decision_on(one: Agreement, unit: str, *work: Work, owed: Owed | None = None) -> Decision:
    books = book(agreements=(one,), rules=(rule(Model.RETAINER),))
    return decide(due(one, unit, *work), books, owed or Owed())


def bill(one: Agreement, unit: str, *work: Work) -> Bill:
    decision = decision_on(one, unit, *work)
    assert isinstance(decision, Bill), decision.reason
    return decision


def test_a_period_is_billed_with_its_fee_though_there_was_no_work() -> None:
    (owed,) = bill(of(RETAINER), "2026-02-01").obligations
    assert (owed.key, owed.period, owed.work) == (owed_key("2026-02-01"), FEBRUARY, ())
    assert (owed.source, owed.title) == ("calendar", "Projects, 2026-02-01 to 2026-02-28")


def test_a_period_is_owed_once() -> None:
    first = bill(of(RETAINER), "2026-02-01").obligations[0]
    again = decision_on(of(RETAINER), "2026-02-01", owed=owing(first))
    assert isinstance(again, Ignore)
    assert again.owed == first.key


def test_in_advance_the_work_before_the_period_is_billed_with_it() -> None:
    before, after = hours(on=date(2026, 1, 31)), hours(record_id="T-2", on=date(2026, 2, 1))
    missed = breach(on=date(2026, 1, 9))
    (owed,) = bill(of(RETAINER), "2026-02-01", before, after, item(), missed).obligations
    assert owed.work == (before, item(), missed)


def test_in_arrears_the_work_of_the_period_is_billed_with_it() -> None:
    inside, after = hours(on=date(2026, 2, 28)), outlay(on=date(2026, 3, 1))
    late = of(replace(RETAINER, in_arrears=True))
    assert bill(late, "2026-02-01", inside, after).obligations[0].work == (inside,)


def test_hours_of_a_month_without_work_owe_nothing() -> None:
    waiting = hours(on=date(2026, 2, 3), approved=False)
    decision = decision_on(of(MONTHLY_HOURS), "2026-02-01", waiting)
    assert decision == Ignore(
        "there is no work to bill for 2026-02-01 of nordwind-projects; left out: 1 not approved"
    )


def test_a_minimum_is_owed_without_work_too() -> None:
    least = of(replace(MONTHLY_HOURS, minimum=eur("500.00")))
    assert bill(least, "2026-02-01").obligations[0].work == ()
    late = hours(on=date(2026, 2, 3))
    assert bill(of(MONTHLY_HOURS), "2026-02-01", late).obligations[0].work == (late,)


def test_a_settlement_needs_work() -> None:
    ended = replace(of(RETAINER), ends_on=date(2026, 3, 15))
    unit = "settlement:2026-03-15"
    assert isinstance(decision_on(ended, unit), Ignore)
    last = hours(on=date(2026, 3, 15))
    (owed,) = bill(ended, unit, last, outlay(on=date(2026, 3, 16))).obligations
    assert (owed.work, owed.key.unit, owed.occurred_on) == ((last,), unit, date(2026, 3, 15))


def test_a_block_is_a_sum_without_work() -> None:
    (owed,) = bill(of(BLOCK), "block:1", hours(on=date(2026, 1, 1))).obligations
    assert (owed.key.unit, owed.work) == ("block:1", ())


def test_outlays_are_billed_with_the_next_instalment() -> None:
    early, late = outlay(on=date(2026, 1, 31)), outlay(record_id="X-2", on=date(2026, 2, 1))
    (owed,) = bill(of(INSTALMENTS), "2026-02-01", early, late).obligations
    assert (owed.key.unit, owed.work) == ("2026-02-01", (early,))


@pytest.mark.parametrize(
    ("pricing", "kept"),
    [
        (replace(RETAINER, in_arrears=True), True),
        (replace(MONTHLY_HOURS, minimum=eur("500.00")), False),
        (INSTALMENTS, True),
    ],
)
def test_what_was_approved_after_the_last_period_is_settled(pricing: Pricing, kept: bool) -> None:
    ended = replace(of(pricing), ends_on=date(2026, 1, 31))
    late = outlay(on=date(2026, 1, 30))
    (first,) = bill(ended, "settlement:2026-01-31", late).obligations
    assert (first.work, first.occurred_on) == ((late,), date(2026, 1, 31))
    # The minimum of the last period is not charged again.
    assert (first.period is not None) is kept
    again = replace(
        due(ended, "settlement:2026-01-31", late, outlay("9", "X-2", on=date(2026, 1, 2))),
        subject="settlement:2026-01-31:2",
    )
    books = book(agreements=(ended,), rules=(rule(Model.RETAINER),))
    (second,) = decided(again, books, owing(first)).obligations
    assert (second.key.unit, len(second.work)) == ("settlement:2026-01-31:2", 1)
    nothing = decide(again, books, owing(first, second))
    assert isinstance(nothing, Ignore)


def test_an_empty_settlement_says_what_it_left_out() -> None:
    ended = replace(of(MONTHLY_HOURS), ends_on=date(2026, 1, 31))
    waiting = hours(on=date(2026, 1, 30), approved=False)
    decision = decision_on(ended, "settlement:2026-01-31", waiting)
    assert isinstance(decision, Ignore)
    assert decision.reason == (
        "nothing is left to settle of nordwind-projects; left out: 1 not approved"
    )


def test_a_line_that_a_source_repeats_is_billed_with_one_period_only() -> None:
    (first,) = bill(of(RETAINER), "2026-02-01", item()).obligations
    assert first.work == (item(),)
    books = book(agreements=(of(RETAINER),), rules=(rule(Model.RETAINER),))
    (second,) = decided(due(of(RETAINER), "2026-03-01", item()), books, owing(first)).obligations
    assert second.work == ()


def test_what_the_agreement_no_longer_makes_due_is_held() -> None:
    event = due(of(RETAINER), "2026-02-01")
    paused = replace(of(RETAINER), pauses=(FEBRUARY,))
    decision = decide(event, book(agreements=(paused,), rules=(rule(Model.RETAINER),)), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "agreement_not_in_force"
    assert decision.reason == "agreement nordwind-projects has nothing due as 2026-02-01"


def test_two_instalments_are_two_things_owed() -> None:
    plan = of(replace(INSTALMENTS, parts=0, percents=(Decimal(60), Decimal(40))))
    books = book(agreements=(plan,), rules=(rule(Model.RETAINER),))
    keys = [
        decided(due_event(plan, one, ()), books).obligations[0].key.unit
        for one in dues(plan, date(2027, 1, 1))
    ]
    assert keys == ["2026-01-01", "2026-02-01"]
