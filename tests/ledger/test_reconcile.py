"""Payments are stored once, and what is owed is added up to the cent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Allocation, OpenInvoice
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import issued
from tests.support.builders import NOW, a_payment


def _part(invoice_id: str, amount: str) -> Allocation:
    return Allocation(invoice_id, Money.parse(amount), "the reference names it")


def test_a_payment_is_stored_once_and_refused_when_it_changed(ledger: SqlLedger) -> None:
    payment = a_payment(amount="100.10 EUR")
    with ledger.write() as work:
        assert work.payments.add(payment, NOW)
        assert not work.payments.add(payment, NOW)
        with pytest.raises(RefusedError, match=r"100\.10 EUR received on 2026-11-20"):
            work.payments.add(replace(payment, amount=Money.parse("100.11 EUR")), NOW)
        with pytest.raises(RefusedError, match="differs"):
            work.payments.add(replace(payment, reference="INV-2"), NOW)


def test_the_balance_is_what_is_due_less_all_parts(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    first, second = a_payment("P-1"), a_payment("P-2")
    with ledger.write() as work:
        work.payments.add(second, NOW)
        work.payments.add(first, NOW)
        work.payments.allocate(second, _part(one.id, "0.01 EUR"), NOW)
        work.payments.allocate(first, _part(one.id, "1042.39 EUR"), NOW + timedelta(seconds=1))
        work.payments.allocate(first, _part(one.id, "5.00 EUR"), NOW)  # once for both
        assert work.payments.of_invoice(one.id) == [
            (second, _part(one.id, "0.01 EUR")),
            (first, _part(one.id, "1042.39 EUR")),
        ]
        assert work.payments.of_invoice(two.id) == []
        assert work.payments.balances([one.id, two.id, "nothing"]) == {
            one.id: Money.parse("100.00 EUR"),
            two.id: Money.parse("1142.40 EUR"),
        }


def test_a_paid_invoice_stays_known_so_that_money_twice_is_too_much(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    payment = a_payment()
    with ledger.write() as work:
        work.payments.add(payment, NOW)
        work.payments.allocate(payment, _part(invoice.id, "1142.40 EUR"), NOW)
        assert work.payments.open_invoices() == [
            OpenInvoice(invoice.id, invoice.number, Money.parse("0.00 EUR"))
        ]


def test_only_a_stored_payment_settles_a_stored_invoice(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    with pytest.raises(StateError), ledger.write() as work:
        work.payments.allocate(a_payment(), _part(invoice.id, "1.00 EUR"), NOW)


def test_an_invoice_is_claimed_by_its_number(ledger: SqlLedger) -> None:
    one, _ = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        assert work.payments.claim_invoices([one.number, "INV-9"]) == [
            OpenInvoice(one.id, one.number, Money.parse("1142.40 EUR"))
        ]
        assert work.payments.claim_invoices([]) == []
