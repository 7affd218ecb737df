"""Payments are applied once and only where the reference says; the rest is shown."""

from dataclasses import replace

from invoicing.domain.events import EventKind
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Payment
from invoicing.services import reconcile, report
from invoicing.services.verify import verify
from tests.support.services import House, a_hint


def paid(house: House, payment_id: str, amount: str, reference: str) -> list[str]:
    house.pay(payment_id, amount, reference)
    report.report_payments(house.s)
    return reconcile.reconcile_payments(house.s)


def balance(house: House, invoice_id: str) -> str:
    with house.s.ledger.read() as work:
        return str(work.payments.balances([invoice_id])[invoice_id])


def test_part_then_rest(house: House) -> None:
    invoice = house.invoice_of("D-1")

    assert paid(house, "P-1", "428.00 EUR", f"part of {invoice.number}") == [invoice.id]
    assert balance(house, invoice.id) == "1000.00 EUR"
    paid(house, "P-2", "1000.00 EUR", invoice.number)

    assert balance(house, invoice.id) == "0.00 EUR"
    assert house.actions(invoice.id).count("payment_allocated") == 2
    assert verify(house.s) == []


def test_a_payment_told_twice_is_applied_once(house: House) -> None:
    invoice = house.invoice_of("D-1")
    paid(house, "P-1", "428.00 EUR", invoice.number)
    report.accept_hint(house.s, a_hint("P-1", EventKind.PAYMENT_RECEIVED, "accounting", "again"))

    report.report_payments(house.s)
    assert reconcile.reconcile_payments(house.s) == []
    assert balance(house, invoice.id) == "1000.00 EUR"


def test_too_much_pays_the_invoice_and_shows_the_rest(house: House) -> None:
    invoice = house.invoice_of("D-1")

    paid(house, "P-1", "1500.00 EUR", invoice.number)

    assert balance(house, invoice.id) == "0.00 EUR"
    assert house.open_codes() == ["overpaid"]


def test_a_payment_that_names_no_invoice_is_shown(house: House) -> None:
    house.invoice_of("D-1")

    assert paid(house, "P-1", "1428.00 EUR", "thank you") == []
    assert house.open_codes() == ["payment_unmatched"]


def test_another_currency_is_never_converted_in_silence(house: House) -> None:
    invoice = house.invoice_of("D-1")

    paid(house, "P-1", "1428.00 USD", invoice.number)

    assert house.open_codes() == ["payment_currency_differs"]
    assert balance(house, invoice.id) == "1428.00 EUR"


def test_a_payment_that_changed_since_is_held(house: House) -> None:
    invoice = house.invoice_of("D-1")
    paid(house, "P-1", "428.00 EUR", invoice.number)
    known = house.sources.objects["P-1"]
    assert isinstance(known, Payment)
    house.sources.objects["P-1"] = replace(known, amount=Money.parse("429.00 EUR"))
    report.accept_hint(house.s, a_hint("P-1", EventKind.PAYMENT_RECEIVED, "accounting", "again"))

    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    assert house.open_codes() == ["event_differs"]
    assert balance(house, invoice.id) == "1000.00 EUR"
