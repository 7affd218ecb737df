"""Terms: the day a promise to pay comes due, and its text there and back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.terms import Terms, TermsKind, business_day, due_date, parse_terms

NET, EOM_PLUS, NET_EOM = TermsKind.NET, TermsKind.EOM_PLUS, TermsKind.NET_EOM
TERMS = st.builds(Terms, st.integers(0, 3650), st.sampled_from(TermsKind), st.booleans())
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(TERMS)
def test_terms_are_written_and_read_without_loss(terms: Terms) -> None:
    assert parse_terms(str(terms)) == terms


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        (Terms(30), "30 days"),
        (Terms(1), "1 day"),
        (Terms(0), "0 days"),
        (Terms(14, EOM_PLUS), "month end + 14 days"),
        (Terms(45, NET_EOM), "45 days to month end"),
        (Terms(30, NET, next_business_day=True), "30 days, next business day"),
    ],
)
def test_terms_read_as_people_write_them(terms: Terms, text: str) -> None:
    assert str(terms) == text
    assert parse_terms(text) == terms


@pytest.mark.parametrize(
    "text",
    [
        *["", "30", "days", "30 Days", "30  days", "30 days ", "-1 days", "030 days", "30.5 days"],
        *["month end", "month end + 14", "end of month + 14 days", "30 days net", "12345 days"],
        *["30 days,next business day", "next business day", "\u0663\u0660 days", "30 days\n"],
    ],
)
def test_other_texts_are_no_terms(text: str) -> None:
    with pytest.raises(ValueError, match="write 30 days, month end"):
        parse_terms(text)


@pytest.mark.parametrize("days", [-1, 3651])
def test_impossible_terms_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match=f"terms of {days} days are not possible"):
        Terms(days)


@pytest.mark.parametrize(
    ("issued_on", "terms", "due_on"),
    [
        ("2026-01-31", Terms(30), "2026-03-02"),
        ("2024-01-31", Terms(30), "2024-03-01"),
        ("2026-12-31", Terms(0), "2026-12-31"),
        ("2026-04-10", Terms(14, EOM_PLUS), "2026-05-14"),
        ("2026-04-30", Terms(0, EOM_PLUS), "2026-04-30"),
        ("2024-02-01", Terms(1, EOM_PLUS), "2024-03-01"),
        ("2026-12-15", Terms(45, EOM_PLUS), "2027-02-14"),
        ("2026-11-20", Terms(45, NET_EOM), "2027-01-31"),
        ("2026-01-31", Terms(0, NET_EOM), "2026-01-31"),
        ("2024-01-30", Terms(30, NET_EOM), "2024-02-29"),
        ("2026-01-30", Terms(30, NET_EOM), "2026-03-31"),
        ("2026-01-01", Terms(30, NET_EOM), "2026-01-31"),
    ],
)
def test_due_dates(issued_on: str, terms: Terms, due_on: str) -> None:
    assert due_date(date.fromisoformat(issued_on), terms) == date.fromisoformat(due_on)


@pytest.mark.parametrize(
    ("terms", "due_on"),
    [
        (Terms(30, NET, next_business_day=True), "2026-05-04"),  # Friday, a holiday
        (Terms(31, NET, next_business_day=True), "2026-05-04"),  # Saturday
        (Terms(33, NET, next_business_day=True), "2026-05-04"),  # Monday
        (Terms(30), "2026-05-01"),
        # The month's last day is a Sunday: the next day is in another month, and never before.
        (Terms(45, NET_EOM, next_business_day=True), "2026-06-01"),
        (Terms(2, EOM_PLUS, next_business_day=True), "2026-05-04"),
    ],
)
def test_a_due_date_moves_off_weekends_and_holidays(terms: Terms, due_on: str) -> None:
    holidays = [date(2026, 5, 1)]
    assert due_date(date(2026, 4, 1), terms, holidays) == date.fromisoformat(due_on)


def test_holidays_in_a_row_are_all_skipped() -> None:
    christmas = (date(2026, 12, day) for day in (24, 25, 26, 28))
    assert business_day(date(2026, 12, 24), christmas) == date(2026, 12, 29)


@given(DAYS, TERMS, st.sets(DAYS, max_size=20))
def test_nobody_has_to_pay_before_the_terms_say_so(
    issued_on: date, terms: Terms, holidays: set[date]
) -> None:
    due_on = due_date(issued_on, terms, holidays)
    plain_due = due_date(issued_on, Terms(terms.days, terms.kind), holidays)
    assert due_on >= plain_due >= issued_on + timedelta(days=terms.days)
    if terms.next_business_day:
        assert due_on.weekday() < 5
        assert due_on not in holidays
    else:
        assert due_on == plain_due
