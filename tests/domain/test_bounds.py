"""Safety bounds: whatever the arithmetic says, nothing larger than this leaves by itself."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.domain.bounds import SafetyBounds, breaches
from invoicing.domain.draft import Draft
from invoicing.domain.money import Money
from tests.domain.builders import draft, eur, item


def drafted(gross: str = "1142.40", lines: int = 1) -> Draft:
    one = draft(item())
    totals = replace(one.totals, gross=eur(gross))
    return replace(one, totals=totals, lines=one.lines * lines)


def test_a_draft_within_every_bound_goes_on() -> None:
    bounds = SafetyBounds({"EUR": eur("1142.40")}, lines=1, per_client_and_day=1)
    assert breaches(drafted(), bounds, 0) is None
    assert breaches(drafted(), SafetyBounds(), 19, (eur("1.00"),) * 9) is None


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
    hold = breaches(drafted(lines=lines), bounds, others, (eur("761.59"),) * 3)
    assert hold is not None
    assert hold.code == "bound_broken"
    assert words in hold.reason
    assert "config/review.yaml" in hold.reason


def test_all_broken_bounds_are_told_at_once() -> None:
    bounds = SafetyBounds({"EUR": eur("1.00")}, lines=0, per_client_and_day=0)
    hold = breaches(drafted(), bounds, 0)
    assert hold is not None
    assert hold.reason.count(";") == 2


def test_a_bound_in_another_currency_says_nothing() -> None:
    bounds = SafetyBounds({"USD": Money(Decimal(1), "USD")})
    assert breaches(drafted(), bounds, 0) is None


@pytest.mark.parametrize(
    "history", [(), (eur("1.00"),) * 2, (Money(Decimal(1), "USD"),) * 5, (eur("571.20"),) * 3]
)
def test_a_median_needs_history_and_may_be_reached(history: tuple[Money, ...]) -> None:
    assert breaches(drafted(), SafetyBounds(median_factor=Decimal(2)), 0, history) is None
