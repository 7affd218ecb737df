"""Our own calendar: the exact days, also after months' ends, leap days, pauses and outages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import Agreement, Pricing, TimeAndMaterials
from invoicing.domain.events import EventKind
from invoicing.domain.periods import Cycle, Period, Unit, local_date
from invoicing.domain.report import CALENDAR, cutoff, due_event, due_of, dues, settlement_unit
from tests.domain.builders import (
    BLOCK,
    HOURLY,
    INSTALMENTS,
    MONTHLY_HOURS,
    PROJECT,
    RETAINER,
    agreement,
    hours,
)

QUARTERS = replace(RETAINER, cycle=Cycle(3))


def since(day: str, pricing: Pricing = RETAINER, until: str = "") -> Agreement:
    begins = date.fromisoformat(day)
    ends = date.fromisoformat(until) if until else None
    return replace(agreement(pricing), starts_on=begins, bill_from=begins, ends_on=ends)


def units(one: Agreement, today: str) -> list[str]:
    return [due.unit for due in dues(one, date.fromisoformat(today))]


def month_ends(first: date, months: int) -> Iterator[str]:
    for index in range(months):
        month = date(
            first.year + (first.month - 1 + index) // 12, (first.month - 1 + index) % 12 + 1, 1
        )
        after = (month + timedelta(days=31)).replace(day=1)
        last = after - timedelta(days=1)
        yield str(min(last, month.replace(day=28) + timedelta(days=min(first.day, last.day) - 28)))


@pytest.mark.parametrize(
    ("starts_on", "cycle", "today", "expected"),
    [
        ("2026-01-01", Cycle(), "2027-12-31", [f"{y}-{m:02}-01" for y in (2026, 2027) for m in
                                               range(1, 13)]),
        ("2027-01-31", Cycle(), "2028-12-31", list(month_ends(date(2027, 1, 31), 24))),
        ("2026-08-30", Cycle(), "2028-07-31", list(month_ends(date(2026, 8, 30), 24))),
        ("2024-02-29", Cycle(1, Unit.YEAR), "2029-02-28",
         ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]),
        ("2026-11-30", Cycle(3), "2028-11-29",
         ["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30", "2027-11-30", "2028-02-29",
          "2028-05-30", "2028-08-30"]),
        ("2026-01-15", Cycle(90, Unit.DAY), "2027-01-14",
         ["2026-01-15", "2026-04-15", "2026-07-14", "2026-10-12", "2027-01-10"]),
        ("2026-03-23", Cycle(1, Unit.WEEK), "2026-04-13",
         ["2026-03-23", "2026-03-30", "2026-04-06", "2026-04-13"]),
        ("2026-01-01", Cycle(12), "2027-12-31", ["2026-01-01", "2027-01-01"]),
    ],
    ids=["first", "31st", "30th", "leap day", "quarter", "90 days", "week", "year"],
)  # fmt: skip
def test_two_years_of_dates(starts_on: str, cycle: Cycle, today: str, expected: list[str]) -> None:
    assert units(since(starts_on, replace(RETAINER, cycle=cycle)), today) == expected


@pytest.mark.parametrize(
    ("zone", "instant", "due"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), False),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), True),
        ("America/New_York", datetime(2026, 3, 29, 3, 59, tzinfo=UTC), False),
        ("America/New_York", datetime(2026, 3, 29, 4, 0, tzinfo=UTC), True),
        ("Pacific/Auckland", datetime(2026, 3, 28, 10, 59, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2026, 3, 28, 11, 0, tzinfo=UTC), True),
    ],
)
def test_a_period_begins_at_midnight_where_the_client_is(
    zone: str, instant: datetime, due: bool
) -> None:
    # 29 March 2026: Berlin turns its clocks on that very day.
    today = local_date(instant, zone)
    assert units(since("2026-03-29"), str(today)) == (["2026-03-29"] if due else [])


@pytest.mark.parametrize(
    ("instant", "count"),
    [
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), 0),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 24, 22, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), 2),
    ],
)
def test_the_day_that_the_clocks_go_back_is_one_day(instant: datetime, count: int) -> None:
    assert len(units(since("2026-10-25"), str(local_date(instant, "Europe/Berlin")))) == count


def test_what_an_outage_missed_is_due_still_and_what_others_billed_is_not() -> None:
    one = replace(since("2026-01-01"), bill_from=date(2026, 3, 1))
    assert units(one, "2026-02-28") == []
    assert units(one, "2026-05-10") == ["2026-03-01", "2026-04-01", "2026-05-01"]


def test_in_arrears_a_period_is_due_when_it_is_over() -> None:
    one = since("2026-01-01", replace(RETAINER, in_arrears=True))
    assert units(one, "2026-01-31") == []
    assert units(one, "2026-02-01") == ["2026-01-01"]
    assert units(since("2026-01-01", MONTHLY_HOURS), "2026-03-01") == ["2026-01-01", "2026-02-01"]


def test_july_is_paused_and_august_is_not() -> None:
    pause = Period(date(2026, 7, 1), date(2026, 7, 31))
    one = replace(since("2026-06-01"), pauses=(pause,))
    assert units(one, "2026-08-31") == ["2026-06-01", "2026-08-01"]
    part = replace(one, pauses=(Period(date(2026, 7, 2), date(2026, 7, 31)),))
    assert units(part, "2026-07-31") == ["2026-06-01", "2026-07-01"]


def test_pauses_that_follow_each_other_are_one() -> None:
    second, first = (
        Period(date(2026, 7, 16), date(2026, 8, 2)),
        Period(date(2026, 6, 20), date(2026, 7, 15)),
    )
    one = replace(since("2026-07-01"), pauses=(second, first))
    assert units(one, "2026-07-31") == []


def test_nothing_begins_after_the_end() -> None:
    assert units(since("2026-01-01", until="2026-02-01"), "2026-12-31") == [
        "2026-01-01",
        "2026-02-01",
    ]


def test_instalments_are_as_many_as_agreed_and_no_pause_forgives_one() -> None:
    pause = Period(date(2026, 2, 1), date(2026, 2, 28))
    one = replace(since("2026-01-01", replace(INSTALMENTS, parts=3)), pauses=(pause,))
    assert units(one, "2030-01-01") == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert units(one, "2026-02-27") == ["2026-01-01", "2026-02-01"]
    later = replace(one, bill_from=date(2026, 2, 1))
    assert units(later, "2030-01-01") == ["2026-02-01", "2026-03-01"]


def test_the_first_block_is_due_when_the_agreement_starts() -> None:
    assert units(since("2026-01-15", BLOCK), "2026-01-14") == []
    assert units(since("2026-01-15", BLOCK), "2026-01-15") == ["block:1"]
    elsewhere = replace(since("2026-01-15", BLOCK), bill_from=date(2026, 2, 1))
    assert units(elsewhere, "2026-12-31") == []


@pytest.mark.parametrize("pricing", [PROJECT, HOURLY, TimeAndMaterials()])
def test_what_other_events_bill_is_never_due_by_the_calendar(pricing: Pricing) -> None:
    assert units(since("2026-01-01", pricing), "2030-01-01") == []


def with_work(one: Agreement) -> Agreement:
    return replace(one, work_source="psa")


def test_work_after_the_last_fee_is_settled_when_the_agreement_has_ended() -> None:
    one = with_work(since("2026-01-01", until="2026-02-15"))
    assert units(one, "2026-02-15") == ["2026-01-01", "2026-02-01"]
    assert units(one, "2026-02-16")[2:] == ["settlement:2026-02-15"]
    (due,) = [due for due in dues(one, date(2026, 2, 16)) if due.is_settlement]
    assert due.period == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert cutoff(one, due) == date(2026, 2, 15)
    assert due_event(one, due, ()).title == "Projects, settlement up to 2026-02-15"


@pytest.mark.parametrize(
    "one",
    [
        since("2026-01-01", until="2026-02-15"),
        with_work(since("2026-01-01")),
        with_work(since("2026-01-01", PROJECT, "2026-02-28")),
        replace(with_work(since("2026-01-01", until="2026-02-15")), bill_from=date(2026, 2, 16)),
        with_work(since("2026-03-01", until="2026-02-15")),
    ],
    ids=["no work", "no end", "a project", "billed elsewhere", "never began"],
)
def test_there_is_nothing_to_settle_without_an_end_of_ours(one: Agreement) -> None:
    assert not [due for due in dues(one, date(2026, 12, 31)) if due.is_settlement]


@pytest.mark.parametrize(
    ("pricing", "kind", "first_day"),
    [
        (replace(RETAINER, in_arrears=True), EventKind.RETAINER_DUE, "2026-03-01"),
        (MONTHLY_HOURS, EventKind.RETAINER_DUE, "2026-03-01"),
        (HOURLY, EventKind.HOURS_LOGGED, "2026-02-16"),
        (BLOCK, EventKind.HOURS_LOGGED, "2026-02-16"),
        (INSTALMENTS, EventKind.RETAINER_DUE, "2026-02-16"),
    ],
)
def test_an_agreement_that_has_ended_is_settled_after_its_last_period(
    pricing: Pricing, kind: EventKind, first_day: str
) -> None:
    one, day = with_work(since("2026-01-01", pricing, "2026-02-15")), date.fromisoformat(first_day)
    assert not [due for due in dues(one, day - timedelta(days=1)) if due.is_settlement]
    *_, due = dues(one, day)
    event = due_event(one, due, ())
    assert (due.is_settlement, event.kind) == (True, kind)
    assert (event.subject, event.occurred_on) == ("settlement:2026-02-15", date(2026, 2, 15))
    assert event.title == "Projects, settlement up to 2026-02-15"


def test_days_before_the_first_whole_period_of_ours_are_settled() -> None:
    one = with_work(since("2026-01-01", MONTHLY_HOURS, "2026-01-31"))
    cut = replace(one, bill_from=date(2026, 1, 15))
    assert units(cut, "2026-02-01") == ["settlement:2026-01-31"]
    hourly = replace(with_work(since("2026-01-01", HOURLY, "2026-01-31")), bill_from=cut.bill_from)
    (due,) = dues(hourly, date(2026, 2, 1))
    assert due.period == Period(date(2026, 1, 15), date(2026, 1, 31))


def test_later_settlements_are_found_by_their_number() -> None:
    one = with_work(since("2026-01-01", until="2026-02-15"))
    end = date(2026, 2, 15)
    first, third = (due_of(one, settlement_unit(end, number), end) for number in (1, 3))
    assert first is not None
    assert third == replace(first, unit="settlement:2026-02-15:3")
    for unit in ("settlement:2026-02-15:", "settlement:2026-02-15:²", "settlement:2026-02-14:2"):
        assert due_of(one, unit, end) is None
    assert due_of(one, "settlement:2026-02-15", date(2026, 1, 31)) is None


def test_a_pause_may_have_no_end() -> None:
    one = replace(since("2026-01-01"), pauses=(Period(date(2026, 3, 1), date.max),))
    assert units(one, "2026-12-31") == ["2026-01-01", "2026-02-01"]


def test_a_due_becomes_a_complete_event() -> None:
    one = replace(since("2026-01-31"), category="care")
    event = due_event(one, list(dues(one, date(2026, 2, 28)))[1], (hours(),))
    assert (event.source, event.event_id) == (CALENDAR, "nordwind-projects:2026-02-28")
    assert (event.kind, event.client) == (EventKind.RETAINER_DUE, "nordwind")
    assert (event.agreement, event.subject) == ("nordwind-projects", "2026-02-28")
    assert (event.occurred_on, event.work) == (date(2026, 2, 28), (hours(),))
    assert (event.title, event.category) == ("Projects, 2026-02-28 to 2026-03-30", "care")


@pytest.mark.parametrize(
    ("pricing", "until", "occurred_on", "last_day"),
    [
        (RETAINER, "", "2026-02-01", "2026-01-31"),
        (RETAINER, "2026-02-10", "2026-02-01", "2026-01-31"),
        (INSTALMENTS, "", "2026-02-01", "2026-01-31"),
        (MONTHLY_HOURS, "", "2026-02-28", "2026-02-28"),
        (MONTHLY_HOURS, "2026-02-10", "2026-02-10", "2026-02-10"),
        (replace(RETAINER, in_arrears=True), "", "2026-02-28", "2026-02-28"),
        (replace(RETAINER, in_arrears=True), "2026-02-10", "2026-02-10", "2026-02-10"),
    ],
)
def test_the_tax_point_and_the_last_day_whose_work_counts(
    pricing: Pricing, until: str, occurred_on: str, last_day: str
) -> None:
    one = since("2026-01-01", pricing, until)
    due = due_of(one, "2026-02-01", date(2026, 3, 1))
    assert due is not None
    assert str(due_event(one, due, ()).occurred_on) == occurred_on
    assert str(cutoff(one, due)) == last_day


def test_a_block_says_how_many_hours_it_has() -> None:
    one = since("2026-01-15", BLOCK)
    due = due_of(one, "block:1", date(2026, 1, 15))
    assert due is not None
    event = due_event(one, due, ())
    assert (event.title, event.occurred_on) == ("Projects, 20 hours", date(2026, 1, 15))
    assert cutoff(one, due) == date(2026, 1, 14)


@pytest.mark.parametrize("unit", ["2026-02-02", "2026-01", "block:1", "settlement:2026-01-01", ""])
def test_a_due_that_is_none_is_not_found(unit: str) -> None:
    assert due_of(since("2026-01-01"), unit, date(2026, 2, 28)) is None
    assert due_of(since("2026-01-01", PROJECT), unit, date(2026, 2, 28)) is None


def test_a_due_is_found_whether_its_day_has_come_or_not() -> None:
    late = since("2026-01-01", MONTHLY_HOURS)
    assert due_of(late, "2026-02-01", date(2026, 2, 1)) is not None
    assert due_of(late, "2026-02-01", date(2026, 1, 31)) is None


@given(st.dates(date(2020, 1, 1), date(2026, 12, 31)), st.integers(0, 900), st.integers(0, 900))
def test_asking_later_finds_the_same_and_more(begins: date, one: int, other: int) -> None:
    what = replace(agreement(QUARTERS), starts_on=begins, bill_from=begins)
    sooner, later = sorted([one, other])
    before = list(dues(what, begins + timedelta(days=sooner)))
    after = list(dues(what, begins + timedelta(days=later)))
    assert after[: len(before)] == before
    assert before[0].period.starts_on == begins
