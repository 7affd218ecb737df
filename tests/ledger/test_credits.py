"""Credit notes and write-offs: numbered once, never changed, and counted in every balance."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from invoicing.domain.credit import (
    CreditNote,
    LineCredit,
    credit_in_full,
    credit_note,
    issue_credit_note,
)
from invoicing.domain.errors import InvoicingError, RefusedError, StateError
from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.issue import Invoice, series_key
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Allocation, WriteOff
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import CreditRecord, UnitOfWork
from tests.ledger.given import issued
from tests.support.builders import CONFIG, NOW, a_payment

HALF = [LineCredit(1, net=Money.parse("480.00 EUR"))]


def recorded(note: CreditNote, sequence: int = 1) -> CreditRecord:
    key = series_key(note.entity, NOW, note.entity.credit_notes)
    kept = issue_credit_note(note, key=key, sequence=sequence, now=NOW)
    return CreditRecord(kept, CONFIG, "finance", "lead")


def half_of(invoice: Invoice, sequence: int = 1) -> CreditRecord:
    return recorded(credit_note(invoice, HALF, reason="half of it"), sequence)


def given_up(invoice: Invoice, amount: str) -> WriteOff:
    return WriteOff(invoice.id, Money.parse(amount), "insolvent", "finance", "lead", NOW)


def balance(work: UnitOfWork, invoice: Invoice) -> str:
    return str(work.payments.balances([invoice.id])[invoice.id])


def test_a_credit_note_comes_back_as_it_was_issued(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    first = half_of(one, 2)
    last = recorded(credit_in_full(one, [first.note.content], reason="the rest"), 1)
    later = replace(last, note=replace(last.note, issued_at=NOW + timedelta(seconds=1)))
    with ledger.write() as work:
        work.credits.add(first)
        work.credits.add(later)
    with ledger.read() as work:
        assert work.credits.of_invoices([one.id, two.id]) == {one.id: [first, later], two.id: []}
        assert work.credits.by_number("CN-2026-00002") == first
        assert work.credits.by_number("CN-2026-00003") is None
        assert work.credits.credited([one.id, two.id, "nothing"]) == {one.id}
    assert later.note.content_hash == later.note.content.content_hash


def test_a_number_that_two_entities_have_is_no_answer(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    one = half_of(invoice)
    theirs = replace(one.note, id="another", series=replace(one.note.series, entity="harborside"))
    with ledger.write() as work:
        work.credits.add(one)
        work.credits.add(replace(one, note=theirs))
        with pytest.raises(RefusedError, match="each of brightwater, harborside"):
            work.credits.by_number("CN-2026-00001")


def test_a_number_and_the_note_that_closes_exist_once(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    whole = recorded(credit_in_full(one, reason="all of it"))
    with ledger.write() as work:
        work.credits.add(whole)
    closing_again = replace(whole, note=replace(recorded(whole.note.content, 2).note, id="again"))
    for second in (half_of(two), closing_again):
        with pytest.raises(StateError, match="breaks its keys"), ledger.write() as work:
            work.credits.add(second)


def test_every_balance_counts_payments_credit_notes_and_what_was_given_up(
    ledger: SqlLedger,
) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    payment = a_payment(amount="100.00 EUR")
    with ledger.write() as work:
        assert balance(work, one) == "1142.40 EUR"
        work.payments.add(payment, NOW)
        part = Allocation(one.id, payment.amount, "it says so")
        work.payments.allocate(payment, part, NOW)
        assert balance(work, one) == "1042.40 EUR"
        work.credits.add(half_of(one))
        assert balance(work, one) == "471.20 EUR"
        work.write_offs.add(given_up(one, "471.20 EUR"))
        assert balance(work, one) == "0.00 EUR"
        work.write_offs.add(given_up(one, "-71.20 EUR"))
        assert (balance(work, one), balance(work, two)) == ("71.20 EUR", "1142.40 EUR")
        assert work.payments.allocated([one.id, two.id]) == {
            one.id: payment.amount, two.id: Money.parse("0.00 EUR"),
        }  # fmt: skip
        assert [str(open_.balance) for open_ in work.payments.open_invoices()] == [
            "71.20 EUR", "1142.40 EUR",
        ]  # fmt: skip


def test_what_was_given_up_comes_back_in_the_order_it_was(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    first, second = given_up(one, "10.00 EUR"), given_up(one, "-10.00 EUR")
    with ledger.write() as work:
        work.write_offs.add(first)
        work.write_offs.add(second)
        assert work.write_offs.of_invoices([one.id, two.id]) == {
            one.id: [first, second], two.id: [],
        }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE credit_notes SET due_minor = 0",
        "DELETE FROM credit_notes",
        "UPDATE write_offs SET amount_minor = 0",
        "DELETE FROM write_offs",
        "UPDATE holds SET reason = 'another'",
        "DELETE FROM holds",
        "UPDATE invoices SET state = 'issued'",
    ],
)
def test_the_database_itself_keeps_them_as_they_are(ledger: SqlLedger, change: str) -> None:
    (invoice,) = issued(ledger)
    with ledger.write() as work:
        work.credits.add(half_of(invoice))
        work.write_offs.add(given_up(invoice, "1.00 EUR"))
        work.holds.place(InvoiceHold(invoice.id, HoldKind.PAUSED, "why", "finance", NOW))
        assert work.invoices.void(invoice.id)
    with pytest.raises((DBAPIError, InvoicingError)), ledger.write() as work:
        work._trail.connection.execute(text(change))
