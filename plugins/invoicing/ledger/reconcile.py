"""Payments and what they settle; what is still owed is always added up, never stored."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Row, ScalarSelect, Select, and_, func, select

from invoicing.domain.errors import NotFoundError, RefusedError
from invoicing.domain.money import Money, plain
from invoicing.domain.reconcile import Allocation, OpenInvoice, Payment
from invoicing.domain.states import InvoiceState
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import allocations, credit_notes, invoices, payments, write_offs


def _sum_of(amount: Column[Any], invoice_id: Column[Any]) -> ScalarSelect[Any]:
    """Add up what stands in another table about an invoice; nothing there comes to zero."""
    summed = select(func.coalesce(func.sum(amount), 0)).where(invoice_id == invoices.c.id)
    return summed.correlate(invoices).scalar_subquery()


_ALLOCATED = _sum_of(allocations.c.amount_minor, allocations.c.invoice_id)
_CREDITED = _sum_of(credit_notes.c.due_minor, credit_notes.c.invoice_id)
_WRITTEN_OFF = _sum_of(write_offs.c.amount_minor, write_offs.c.invoice_id)
# The one place that says what is still owed. PostgreSQL adds up BIGINT as NUMERIC, so it is read
# back through int().
BALANCE = invoices.c.due_minor - _ALLOCATED - _CREDITED - _WRITTEN_OFF
_OWED: Select[Any] = select(
    invoices.c.id,
    invoices.c.number,
    invoices.c.currency,
    invoices.c.state,
    BALANCE.label("balance"),
)


class PaymentRows(Rows):
    """Payments, UNIQUE (source, external id), and what they were allocated to."""

    def add(self, payment: Payment, at: datetime) -> bool:
        """Store a payment; False when it is known, refused when it is known otherwise."""
        row = {
            "source": payment.source,
            "external_id": payment.external_id,
            "amount": plain(payment.amount.amount),
            "currency": payment.amount.currency,
            "received_on": payment.received_on,
            "reference": payment.reference,
            "added_at": at,
        }
        if self.inserted(payments, row):
            return True
        here = and_(
            payments.c.source == payment.source, payments.c.external_id == payment.external_id
        )
        kept = _payment(self.connection.execute(select(payments).where(here)).one())
        if kept != payment:
            raise RefusedError(
                f"payment {payment.external_id} of {payment.source} is in the ledger with"
                f" {kept.amount} received on {kept.received_on} and differs now;"
                " compare both in the accounting system"
            )
        return False

    def allocate(self, payment: Payment, allocation: Allocation, at: datetime) -> None:
        """Store an allocation; the first of a payment to an invoice stays."""
        row = {
            "source": payment.source,
            "external_id": payment.external_id,
            "invoice_id": allocation.invoice_id,
            "amount": plain(allocation.amount.amount),
            "amount_minor": allocation.amount.minor,
            "currency": allocation.amount.currency,
            "reason": allocation.reason,
            "allocated_at": at,
        }
        self.inserted(allocations, row)

    def open_invoices(self) -> list[OpenInvoice]:
        """Return issued invoices with what is still owed on them.

        Paid ones are among them with a balance of zero, so that money paid twice is recognised as
        too much and not as unknown.
        """
        query = _OWED.where(invoices.c.state == InvoiceState.ISSUED)
        rows = self.connection.execute(query.order_by(invoices.c.issued_at, invoices.c.id))
        return [_open_invoice(row) for row in rows]

    def claim_invoices(self, numbers: Collection[str]) -> list[OpenInvoice]:
        """Return invoices with one of ``numbers``, kept from everybody else who allocates.

        They are locked in the order of their ids, however many. The balance is read afterwards: one
        that comes with a lock is from before the wait for it.
        """
        every = select(invoices.c.id)
        ids = sorted(row.id for row in self.rows_by(every, invoices.c.number, set(numbers)))
        locked = every.order_by(invoices.c.id).with_for_update(key_share=True)
        ids = [row.id for row in self.rows_by(locked, invoices.c.id, ids)]
        rows = self.rows_by(_OWED, invoices.c.id, ids)
        return [_open_invoice(row) for row in rows]

    def claim_rest(self, source: str, external_id: str) -> tuple[Payment, Money]:
        """Return a payment and what of it is placed nowhere, kept from everybody else who places
        it. Two statements, for the same reason as above."""
        here = and_(payments.c.source == source, payments.c.external_id == external_id)
        query = select(payments).where(here).with_for_update(key_share=True)
        row = self.connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"the ledger has no payment {external_id!r} of {source!r}")
        payment = _payment(row)
        placed = select(func.coalesce(func.sum(allocations.c.amount_minor), 0)).where(
            allocations.c.source == source, allocations.c.external_id == external_id
        )
        minor = int(self.connection.scalars(placed).one())
        return payment, payment.amount - Money.of_minor(minor, payment.amount.currency)

    def allocated(self, invoice_ids: Collection[str]) -> dict[str, Money]:
        """Return what payments settled of each invoice."""
        query = select(invoices.c.id, invoices.c.currency, _ALLOCATED.label("balance"))
        rows = self.rows_by(query, invoices.c.id, set(invoice_ids))
        return {row.id: _balance(row) for row in rows}

    def balances(self, invoice_ids: Collection[str]) -> dict[str, Money]:
        """Return what is still owed on each invoice."""
        rows = self.rows_by(_OWED, invoices.c.id, set(invoice_ids))
        return {row.id: _balance(row) for row in rows}

    def of_invoice(self, invoice_id: str) -> list[tuple[Payment, Allocation]]:
        """Return the payments allocated to an invoice, in the order they were."""
        same = and_(
            payments.c.source == allocations.c.source,
            payments.c.external_id == allocations.c.external_id,
        )
        query = (
            select(
                payments,
                allocations.c.amount.label("part"),
                allocations.c.currency.label("part_currency"),
                allocations.c.reason,
            )
            .join(allocations, same)
            .where(allocations.c.invoice_id == invoice_id)
            .order_by(allocations.c.allocated_at, payments.c.source, payments.c.external_id)
        )
        rows = self.connection.execute(query)
        return [(_payment(row), _allocation(invoice_id, row)) for row in rows]


def _open_invoice(row: Row[Any]) -> OpenInvoice:
    return OpenInvoice(row.id, row.number, _balance(row), row.state is InvoiceState.VOID)


def _balance(row: Row[Any]) -> Money:
    return Money.of_minor(int(row.balance), row.currency)


def _payment(row: Row[Any]) -> Payment:
    amount = Money(Decimal(row.amount), row.currency)
    return Payment(row.source, row.external_id, amount, row.received_on, row.reference)


def _allocation(invoice_id: str, row: Row[Any]) -> Allocation:
    return Allocation(invoice_id, Money(Decimal(row.part), row.part_currency), row.reason)
