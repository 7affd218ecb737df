"""Credit: notes that take an issued invoice, or a part of it, back; each needs two people."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicing.domain.approvers import check_second_person
from invoicing.domain.credit import (
    CreditNote,
    LineCredit,
    Uncredited,
    credit_in_full,
    credit_note,
    issue_credit_note,
    uncredited,
)
from invoicing.domain.dispatch import MessageKind, client_messages
from invoicing.domain.draft import deposit_ref
from invoicing.domain.errors import NotFoundError, RefusedError, StateError, TerminalError
from invoicing.domain.issue import Invoice, series_key
from invoicing.domain.money import Money, total
from invoicing.domain.periods import local_date
from invoicing.domain.reconcile import WriteOff
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import DraftState
from invoicing.services.ledger_ports import CreditRecord, UnitOfWork
from invoicing.services.ports import Services

_ENDED = {DraftState.REJECTED, DraftState.EXPIRED}  # such a draft never becomes an invoice


@dataclass(frozen=True, slots=True)
class Word:
    """On whose word something is done to an issued invoice: who asked, why, and who does it."""

    asked_by: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class CreditPreview:
    """What a credit note would say, and what would be left of its invoice after it.

    ``balance`` is what would be owed then, ``to_client`` what the client would have paid too much.
    """

    note: CreditNote
    left: Uncredited
    balance: Money
    to_client: Money


def preview_credit(
    s: Services, invoice_id: str, wanted: Sequence[LineCredit] = (), reason: str = ""
) -> CreditPreview:
    """Compute the credit note over ``wanted``, or over all that is left, and change nothing."""
    with s.ledger.read() as work:
        invoice, earlier = invoice_in(work, invoice_id), notes_of(work, invoice_id)
        balance = work.payments.balances([invoice_id])[invoice_id]
        written = _written_off(work, invoice)
    if wanted:
        note = credit_note(invoice, wanted, earlier, reason=reason)
    else:
        note = credit_in_full(invoice, earlier, reason=reason)
    nothing = Money.zero(balance.currency)
    after = balance - note.totals.due
    if after < nothing:
        after = min(nothing, after + written)
    return CreditPreview(note, uncredited(invoice, [*earlier, note]), after, max(nothing, -after))


def invoice_in(work: UnitOfWork, invoice_id: str) -> Invoice:
    """Return an invoice; NotFoundError when there is none."""
    found = work.invoices.get([invoice_id])
    if not found:
        raise NotFoundError(f"the ledger has no invoice {invoice_id!r}")
    return found[0]


def notes_of(work: UnitOfWork, invoice_id: str) -> list[CreditNote]:
    """Return what the credit notes of an invoice say, the oldest first."""
    records = work.credits.of_invoices([invoice_id])[invoice_id]
    return [record.note.content for record in records]


def noted_before(
    work: UnitOfWork, invoice: Invoice, wanted: Sequence[LineCredit], reason: str
) -> str:
    """Return the number of the note that this very request made before, or nothing."""
    earlier: list[CreditNote] = []
    for record in work.credits.of_invoices([invoice.id])[invoice.id]:
        kept = record.note.content
        try:
            same = credit_note(invoice, wanted, earlier, reason=reason) == kept
        except TerminalError:
            return ""
        if same:
            return record.note.number
        earlier.append(kept)
    return ""


def check_word(s: Services, invoice: Invoice, word: Word, amount: Money) -> None:
    """Refuse what is not on the word of two people, one of them an approver within the limit."""
    if not word.reason.strip() or not word.asked_by:
        raise RefusedError("this needs a reason and the name of whoever asked for it")
    check_second_person(
        word.actor,
        asked_by=word.asked_by,
        amount=amount,
        policy=s.book.review,
        today=local_date(s.clock.now(), invoice.content.entity.zone),
    )


def credited_with(work: UnitOfWork, note: CreditNote) -> Money:
    """Return what is taken back of an invoice in all: small notes do not add up past a limit."""
    earlier = (one.totals.gross for one in notes_of(work, note.invoice_id))
    return total((*earlier, note.totals.gross), note.currency)


def check_not_settled(work: UnitOfWork, invoice: Invoice) -> None:
    """Refuse to take a deposit back while another invoice, or a draft of one, takes it off."""
    other = work.drafts.bound_to(deposit_ref(invoice.id))
    if not other or work.drafts.get([other])[0].state in _ENDED:
        return
    issued = work.invoices.get([other])
    what = issued[0].number if issued else f"draft {other}"
    raise StateError(
        f"{what} takes the deposit {invoice.number} off; void or reject that one first"
    )


def add_note(s: Services, work: UnitOfWork, note: CreditNote, word: Word) -> str:
    """Issue a credit note; the counter of its series is locked until this ends, so call it last."""
    now = s.clock.now()
    key = series_key(note.entity, now, note.entity.credit_notes)
    s.fault("credit.begin")
    _announce(s, work, note)
    sequence = work.invoices.take_numbers(key, 1)
    s.fault("credit.number_taken")
    issued = issue_credit_note(note, key=key, sequence=sequence, now=now)
    work.credits.add(CreditRecord(issued, s.book.config_hash, word.asked_by, word.actor))
    detail = {
        "number": issued.number,
        "content_hash": issued.content_hash,
        "due": str(note.totals.due),
        "gross": str(note.totals.gross),
        "closes": "yes" if note.closes else "no",
        "reason": note.reason,
        "asked_by": word.asked_by,
    }
    work.trail.add(note.invoice_id, "credited", now, detail, word.actor)
    s.fault("credit.numbered")
    return issued.number


def _announce(s: Services, work: UnitOfWork, note: CreditNote) -> None:
    """Plan that the client gets the credit note, at the addresses that it has today."""
    client = s.book.clients.get(note.client.key, note.client)
    sender = s.sender_for(note.entity)
    kind = MessageKind.CREDIT_NOTE
    work.outbox.add(client_messages(note.invoice_id, kind, note.id, client, sender))


def take_back_write_offs(
    s: Services, work: UnitOfWork, invoice: Invoice, note: CreditNote, word: Word
) -> None:
    """Take back what was given up and is credited now; nobody owes it any more."""
    nothing = Money.zero(invoice.content.currency)
    balance = work.payments.balances([invoice.id])[invoice.id] - note.totals.due
    part = min(_written_off(work, invoice), -balance)
    if part > nothing:
        now = s.clock.now()
        reason = f"credited instead: {word.reason}"
        back = WriteOff(invoice.id, -part, reason, word.asked_by, word.actor, now)
        work.write_offs.add(back)
        detail = {"amount": str(-part), "reason": reason, "asked_by": word.asked_by}
        work.trail.add(invoice.id, "written_off", now, detail, word.actor)


def show_credit_left(s: Services, work: UnitOfWork, invoice: Invoice, note: CreditNote) -> Money:
    """Show finance what the client paid and does not owe any more, with ``note`` counted."""
    nothing = Money.zero(invoice.content.currency)
    before = work.payments.balances([invoice.id])[invoice.id]
    if (balance := before - note.totals.due) >= nothing:
        return nothing
    now, left = s.clock.now(), -balance
    part = f", {-before} of it since before this note" if before < nothing else ""
    work.exceptions.close("credit_left", invoice.id, SYSTEM, "more is left by now", now)
    cause = (
        f"{left} of what was paid on {invoice.number} is the client's again{part}: pay it back or"
        " agree what it is for, and write down what was decided"
    )
    work.exceptions.open("credit_left", invoice.id, cause, now)
    work.trail.add(invoice.id, "credit_left", now, {"amount": str(left)})
    return left


def _written_off(work: UnitOfWork, invoice: Invoice) -> Money:
    given_up = work.write_offs.of_invoices([invoice.id])[invoice.id]
    return total((one.amount for one in given_up), invoice.content.currency)
