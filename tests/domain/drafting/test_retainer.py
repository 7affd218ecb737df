"""Tests of `drafting/retainer.py`: fees of whole and cut periods, changes of plan, and lines."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicing.domain.agreements import Agreement, FeeStep, Proration, RecurringItem
from invoicing.domain.periods import Cycle, Period, Unit
from invoicing.domain.work import RecordRef
from tests.domain.builders import NEW_YEAR, RETAINER, agreement, breach, eur, hours, item, outlay
from tests.domain.drafting.made import after, due, figures, held, made, month, owed, rows

CARE = agreement(RETAINER, "care")
FROM_SEPTEMBER = FeeStep(date(2026, 9, 16), eur("499.99"))
PLANS = replace(RETAINER, fees=(FeeStep(NEW_YEAR, eur("299.99")), FROM_SEPTEMBER))


def priced(proration: Proration, **changes: Any) -> Agreement:
    """Return the retainer under another method of proration."""
    return replace(CARE, pricing=replace(RETAINER, proration=proration), **changes)


def test_a_whole_period_costs_the_fee_and_names_it() -> None:
    draft = made(CARE, due(CARE, month(3)))
    assert rows(draft) == ["1 month x 1800.00 = 1800.00"]
    assert figures(draft, "net", "tax", "due") == ["1800.00", "342.00", "2142.00"]
    assert draft.lines[0].description == "Projects, 2026-03-01 to 2026-03-31"
    assert draft.lines[0].records == (RecordRef("calendar", "care:2026-03-01"),)
    assert draft.lines[0].explanation == (
        "the fee for one period since 2026-01-01, 1 x 1800.00 EUR = 1800.00 EUR, rounded half away"
        " from zero; calendar record care:2026-03-01; rule the-rule"
    )
    assert (draft.supplied_on, draft.period) == (date(2026, 3, 1), due(CARE, month(3)).period)


def test_a_quarter_is_named_as_a_unit() -> None:
    quarterly = agreement(replace(RETAINER, cycle=Cycle(3, Unit.MONTH)), "care")
    assert rows(made(quarterly, due(quarterly, month(4)))) == ["1 3 months x 1800.00 = 1800.00"]


@pytest.mark.parametrize(
    ("method", "row"),
    [
        (Proration.ACTUAL, "12 day x 1800.00 / 31 = 696.77"),  # 1800 x 12 / 31 = 696.774
        (Proration.THIRTY_360, "12 day x 1800.00 / 30 = 720.00"),
        (Proration.NONE, "1 month x 1800.00 = 1800.00"),
    ],
)
def test_the_last_period_is_cut_as_the_agreement_says(method: Proration, row: str) -> None:
    ended = priced(method, ends_on=date(2026, 3, 12))
    assert rows(made(ended, due(ended, month(3)))) == [row]


@pytest.mark.parametrize(
    ("method", "row"),
    [
        (Proration.ACTUAL, "20 day x 1800.00 / 31 = 1161.29"),  # 9 + 11 days
        (Proration.THIRTY_360, "19 day x 1800.00 / 30 = 1140.00"),  # 9 + 10: the 31st is a 30th
    ],
)
def test_a_pause_inside_a_period_is_not_billed(method: Proration, row: str) -> None:
    paused = priced(method, pauses=(Period(date(2026, 3, 10), date(2026, 3, 20)),))
    draft = made(paused, due(paused, month(3)))
    assert rows(draft) == [row]
    assert draft.lines[0].description.endswith(
        "2026-03-01 to 2026-03-09 and 2026-03-21 to 2026-03-31"
    )


def test_a_quarter_counts_ninety_days_under_30_360() -> None:
    quarterly = replace(RETAINER, cycle=Cycle(3, Unit.MONTH), proration=Proration.THIRTY_360)
    ended = replace(agreement(quarterly, "care"), ends_on=date(2026, 4, 30))
    assert rows(made(ended, due(ended, month(4)))) == ["30 day x 1800.00 / 90 = 600.00"]


def test_a_day_without_a_fee_is_held() -> None:
    late = agreement(replace(RETAINER, fees=(FeeStep(date(2026, 3, 2), eur("1.00")),)), "care")
    assert "no fee on 2026-03-01" in held(late, due(late, month(3))).reason


def test_an_upgrade_inside_a_period_is_two_more_lines_each_rounded() -> None:
    plans = agreement(PLANS, "care")
    draft = made(plans, due(plans, month(9)))
    assert rows(draft) == [
        "1 month x 299.99 = 299.99",
        "-15 day x 299.99 / 30 = -150.00",  # -149.995
        "15 day x 499.99 / 30 = 250.00",  # 249.995
    ]
    assert figures(draft, "net") == ["399.99"]
    assert "change of plan on 2026-09-16, -1 x 15 of 30 days (actual)" in draft.lines[1].explanation
    assert rows(made(plans, due(plans, month(10)))) == ["1 month x 499.99 = 499.99"]


def test_a_change_of_plan_follows_the_method_of_the_agreement() -> None:
    march = FeeStep(date(2026, 3, 16), eur("2400.00"))
    by_30 = replace(RETAINER, fees=(*RETAINER.fees, march), proration=Proration.THIRTY_360)
    plans = agreement(by_30, "care")
    assert rows(made(plans, due(plans, month(3))))[1:] == [
        "-15 day x 1800.00 / 30 = -900.00",
        "15 day x 2400.00 / 30 = 1200.00",
    ]
    whole = agreement(replace(by_30, proration=Proration.NONE), "care")
    assert rows(made(whole, due(whole, month(3)))) == ["1 month x 1800.00 = 1800.00"]


def test_two_changes_of_plan_in_one_period_follow_each_other() -> None:
    steps = [FeeStep(date(2026, 4, day), eur(fee)) for day, fee in ((11, "60.00"), (21, "90.00"))]
    plans = agreement(replace(RETAINER, fees=(FeeStep(NEW_YEAR, eur("30.00")), *steps)), "care")
    assert rows(made(plans, due(plans, month(4))))[1:] == [
        "-20 day x 30.00 / 30 = -20.00",
        "20 day x 60.00 / 30 = 40.00",
        "-10 day x 60.00 / 30 = -20.00",
        "10 day x 90.00 / 30 = 30.00",
    ]


def test_a_cut_period_with_a_change_of_plan_bills_each_fee_for_its_days() -> None:
    plans = replace(agreement(PLANS, "care"), ends_on=date(2026, 9, 20))
    assert rows(made(plans, due(plans, month(9)))) == [
        "15 day x 299.99 / 30 = 150.00",
        "5 day x 499.99 / 30 = 83.33",
    ]
    paused = replace(plans, pauses=(Period(date(2026, 9, 16), date(2026, 9, 30)),))
    assert rows(made(paused, due(paused, month(9)))) == ["15 day x 299.99 / 30 = 150.00"]


def test_a_change_known_after_the_invoice_is_billed_once_with_the_next_one() -> None:
    march = made(CARE, due(CARE, month(3)))
    change = FeeStep(date(2026, 3, 16), eur("2400.00"))
    changed = agreement(replace(RETAINER, fees=(*RETAINER.fees, change)), "care")
    april = made(changed, due(changed, month(4)), standing=after(march))
    assert rows(april) == [
        "1 month x 2400.00 = 2400.00",
        "-16 day x 1800.00 / 31 = -929.03",
        "16 day x 2400.00 / 31 = 1238.71",
    ]
    may = made(changed, due(changed, month(5)), standing=after(march, april))
    assert rows(may) == ["1 month x 2400.00 = 2400.00"]
    whole = replace(RETAINER, fees=(*RETAINER.fees, change), proration=Proration.NONE)
    none = agreement(whole, "care")
    assert len(made(none, due(none, month(4)), standing=after(march)).lines) == 1


def test_a_late_change_looks_at_earlier_periods_that_were_billed_here_only() -> None:
    change = FeeStep(date(2026, 3, 16), eur("2400.00"))
    changed = agreement(replace(RETAINER, fees=(*RETAINER.fees, change)), "care")
    march = made(CARE, due(CARE, month(3)))
    one_off = made(CARE, owed(CARE, "extra", item()))
    odd = replace(made(CARE, owed(CARE, "odd", item())), period=march.period)
    february = due(changed, month(2))
    assert len(made(changed, february, standing=after(march, one_off)).lines) == 1
    assert len(made(changed, due(changed, month(4)), standing=after(odd)).lines) == 1
    quarterly = agreement(replace(RETAINER, cycle=Cycle(3, Unit.MONTH)), "care")
    assert len(made(quarterly, due(quarterly, month(4)), standing=after(march)).lines) == 1


SEATS = RecurringItem("seats", "Mail seats", Decimal(5), "seat", eur("12.00"), "reduced")


def test_a_recurring_line_has_its_own_tax_and_its_own_days() -> None:
    with_seats = agreement(replace(RETAINER, items=(SEATS,)), "care")
    draft = made(with_seats, due(with_seats, month(3)))
    assert rows(draft)[1] == "5 seat x 12.00 = 60.00"
    assert [group.rate.percent for group in draft.taxes] == [19, 7]
    assert draft.lines[1].records == (RecordRef("calendar", "care:2026-03-01:seats"),)
    later = replace(SEATS, from_on=date(2026, 3, 22))
    from_late_march = agreement(replace(RETAINER, items=(later,)), "care")
    draft = made(from_late_march, due(from_late_march, month(3)))
    assert rows(draft)[1] == "50 seat x days x 12.00 / 31 = 19.35"  # 60 x 10 / 31
    assert len(made(from_late_march, due(from_late_march, month(2))).lines) == 1
    whole = agreement(replace(RETAINER, items=(later,), proration=Proration.NONE), "care")
    assert rows(made(whole, due(whole, month(3))))[1] == "5 seat x 12.00 = 60.00"
    over = replace(SEATS, from_on=date(2026, 5, 1), until_on=date(2026, 4, 1))
    never = agreement(replace(RETAINER, items=(over,)), "care")
    assert len(made(never, due(never, month(4))).lines) == 1


def test_a_missed_service_level_credits_a_share_of_the_fee_on_its_day() -> None:
    draft = made(CARE, due(CARE, month(4), breach("10", on=date(2026, 3, 9))))
    assert rows(draft) == ["1 month x 1800.00 = 1800.00", "-1 item x 180.00 = -180.00"]
    assert "10 % of the fee 1800.00 EUR = -180.00 EUR" in draft.lines[1].explanation
    assert draft.lines[1].records == (RecordRef("psa", "S-1"),)


def test_credits_above_the_whole_invoice_are_held() -> None:
    hold = held(CARE, due(CARE, month(4), breach("100", on=date(2026, 3, 9))))
    assert hold.code == "nothing_due"


def test_outlays_come_with_the_markup_of_the_agreement() -> None:
    marked_up = agreement(replace(RETAINER, markup_percent=Decimal(10)), "care")
    draft = made(marked_up, due(marked_up, month(4), outlay("50.00", on=date(2026, 3, 9))))
    assert rows(draft)[1] == "1 item x 55.00 = 55.00"


def test_hours_without_a_price_are_held() -> None:
    assert held(CARE, due(CARE, month(4), hours())).code == "rate_unknown"


def test_a_settlement_bills_the_last_work_without_a_fee() -> None:
    ended = replace(CARE, ends_on=date(2026, 3, 12), work_source="psa")
    unit = "settlement:2026-03-12"
    draft = made(ended, due(ended, unit, outlay("50.00", on=date(2026, 3, 9))))
    assert rows(draft) == ["1 item x 50.00 = 50.00"]


def test_a_period_without_an_active_day_has_no_fee() -> None:
    paused = replace(CARE, pauses=(Period(date(2026, 3, 1), date(2026, 3, 31)),))
    march = replace(due(CARE, month(3), outlay()), occurred_on=date(2026, 3, 1))
    assert rows(made(paused, march)) == ["1 item x 50.00 = 50.00"]


def test_a_due_without_a_period_is_held() -> None:
    hold = held(CARE, replace(due(CARE, month(3)), period=None))
    assert (hold.code, "names no period" in hold.reason) == ("not_computable", True)
