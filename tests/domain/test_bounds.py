"""Safety bounds: whatever the arithmetic says, nothing larger than this leaves by itself."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.domain.bounds import BROKEN, RELEASED, SafetyBounds, breaches, floods
from invoicing.domain.draft import Draft
from invoicing.domain.money import Money
from tests.domain.builders import draft, eur, item

DOLLARS = Money(Decimal(9), "USD")


def drafted(gross: str = "1142.40", lines: int = 1) -> Draft:
    one = draft(item())
    totals = replace(one.totals, gross=eur(gross))
    return replace(one, totals=totals, lines=one.lines * lines)


def test_a_draft_within_every_bound_goes_on() -> None:
    most = {"EUR": eur("1142.40")}
    bounds = SafetyBounds(most, 1, per_client_and_day=1, gross_per_client_and_day=most)
    assert breaches(drafted(), bounds) is None
    assert breaches(drafted(), SafetyBounds(), (eur("9.00"),) * 19, (eur("1.00"),) * 9) is None


@pytest.mark.parametrize(
    ("bounds", "others", "lines", "words"),
    [
        (SafetyBounds({"EUR": eur("1142.39")}), 0, 1, "1142.40 EUR is more than 1142.39 EUR"),
        (SafetyBounds(lines=2), 0, 3, "3 lines are more than 2"),
        (
            SafetyBounds(per_client_and_day=2),
            2,
            1,
            "nordwind has 2 other drafts for 2026-11-02, and 2 is the most",
        ),
        (
            SafetyBounds(gross_per_client_and_day={"EUR": eur("1342.39")}),
            2,
            1,
            "with this one nordwind comes to 1342.40 EUR for 2026-11-02, more than 1342.39 EUR",
        ),
        (
            SafetyBounds(median_factor=Decimal("1.5")),
            0,
            1,
            "1142.40 EUR is more than 1.5 times 761.59 EUR, the median of this agreement's latest",
        ),
    ],
)
def test_each_bound_alone_holds_a_draft(
    bounds: SafetyBounds, others: int, lines: int, words: str
) -> None:
    same_day = (eur("100.00"),) * others
    hold = breaches(drafted(lines=lines), bounds, same_day, (eur("761.59"),) * 3)
    assert hold is not None
    assert hold.code == BROKEN
    assert words in hold.reason
    assert "config/review.yaml" in hold.reason


def test_all_broken_bounds_are_told_at_once() -> None:
    bounds = SafetyBounds({"EUR": eur("1.00")}, lines=0, per_client_and_day=0)
    hold = breaches(drafted(), bounds)
    assert hold is not None
    assert hold.reason.count(";") == 2


def test_a_bound_in_another_currency_says_nothing() -> None:
    bounds = SafetyBounds({"USD": DOLLARS}, gross_per_client_and_day={"USD": DOLLARS})
    assert breaches(drafted(), bounds) is None


def test_what_a_client_gets_on_a_day_is_added_up_by_currency() -> None:
    bounds = SafetyBounds(gross_per_client_and_day={"EUR": eur("1142.40")})
    assert breaches(drafted(), bounds, (DOLLARS, DOLLARS)) is None
    assert breaches(drafted(), bounds, (DOLLARS, eur("0.01"))) is not None


@pytest.mark.parametrize(
    "history", [(), (eur("1.00"),) * 2, (Money(Decimal(1), "USD"),) * 5, (eur("571.20"),) * 3]
)
def test_a_median_needs_history_and_may_be_reached(history: tuple[Money, ...]) -> None:
    assert breaches(drafted(), SafetyBounds(median_factor=Decimal(2)), (), history) is None


def test_what_a_person_released_passes_every_bound() -> None:
    bounds = SafetyBounds({"EUR": eur("1.00")}, lines=0, per_client_and_day=0)
    assert breaches(replace(drafted(), flags=("odd", RELEASED)), bounds) is None


@pytest.mark.parametrize(
    "bounds",
    [
        SafetyBounds(gross_per_client_and_day={"EUR": eur("9000000000000000.00")}),
        SafetyBounds(median_factor=Decimal(10)),
    ],
)
def test_what_is_too_much_to_be_counted_breaks_the_bound_that_counts_it(
    bounds: SafetyBounds,
) -> None:
    huge = (eur("4000000000000000.00"),) * 3
    hold = breaches(drafted("1000.00"), bounds, huge, huge)
    assert hold is not None
    assert hold.code == BROKEN


def test_a_run_makes_no_more_drafts_for_a_client_than_the_bound() -> None:
    bounds = SafetyBounds(per_client_and_run=3)
    assert floods("nordwind", 3, bounds) is None
    hold = floods("nordwind", 4, bounds)
    assert hold is not None
    assert hold.code == BROKEN
    assert "nordwind would get 4 drafts in one run, and 3 is the most" in hold.reason
