"""Tests of `drafting/included.py`: hours within the fee, beyond it, and rolled over."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import IncludedHours, Increment, MinuteRounding
from invoicing.domain.draft import Balance
from invoicing.domain.periods import Period
from invoicing.domain.tax import TaxRule, TaxTable
from invoicing.domain.work import RecordRef
from tests.domain.builders import RETAINER, STANDARD, agreement, breach, eur, hours, outlay
from tests.domain.drafting.made import after, due, held, made, month, rows

TEN = IncludedHours(Decimal(10), eur("120.00"))
MANAGED = agreement(replace(RETAINER, included=TEN), "managed")
ROLLING = agreement(
    replace(RETAINER, included=replace(TEN, rollover_max_hours=Decimal(2))), "managed"
)
IN_ARREARS = agreement(replace(RETAINER, included=TEN, in_arrears=True), "managed")
JANUARY, FEBRUARY = date(2026, 1, 20), date(2026, 2, 20)


def test_hours_beyond_the_included_ones_cost_the_overage_rate() -> None:
    entries = hours("8", "T-1", on=FEBRUARY), hours("5.5", "T-2", on=FEBRUARY)
    draft = made(MANAGED, due(MANAGED, month(3), *entries))
    assert rows(draft) == [
        "1 month x 1800.00 = 1800.00",
        "10 h x 0.00 = 0.00",
        "3.5 h x 120.00 = 420.00",
    ]
    assert "2 entries, not rounded: 810 min, of them 210 min beyond the 600 min" in (
        draft.lines[2].explanation
    )
    assert {ref.record_id for ref in draft.lines[2].records} == {"T-1", "T-2"}


def test_hours_within_the_fee_are_shown_for_nothing() -> None:
    draft = made(MANAGED, due(MANAGED, month(3), hours("8", on=FEBRUARY)))
    assert rows(draft)[1:] == ["8 h x 0.00 = 0.00"]
    assert draft.balances == (
        Balance("carried_minutes", Decimal(0), "min"),
        Balance("used_minutes 2026-02-01", Decimal(480), "min"),
        Balance("included_minutes 2026-02-01", Decimal(600), "min"),
    )


def test_a_month_without_hours_shows_none() -> None:
    assert len(made(MANAGED, due(MANAGED, month(3))).lines) == 1


def test_unused_hours_roll_over_up_to_the_most_agreed() -> None:
    february = made(ROLLING, due(ROLLING, month(2), hours("7", "T-1", on=JANUARY)))
    assert february.balances[0] == Balance("carried_minutes", Decimal(120), "min")
    march = due(ROLLING, month(3), hours("13", "T-2", on=FEBRUARY))
    draft = made(ROLLING, march, standing=after(february))
    assert rows(draft)[1:] == ["12 h x 0.00 = 0.00", "1 h x 120.00 = 120.00"]
    assert draft.balances[0] == Balance("carried_minutes", Decimal(0), "min")


def test_a_draft_made_again_looks_at_earlier_periods_only() -> None:
    february = made(ROLLING, due(ROLLING, month(2), hours("7", "T-1", on=JANUARY)))
    march = made(ROLLING, due(ROLLING, month(3)), standing=after(february))
    again = due(ROLLING, month(2), hours("7", "T-1", on=JANUARY))
    assert made(ROLLING, again, standing=after(february, march)) == february


def test_hours_approved_late_use_what_their_own_month_left() -> None:
    february = made(MANAGED, due(MANAGED, month(2), hours("5", "T-1", on=JANUARY)))
    late = hours("7", "T-2", on=JANUARY), hours("10", "T-3", on=FEBRUARY)
    draft = made(MANAGED, due(MANAGED, month(3), *late), standing=after(february))
    assert rows(draft)[1:] == [
        "5 h x 0.00 = 0.00", "2 h x 120.00 = 240.00", "10 h x 0.00 = 0.00",
    ]  # fmt: skip
    assert draft.lines[1].description == "Hours within the fee, 2026-01-01 to 2026-01-31"
    assert "300 min of 2026-01-01 to 2026-01-31 were billed before" in draft.lines[1].explanation
    # Nothing is left in January now, and it stays counted as it was agreed then.
    less = replace(MANAGED, pricing=replace(RETAINER, included=replace(TEN, hours=Decimal(2))))
    again = due(less, month(4), hours("1", "T-4", on=JANUARY))
    draft = made(less, again, standing=after(february, draft))
    assert rows(draft)[1:] == ["1 h x 120.00 = 120.00"]


def test_late_hours_take_back_what_had_rolled_over_and_was_used() -> None:
    february = made(ROLLING, due(ROLLING, month(2), hours("8", "T-1", on=JANUARY)))
    used = due(ROLLING, month(3), hours("12", "T-2", on=FEBRUARY))
    march = made(ROLLING, used, standing=after(february))
    assert rows(march)[1:] == ["12 h x 0.00 = 0.00"]
    late = due(ROLLING, month(4), hours("1", "T-3", on=JANUARY))
    draft = made(ROLLING, late, standing=after(february, march))
    assert rows(draft)[1:] == ["1 h x 0.00 = 0.00", "1 h x 120.00 = 120.00"]
    assert draft.lines[2].description == "Hours beyond the fee, 2026-02-01 to 2026-02-28"
    assert draft.lines[2].records == (RecordRef("psa", "T-3"),)


def test_late_minutes_are_rounded_up_with_the_others_of_their_month() -> None:
    increment = Increment(60, MinuteRounding.TOTAL_UP)
    by_hour = agreement(replace(RETAINER, included=replace(TEN, increment=increment)), "managed")
    february = made(by_hour, due(by_hour, month(2), hours("10.5", "T-1", on=JANUARY)))
    assert rows(february)[2:] == ["1 h x 120.00 = 120.00"]
    for late, more in (("0.25", []), ("0.75", ["1 h x 120.00 = 120.00"])):
        march = due(by_hour, month(3), hours(late, "T-2", on=JANUARY))
        assert rows(made(by_hour, march, standing=after(february)))[1:] == more


def test_hours_are_taxed_as_in_the_month_they_were_worked_in() -> None:
    raised = TaxTable(
        (
            TaxRule("DE", STANDARD, date(2021, 1, 1), date(2026, 2, 28)),
            TaxRule(
                "DE", replace(STANDARD, percent=Decimal(21), label="VAT 21 %"), date(2026, 3, 1)
            ),
        )
    )
    march = due(
        MANAGED, month(3), hours("11", on=FEBRUARY), outlay(on=FEBRUARY), breach(on=FEBRUARY)
    )
    draft = made(MANAGED, march, taxes=raised)
    assert [f"{line.net.amount} at {line.rate.percent} %" for line in draft.lines] == [
        "1800.00 at 21 %", "0.00 at 19 %", "120.00 at 19 %", "50.00 at 19 %", "-180.00 at 19 %",
    ]  # fmt: skip
    assert [str(group.net) for group in draft.taxes] == ["1800.00 EUR", "-10.00 EUR"]
    today = due(MANAGED, month(3), outlay(on=date(2026, 3, 1)))
    assert [line.rate.percent for line in made(MANAGED, today, taxes=raised).lines] == [21, 21]
    before = outlay(on=date(2025, 12, 30))
    assert made(MANAGED, due(MANAGED, month(1), before), taxes=raised).lines[1].rate == STANDARD


def test_in_arrears_a_period_bills_its_own_hours() -> None:
    draft = made(IN_ARREARS, due(IN_ARREARS, month(2), hours("11", on=FEBRUARY)))
    assert rows(draft)[2:] == ["1 h x 120.00 = 120.00"]


def test_the_first_period_in_advance_has_no_hours_to_bill() -> None:
    first = due(MANAGED, month(1))
    assert made(MANAGED, first).balances == ()
    taken_over = replace(MANAGED, bill_from=date(2026, 3, 1))
    assert made(taken_over, due(taken_over, month(3))).balances == ()
    hold = held(MANAGED, due(MANAGED, month(1), hours(on=date(2025, 12, 30))))
    assert (hold.code, "before the first period" in hold.reason) == ("not_computable", True)


def test_hours_of_the_month_before_a_pause_are_billed_after_it() -> None:
    paused = replace(ROLLING, pauses=(Period(date(2026, 2, 1), date(2026, 2, 28)),))
    draft = made(paused, due(paused, month(3), hours("11", on=JANUARY)))
    assert rows(draft)[2:] == ["1 h x 120.00 = 120.00"]


def test_a_settlement_uses_the_hours_of_the_last_period_and_what_rolled_over() -> None:
    ended = replace(ROLLING, ends_on=date(2026, 2, 12), work_source="psa")
    february = made(ended, due(ended, month(2), hours("7", "T-1", on=JANUARY)))
    last = due(ended, "settlement:2026-02-12", hours("13", "T-2", on=date(2026, 2, 10)))
    assert rows(made(ended, last, standing=after(february))) == [
        "12 h x 0.00 = 0.00",
        "1 h x 120.00 = 120.00",
    ]


def test_a_settlement_gives_no_hours_a_second_time() -> None:
    ended = replace(IN_ARREARS, ends_on=date(2026, 1, 31), work_source="psa")
    january = made(ended, due(ended, month(1), hours("9", "T-1", on=JANUARY)))
    first = due(ended, "settlement:2026-01-31", hours("3", "T-2", on=JANUARY))
    settled = made(ended, first, standing=after(january))
    assert rows(settled) == ["1 h x 0.00 = 0.00", "2 h x 120.00 = 240.00"]
    second = due(ended, "settlement:2026-01-31:2", hours("1", "T-3", on=JANUARY))
    assert rows(made(ended, second, standing=after(january, settled))) == ["1 h x 120.00 = 120.00"]


def test_the_increment_of_the_agreement_rounds_the_hours_up() -> None:
    increment = Increment(15, MinuteRounding.PER_ENTRY_UP)
    rounding = agreement(replace(RETAINER, included=replace(TEN, increment=increment)), "managed")
    draft = made(rounding, due(rounding, month(3), hours("0.1", on=FEBRUARY)))
    assert rows(draft)[1:] == ["0.25 h x 0.00 = 0.00"]
    assert "1 entry, each rounded up to 15 min: 15 min" in draft.lines[1].explanation


def test_a_period_that_the_agreement_does_not_have_is_held() -> None:
    odd = replace(due(MANAGED, month(3)), period=Period(date(2026, 3, 2), date(2026, 4, 1)))
    assert "begins on 2026-03-02" in held(MANAGED, odd).reason
