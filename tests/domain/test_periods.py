"""Periods: local months that cover all time once, whatever day they begin on."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.periods import (
    MONTHLY,
    Cycle,
    Period,
    Unit,
    add_months,
    days_in,
    elapsed_hours,
    elapsed_seconds,
    instant_at,
    local_date,
    local_month,
    merged,
    months_in,
    overlap,
    period,
    periods_due,
    without,
)

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


CYCLES = st.builds(Cycle, st.integers(1, 120), st.sampled_from(Unit)).filter(
    lambda cycle: cycle.unit is not Unit.YEAR or cycle.every <= 10
)


@given(DAYS, st.integers(-20, 20), CYCLES)
def test_periods_of_every_cycle_touch_and_never_overlap(
    anchor: date, index: int, cycle: Cycle
) -> None:
    one, following = period(anchor, index, cycle), period(anchor, index + 1, cycle)
    assert one.starts_on <= one.ends_on
    assert following.starts_on == one.ends_on + timedelta(days=1)
    assert period(anchor, 0, cycle).starts_on == anchor


@pytest.mark.parametrize(
    ("cycle", "text", "first", "third"),
    [
        (Cycle(90, Unit.DAY), "90 days", "2026-01-31 to 2026-04-30", "2026-07-30 to 2026-10-27"),
        (Cycle(2, Unit.WEEK), "2 weeks", "2026-01-31 to 2026-02-13", "2026-02-28 to 2026-03-13"),
        (Cycle(1, Unit.WEEK), "week", "2026-01-31 to 2026-02-06", "2026-02-14 to 2026-02-20"),
        (Cycle(3), "3 months", "2026-01-31 to 2026-04-29", "2026-07-31 to 2026-10-30"),
        (Cycle(1, Unit.YEAR), "year", "2026-01-31 to 2027-01-30", "2028-01-31 to 2029-01-30"),
    ],
)
def test_cycles_of_days_weeks_months_and_years(
    cycle: Cycle, text: str, first: str, third: str
) -> None:
    anchor = date(2026, 1, 31)
    assert str(cycle) == text
    assert str(period(anchor, 0, cycle)) == first
    assert str(period(anchor, 2, cycle)) == third


def test_a_leap_day_comes_back_every_year_on_the_last_of_february() -> None:
    yearly = Cycle(1, Unit.YEAR)
    starts_on = [str(period(date(2024, 2, 29), index, yearly).starts_on) for index in range(5)]
    assert starts_on == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_a_cycle_knows_its_whole_months() -> None:
    assert MONTHLY.months == 1
    assert Cycle(2, Unit.YEAR).months == 24
    assert Cycle(90, Unit.DAY).months == Cycle(1, Unit.WEEK).months == 0


def test_a_cycle_that_never_comes_back_is_refused() -> None:
    with pytest.raises(ValueError, match="a cycle of 0 days never comes back"):
        Cycle(0, Unit.DAY)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end on 2026-01-01, before it starts"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


def arrears(today: date, ends_on: date | None = None) -> list[str]:
    anchor = date(2026, 1, 1)
    due = periods_due(anchor, anchor, ends_on, today, Cycle(3), in_arrears=True)
    return [str(each.ends_on) for each in due]


def test_in_arrears_a_period_is_due_on_the_day_after_it() -> None:
    assert arrears(date(2026, 3, 31)) == []
    assert arrears(date(2026, 4, 1)) == ["2026-03-31"]
    assert arrears(date(2026, 10, 1)) == ["2026-03-31", "2026-06-30", "2026-09-30"]


def test_in_arrears_too_no_period_begins_after_the_end() -> None:
    assert arrears(date(2027, 1, 1), date(2026, 4, 15)) == ["2026-03-31", "2026-06-30"]
    assert arrears(date(2027, 1, 1), date(2026, 3, 31)) == ["2026-03-31"]


@given(DAYS, CYCLES, st.integers(0, 800))
def test_in_arrears_the_same_periods_are_due_later(anchor: date, cycle: Cycle, waited: int) -> None:
    today = anchor + timedelta(days=waited)
    begun = list(periods_due(anchor, anchor, None, today, cycle))
    over = list(periods_due(anchor, anchor, None, today, cycle, in_arrears=True))
    assert over == [each for each in begun if each.ends_on < today]
    assert len(begun) == len(over) + 1


@pytest.mark.parametrize("zone", ["", "Berlin", "../etc/passwd", "Europe", "Europe/Nowhere"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="is no time zone; use a name such as Europe/Berlin"):
        local_date(datetime(2026, 1, 1, tzinfo=UTC), zone)


def test_an_instant_has_the_month_of_its_zone() -> None:
    new_year = datetime(2026, 3, 1, 4, 59, 59, tzinfo=UTC)
    assert local_month(new_year, "America/New_York") == "2026-02"
    assert local_month(new_year, "UTC") == "2026-03"


@pytest.mark.parametrize("offset", range(8))
def test_in_every_zone_each_instant_of_24_months_is_in_one_month(offset: int) -> None:
    """Near each turn of a month, hour by hour: local months follow each other without a hole."""
    months = [period(date(2025, 12, 1), index) for index in range(27)]
    expected = [str(each.starts_on)[:7] for each in months[:26]]
    hours = [
        datetime(each.starts_on.year, each.starts_on.month, 1, tzinfo=UTC) + timedelta(hours=hour)
        for each in months[1:26]
        for hour in range(-15, 16)
    ]
    zones = sorted(available_timezones())
    assert len(zones) > 400
    for zone in zones[offset::8]:
        found = [local_month(instant, zone) for instant in hours]
        assert found == sorted(found), zone
        assert sorted(set(found)) == expected, zone


@given(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 (made aware below)
    st.integers(1, 31),
)
def test_in_every_zone_an_instant_is_in_one_period_of_an_agreement(
    zone: str, moment: datetime, anchor_day: int
) -> None:
    day = local_date(moment.replace(tzinfo=UTC), zone)
    periods = [period(date(2025, 10, 1) + timedelta(days=anchor_day), i) for i in range(30)]
    assert sum(each.starts_on <= day <= each.ends_on for each in periods) == 1


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # Clocks go back at 03:00 and forward at 02:00: what they show is an hour wrong.
        (datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN), (3, 30), "4"),
        (datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN), (3, 30), "2"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), (3, 30), "1"),
        (datetime(2026, 6, 1, 9, 0, tzinfo=BERLIN), (9, 45), "0.75"),
        (datetime(2026, 6, 1, 9, 0, tzinfo=BERLIN), (9, 0), "0"),
    ],
)
def test_elapsed_hours_are_real_ones(start: datetime, end: tuple[int, int], hours: str) -> None:
    finish = start.replace(hour=end[0], minute=end[1], fold=0)
    assert elapsed_hours(start, finish) == Decimal(hours)
    assert elapsed_seconds(start, finish) == Decimal(hours) * 3600


def test_elapsed_time_is_exact_whatever_the_process_does() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with localcontext(prec=3):
        passed = elapsed_seconds(start, start + timedelta(days=40, microseconds=1))
        assert str(passed) == "3456000.000001"
        assert str(elapsed_hours(start, start + timedelta(minutes=20))).startswith("0." + "3" * 28)


def test_time_does_not_run_backwards_and_needs_zones() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="lies before the start"):
        elapsed_hours(now, now - timedelta(seconds=1))
    for pair in [(now, now.replace(tzinfo=None)), (now.replace(tzinfo=None), now)]:
        with pytest.raises(ValueError, match="needs a time zone"):
            elapsed_hours(*pair)


PERIODS = st.builds(
    lambda start, length: Period(start, start + timedelta(days=length)),
    st.dates(date(2026, 1, 1), date(2026, 3, 31)),
    st.integers(0, 40),
)


def days(*periods: Period | None) -> list[date]:
    return [
        each.starts_on + timedelta(days=count)
        for each in periods
        if each
        for count in range(days_in(each))
    ]


@given(PERIODS, PERIODS)
def test_an_overlap_is_the_days_of_both(one: Period, other: Period) -> None:
    assert set(days(overlap(one, other))) == set(days(one)) & set(days(other))
    assert overlap(one, other) == overlap(other, one)


@given(st.lists(PERIODS, max_size=6))
def test_merged_stretches_have_the_same_days_once(periods: list[Period]) -> None:
    stretches = merged(periods)
    assert days(*stretches) == sorted(set(days(*periods)))
    for one, following in pairwise(stretches):
        assert following.starts_on > one.ends_on + timedelta(days=1)


@given(PERIODS, st.lists(PERIODS, max_size=6))
def test_what_gaps_leave_is_every_other_day(whole: Period, gaps: list[Period]) -> None:
    left = without(whole, gaps)
    assert days(*left) == sorted(set(days(whole)) - set(days(*gaps)))
    assert merged(left) == left


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-01-01", "2026-01-31", 1),
        ("2026-02-01", "2026-02-28", 1),
        ("2026-01-10", "2026-01-12", 1),
        ("2026-01-15", "2026-02-14", 1),
        ("2026-01-15", "2026-02-15", 2),
        ("2026-01-31", "2026-02-27", 1),
        ("2026-01-01", "2026-03-31", 3),
        ("2026-11-16", "2027-02-15", 3),
        ("2026-01-01", "2026-12-31", 12),
    ],
)
def test_months_are_counted_from_the_first_day(first: str, last: str, months: int) -> None:
    assert months_in(Period(date.fromisoformat(first), date.fromisoformat(last))) == months


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 36))
def test_a_period_of_some_months_has_so_many(anchor: date, months: int) -> None:
    assert months_in(period(anchor, 0, Cycle(months))) == months


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        ("2026-11-16", "09:00", "Europe/Berlin", "2026-11-16 08:00"),
        ("2026-07-16", "09:00", "Europe/Berlin", "2026-07-16 07:00"),
        ("2026-03-29", "01:59", "Europe/Berlin", "2026-03-29 00:59"),
        ("2026-03-29", "02:00", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29", "02:30", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29", "03:00", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25 00:30"),
        ("2026-03-08", "02:30", "America/New_York", "2026-03-08 07:00"),
        ("2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-03 15:30"),
        ("2011-12-30", "09:00", "Pacific/Apia", "2011-12-30 10:00"),
    ],
)
def test_a_time_of_day_is_the_first_instant_that_clocks_show_it_or_have_passed_it(
    day: str, at: str, zone: str, instant: str
) -> None:
    found = instant_at(date.fromisoformat(day), time.fromisoformat(at), zone)
    assert f"{found:%Y-%m-%d %H:%M}" == instant
    assert found.utcoffset() == timedelta(0)
