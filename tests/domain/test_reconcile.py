"""Reconcile: money goes to the invoice it names, never twice and never by guessing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError, NotFoundError, RefusedError
from invoicing.domain.money import Money, total
from invoicing.domain.reconcile import (
    Account,
    Allocation,
    OpenInvoice,
    Payment,
    Placement,
    Receipt,
    UnappliedCredit,
    allocate,
    money_state,
    named_in,
    open_account,
    place_oldest_first,
    place_rest,
    write_off,
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


def test_one_of_two_namesakes_gets_nothing_by_itself_though_the_other_is_void() -> None:
    void = OpenInvoice("of the other entity", "INV-1", eur("0.00"), is_void=True)
    twice = [owed(eur("100.00")), void]
    allocation, difference = allocate(paid(eur("100.00")), twice)
    assert allocation is None
    assert difference is not None
    assert difference.code == "payment_unmatched"
    assert "names 2 of our invoices; INV-1 is void" in difference.reason


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


def account(*due: str, newest_first: bool = False) -> Account:
    """Return an account with invoices I1, I2, ... of consecutive days."""
    days = [DAY + timedelta(days=index) for index in range(len(due))]
    if newest_first:
        days.reverse()
    return open_account(
        "EUR",
        [
            (f"I{index}", eur(amount), day)
            for index, (amount, day) in enumerate(zip(due, days, strict=True), 1)
        ],
    )


def receive(to: Account, *receipts: str) -> Account:
    """Place receipts such as `300.00` or `-50.00 I2`."""
    for receipt in receipts:
        amount, _, invoice_id = receipt.partition(" ")
        to = place_oldest_first(to, Receipt(eur(amount), invoice_id))
    return to


def open_on(of: Account) -> list[str]:
    return [str(invoice.open.amount) for invoice in of.invoices]


def test_one_transfer_settles_the_oldest_invoices_first() -> None:
    after = receive(account("800.00", "700.00", "600.00"), "1750.00")
    assert open_on(after) == ["0.00", "0.00", "350.00"]
    assert [invoice.state for invoice in after.invoices] == [
        MoneyState.PAID,
        MoneyState.PAID,
        MoneyState.PARTIALLY_PAID,
    ]
    assert [each.invoice_id for each in after.allocations] == ["I1", "I2", "I3"]
    assert after.allocations[2].reason == "paid; 600.00 EUR were open before"
    assert after.unapplied == eur("0.00")


def test_the_oldest_is_the_one_issued_first_wherever_it_stands() -> None:
    after = receive(account("800.00", "700.00", newest_first=True), "1000.00")
    assert open_on(after) == ["500.00", "0.00"]


def test_a_payment_that_names_its_invoice_settles_no_other() -> None:
    after = receive(account("100.00", "300.00"), "350.00 I2")
    assert open_on(after) == ["100.00", "0.00"]
    assert after.credits == (UnappliedCredit(eur("50.00"), "I2"),)


def test_what_is_too_much_waits_for_an_invoice() -> None:
    after = receive(account("100.00"), "120.00", "5.00")
    assert after.unapplied == eur("25.00")
    assert after.invoices[0].state is MoneyState.PAID


@pytest.mark.parametrize(
    ("receipts", "left_open", "unapplied"),
    [
        (["300.00 I2", "-50.00 I2"], ["100.00", "50.00"], "0.00"),
        (["400.00", "-50.00"], ["0.00", "50.00"], "0.00"),  # the newest opens first
        (["400.00", "-350.00"], ["50.00", "300.00"], "0.00"),
        (["450.00", "-50.00"], ["0.00", "0.00"], "0.00"),  # what was too much goes back first
        (["350.00 I2", "-50.00 I2"], ["100.00", "0.00"], "0.00"),
        (["450.00", "-50.00 I2"], ["0.00", "50.00"], "50.00"),  # it names a settled one
        (["450.00", "-75.00"], ["0.00", "25.00"], "0.00"),
        (["450.00", "-500.00"], ["100.00", "300.00"], "-50.00"),  # more than ever came in
        (["-10.00"], ["100.00", "300.00"], "-10.00"),
        (["-10.00", "-5.00"], ["100.00", "300.00"], "-15.00"),
        (["0.00"], ["100.00", "300.00"], "0.00"),
    ],
)
def test_money_that_goes_back_opens_invoices_again(
    receipts: list[str], left_open: list[str], unapplied: str
) -> None:
    after = receive(account("100.00", "300.00"), *receipts)
    assert (open_on(after), after.unapplied) == (left_open, eur(unapplied))


def test_invoices_of_one_day_open_again_from_the_last() -> None:
    same_day = [("I1", eur("1.00"), date.min), ("I2", eur("1.00"), date.min)]
    assert open_on(receive(open_account("EUR", same_day), "2.00", "-1.00")) == ["0.00", "1.00"]


def test_a_credit_in_our_invoices_takes_no_money() -> None:
    assert open_on(receive(account("-50.00", "100.00"), "100.00")) == ["-50.00", "0.00"]


def test_a_name_that_nobody_knows_is_refused() -> None:
    with pytest.raises(NotFoundError, match="no invoice 'I9' on this account"):
        receive(account("100.00"), "10.00 I9")


def test_a_small_balance_is_given_up_only_within_the_tolerance_and_on_record() -> None:
    paid_up = receive(account("1000.00", "0.05", "0.06", "1.00"), "999.99 I1", "1.00 I4")
    after = write_off(paid_up, eur("0.05"))
    assert open_on(after) == ["0.00", "0.00", "0.06", "0.00"]
    assert after.invoices[0].state is MoneyState.PAID
    assert after.written_off == eur("0.06")
    assert [(each.invoice_id, each.reason) for each in after.write_offs] == [
        ("I1", "0.01 EUR are within the tolerance of 0.05 EUR"),
        ("I2", "0.05 EUR are within the tolerance of 0.05 EUR"),
    ]
    assert write_off(paid_up, eur("0.00")) == paid_up


@given(
    st.lists(st.integers(1, 10**5), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(-(10**5), 10**5), st.integers(0, 4)), max_size=8),
    st.integers(0, 100),
)
def test_no_cent_is_lost_and_none_is_placed_twice(
    due: list[int], receipts: list[tuple[int, int]], tolerance: int
) -> None:
    ledger = open_account(
        "EUR",
        [(f"I{index}", Money.of_minor(each, "EUR"), DAY) for index, each in enumerate(due, 1)],
    )
    for cents, place in receipts:
        name = f"I{place}" if 0 < place <= len(due) else ""
        ledger = place_oldest_first(ledger, Receipt(Money.of_minor(cents, "EUR"), name))
    received = sum(cents for cents, _ in receipts)
    placed = total((invoice.placed for invoice in ledger.invoices), "EUR")
    assert placed.minor + ledger.unapplied.minor == received
    assert placed == total((each.amount for each in ledger.allocations), "EUR")
    for invoice, whole in zip(ledger.invoices, due, strict=True):
        assert 0 <= invoice.open.minor <= whole
    closed = write_off(ledger, Money.of_minor(tolerance, "EUR"))
    given_up = total((each.amount for each in closed.write_offs), "EUR")
    assert given_up == closed.written_off
    still_open = total((invoice.open for invoice in closed.invoices), "EUR")
    assert placed.minor + given_up.minor + still_open.minor == sum(due)
    assert all(each.amount.minor <= tolerance for each in closed.write_offs)


VOID = replace(owed(eur("0.00"), "INV-2"), is_void=True)


def test_a_payment_that_names_a_void_invoice_is_not_placed_on_it() -> None:
    allocation, difference = allocate(paid(eur("1.00"), "INV-2"), [VOID])
    assert (allocation, difference and difference.code) == (None, "payment_unmatched")
    assert difference
    assert difference.reason == "the reference 'INV-2' names 0 of our invoices; INV-2 is void"
    both = allocate(paid(eur("1.00"), "INV-2 INV-1"), [VOID, owed(eur("1.00"))])
    assert placed(both) == ("1.00 EUR", "", "")


@pytest.mark.parametrize(
    ("rest", "balance", "part"),
    [("5.00", "9.00", "5.00"), ("9.00", "5.00", "5.00"), ("5.00", "5.00", "5.00")],
)
def test_a_person_places_what_is_left_up_to_the_balance(rest: str, balance: str, part: str) -> None:
    found = place_rest(paid(eur("10.00"), ""), eur(rest), owed(eur(balance)), "finance")
    assert (found.invoice_id, found.amount) == ("id of INV-1", eur(part))
    assert found.reason == (
        f"finance names INV-1; {part} EUR of {rest} EUR on a balance of {balance} EUR"
    )


@pytest.mark.parametrize(
    ("rest", "invoice", "why"),
    [
        (eur("1.00"), VOID, "INV-2 is void"),
        (Money.parse("1.00 USD"), owed(eur("1.00")), "in EUR, not in 1.00 USD"),
        (eur("0.00"), owed(eur("1.00")), "nothing of the payment of 10.00 EUR is left"),
        (eur("-1.00"), owed(eur("1.00")), "nothing of the payment"),
        (eur("1.00"), owed(eur("0.00")), "nothing of INV-1 is open"),
        (eur("1.00"), owed(eur("-1.00")), "nothing of INV-1 is open"),
    ],
)
def test_what_fits_nowhere_is_refused(rest: Money, invoice: OpenInvoice, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        place_rest(paid(eur("10.00"), ""), rest, invoice, "finance")


def test_a_payment_has_one_name_everywhere() -> None:
    payment = Payment("accounting", "P-1", eur("1.00"), DAY, "INV-1")
    assert payment.key == "accounting:P-1"
