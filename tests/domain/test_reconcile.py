"""Reconcile: money goes to the invoice it names, never twice and never by guessing."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money
from invoicing.domain.reconcile import (
    Allocation,
    OpenInvoice,
    Payment,
    Placement,
    allocate,
    money_state,
    named_in,
)
from invoicing.domain.states import MoneyState
from tests.domain.builders import DAY, eur


def paid(amount: Money, reference: str = "INV-1") -> Payment:
    return Payment("accounting", "P-1", amount, DAY, reference)


def owed(balance: Money, number: str = "INV-1") -> OpenInvoice:
    return OpenInvoice(f"id of {number}", number, balance)


def placed(placement: Placement) -> tuple[str, str, str]:
    """Return the amount placed, the amount left over and why."""
    allocation, difference = placement
    return (
        str(allocation.amount) if allocation else "",
        str(difference.amount) if difference else "",
        difference.code if difference else "",
    )


def test_a_full_payment_settles_the_invoice_it_names() -> None:
    allocation, difference = allocate(paid(eur("119.00")), [owed(eur("119.00"))])
    assert difference is None
    assert allocation == Allocation(
        "id of INV-1",
        eur("119.00"),
        "the reference names INV-1; 119.00 EUR of 119.00 EUR on a balance of 119.00 EUR",
    )


@pytest.mark.parametrize(
    ("amount", "balance", "expected"),
    [
        ("50.00", "119.00", ("50.00 EUR", "", "")),
        ("0.01", "119.00", ("0.01 EUR", "", "")),
        ("119.01", "119.00", ("119.00 EUR", "0.01 EUR", "overpaid")),
        ("10.00", "0.00", ("", "10.00 EUR", "overpaid")),
        ("10.00", "-5.00", ("", "10.00 EUR", "overpaid")),
        ("0.00", "119.00", ("", "0.00 EUR", "payment_not_positive")),
        ("-10.00", "119.00", ("", "-10.00 EUR", "payment_not_positive")),
    ],
)
def test_partial_full_and_too_much(
    amount: str, balance: str, expected: tuple[str, str, str]
) -> None:
    assert placed(allocate(paid(eur(amount)), [owed(eur(balance))])) == expected


def test_three_thirds_leave_a_cent() -> None:
    due = balance = eur("1000.00")
    seen = []
    for _ in range(3):
        allocation, difference = allocate(paid(eur("333.33")), [owed(balance)])
        assert allocation
        assert difference is None
        balance -= allocation.amount
        seen.append((str(balance), money_state(due, due - balance)))
    assert seen == [
        ("666.67 EUR", MoneyState.PARTIALLY_PAID),
        ("333.34 EUR", MoneyState.PARTIALLY_PAID),
        ("0.01 EUR", MoneyState.PARTIALLY_PAID),
    ]


MANY = [owed(eur("100.00"), number) for number in ("INV-1", "INV-10", "INV-2026-00001", "1")]


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("INV-1", "INV-1"),
        ("INV-10", "INV-10"),
        ("Invoice INV-10 of 2 November", "INV-10"),
        ("INV-10,thank you", "INV-10"),
        ("paid;INV-2026-00001", "INV-2026-00001"),
        ("INV-1 INV-1", "INV-1"),
        ("INV-1\nINV-1", "INV-1"),
    ],
)
def test_a_number_must_stand_alone(reference: str, number: str) -> None:
    allocation, _ = allocate(paid(eur("100.00"), reference), MANY)
    assert allocation
    assert allocation.invoice_id == f"id of {number}"


@pytest.mark.parametrize(
    "reference",
    [
        *["", "thanks", "INV-3", "INV-100", "XINV-1", "inv-1", "INV-1.", "INV-2026-000010"],
        *["INV-1/INV-10", "INV-1 INV-10"],
    ],
)
def test_a_reference_that_names_none_or_several_goes_to_a_person(reference: str) -> None:
    allocation, difference = allocate(paid(eur("100.00"), reference), MANY)
    assert allocation is None
    assert difference
    assert (difference.code, difference.amount) == ("payment_unmatched", eur("100.00"))
    count = 2 if reference == "INV-1 INV-10" else 0
    assert difference.reason == f"the reference {reference!r} names {count} of our invoices"


def test_the_same_number_of_two_entities_goes_to_a_person() -> None:
    twice = [owed(eur("100.00")), OpenInvoice("of the other entity", "INV-1", eur("100.00"))]
    assert placed(allocate(paid(eur("100.00")), twice)) == ("", "100.00 EUR", "payment_unmatched")


def test_an_amount_alone_never_matches() -> None:
    assert (
        placed(allocate(paid(eur("100.00"), ""), [owed(eur("100.00"))]))[2] == "payment_unmatched"
    )


def test_another_currency_goes_to_a_person() -> None:
    dollars = Money.parse("80.00 USD")
    assert placed(allocate(paid(dollars), [owed(eur("80.00"))])) == (
        "",
        "80.00 USD",
        "payment_currency_differs",
    )


def test_a_payment_in_parts_of_a_cent_is_no_payment() -> None:
    with pytest.raises(MoneyError, match=r"100\.005 EUR is finer than its currency allows"):
        paid(eur("100.005"))
    assert paid(eur("100.5")).amount == eur("100.50")


CENTS = st.integers(-(10**6), 10**6)


@given(CENTS, st.lists(CENTS, max_size=4), st.sampled_from(["INV-0", "INV-1", "INV-0 INV-1", ""]))
def test_every_cent_of_a_payment_is_either_placed_or_shown(
    amount: int, balances: Iterable[int], reference: str
) -> None:
    invoices = [
        owed(Money.of_minor(each, "EUR"), f"INV-{index}") for index, each in enumerate(balances)
    ]
    payment = paid(Money.of_minor(amount, "EUR"), reference)
    allocation, difference = allocate(payment, invoices)
    part = allocation.amount.minor if allocation else 0
    rest = difference.amount.minor if difference else 0
    assert part + rest == amount
    if allocation:
        balance = next(each.balance for each in invoices if each.id == allocation.invoice_id)
        assert 0 < part <= min(amount, balance.minor)


@pytest.mark.parametrize(
    ("due", "allocated", "state"),
    [
        ("119.00", "0.00", MoneyState.OPEN),
        ("119.00", "-1.00", MoneyState.OPEN),
        ("119.00", "0.01", MoneyState.PARTIALLY_PAID),
        ("119.00", "118.99", MoneyState.PARTIALLY_PAID),
        ("119.00", "119.00", MoneyState.PAID),
        ("119.00", "120.00", MoneyState.PAID),
    ],
)
def test_the_money_status_follows_from_what_was_placed(
    due: str, allocated: str, state: MoneyState
) -> None:
    assert money_state(eur(due), eur(allocated)) is state


def test_every_word_of_a_reference_may_be_a_number() -> None:
    assert named_in("INV-1, INV-10;thanks\tall") == {"INV-1", "INV-10", "thanks", "all"}
    assert named_in(" ") == frozenset()
