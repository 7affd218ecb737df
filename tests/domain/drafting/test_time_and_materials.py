"""Tests of `drafting/time_and_materials.py`: roles and rates, tiers, outlays, and the minimum."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.agreements import (
    Increment,
    MinuteRounding,
    Rate,
    Tariff,
    Tier,
    TierMode,
    TimeAndMaterials,
)
from invoicing.domain.events import EventKind
from invoicing.domain.work import RecordRef
from tests.domain.builders import HOURLY, MONTHLY_HOURS, agreement, eur, hours, item, outlay
from tests.domain.drafting.made import after, due, held, made, month, owed, rows

CLOUD = agreement(HOURLY, "cloud")
DATA = agreement(MONTHLY_HOURS, "data")
BANDS = (
    Tier(Decimal(10), eur("150.00")),
    Tier(Decimal(40), eur("130.00")),
    Tier(None, eur("110.00")),
)
IN_MARCH = date(2026, 3, 9)


def test_each_role_has_a_line_with_all_its_entries() -> None:
    work = (
        hours("5", "T-1", role="senior"),
        hours("1", "T-2"),
        hours("3", "T-3", role="senior"),
        replace(hours("0", "T-4"), minutes=Decimal(20)),
    )
    draft = made(CLOUD, owed(CLOUD, "hours:1", *work))
    assert rows(draft) == [
        "8 h x 140.00 = 1120.00",
        "80 min x 110.00 / 60 = 146.67",  # 146.666; a third of an hour has no last digit
    ]
    assert draft.lines[0].records == (RecordRef("psa", "T-1"), RecordRef("psa", "T-3"))
    assert draft.lines[1].explanation == (
        "rate of engineer since 2026-01-01; 2 entries, not rounded: 80 min, 80 min x 110.00 EUR per"
        " 60 = 146.67 EUR, rounded half away from zero; 2 records: psa T-2, psa T-4; rule the-rule"
    )


def test_a_new_rate_begins_a_new_line() -> None:
    raised = Rate("engineer", eur("120.00"), date(2026, 3, 10))
    data = agreement(replace(MONTHLY_HOURS, rates=(*MONTHLY_HOURS.rates, raised)), "data")
    work = hours("1", "T-1", on=IN_MARCH), hours("1", "T-2", on=date(2026, 3, 10))
    draft = made(data, due(data, month(3), *work))
    assert rows(draft) == ["1 h x 110.00 = 110.00", "1 h x 120.00 = 120.00"]


def test_a_role_without_a_rate_is_held() -> None:
    hold = held(CLOUD, owed(CLOUD, "hours:1", hours(role="architect")))
    assert hold.code == "rate_unknown"
    assert "no rate for the role 'architect' on 2026-11-02 (psa record T-1)" in hold.reason


def test_many_entries_are_counted_and_the_first_named() -> None:
    work = [hours("1", f"T-{number}") for number in range(1, 6)]
    (line,) = made(CLOUD, owed(CLOUD, "hours:1", *work)).lines
    assert "5 records: psa T-1, psa T-2, psa T-3 and 2 more; rule" in line.explanation


@pytest.mark.parametrize(
    ("rounding", "row"),
    [
        (MinuteRounding.PER_ENTRY_UP, "2 h x 110.00 = 220.00"),  # 15 + 30 + 75
        (MinuteRounding.TOTAL_UP, "1.5 h x 110.00 = 165.00"),  # 84 -> 90
        (MinuteRounding.NONE, "1.4 h x 110.00 = 154.00"),
    ],
)
def test_minutes_are_rounded_up_where_the_agreement_says(
    rounding: MinuteRounding, row: str
) -> None:
    cloud = agreement(replace(HOURLY, increment=Increment(15, rounding)), "cloud")
    work = (replace(hours(), record_id=f"T-{m}", minutes=Decimal(m)) for m in (7, 16, 61))
    assert rows(made(cloud, owed(cloud, "hours:1", *work))) == [row]


def test_graduated_tiers_are_a_row_each() -> None:
    tiers = TimeAndMaterials(tariff=Tariff(TierMode.GRADUATED, BANDS))
    support = agreement(tiers, "support")
    draft = made(support, owed(support, "hours:1", hours("57.25", role="anybody")))
    assert rows(draft) == [
        "10 h x 150.00 = 1500.00",
        "30 h x 130.00 = 3900.00",
        "17.25 h x 110.00 = 1897.50",
    ]
    assert "graduated tiers; 1 entry, not rounded: 3435 min, in this tier 600 min" in (
        draft.lines[0].explanation
    )


def test_volume_tiers_are_one_row() -> None:
    support = agreement(TimeAndMaterials(tariff=Tariff(TierMode.VOLUME, BANDS)), "support")
    draft = made(support, owed(support, "hours:1", hours("57.25")))
    assert rows(draft) == ["57.25 h x 110.00 = 6297.50"]
    fee_only = made(support, owed(support, "hours:2", outlay()))
    assert rows(fee_only) == ["1 item x 50.00 = 50.00"]


def test_what_is_missing_to_the_minimum_is_a_line() -> None:
    least = agreement(replace(MONTHLY_HOURS, minimum=eur("1000.00")), "data")
    draft = made(least, due(least, month(3), hours("8", on=IN_MARCH)))
    assert rows(draft) == ["8 h x 110.00 = 880.00", "1 item x 120.00 = 120.00"]
    assert "the minimum 1000.00 EUR, less the usage 880.00 EUR = 120.00 EUR" in (
        draft.lines[1].explanation
    )
    more = made(least, due(least, month(3), hours("10", on=IN_MARCH)))
    assert rows(more) == ["10 h x 110.00 = 1100.00"]
    assert rows(made(least, due(least, month(3)))) == ["1 item x 1000.00 = 1000.00"]


def test_a_cut_period_has_a_smaller_minimum() -> None:
    least = agreement(replace(MONTHLY_HOURS, minimum=eur("1000.00")), "data")
    ended = replace(least, ends_on=date(2026, 3, 12))
    draft = made(ended, due(ended, month(3)))
    assert rows(draft) == ["1 item x 387.10 = 387.10"]  # 1000 x 12 / 31 = 387.096
    assert "for 12 of 31 days = 387.10 EUR" in draft.lines[0].explanation


def test_an_approved_change_brings_its_own_lines_and_no_minimum() -> None:
    least = agreement(replace(MONTHLY_HOURS, minimum=eur("1000.00")), "data")
    change = owed(least, "change:C-1", item("2", "90.00"), kind=EventKind.CHANGE_APPROVED)
    assert rows(made(least, change)) == ["2 h x 90.00 = 180.00"]


def test_outlays_carry_the_markup_of_the_agreement() -> None:
    data = agreement(replace(MONTHLY_HOURS, markup_percent=Decimal("12.5")), "data")
    draft = made(data, due(data, month(3), outlay("19.99", on=IN_MARCH)))
    assert rows(draft) == ["1 item x 22.49 = 22.49"]  # 19.99 + 2.50 (2.49875)


def test_graduated_tiers_go_on_from_invoice_to_invoice() -> None:
    support = agreement(TimeAndMaterials(tariff=Tariff(TierMode.GRADUATED, BANDS)), "support")
    first = made(support, owed(support, "hours:1", hours("25", "T-1")))
    second = made(support, owed(support, "hours:2", hours("25", "T-2")), standing=after(first))
    assert rows(second) == ["15 h x 130.00 = 1950.00", "10 h x 110.00 = 1100.00"]
    assert "graduated tiers after 1500 min billed before; 1 entry" in second.lines[0].explanation


def test_volume_tiers_give_the_new_price_to_the_hours_billed_before() -> None:
    support = agreement(TimeAndMaterials(tariff=Tariff(TierMode.VOLUME, BANDS)), "support")
    first = made(support, owed(support, "hours:1", hours("8", "T-1")))
    second = made(support, owed(support, "hours:2", hours("30", "T-2")), standing=after(first))
    assert rows(second) == [
        "30 h x 130.00 = 3900.00", "8 h x 130.00 = 1040.00", "-1 item x 1200.00 = -1200.00",
    ]  # fmt: skip
    third = made(
        support, owed(support, "hours:3", hours("1", "T-3")), standing=after(first, second)
    )
    assert rows(third) == ["1 h x 130.00 = 130.00"]
    whole = made(support, owed(support, "hours:1", hours("39")))
    assert sum(one.totals.net.amount for one in (first, second, third)) == whole.totals.net.amount


def test_tiers_of_a_cycle_count_the_hours_of_each_period() -> None:
    tariff = Tariff(TierMode.GRADUATED, BANDS)
    data = agreement(replace(MONTHLY_HOURS, tariff=tariff), "data")
    march = made(data, due(data, month(3), hours("9", "T-1", on=IN_MARCH)))
    work = hours("2", "T-2", on=IN_MARCH), hours("1", "T-3", on=date(2026, 4, 9))
    april = made(data, due(data, month(4), *work), standing=after(march))
    assert rows(april) == [
        "1 h x 150.00 = 150.00", "1 h x 130.00 = 130.00", "1 h x 150.00 = 150.00",
    ]  # fmt: skip


LEAST = agreement(replace(MONTHLY_HOURS, minimum=eur("1000.00")), "data")


def test_what_is_approved_late_makes_the_minimum_of_its_month_less() -> None:
    march = made(LEAST, due(LEAST, month(3)))
    late = hours("2", "T-1", on=IN_MARCH)
    work = late, hours("10", "T-2", on=date(2026, 4, 9))
    april = made(LEAST, due(LEAST, month(4), *work), standing=after(march))
    assert rows(april) == [
        "2 h x 110.00 = 220.00", "-1 item x 220.00 = -220.00", "10 h x 110.00 = 1100.00",
    ]  # fmt: skip
    assert april.lines[1].description == "Minimum, 2026-03-01 to 2026-03-31"
    more = hours("10", "T-3", on=IN_MARCH), hours("1", "T-4", on=date(2026, 4, 9))
    may = made(LEAST, due(LEAST, month(5), *more), standing=after(march, april))
    assert rows(may) == [
        "10 h x 110.00 = 1100.00", "-1 item x 780.00 = -780.00",
        "1 h x 110.00 = 110.00", "1 item x 1000.00 = 1000.00",
    ]  # fmt: skip


def test_hours_of_a_month_before_the_first_invoice_have_no_minimum() -> None:
    work = hours("1", "T-1", on=IN_MARCH), hours("10", "T-2", on=date(2026, 4, 9))
    april = made(LEAST, due(LEAST, month(4), *work))
    assert rows(april) == ["1 h x 110.00 = 110.00", "10 h x 110.00 = 1100.00"]
    ancient = made(LEAST, due(LEAST, month(2), outlay("9999.00", on=date(2025, 12, 9))))
    assert rows(ancient) == ["1 item x 9999.00 = 9999.00", "1 item x 1000.00 = 1000.00"]
    unbegun = replace(LEAST, starts_on=date(2026, 5, 1))
    early = made(unbegun, due(LEAST, month(4), *work))
    assert rows(early)[0] == "11 h x 110.00 = 1210.00"


def test_a_settlement_has_no_minimum_but_what_is_late_counts_against_the_last_one() -> None:
    ended = replace(LEAST, ends_on=date(2026, 3, 31), work_source="psa")
    march = made(ended, due(ended, month(3)))
    late = hours("10", "T-1", on=IN_MARCH)
    settled = replace(due(ended, "settlement:2026-03-31", late), period=None)
    assert rows(made(ended, settled, standing=after(march))) == [
        "10 h x 110.00 = 1100.00", "-1 item x 1000.00 = -1000.00",
    ]  # fmt: skip
    assert rows(made(ended, settled)) == ["10 h x 110.00 = 1100.00"]
    moved = replace(ended, starts_on=date(2026, 8, 1))
    assert rows(made(moved, settled)) == ["10 h x 110.00 = 1100.00"]


def test_the_hours_behind_the_lines_go_along_where_that_was_agreed() -> None:
    work = (
        hours("3", "T-3", on=date(2026, 3, 10)),
        hours("1", "T-1", on=IN_MARCH),
        hours("2", "T-2", on=IN_MARCH, role="senior"),
        outlay(),
    )
    shown = replace(CLOUD, timesheet=True)
    draft = made(shown, owed(shown, "hours:1", *work))
    assert [(one.worked_on, one.record_id) for one in draft.timesheet] == [
        (IN_MARCH, "T-1"),
        (IN_MARCH, "T-2"),
        (date(2026, 3, 10), "T-3"),
    ]
    assert {one.record_id for one in draft.timesheet} <= {ref.record_id for ref in draft.records}
    assert not made(CLOUD, owed(CLOUD, "hours:1", *work)).timesheet
