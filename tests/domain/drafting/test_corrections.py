"""Tests of `drafting/corrections.py`: fees billed ahead that the agreement has no more."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import Agreement, FeeStep, Proration, RecurringItem
from invoicing.domain.draft import Draft
from invoicing.domain.money import Rounding
from invoicing.domain.periods import Period
from invoicing.domain.tax import TaxRule, TaxTable
from invoicing.domain.totals import line_net
from invoicing.domain.work import RecordRef
from tests.domain.builders import ENTITY, NEW_YEAR, RETAINER, STANDARD, agreement, eur, outlay
from tests.domain.drafting.made import after, due, held, made, month, rows

CARE = agreement(RETAINER, "care")
MARCH = made(CARE, due(CARE, month(3)))
SEATS = RecurringItem("seats", "Mail seats", Decimal(5), "seat", eur("12.00"), "reduced")


def stepped(*steps: tuple[date, str]) -> Agreement:
    """Return the agreement with these fees."""
    fees = tuple(FeeStep(day, eur(fee)) for day, fee in steps)
    return replace(CARE, pricing=replace(RETAINER, fees=fees))


def test_a_fee_from_the_first_day_of_a_billed_period_on_is_billed_once() -> None:
    changed = stepped((NEW_YEAR, "1800.00"), (date(2026, 3, 1), "2000.00"))
    april = made(changed, due(changed, month(4)), standing=after(MARCH))
    assert rows(april) == [
        "1 month x 2000.00 = 2000.00",
        "-1 month x 1800.00 = -1800.00",
        "1 month x 2000.00 = 2000.00",
    ]
    assert april.flags == ("fee_corrected",)
    assert april.lines[1].records == (
        RecordRef("calendar", "care:2026-03-01:corrected:1:2000.00 EUR"),
    )
    assert april.lines[1].explanation.startswith(
        "2026-03-01 to 2026-03-31 is 2000.00 EUR as agreed now, not 1800.00 EUR as billed before;"
        " billed before and taken back, -1 month x 1800.00 EUR"
    )
    may = made(changed, due(changed, month(5)), standing=after(MARCH, april))
    assert (rows(may), may.flags) == (["1 month x 2000.00 = 2000.00"], ())


def test_a_further_change_corrects_the_difference_only() -> None:
    first = stepped((NEW_YEAR, "1800.00"), (date(2026, 3, 16), "2000.00"))
    april = made(first, due(first, month(4)), standing=after(MARCH))
    second = stepped((NEW_YEAR, "1800.00"), (date(2026, 3, 16), "2200.00"))
    may = made(second, due(second, month(5)), standing=after(MARCH, april))
    assert rows(may)[1:] == [
        "-16 day x 2000.00 / 31 = -1032.26",
        "16 day x 2200.00 / 31 = 1135.48",
        "-1 month x 2000.00 = -2000.00",
        "1 month x 2200.00 = 2200.00",
    ]
    assert {ref.record_id for line in may.lines[1:] for ref in line.records} == {
        "care:2026-03-01:corrected:2:2006.45 EUR", "care:2026-04-01:corrected:1:2200.00 EUR",
    }  # fmt: skip
    back = made(CARE, due(CARE, month(6)), standing=after(MARCH, april, may))
    whole = [line.net for one in (MARCH, april, may, back) for line in one.lines]
    assert sum(net.amount for net in whole) == 4 * 1800


def test_an_end_known_late_is_settled_and_without_more_work_it_is_held() -> None:
    ended = replace(CARE, ends_on=date(2026, 3, 12), work_source="psa")
    unit = "settlement:2026-03-12"
    hold = held(ended, due(ended, unit, outlay()), standing=after(MARCH))
    assert hold.code == "nothing_due"
    assert "write a credit note for the invoices of those periods" in hold.reason
    big = due(ended, unit, outlay("2000.00", on=date(2026, 3, 9)))
    draft = made(ended, big, standing=after(MARCH))
    assert rows(draft)[:2] == ["-1 month x 1800.00 = -1800.00", "12 day x 1800.00 / 31 = 696.77"]
    april = made(CARE, due(CARE, month(4)))
    more = due(ended, unit, outlay("9000.00", on=date(2026, 3, 9)))
    draft = made(ended, more, standing=after(MARCH, april))
    assert rows(draft)[2] == "-1 month x 1800.00 = -1800.00"  # a period after the end


def test_a_pause_known_late_is_credited_with_the_next_period() -> None:
    paused = replace(CARE, pauses=(Period(date(2026, 3, 22), date(2026, 3, 31)),))
    april = made(paused, due(paused, month(4)), standing=after(MARCH))
    assert rows(april)[1:] == ["-1 month x 1800.00 = -1800.00", "21 day x 1800.00 / 31 = 1219.35"]


def test_a_change_that_was_known_in_time_is_no_correction() -> None:
    changed = stepped((NEW_YEAR, "1800.00"), (date(2026, 3, 16), "2000.00"))
    march = made(changed, due(changed, month(3)))
    assert len(march.lines) == 3
    assert len(made(changed, due(changed, month(4)), standing=after(march)).lines) == 1


def test_what_a_person_credited_is_left_to_people() -> None:
    paused = replace(CARE, pauses=(Period(date(2026, 3, 22), date(2026, 3, 31)),))
    standing = replace(after(MARCH), credited=frozenset({MARCH.id}))
    assert len(made(paused, due(paused, month(4)), standing=standing).lines) == 1


def test_a_correction_is_taxed_as_the_period_was() -> None:
    raised = TaxTable(
        (
            TaxRule("DE", STANDARD, date(2021, 1, 1), date(2026, 3, 31)),
            TaxRule(
                "DE", replace(STANDARD, percent=Decimal(21), label="VAT 21 %"), date(2026, 4, 1)
            ),
        )
    )
    changed = stepped((NEW_YEAR, "1800.00"), (date(2026, 3, 1), "2000.00"))
    april = made(changed, due(changed, month(4)), standing=after(MARCH), taxes=raised)
    assert [line.rate.percent for line in april.lines] == [21, 19, 19]


def test_recurring_lines_follow_the_days_and_keep_their_price() -> None:
    desks = replace(SEATS, key="desks", until_on=NEW_YEAR)
    seated = replace(CARE, pricing=replace(RETAINER, items=(desks, SEATS)))
    march = made(seated, due(seated, month(3)))
    dearer = replace(SEATS, unit_price=eur("15.00"))
    edited = replace(seated, pricing=replace(RETAINER, items=(desks, dearer)))
    assert len(made(edited, due(edited, month(4)), standing=after(march)).lines) == 2
    until = replace(dearer, until_on=date(2026, 3, 10))
    ended = replace(seated, pricing=replace(RETAINER, items=(desks, until)))
    april = made(ended, due(ended, month(4)), standing=after(march))
    assert rows(april)[1:] == ["-5 seat x 12.00 = -60.00", "50 seat x days x 12.00 / 31 = 19.35"]
    assert april.lines[1].rate.percent == 7
    assert april.lines[1].records == (
        RecordRef("calendar", "care:2026-03-01:seats:corrected:1:19.35 EUR"),
    )
    may = made(ended, due(ended, month(5)), standing=after(march, april))
    assert len(may.lines) == 1
    cut = replace(ended, pauses=(Period(date(2026, 3, 1), date(2026, 3, 31)),))
    more = due(cut, month(5), outlay("900.00"))
    assert rows(made(cut, more, standing=after(march, april)))[1:] == [
        "-1 month x 1800.00 = -1800.00", "-50 seat x days x 12.00 / 31 = -19.35",
        "1 item x 900.00 = 900.00",
    ]  # fmt: skip
    gone = made(CARE, due(CARE, month(4)), standing=after(march))
    assert len(gone.lines) == 1


@pytest.mark.parametrize("rounding", [Rounding.CEILING, Rounding.FLOOR])
def test_quantity_and_price_as_printed_make_the_line(rounding: Rounding) -> None:
    changed = stepped((NEW_YEAR, "726.70"), (date(2026, 3, 16), "899.99"))
    entity = replace(ENTITY, rounding=rounding)
    draft = made(changed, due(changed, month(3)), entities={entity.key: entity})
    for line in draft.lines:
        net, _ = line_net(line.quantity, line.unit_price, line.base_quantity, rounding=rounding)
        assert net == line.net
    assert "item" in {line.unit for line in draft.lines}


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 5000)), min_size=1, max_size=3))
def test_whatever_is_known_late_all_periods_end_as_agreed(steps: list[tuple[int, int]]) -> None:
    fees = {date.fromordinal(NEW_YEAR.toordinal() + day): f"{fee}.37" for day, fee in steps}
    changed = stepped((NEW_YEAR, "1800.00"), *sorted(fees.items()))
    drafts: list[Draft] = [made(CARE, due(CARE, month(number))) for number in (1, 2, 3)]
    extra = due(changed, month(4))
    late = made(changed, replace(extra, work=(outlay("90000.00"),)), standing=after(*drafts))
    known = [made(changed, due(changed, month(number))) for number in (1, 2, 3, 4)]
    assert sum(line.net.amount for one in (*drafts, late) for line in one.lines) == 90000 + sum(
        line.net.amount for one in known for line in one.lines
    )


def test_a_period_that_is_billed_in_full_anyhow_is_not_corrected_for_a_pause() -> None:
    whole = replace(CARE, pricing=replace(RETAINER, proration=Proration.NONE))
    paused = replace(whole, pauses=(Period(date(2026, 3, 22), date(2026, 3, 31)),))
    assert len(made(paused, due(paused, month(4)), standing=after(MARCH)).lines) == 1
