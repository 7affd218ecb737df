"""Periods: local months that cover all time once, whatever day they begin on."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.periods import Period, add_months, local_date, period, periods_due

MONTHS = 48
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize("day", range(1, 32))
@pytest.mark.parametrize("year", [2023, 2024, 2027, 2099])
def test_periods_cover_48_months_without_hole_or_overlap(day: int, year: int) -> None:
    anchor = date(year, 1, day)
    periods = [period(anchor, index) for index in range(MONTHS)]
    assert periods[0].starts_on == anchor
    assert all(each.starts_on <= each.ends_on for each in periods)
    for one, following in pairwise(periods):
        assert following.starts_on == one.ends_on + timedelta(days=1)
    months = [(each.starts_on.year, each.starts_on.month) for each in periods]
    assert len(set(months)) == MONTHS


@given(DAYS, DAYS)
def test_every_day_belongs_to_exactly_one_period(anchor: date, day: date) -> None:
    periods = [period(anchor, index) for index in range(-200, 200)]
    assert sum(each.starts_on <= day <= each.ends_on for each in periods) == 1


def test_the_31st_is_counted_from_the_anchor_and_never_chained() -> None:
    assert [str(period(date(2026, 1, 31), index)) for index in range(5)] == [
        "2026-01-31 to 2026-02-27",
        "2026-02-28 to 2026-03-30",
        "2026-03-31 to 2026-04-29",
        "2026-04-30 to 2026-05-30",
        "2026-05-31 to 2026-06-29",
    ]


def test_leap_years() -> None:
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2024, 2, 29), 48) == date(2028, 2, 29)
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)


def starts(
    *, anchor: date, bill_from: date, today: date, ends_on: date | None = None
) -> list[date]:
    return [each.starts_on for each in periods_due(anchor, bill_from, ends_on, today)]


def test_a_period_is_due_on_its_first_day() -> None:
    anchor = date(2026, 1, 15)
    assert starts(anchor=anchor, bill_from=anchor, today=date(2026, 1, 14)) == []
    assert starts(anchor=anchor, bill_from=anchor, today=anchor) == [anchor]
    assert len(starts(anchor=anchor, bill_from=anchor, today=date(2026, 2, 15))) == 2


def test_what_began_before_the_first_day_of_billing_was_billed_elsewhere() -> None:
    due = starts(anchor=date(2026, 1, 1), bill_from=date(2026, 10, 2), today=date(2026, 12, 1))
    assert due == [date(2026, 11, 1), date(2026, 12, 1)]


def test_no_period_begins_after_the_end_and_one_that_begins_on_it_is_due() -> None:
    anchor, today = date(2026, 1, 1), date(2027, 1, 1)
    assert starts(anchor=anchor, bill_from=anchor, today=today, ends_on=date(2026, 2, 28)) == [
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert len(starts(anchor=anchor, bill_from=anchor, today=today, ends_on=date(2026, 3, 1))) == 3


@given(DAYS, DAYS, DAYS, st.none() | DAYS)
def test_each_day_of_looking_adds_to_what_was_due_before(
    anchor: date, bill_from: date, today: date, ends_on: date | None
) -> None:
    before = list(periods_due(anchor, bill_from, ends_on, today))
    after = list(periods_due(anchor, bill_from, ends_on, today + timedelta(days=40)))
    assert after[: len(before)] == before
    assert all(bill_from <= each.starts_on <= today for each in before)
    assert len({each.starts_on for each in before}) == len(before)


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "Europe/Berlin", date(2027, 1, 1)),
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), "Europe/Paris", date(2026, 11, 1)),
        (datetime(2026, 3, 1, 4, 59, 59, tzinfo=UTC), "America/New_York", date(2026, 2, 28)),
        (datetime(2026, 3, 1, 5, 0, tzinfo=UTC), "America/New_York", date(2026, 3, 1)),
        (datetime(2026, 4, 1, 3, 59, 59, tzinfo=UTC), "America/New_York", date(2026, 3, 31)),
        (datetime(2026, 4, 1, 4, 0, tzinfo=UTC), "America/New_York", date(2026, 4, 1)),
        (
            datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))),
            "UTC",
            date(2025, 12, 31),
        ),
    ],
)
def test_an_instant_has_the_day_of_its_zone(instant: datetime, zone: str, day: date) -> None:
    assert local_date(instant, zone) == day


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        local_date(datetime(2026, 1, 1), "Europe/Berlin")  # noqa: DTZ001 (what is refused)


def test_a_period_reads_as_people_write_it() -> None:
    assert str(Period(date(2026, 11, 1), date(2026, 11, 30))) == "2026-11-01 to 2026-11-30"
