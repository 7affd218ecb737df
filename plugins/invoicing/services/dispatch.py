"""Dispatch: claim a message, commit, hand it over once, and record the true outcome."""

import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from invoicing.domain.dispatch import (
    Attachment,
    Delivery,
    Message,
    MessageKind,
    OutboxRow,
    Outcome,
    next_attempt_at,
)
from invoicing.domain.errors import InvoicingError, StateError, TransientError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import reason_to_wait
from invoicing.domain.issue import Invoice
from invoicing.domain.letters import Letter
from invoicing.domain.money import Money
from invoicing.domain.periods import local_date
from invoicing.domain.render import DocumentKind, file_name
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services

IS_VOID = "the invoice is void"
_MARGIN_SECONDS = 30  # the result is written this long before the lease runs out, or not at all


def dispatch_parcel(s: Services, parcel_id: str) -> list[str]:
    """Send the invoices of a parcel; return the ids of the messages that are handed over."""
    recover_expired(s)
    with s.ledger.read() as work:
        invoice_ids = [item.draft_id for item in work.parcels.get(parcel_id).items]
        mine = {row.id for row in work.outbox.of_invoices(invoice_ids)}
        due = [row for row in work.outbox.due(s.lease_clock.now(), 10_000) if row.id in mine]
    _dispatch(s, due)
    with s.ledger.read() as work:
        rows = work.outbox.of_invoices(invoice_ids)
    return [row.id for row in rows if row.state is OutboxState.DONE]


def dispatch_due(s: Services, limit: int = 1000) -> list[str]:
    """Send every message that may be tried now; return the ids of those handed over."""
    recover_expired(s)
    with s.ledger.read() as work:
        rows = work.outbox.due(s.lease_clock.now(), limit)
    return _dispatch(s, rows)


def recover_expired(s: Services) -> list[str]:
    """Turn messages whose sender vanished into questions: they may or may not have arrived."""
    now = s.lease_clock.now()
    with s.ledger.read() as work:
        late = {row.invoice_id for row in work.outbox.expired(now)}
    with s.write("recover") as work:
        # Before their messages, as all others do: a sender may be coming back with its result.
        work.invoices.claim(late)
        rows = [row for row in work.outbox.expired(now) if row.invoice_id in late]
        for row in rows:
            gone = Delivery(Outcome.UNCERTAIN, "lease", 0, "the sender's lease ran out")
            _record(s, work, row, row.owner, gone)
        return [row.id for row in rows]


def mark_delivered(s: Services, outbox_id: str, actor: str) -> None:
    """Record a person's word that a failed or uncertain message arrived."""
    _resolve(s, outbox_id, Action.MARK_DELIVERED, OutboxState.DONE, actor)


def send_again(s: Services, outbox_id: str, actor: str) -> None:
    """Let a failed or uncertain message be sent again, on a person's word, under its old id."""
    _resolve(s, outbox_id, Action.SEND_AGAIN, OutboxState.PENDING, actor)


def _resolve(s: Services, outbox_id: str, action: Action, after: OutboxState, actor: str) -> None:
    now = s.clock.now()
    with s.write("resolve") as work:
        row = work.outbox.get(outbox_id)
        if _is_void(work, row.invoice_id) and after is OutboxState.PENDING:
            raise StateError(f"the invoice of message {outbox_id} is void; it is not sent again")
        if row.state not in {OutboxState.FAILED, OutboxState.UNCERTAIN}:
            raise StateError(f"message {outbox_id} is {row.state}; nobody has to decide about it")
        if not work.outbox.resolve(outbox_id, row.state, after):
            raise StateError(f"message {outbox_id} was changed by somebody else; look again")
        # In this transaction: closed later, an entry about the next failure could be meant.
        work.exceptions.settle(action, outbox_id, actor, now)
        work.trail.add(row.invoice_id, str(action), now, {"message": row.id}, actor)


def _dispatch(s: Services, rows: Iterable[OutboxRow]) -> list[str]:
    return [row.id for row in rows if _send(s, row)]


