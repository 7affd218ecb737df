"""Reconcile: which invoice a payment belongs to, and what is left open."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from invoicing.domain.errors import MoneyError, NotFoundError, RefusedError
from invoicing.domain.money import Money, total
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

    @property
    def key(self) -> str:
        """Its name in the queue, in the trail and in messages about it."""
        return f"{self.source}:{self.external_id}"


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with what is still owed on it; nobody owes anything on a void one."""

    id: str
    number: str
    balance: Money
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a payment that settles (a part of) an invoice, with the reason."""

    invoice_id: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A part of an invoice that was given up; below zero it takes back what was given up before.

    ``asked_by`` and ``approved_by`` are two people.
    """

    invoice_id: str
    amount: Money
    reason: str
    asked_by: str
    approved_by: str
    written_off_at: datetime


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
    known = [invoice for invoice in invoices if invoice.number in named]
    found = [invoice for invoice in known if not invoice.is_void]
    namesakes = sum(one.number == each.number for one in found for each in known)
    if len(found) != 1 or namesakes > 1:
        names = max(len(found), namesakes)
        reason = f"the reference {payment.reference!r} names {names} of our invoices"
        if void := ", ".join(invoice.number for invoice in known if invoice.is_void):
            reason += f"; {void} is void"
        return None, Difference("payment_unmatched", payment.amount, reason)
    return _on_invoice(payment, found[0])


def place_rest(payment: Payment, rest: Money, invoice: OpenInvoice, who: str) -> Allocation:
    """Place what is left of ``payment`` on the invoice that a person names, up to its balance."""
    nothing = Money.zero(rest.currency)
    if invoice.is_void:
        raise RefusedError(f"{invoice.number} is void; nothing can be placed on it")
    if rest.currency != invoice.balance.currency:
        raise RefusedError(f"{invoice.number} is in {invoice.balance.currency}, not in {rest}")
    if rest <= nothing:
        raise RefusedError(f"nothing of the payment of {payment.amount} is left to place")
    if invoice.balance <= nothing:
        raise RefusedError(f"nothing of {invoice.number} is open")
    part = min(rest, invoice.balance)
    reason = f"{who} names {invoice.number}; {part} of {rest} on a balance of {invoice.balance}"
    return Allocation(invoice.id, part, reason)


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


@dataclass(frozen=True, slots=True)
class Settled:
    """An invoice on an account: what it asked for, what was placed on it, what was given up."""

    id: str
    due: Money
    placed: Money
    written_off: Money
    issued_on: date = date.min

    @property
    def open(self) -> Money:
        """What is still owed."""
        return self.due - self.placed - self.written_off

    @property
    def state(self) -> MoneyState:
        """Where the invoice stands with its money."""
        return money_state(self.due, self.placed + self.written_off)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in, or went back (a minus); an empty ``invoice_id`` means it names none."""

    amount: Money
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class UnappliedCredit:
    """Money that no invoice took; ``invoice_id`` is the one it was meant for, if it named one."""

    amount: Money
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The invoices of one client in one currency, and every cent that came in for them.

    ``allocations`` tell in order what was placed (a minus: taken back), ``write_offs`` what was
    given up and why.
    """

    currency: str
    invoices: tuple[Settled, ...]
    credits: tuple[UnappliedCredit, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    write_offs: tuple[Allocation, ...] = ()

    @property
    def unapplied(self) -> Money:
        """What came in and waits for an invoice."""
        return total((credit.amount for credit in self.credits), self.currency)

    @property
    def written_off(self) -> Money:
        """What was given up on all invoices."""
        return total((each.amount for each in self.write_offs), self.currency)


def open_account(currency: str, invoices: Iterable[tuple[str, Money, date]]) -> Account:
    """Begin an account with invoices (id, amount due, day of issue) on which nothing was paid."""
    nothing = Money.zero(currency)
    return Account(
        currency,
        tuple(Settled(id_, due, nothing, nothing, issued_on) for id_, due, issued_on in invoices),
    )


def place_oldest_first(account: Account, receipt: Receipt) -> Account:
    """Place money on the invoice it names, else on the oldest open one and on.

    What is too much becomes unapplied credit. Money that goes back uses up such credit first (of
    the invoice it names, if it names one) and then opens invoices again, the newest first. This is
    for accounts that agreed to it: the service itself never places by amount alone.
    """
    if receipt.invoice_id and receipt.invoice_id not in {each.id for each in account.invoices}:
        raise NotFoundError(f"no invoice {receipt.invoice_id!r} on this account")
    nothing = Money.zero(account.currency)
    if receipt.amount < nothing:
        return _give_back(account, receipt)
    rest = receipt.amount
    for invoice in _oldest_first(account):
        if receipt.invoice_id in {"", invoice.id}:
            part = max(nothing, min(rest, invoice.open))
            account = _place(account, invoice, part, "paid")
            rest -= part
    return _add_credit(account, UnappliedCredit(rest, receipt.invoice_id))


def _oldest_first(account: Account) -> list[Settled]:
    return sorted(account.invoices, key=lambda each: each.issued_on)


def _give_back(account: Account, receipt: Receipt) -> Account:
    nothing = Money.zero(account.currency)
    rest, credits_ = -receipt.amount, []
    for credit in account.credits:
        usable = credit.amount > nothing and receipt.invoice_id in {"", credit.invoice_id}
        part = min(rest, credit.amount) if usable else nothing
        rest -= part
        credits_.append(replace(credit, amount=credit.amount - part))
    left = tuple(credit for credit in credits_ if credit.amount != nothing)
    account = replace(account, credits=left)
    for invoice in reversed(_oldest_first(account)):
        if receipt.invoice_id in {"", invoice.id}:
            part = max(nothing, min(rest, invoice.placed))
            account = _place(account, invoice, -part, "refunded")
            rest -= part
    return _add_credit(account, UnappliedCredit(-rest, receipt.invoice_id))


def _place(account: Account, invoice: Settled, amount: Money, verb: str) -> Account:
    nothing = Money.zero(account.currency)
    if amount == nothing:
        return account
    allocation = Allocation(invoice.id, amount, f"{verb}; {invoice.open} were open before")
    placed = replace(invoice, placed=invoice.placed + amount)
    return replace(
        account,
        invoices=_with(account.invoices, placed),
        allocations=(*account.allocations, allocation),
    )


def _with(invoices: Sequence[Settled], changed: Settled) -> tuple[Settled, ...]:
    return tuple(changed if each.id == changed.id else each for each in invoices)


def _add_credit(account: Account, credit: UnappliedCredit) -> Account:
    if credit.amount == Money.zero(account.currency):
        return account
    return replace(account, credits=(*account.credits, credit))


def write_off(account: Account, tolerance: Money) -> Account:
    """Give up balances that are not above ``tolerance``, each with a record of it."""
    nothing = Money.zero(account.currency)
    for invoice in account.invoices:
        if nothing < invoice.open <= tolerance:
            reason = f"{invoice.open} are within the tolerance of {tolerance}"
            closed = replace(invoice, written_off=invoice.written_off + invoice.open)
            account = replace(
                account,
                invoices=_with(account.invoices, closed),
                write_offs=(*account.write_offs, Allocation(invoice.id, invoice.open, reason)),
            )
    return account
