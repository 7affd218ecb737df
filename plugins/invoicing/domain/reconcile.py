"""Reconcile: which invoice a payment belongs to, and what is left open."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money
from invoicing.domain.states import MoneyState

_TOKEN = re.compile(r"[^\s,;]+")


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received, as the accounting system reports it; a part of a cent was never paid."""

    source: str
    external_id: str
    amount: Money
    received_on: date
    reference: str

    def __post_init__(self) -> None:
        if self.amount != self.amount.rounded():
            raise MoneyError(f"a payment of {self.amount} is finer than its currency allows")


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with what is still owed on it."""

    id: str
    number: str
    balance: Money


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a payment that settles (a part of) an invoice, with the reason."""

    invoice_id: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Money that no rule can place; a person decides."""

    code: str
    amount: Money
    reason: str


Placement: TypeAlias = tuple[Allocation | None, Difference | None]


def named_in(reference: str) -> frozenset[str]:
    """Return every word of a reference that could be the number of an invoice."""
    return frozenset(_TOKEN.findall(reference))


def allocate(payment: Payment, invoices: Iterable[OpenInvoice]) -> Placement:
    """Place ``payment`` on the one invoice its reference names; never by amount alone.

    The number must stand alone in the reference: INV-1 does not match INV-10. What exceeds the
    balance stays unplaced and becomes a difference.
    """
    named = named_in(payment.reference)
    found = [invoice for invoice in invoices if invoice.number in named]
    if len(found) != 1:
        reason = f"the reference {payment.reference!r} names {len(found)} of our invoices"
        return None, Difference("payment_unmatched", payment.amount, reason)
    return _on_invoice(payment, found[0])


def _on_invoice(payment: Payment, invoice: OpenInvoice) -> Placement:
    amount, balance = payment.amount, invoice.balance
    if amount.currency != balance.currency:
        reason = f"{invoice.number} is in {balance.currency}, the payment in {amount.currency}"
        return None, Difference("payment_currency_differs", amount, reason)
    if amount <= Money.zero(amount.currency):
        reason = f"a payment of {amount} settles nothing"
        return None, Difference("payment_not_positive", amount, reason)
    nothing = Money.zero(amount.currency)
    part = max(nothing, min(amount, balance))
    allocation = None
    if part > nothing:
        reason = (
            f"the reference names {invoice.number}; {part} of {amount} on a balance of {balance}"
        )
        allocation = Allocation(invoice.id, part, reason)
    if part == amount:
        return allocation, None
    rest = amount - part
    reason = f"{invoice.number} was open with {balance}; {rest} of {amount} is too much"
    return allocation, Difference("overpaid", rest, reason)


def money_state(due: Money, allocated: Money) -> MoneyState:
    """Derive the money status of an invoice from what was allocated to it."""
    if allocated >= due:
        return MoneyState.PAID
    if allocated > Money.zero(due.currency):
        return MoneyState.PARTIALLY_PAID
    return MoneyState.OPEN