def _send(s: Services, row: OutboxRow) -> bool:
    """Send one message; True when the other side accepted it."""
    with s.ledger.read() as work:
        invoice = work.invoices.get([row.invoice_id])[0]
        document = work.documents.find(invoice.id, invoice.version, DocumentKind.INVOICE)
        balance = work.payments.balances([invoice.id])[invoice.id]
    if document is None:
        return False
    try:
        today = local_date(s.clock.now(), invoice.content.client.zone)
        content = invoice.content
        letter = Letter(
            row.kind, content.entity, content.client, today, invoice=invoice, balance=balance
        )
        text = s.renderer.mail(letter)
    except InvoicingError as error:
        return _give_up(s, row, f"the mail could not be written: {error}")
    attachment = Attachment(file_name(invoice.number), document.media_type, document.content)
    message = Message(
        row.message_id,
        s.sender_for(invoice.content.entity),
        row.recipients,
        text.subject,
        text.text,
        text.html,
        (attachment,),
    )
    # The lease begins with the claim, so that is where its end is counted from.
    ends = time.monotonic() + max(1, s.limits.lease_seconds - _MARGIN_SECONDS)
    owner = uuid4().hex
    if not _claim(s, row, invoice, balance, owner):
        return False
    delivery = _stopped(s, invoice) or s.mailer.send(message)
    s.fault("dispatch.reply_read")
    return _commit_result(s, row, owner, delivery, ends)


def _claim(s: Services, row: OutboxRow, invoice: Invoice, told: Money, owner: str) -> bool:
    """Commit the intent before connecting; a reminder is checked again in the same transaction.

    ``told`` is what the mail says is open. When that changed since, the next look writes it anew.
    """
    now = s.lease_clock.now()
    with s.write("claim") as work:
        if reason := _reason_to_drop(s, work, row, invoice):
            if work.outbox.resolve(row.id, OutboxState.PENDING, OutboxState.FAILED):
                is_mail = row.kind is MessageKind.INVOICE
                action = "message_dropped" if is_mail else "reminder_dropped"
                detail = {"message": row.id, "step": row.step, "reason": reason}
                work.trail.add(invoice.id, action, s.clock.now(), detail)
            return False
        if not _let_through(s, work, row, invoice):
            return False
        if work.payments.balances([invoice.id])[invoice.id] != told:
            return False
        lease = now + timedelta(seconds=s.limits.lease_seconds)
        claimed = work.outbox.claim(row, owner, lease, now)
        if claimed and row.kind is not MessageKind.INVOICE:
            # Written while the invoice is kept from payments and holds, so the order of its trail
            # proves that nothing spoke against this reminder, whatever the clocks say.
            detail = {"message": row.id, "step": row.step}
            work.trail.add(invoice.id, "reminder_claimed", s.clock.now(), detail)
        return claimed


def _reason_to_drop(s: Services, work: UnitOfWork, row: OutboxRow, invoice: Invoice) -> str:
    """Say why a message must not go any more, or nothing; payments and holds wait until then."""
    state = work.invoices.claim([invoice.id])[invoice.id]
    if row.kind is MessageKind.INVOICE:
        return IS_VOID if state is InvoiceState.VOID else ""
    balance = work.payments.balances([invoice.id])[invoice.id]
    today = local_date(s.clock.now(), invoice.content.client.zone)
    return reason_to_wait(state, balance, work.holds.open_on([invoice.id])[invoice.id], today)


def _let_through(s: Services, work: UnitOfWork, row: OutboxRow, invoice: Invoice) -> bool:
    """Let a message of a parked client wait, and show one of a client that is not live."""
    client = invoice.content.client.key
    gate = Gate(s, work, [client])
    if not gate.is_live(client):
        _fail(s, work, row, f"{client} is not a live client in config/clients.yaml")
    return gate.lets(client)


