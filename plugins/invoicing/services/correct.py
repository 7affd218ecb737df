"""Correct: an issued invoice is voided, owed again, credited in part or written off.

Asking and carrying out are two people: one asks with a reason, an approver of config/review.yaml
carries it out, within that person's limit.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from invoicing.domain.bounds import RELEASED
from invoicing.domain.credit import CreditNote, LineCredit, credit_in_full, credit_note
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation, ObligationKey
from invoicing.domain.parties import Mode
from invoicing.domain.reconcile import WriteOff
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.domain.work import ref_of
from invoicing.services.compose import ABOUT_MESSAGES, IS_VOID, REMINDING
from invoicing.services.credit import (
    Word,
    add_note,
    check_not_settled,
    check_word,
    credited_with,
    invoice_in,
    noted_before,
    notes_of,
    show_credit_left,
    take_back_write_offs,
)
from invoicing.services.gate import Gate
from invoicing.services.hold import lift
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.letters import drop_waiting
from invoicing.services.parcels import agreement_of
from invoicing.services.ports import Services
from invoicing.services.report import facts_today

# What is said about an invoice whatever is still owed on it.
_NOT_ABOUT_DEBT = frozenset({MessageKind.INVOICE, MessageKind.NOTICE, MessageKind.RECEIPT})
CORRECTION, WRITE_OFF = "correction_asked", "write_off_asked"


def ask_correction(s: Services, invoice_id: str, reason: str, actor: str) -> str:
    """Ask another person to void or correct an invoice; return the id of the exception."""
    return _ask(s, CORRECTION, invoice_id, reason, actor)


def ask_write_off(s: Services, invoice_id: str, reason: str, actor: str) -> str:
    """Ask another person to give up what is open of an invoice; return the id of the exception."""
    return _ask(s, WRITE_OFF, invoice_id, reason, actor)


def void_invoice(s: Services, invoice_id: str, actor: str) -> str:
    """Take an invoice back for good, as somebody asked; say what was done."""
    with s.write("void") as work:
        invoice, state = _claim(s, work, invoice_id)
        if state is InvoiceState.VOID:
            work.exceptions.settle(Action.VOID, invoice_id, actor, s.clock.now())
            return f"{invoice.number} is void already"
        word = _word(work, CORRECTION, invoice, actor)
        note = credit_in_full(invoice, notes_of(work, invoice_id), reason=word.reason)
        return _said(invoice, *_void(s, work, invoice, note, word, Action.VOID))


def correct_invoice(s: Services, invoice_id: str, actor: str) -> str:
    """Take an invoice back and let the same be owed again, with today's facts; say what was done.

    What was owed gets a new revision, which the next run drafts. One that is void is only owed
    again, and once.
    """
    with s.ledger.read() as work:
        owed = work.obligations.of_draft(invoice_in(work, invoice_id).id)
        is_done = _is_owed_again(work, owed)
    today = [] if is_done else facts_today(s, owed)
    s.fault("correct.source_read")
    with s.write("correct") as work:
        invoice, state = _claim(s, work, invoice_id)
        if _is_owed_again(work, owed):
            work.exceptions.settle(Action.CORRECT, invoice_id, actor, s.clock.now())
            return f"{invoice.number} is void, and owed again already"
        word = _word(work, CORRECTION, invoice, actor)
        _refuse_in_shadow(s, work, invoice)
        _check_facts(s, work, today)
        if state is InvoiceState.VOID:
            check_word(s, invoice, word, invoice.content.totals.gross)
            _owe_again(s, work, invoice, today, word)
            work.exceptions.settle(Action.CORRECT, invoice_id, actor, s.clock.now())
            return f"what {invoice.number} was about is owed again"
        _owe_again(s, work, invoice, today, word)
        note = credit_in_full(invoice, notes_of(work, invoice_id), reason=word.reason)
        done = _void(s, work, invoice, note, word, Action.CORRECT)
        return f"{_said(invoice, *done)}, and what it was about is owed again"


def credit_lines(
    s: Services,
    invoice_id: str,
    wanted: Sequence[LineCredit],
    reason: str,
    asked_by: str,
    actor: str,
) -> str:
    """Take parts of an invoice back, on the word of two people; return the number of the note.

    The same request, made again, changes nothing and returns the first number. A note that leaves
    nothing of the invoice makes it void.
    """
    word = Word(asked_by, reason.strip(), actor)
    with s.write("credit") as work:
        invoice, state = _claim(s, work, invoice_id)
        if number := noted_before(work, invoice, wanted, word.reason):
            return number
        if state is InvoiceState.VOID:
            raise StateError(f"{invoice.number} is void; nothing of it is left to credit")
        note = credit_note(invoice, wanted, notes_of(work, invoice_id), reason=word.reason)
        if note.closes:
            return _void(s, work, invoice, note, word, Action.VOID)[0]
        check_word(s, invoice, word, credited_with(work, note))
        check_not_settled(work, invoice)
        take_back_write_offs(s, work, invoice, note, word)
        show_credit_left(s, work, invoice, note)
        return add_note(s, work, note, word)


def write_off(s: Services, invoice_id: str, actor: str) -> str:
    """Give up what is open of an invoice, as somebody asked; say what was done."""
    now = s.clock.now()
    with s.write("write_off") as work:
        invoice, _ = _claim(s, work, invoice_id)
        balance = work.payments.balances([invoice_id])[invoice_id]
        if balance <= Money.zero(balance.currency):
            work.exceptions.settle(Action.WRITE_OFF, invoice_id, actor, now)
            return f"nothing of {invoice.number} is open"
        word = _word(work, WRITE_OFF, invoice, actor)
        check_word(s, invoice, word, balance)
        work.write_offs.add(
            WriteOff(invoice_id, balance, word.reason, word.asked_by, word.actor, now)
        )
        _drop_messages(s, work, invoice, "the rest was written off", _NOT_ABOUT_DEBT)
        work.exceptions.settle(Action.WRITE_OFF, invoice_id, actor, now)
        detail = {"amount": str(balance), "reason": word.reason, "asked_by": word.asked_by}
        work.trail.add(invoice_id, "written_off", now, detail, actor)
        return f"{balance} of {invoice.number} are written off"


def _ask(s: Services, code: str, invoice_id: str, reason: str, actor: str) -> str:
    now, reason = s.clock.now(), reason.strip()
    if not reason or not actor:
        raise RefusedError("whoever asks gives a name and a reason")
    with s.write("ask_correction") as work:
        state = work.invoices.claim([invoice_id]).get(invoice_id)
        invoice = invoice_in(work, invoice_id)
        for entry in work.exceptions.of_subjects([invoice_id]):
            if entry.code == code and entry.closed_at is None:
                return entry.id
        _check_askable(work, code, invoice, state)
        work.trail.add(invoice_id, code, now, {"reason": reason}, actor)
        return work.exceptions.open(code, invoice_id, f"{actor}: {reason}", now)


def _check_askable(
    work: UnitOfWork, code: str, invoice: Invoice, state: InvoiceState | None
) -> None:
    """Refuse to ask for what cannot be done any more."""
    if code == WRITE_OFF:
        balance = work.payments.balances([invoice.id])[invoice.id]
        if balance <= Money.zero(balance.currency):
            raise StateError(f"nothing of {invoice.number} is open")
    elif state is InvoiceState.VOID and _is_owed_again(work, work.obligations.of_draft(invoice.id)):
        raise StateError(f"{invoice.number} is void, and owed again already")


def _claim(s: Services, work: UnitOfWork, invoice_id: str) -> tuple[Invoice, InvoiceState]:
    """Keep everybody else from what is billed under the agreement and from the invoice."""
    invoice = invoice_in(work, invoice_id)
    theirs = {one.key for one in s.book.agreements_with(invoice.content.client.key)}
    work.obligations.claim(theirs | {agreement_of(invoice.content)})
    return invoice, work.invoices.claim([invoice_id])[invoice_id]


def _word(work: UnitOfWork, code: str, invoice: Invoice, actor: str) -> Word:
    """Return who asked and why, from the trail; only what nobody decided yet counts."""
    entries = work.exceptions.of_subjects([invoice.id])
    if not any(entry.code == code and entry.closed_at is None for entry in entries):
        raise StateError(f"nobody asked for this about {invoice.number}, or it was decided already")
    asked = [entry for entry in work.trail.of(invoice.id) if entry.action == code]
    return Word(asked[-1].actor, dict(asked[-1].detail)["reason"], actor)


def _void(
    s: Services, work: UnitOfWork, invoice: Invoice, note: CreditNote, word: Word, action: Action
) -> tuple[str, Money]:
    """Do all that makes an invoice void in this unit of work; the number is taken last.

    Returns the number of the note and what was paid for nothing.
    """
    now = s.clock.now()
    check_word(s, invoice, word, credited_with(work, note))
    check_not_settled(work, invoice)
    if not work.invoices.void(invoice.id):
        raise StateError(f"{invoice.number} was changed by somebody else; look again")
    _drop_messages(s, work, invoice, IS_VOID)
    for hold in work.holds.open_on([invoice.id])[invoice.id]:
        lift(s, work, invoice.id, hold.kind, word.actor, IS_VOID)
    work.drafts.free(invoice.id)
    take_back_write_offs(s, work, invoice, note, word)
    left = show_credit_left(s, work, invoice, note)
    work.exceptions.settle(action, invoice.id, word.actor, now)
    for code in (CORRECTION, WRITE_OFF):
        work.exceptions.close(code, invoice.id, word.actor, IS_VOID, now)
    detail = {"number": invoice.number, "reason": word.reason, "asked_by": word.asked_by}
    work.trail.add(invoice.id, "voided", now, detail, word.actor)
    return add_note(s, work, note, word), left


def _said(invoice: Invoice, number: str, left: Money) -> str:
    paid = f"; {left} that was paid is the client's again" if left.amount else ""
    return f"{invoice.number} is void with {number}{paid}"


def _drop_messages(
    s: Services,
    work: UnitOfWork,
    invoice: Invoice,
    reason: str,
    but: Collection[MessageKind] = (),
) -> None:
    """Drop what is planned and what waits to be sent; what is under way cannot be called back.

    Reminders first: one that is being queued meanwhile is seen among the messages then. The credit
    note still goes out, and so does a reminder that is about other invoices, too.
    """
    now = s.clock.now()
    drop_waiting(s, work, invoice.id, reason)
    for row in work.outbox.of_invoices([invoice.id]):
        if row.kind in but or row.about or not row.ends_with_invoice:
            continue
        if row.kind not in REMINDING and work.outbox.resolve(
            row.id, OutboxState.PENDING, OutboxState.FAILED
        ):
            detail = {"message": row.id, "step": row.step, "reason": reason}
            work.trail.add(invoice.id, "message_dropped", now, detail)
        for code in ABOUT_MESSAGES:
            work.exceptions.close(code, row.id, SYSTEM, reason, now)


def _refuse_in_shadow(s: Services, work: UnitOfWork, invoice: Invoice) -> None:
    """Refuse what the next run would only compare: it would end there and never be billed."""
    client = invoice.content.client.key
    if Gate(s, work, [client]).mode(client) is Mode.SHADOW:
        raise StateError(f"{client} is in shadow, where nothing is billed again; void it instead")


def _is_owed_again(work: UnitOfWork, owed: Sequence[Obligation]) -> bool:
    return bool(work.obligations.where([_next(one.key).id for one in owed]))


def _next(key: ObligationKey) -> ObligationKey:
    return replace(key, revision=key.revision + 1)


def _check_facts(s: Services, work: UnitOfWork, today: Sequence[Obligation]) -> None:
    """Refuse facts that another thing owed took in while they were read."""
    mine = {one.key for one in today}
    theirs = {one.key for one in s.book.agreements_with(today[0].client)}
    known = work.obligations.of_agreements(theirs | {key.agreement for key in mine})
    others = {
        ref_of(each)
        for key, one in known.obligations.items()
        if key not in mine
        for each in one.work
    }
    if any(ref_of(each) in others for one in today for each in one.work):
        raise StateError("more was decided for this client meanwhile; try again")


def _owe_again(
    s: Services, work: UnitOfWork, invoice: Invoice, today: Sequence[Obligation], word: Word
) -> None:
    """Let the next run draft the same things again; whoever asked may not approve that draft."""
    again = [
        replace(
            one,
            key=_next(one.key),
            reported_by=one.reported_by or word.asked_by,
            flags=tuple(flag for flag in one.flags if flag != RELEASED),
        )
        for one in today
    ]
    work.obligations.add(again)
    for one in again:
        detail = {"after": invoice.number, "reason": word.reason, "asked_by": word.asked_by}
        work.trail.add(one.key.id, "owed_again", s.clock.now(), detail, word.actor)
    keys = ", ".join(str(one.key) for one in again)
    work.trail.add(invoice.id, "owed_again", s.clock.now(), {"obligations": keys}, word.actor)
