"""A post room: a house that reads its mail, and what its tests look at."""

from dataclasses import replace

import pytest

from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.exceptions import ExceptionEntry
from invoicing.domain.holds import InvoiceHold
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.states import DraftState
from invoicing.services import mail_answers, review
from invoicing.services.ledger_ports import MailRecord
from tests.support.mailboxes import Pigeonhole
from tests.support.services import House, a_book

FINANCE, LEAD = "fin@brightwater.example", "lead@brightwater.example"
CLIENT = "rechnung@nordwind.example"
TOKEN = "t" * 43


@pytest.fixture
def box() -> Pigeonhole:
    return Pigeonhole()


@pytest.fixture
def office(house: House, box: Pigeonhole) -> House:
    """A house that reads its mail, with two people who may approve by mail."""
    book = a_book()
    people = {
        "finance": ("20000.00 EUR", FINANCE),
        "lead": ("9000.00 EUR", LEAD),
    }
    approvers = {
        login: replace(
            book.review.approvers[login], email=email, mail_limits={"EUR": Money.parse(limit)}
        )
        for login, (limit, email) in people.items()
    }
    changed = replace(book, review=replace(book.review, approvers=approvers))
    house.s = replace(house.s, mailbox=box)
    return house.with_book(changed)


def rows(house: House, subject: str) -> list[OutboxRow]:
    with house.s.ledger.read() as work:
        return work.outbox.of_invoices([subject])


def the_row(house: House, subject: str, kind: MessageKind = MessageKind.INVOICE) -> OutboxRow:
    return next(row for row in rows(house, subject) if row.kind is kind)


def entries(house: House, code: str) -> list[ExceptionEntry]:
    with house.s.ledger.read() as work:
        return work.exceptions.open_of(code)


def holds(house: House, invoice: Invoice) -> list[InvoiceHold]:
    with house.s.ledger.read() as work:
        return work.holds.open_on([invoice.id])[invoice.id]


def records(house: House, subject: str) -> list[MailRecord]:
    with house.s.ledger.read() as work:
        return list(work.mailboxes.about(subject))


def asked(house: House, amount: str = "7000.00 EUR", deal: str = "D-1") -> tuple[str, str]:
    """Ask about a draft; returns its id and its parcel."""
    house.win_deal(deal, amount)
    (parcel,) = house.plan(f"run-{deal}")
    request = review.open_review(house.s, parcel)
    assert request is not None
    return request.draft_id, parcel


def mailed(house: House, draft_id: str, login: str = "finance", token: str = TOKEN) -> OutboxRow:
    """Hand the question to one approver over, as a claim does."""
    row = next(row for row in rows(house, draft_id) if row.step.endswith(f":{login}"))
    with house.s.write("claim") as work:
        letter = mail_answers.approval_letter(house.s, work, row, token)
        assert letter is not None
        mail_answers.keep_token(house.s, work, row, token)
    return row


def state(house: House, draft_id: str) -> DraftState:
    with house.s.ledger.read() as work:
        return work.drafts.get([draft_id])[0].state


def answer(words: str, token: str = TOKEN) -> str:
    return f"{words}\n\nOn Monday, Billing <billing@brightwater.example> wrote:\n> ap-{token}\n"