def _stopped(s: Services, invoice: Invoice) -> Delivery | None:
    """Look once more right before connecting: whoever was stopped since the claim gets no mail."""
    client = invoice.content.client.key
    try:
        with s.ledger.read() as work:
            if work.invoices.states([invoice.id])[invoice.id] is InvoiceState.VOID:
                return Delivery(Outcome.FAILED, "claim", 0, IS_VOID)
            if Gate(s, work, [client]).lets(client):
                return None
    except TransientError:  # raised, it would leave a claim behind, and a question about no mail
        return Delivery(Outcome.RETRY, "claim", 0, "the ledger was away before the mail left")
    return Delivery(Outcome.RETRY, "claim", 0, f"{client} was stopped before the mail left")


def _commit_result(
    s: Services, row: OutboxRow, owner: str, delivery: Delivery, ends: float
) -> bool:
    """Write the result down, even if the ledger is away for a while, as long as the lease lasts."""
    while True:
        try:
            with s.write("dispatch") as work:
                claimed = work.outbox.get(row.id)
                _record(s, work, claimed, owner, delivery)
        except TransientError:
            if time.monotonic() > ends:
                raise
            time.sleep(1)
        else:
            return delivery.outcome is Outcome.ACCEPTED


def _record(s: Services, work: UnitOfWork, row: OutboxRow, owner: str, delivery: Delivery) -> None:
    now = s.lease_clock.now()
    is_void = _is_void(work, row.invoice_id)
    after, not_before = OutboxState.DONE, None
    if delivery.outcome is Outcome.UNCERTAIN:
        after = OutboxState.UNCERTAIN
    elif delivery.outcome is Outcome.FAILED:
        after = OutboxState.FAILED
    elif delivery.outcome is Outcome.RETRY:
        not_before = None if is_void else next_attempt_at(row.attempt, now)
        after = OutboxState.PENDING if not_before else OutboxState.FAILED
    if not work.outbox.finish(row.id, owner, after, delivery, now, not_before):
        _note_late_result(s, work, row, delivery)
        return
    detail = {
        "message": row.id,
        "kind": str(row.kind),
        "step": row.step,
        "attempt": str(row.attempt),
        "outcome": str(delivery.outcome),
        "phase": delivery.phase,
        "reply": delivery.detail,
    }
    work.trail.add(row.invoice_id, f"dispatch_{after}", s.clock.now(), detail)
    _show(s, work, row, after, delivery)
    if is_void:  # on record, but nothing is left to do about it
        for code in ("send_failed", "send_uncertain"):
            work.exceptions.close(code, row.id, SYSTEM, IS_VOID, s.clock.now())


def _is_void(work: UnitOfWork, invoice_id: str) -> bool:
    """Tell whether an invoice is void, and keep it from becoming so until this ends."""
    return work.invoices.claim([invoice_id])[invoice_id] is InvoiceState.VOID


def _show(
    s: Services, work: UnitOfWork, row: OutboxRow, after: OutboxState, delivery: Delivery
) -> None:
    """Open an exception for what a person must know."""
    now, cause = s.clock.now(), f"{delivery.phase}: {delivery.detail}"
    if after is OutboxState.FAILED:
        work.exceptions.open("send_failed", row.id, cause, now)
    elif after is OutboxState.UNCERTAIN:
        work.exceptions.open("send_uncertain", row.id, cause, now)


def _note_late_result(s: Services, work: UnitOfWork, row: OutboxRow, delivery: Delivery) -> None:
    """A sender came back after its lease: its word is evidence, the state stays as it is."""
    detail = {"message": row.id, "outcome": str(delivery.outcome), "phase": delivery.phase}
    work.trail.add(row.invoice_id, "late_result", s.clock.now(), detail)


def _give_up(s: Services, row: OutboxRow, cause: str) -> bool:
    """Show a message that cannot be tried to a person instead of letting it wait for ever."""
    with s.write("give_up") as work:
        _fail(s, work, row, cause)
    return False


def _fail(s: Services, work: UnitOfWork, row: OutboxRow, cause: str) -> None:
    now = s.clock.now()
    if work.outbox.resolve(row.id, OutboxState.PENDING, OutboxState.FAILED):
        work.exceptions.open("send_failed", row.id, cause, now)
        detail = {"message": row.id, "reason": cause}
        work.trail.add(row.invoice_id, "dispatch_failed", now, detail)
