"""Tests of `drafting/active.py`: which days of a period are billed."""

from dataclasses import replace
from datetime import date

from invoicing.domain.drafting.active import clipped, stretches
from invoicing.domain.periods import Period
from tests.domain.builders import PROJECTS
from tests.domain.drafting.made import MARCH


def days(first: int, last: int) -> Period:
    """Return days of March."""
    return Period(date(2026, 3, first), date(2026, 3, last))


def test_a_period_in_force_without_a_pause_is_whole() -> None:
    assert stretches(PROJECTS, MARCH) == (MARCH,)


def test_start_end_and_pauses_cut_it() -> None:
    cut = replace(
        PROJECTS,
        starts_on=date(2026, 3, 5),
        ends_on=date(2026, 3, 28),
        pauses=(days(1, 6), days(10, 12), days(12, 14)),
    )
    assert stretches(cut, MARCH) == (days(7, 9), days(15, 28))


def test_nothing_is_left_of_a_period_out_of_force() -> None:
    ended = replace(PROJECTS, ends_on=date(2026, 2, 28))
    assert stretches(ended, MARCH) == ()
    assert stretches(replace(ended, starts_on=date(2026, 5, 1)), MARCH) == ()
    assert stretches(replace(PROJECTS, pauses=(MARCH,)), MARCH) == ()


def test_stretches_are_clipped_on_both_sides() -> None:
    assert clipped((days(1, 9), days(15, 28)), date(2026, 3, 5), date(2026, 3, 15)) == (
        days(5, 9),
        days(15, 15),
    )
    assert clipped((MARCH,), date(2026, 3, 5), date(2026, 3, 4)) == ()
