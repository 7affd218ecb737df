"""Issue: number, dates and year in our own zone; the content stays as approved."""

from collections import Counter
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.issue import SeriesKey, due_date, format_number, series_key
from invoicing.domain.parties import Series
from tests.domain.builders import ENTITY, NOW, draft, invoice

INV = Series("INV", "INV-{year}-{number:05d}")


@pytest.mark.parametrize(
    ("pattern", "sequence", "number"),
    [
        ("INV-{year}-{number:05d}", 1, "INV-2026-00001"),
        ("INV-{year}-{number:05d}", 99999, "INV-2026-99999"),
        ("INV-{year}-{number:05d}", 100000, "INV-2026-100000"),
        ("{year}/{number}", 42, "2026/42"),
        ("BW{number:03d}-{year}", 7, "BW007-2026"),
    ],
)
def test_a_number_looks_as_its_pattern_says(pattern: str, sequence: int, number: str) -> None:
    assert format_number(Series("INV", pattern), 2026, sequence) == number


@pytest.mark.parametrize("sequence", [0, -1])
def test_numbers_count_from_one(sequence: int) -> None:
    with pytest.raises(MoneyError, match=f"count from 1, not from {sequence}"):
        format_number(INV, 2026, sequence)


@given(st.tuples(st.integers(2020, 2030), st.integers(1, 10**6)), st.data())
def test_two_places_in_a_series_never_share_a_number(
    one: tuple[int, int], data: st.DataObject
) -> None:
    other = data.draw(st.tuples(st.integers(2020, 2030), st.integers(1, 10**6)))
    same = format_number(INV, *one) == format_number(INV, *other)
    assert same == (one == other)


def test_the_year_turns_in_our_own_zone() -> None:
    instants = ["2026-12-30T10:00:00Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"]
    instants += ["2027-01-02T09:05:00Z"]
    taken: Counter[SeriesKey] = Counter()
    numbers = []
    for instant in instants:
        key = series_key(ENTITY, datetime.fromisoformat(instant))
        taken[key] += 1
        numbers.append(format_number(ENTITY.series, key.year, taken[key]))
    assert numbers == ["INV-2026-00001", "INV-2026-00002", "INV-2027-00001", "INV-2027-00002"]


def test_each_entity_series_and_year_counts_for_itself() -> None:
    key = series_key(ENTITY, NOW)
    assert key == SeriesKey("brightwater", "INV", 2026)
    assert series_key(replace(ENTITY, key="other"), NOW) != key
    assert series_key(replace(ENTITY, series=replace(INV, name="CN")), NOW) != key


@pytest.mark.parametrize(
    ("issued_on", "days", "due_on"),
    [
        ("2026-01-31", 30, "2026-03-02"),
        ("2024-02-28", 1, "2024-02-29"),
        ("2026-12-20", 14, "2027-01-03"),
        ("2026-11-02", 0, "2026-11-02"),
    ],
)
def test_the_due_date_counts_calendar_days(issued_on: str, days: int, due_on: str) -> None:
    assert due_date(date.fromisoformat(issued_on), days) == date.fromisoformat(due_on)


def test_an_issued_invoice_is_the_approved_draft_with_number_and_dates() -> None:
    content = draft()
    issued = invoice(content, sequence=7)
    assert (issued.id, issued.number, issued.sequence) == (content.id, "INV-2026-00007", 7)
    assert issued.series == SeriesKey("brightwater", "INV", 2026)
    assert (issued.issued_at, issued.issued_on) == (NOW, date(2026, 11, 2))
    assert issued.due_on == date(2026, 11, 16)
    assert issued.content == content
    assert (issued.version, issued.config_hash) == (1, "c0ffee")
    assert issued.content_hash == content.content_hash


def test_dates_are_days_of_our_zone() -> None:
    issued = invoice(now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert issued.number == "INV-2027-00001"
    assert issued.issued_on == date(2027, 1, 1)
    assert issued.due_on == date(2027, 1, 15)


def test_issued_content_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        invoice().number = "INV-2026-00002"  # type: ignore[misc]
