"""Money that no rule could place goes where a person says, once, and never beyond a balance."""

import pytest

from invoicing.domain.errors import RefusedError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.services import attend, hold, reconcile
from tests.services.corrections import balance_of, done, entry_of, keeps_every_promise, pay
from tests.support.services import House

__all__ = ["keeps_every_promise"]

KEY = "accounting:P-1"


def test_a_payment_without_a_number_goes_where_a_person_says(house: House) -> None:
    invoice = house.invoice_of("D-1")
    hold.place_hold(house.s, invoice.id, HoldKind.IN_TRANSIT, "they sent it", "finance")
    pay(house, "P-1", "1000.00 EUR", "thank you")
    entry = entry_of(house, "payment_unmatched")

    said = attend.act(house.s, entry, Action.PLACE, "finance", f" {invoice.number} ")

    assert said == f"1000.00 EUR of 1000.00 EUR are placed on {invoice.number}"
    assert (balance_of(house, invoice), house.open_codes()) == ("428.00 EUR", [])
    with house.s.ledger.read() as work:
        closed = work.exceptions.get(entry)
        allocated = work.trail.of(invoice.id)[-2]
        assert work.trail.of(KEY)[-1].action == "placed"
        assert work.holds.open_on([invoice.id])[invoice.id] == []
    assert (closed.closed_by, closed.decision) == ("finance", f"place: {said}")
    assert (allocated.action, allocated.actor) == ("payment_allocated", "finance")


def test_what_is_more_than_the_balance_stays_to_be_placed(house: House) -> None:
    one, other = house.invoice_of("D-1"), house.invoice_of("D-2")
    pay(house, "P-1", "2000.00 EUR", "thank you")

    first = attend.act(
        house.s, entry_of(house, "payment_unmatched"), Action.PLACE, "finance", one.number
    )

    assert first.endswith("; 572.00 EUR are left")
    left = entry_of(house, "payment_unmatched")
    with house.s.ledger.read() as work:
        cause = work.exceptions.get(left).cause
    assert cause == f"572.00 EUR of 2000.00 EUR are left after {one.number}"
    attend.act(house.s, left, Action.PLACE, "finance", other.number)
    assert (balance_of(house, one), balance_of(house, other)) == ("0.00 EUR", "856.00 EUR")
    assert house.open_codes() == []


def test_what_was_paid_too_much_goes_to_another_invoice(house: House) -> None:
    one, other = house.invoice_of("D-1"), house.invoice_of("D-2")
    pay(house, "P-1", "1500.00 EUR", one.number)

    attend.act(house.s, entry_of(house, "overpaid"), Action.PLACE, "finance", other.number)

    assert (balance_of(house, one), balance_of(house, other)) == ("0.00 EUR", "1356.00 EUR")
    assert house.open_codes() == []


def test_money_is_placed_only_where_it_fits(house: House) -> None:
    paid, void = house.invoice_of("D-1"), house.invoice_of("D-2")
    pay(house, "P-0", "1428.00 EUR", paid.number)
    done(house, void, Action.VOID)
    pay(house, "P-1", "10.00 EUR", "thank you")
    entry = entry_of(house, "payment_unmatched")

    for number, why in (
        ("", "name the number"),
        ("INV-2026-99999", "0 of our invoices"),
        (paid.number, "nothing of .* is open"),
        (void.number, "is void"),
    ):
        with pytest.raises(RefusedError, match=why):
            attend.act(house.s, entry, Action.PLACE, "finance", number)

    assert house.open_codes() == ["payment_unmatched"]


def test_no_currency_and_no_refund_is_placed(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "10.00 USD", "thank you")
    pay(house, "P-2", "-10.00 EUR", "sent back")

    with pytest.raises(RefusedError, match="is in EUR, not in"):
        reconcile.place_payment(house.s, "payment_unmatched", KEY, invoice.number, "finance")
    with pytest.raises(RefusedError, match="nothing of the payment"):
        reconcile.place_payment(
            house.s, "payment_unmatched", "accounting:P-2", invoice.number, "finance"
        )

    assert balance_of(house, invoice) == "1428.00 EUR"


def test_a_payment_in_another_currency_can_only_be_acknowledged(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1428.00 USD", invoice.number)

    with pytest.raises(RefusedError, match="allowed: acknowledge"):
        attend.act(
            house.s,
            entry_of(house, "payment_currency_differs"),
            Action.PLACE,
            "finance",
            invoice.number,
        )


def test_what_was_placed_before_is_placed_no_second_time(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1000.00 EUR", "thank you")
    entry = entry_of(house, "payment_unmatched")
    attend.act(house.s, entry, Action.PLACE, "finance", invoice.number)

    assert "closed before by finance" in attend.act(
        house.s, entry, Action.PLACE, "lead", invoice.number
    )
    with pytest.raises(RefusedError, match="nothing of the payment"):
        reconcile.place_payment(house.s, "payment_unmatched", KEY, invoice.number, "finance")

    assert balance_of(house, invoice) == "428.00 EUR"
