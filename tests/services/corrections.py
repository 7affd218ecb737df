"""Hands for tests about corrections: ask as one person, carry out as another, look at the rest."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from invoicing.domain.exceptions import Action
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.review import Approver
from invoicing.domain.states import InvoiceState
from invoicing.services import attend, correct, reconcile, report
from invoicing.services.ledger_ports import CreditRecord
from invoicing.services.verify import verify
from tests.support.services import House, a_book

WHY = "the client was promised another price"


@pytest.fixture(autouse=True)
def keeps_every_promise(house: House) -> Iterator[None]:
    """Look at the whole ledger after a test: whatever happened in it, every promise holds."""
    yield
    assert verify(house.s) == []


def asked(house: House, invoice: Invoice, by: str = "finance") -> str:
    """Ask for a correction and return the id of the exception."""
    return correct.ask_correction(house.s, invoice.id, WHY, by)


def done(house: House, invoice: Invoice, action: Action, by: str = "lead") -> str:
    """Ask for a correction and carry it out as somebody else."""
    return attend.act(house.s, asked(house, invoice), action, by)


def state_of(house: House, invoice: Invoice) -> InvoiceState:
    """Return where an invoice stands."""
    with house.s.ledger.read() as work:
        return work.invoices.states([invoice.id])[invoice.id]


def balance_of(house: House, invoice: Invoice) -> str:
    """Return what is owed on an invoice."""
    with house.s.ledger.read() as work:
        return str(work.payments.balances([invoice.id])[invoice.id])


def notes_of(house: House, invoice: Invoice) -> list[CreditRecord]:
    """Return the credit notes of an invoice."""
    with house.s.ledger.read() as work:
        return work.credits.of_invoices([invoice.id])[invoice.id]


def numbers_of(house: House, *invoices: Invoice) -> list[str]:
    """Return the numbers of the credit notes of some invoices."""
    return sorted(one.note.number for invoice in invoices for one in notes_of(house, invoice))


def pay(house: House, payment_id: str, amount: str, reference: str) -> None:
    """Let a payment arrive and be placed."""
    house.pay(payment_id, amount, reference)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)


def entry_of(house: House, code: str) -> str:
    """Return the id of the one open exception of a kind."""
    with house.s.ledger.read() as work:
        (entry,) = [one for one in work.exceptions.list_open(100) if one.code == code]
    return entry.id


def limited(house: House, login: str, limit: str) -> House:
    """Return the house where an approver has a limit."""
    book = house.s.book if house.s.book.review.approvers else a_book()
    money = Money.parse(limit)
    approvers = {**book.review.approvers, login: Approver(login, {money.currency: money})}
    return house.with_book(replace(book, review=replace(book.review, approvers=approvers)))
