"""Issue: number, dates and year in our own zone; the content stays as approved."""

from collections import Counter
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.issue import SeriesKey, format_number, issue_draft, series_key
from invoicing.domain.parties import Reset, Series
from invoicing.domain.terms import Terms
from tests.domain.billed import billed, issued
from tests.domain.builders import DAY, ENTITY, NOW

INV = Series("INV", "INV-{year}-{number:05d}")
NIGHT = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # New Year already in Berlin


@pytest.mark.parametrize(
    ("pattern", "sequence", "number"),
    [
        ("INV-{year}-{number:05d}", 1, "INV-2026-00001"),
        ("INV-{year}-{number:05d}", 99999, "INV-2026-99999"),
        ("INV-{year}-{number:05d}", 100000, "INV-2026-100000"),
        ("{year}/{number}", 42, "2026/42"),
        ("BW{number:03d}-{year}", 7, "BW007-2026"),
        ("{series}-{year}{month:02d}-{number}", 7, "INV-202611-7"),
        ("{number:06d}", 7, "000007"),
    ],
)
def test_a_number_looks_as_its_pattern_says(pattern: str, sequence: int, number: str) -> None:
    assert format_number(Series("INV", pattern), DAY, sequence) == number


@pytest.mark.parametrize("sequence", [0, -1])
def test_numbers_count_from_one(sequence: int) -> None:
    with pytest.raises(MoneyError, match=f"count from 1, not from {sequence}"):
        format_number(INV, DAY, sequence)


DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(st.tuples(DAYS, st.integers(1, 10**6)), st.tuples(DAYS, st.integers(1, 10**6)))
def test_two_places_in_a_series_never_share_a_number(
    one: tuple[date, int], other: tuple[date, int]
) -> None:
    same = format_number(INV, *one) == format_number(INV, *other)
    assert same == ((one[0].year, one[1]) == (other[0].year, other[1]))


def numbers(series: Series, *instants: str) -> list[str]:
    """Number what is issued at these instants, as the ledger does."""
    taken: Counter[SeriesKey] = Counter()
    found = []
    for instant in instants:
        now = datetime.fromisoformat(instant)
        key = series_key(ENTITY, now, series)
        taken[key] += 1
        draft = replace(billed(), entity=replace(ENTITY, series=series))
        issued_ = issue_draft(
            draft, version=1, config_hash="", key=key, sequence=taken[key], now=now
        )
        found.append(issued_.number)
    return found


@pytest.mark.parametrize(
    ("reset", "expected"),
    [
        (Reset.YEARLY, ["2026-11/1", "2026-12/2", "2027-01/1", "2027-01/2"]),
        (Reset.MONTHLY, ["2026-11/1", "2026-12/1", "2027-01/1", "2027-01/2"]),
        (Reset.NEVER, ["2026-11/1", "2026-12/2", "2027-01/3", "2027-01/4"]),
    ],
)
def test_a_series_starts_again_as_it_says(reset: Reset, expected: list[str]) -> None:
    series = Series("INV", "{year}-{month:02d}/{number}", reset)
    instants = ["2026-11-30T10:00:00Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"]
    assert numbers(series, *instants, "2027-01-02T09:05:00Z") == expected


def test_each_entity_series_and_year_counts_for_itself() -> None:
    key = series_key(ENTITY, NOW)
    assert key == SeriesKey("brightwater", "INV", 2026)
    assert series_key(replace(ENTITY, key="other"), NOW) != key
    assert series_key(replace(ENTITY, series=replace(INV, name="X")), NOW) != key
    assert series_key(ENTITY, NOW, ENTITY.credit_notes) == SeriesKey("brightwater", "CN", 2026)
    assert series_key(ENTITY, NIGHT).year == 2027


def test_an_issued_invoice_is_the_approved_draft_with_number_and_dates() -> None:
    content = billed()
    invoice = issued(content, sequence=7)
    assert (invoice.id, invoice.number, invoice.sequence) == (content.id, "INV-2026-00007", 7)
    assert invoice.series == SeriesKey("brightwater", "INV", 2026)
    assert (invoice.issued_at, invoice.issued_on) == (NOW, date(2026, 11, 2))
    assert invoice.due_on == date(2026, 11, 16)
    assert invoice.content == content
    assert (invoice.version, invoice.config_hash) == (1, "c0ffee")
    assert invoice.content_hash == content.content_hash


def test_the_due_date_follows_the_terms_and_our_holidays() -> None:
    terms = Terms(14, next_business_day=True)
    entity = replace(ENTITY, holidays=(date(2026, 11, 16),))
    assert issued(replace(billed(), terms=terms, entity=entity)).due_on == date(2026, 11, 17)


def test_dates_are_days_of_our_zone() -> None:
    key = series_key(ENTITY, NIGHT)
    invoice = issue_draft(billed(), version=1, config_hash="", key=key, sequence=1, now=NIGHT)
    assert invoice.number == "INV-2027-00001"
    assert invoice.issued_on == date(2027, 1, 1)
    assert invoice.due_on == date(2027, 1, 15)


def test_issued_content_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        issued().number = "INV-2026-00002"  # type: ignore[misc]
