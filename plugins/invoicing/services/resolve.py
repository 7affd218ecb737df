"""Resolve: what becomes of a message that failed, came back, or of which nobody knows."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from invoicing.domain.dispatch import (
    GOES_TO_CLIENT,
    MessageKind,
    OutboxRow,
    Purpose,
    Recipients,
    copies_of,
    outbox_row,
    recipients_for,
    step_to_other,
)
from invoicing.domain.errors import RefusedError, StateError, TransientError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.parties import Channel, Client
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import OutboxState
from invoicing.services.compose import ABOUT_MESSAGES, is_void
from invoicing.services.credit import invoice_in
from invoicing.services.hold import lift
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services

_OPEN_STATES = frozenset({OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.BOUNCED})
_LOOKED_FOR = timedelta(days=3)  # a mail that is not among the sent ones by then never will be
_PURPOSES = {MessageKind.REMINDER: Purpose.REMINDERS, MessageKind.RECEIPT: Purpose.RECEIPTS}


def mark_delivered(s: Services, outbox_id: str, actor: str) -> None:
    """Record a person's word that a message arrived, whatever became of its mail."""
    _decide(s, outbox_id, Action.MARK_DELIVERED, OutboxState.DONE, actor)


def send_again(s: Services, outbox_id: str, actor: str) -> None:
    """Let a message be sent again, on a person's word, under its old id."""
    _decide(s, outbox_id, Action.SEND_AGAIN, OutboxState.PENDING, actor)


def _decide(s: Services, outbox_id: str, action: Action, after: OutboxState, actor: str) -> None:
    with s.write("resolve") as work:
        row = _claim(work, outbox_id, sends=after is OutboxState.PENDING)
        if not work.outbox.resolve(row.id, row.state, after):
            raise StateError(f"message {row.id} was changed by somebody else; look again")
        _settle(s, work, row, action, actor)


def send_to_other(s: Services, outbox_id: str, actor: str) -> str:
    """Send the same to the client's other address; return the id of the new message.

    The address comes from config/clients.yaml, never from a mail or a form. The old message stays
    what it is.
    """
    with s.write("send_to_other") as work:
        row = _claim(work, outbox_id, sends=True)
        if row.kind not in GOES_TO_CLIENT or row.channel is not Channel.MAIL:
            raise RefusedError(
                "this did not go to a client; correct the address of our own people in config/,"
                " which counts for the mails that follow"
            )
        content = invoice_in(work, row.invoice_id).content
        client = s.book.clients.get(content.client.key, content.client)
        copies = copies_of(row, work.outbox.of_invoices([row.invoice_id]))
        step, sender = step_to_other(row, copies), s.sender_for(content.entity)
        to = _other_address(client, copies)
        new = outbox_row(row.invoice_id, row.kind, step, to, sender, about=row.about)
        work.outbox.add([new])
        _settle(s, work, row, Action.SEND_TO_OTHER, actor, {"new": new.id})
        return new.id


def resolve_uncertain(s: Services, limit: int = 100) -> list[str]:
    """Look for mails with an unknown outcome among the sent ones; return those that are there.

    One that is not there may have arrived all the same: a person goes on deciding about it, and
    nothing is sent again by itself.
    """
    if s.mailbox is None:
        return []
    with s.ledger.read() as work:
        rows = work.outbox.uncertain(s.lease_clock.now() - _LOOKED_FOR, limit)
    found: list[str] = []
    for row in rows:
        try:
            there = s.mailbox.has_sent(row.message_id)
        except TransientError:
            break
        if there is None:  # nobody can know, of the others no more than of this one
            break
        if there and _note_found(s, row):
            found.append(row.id)
    return found


def _note_found(s: Services, row: OutboxRow) -> bool:
    now = s.clock.now()
    with s.write("found_sent") as work:
        work.invoices.claim(row.invoice_ids)
        if not work.outbox.resolve(row.id, OutboxState.UNCERTAIN, OutboxState.DONE):
            return False
        decision = "found among the sent mails"
        work.exceptions.close("send_uncertain", row.id, SYSTEM, decision, now)
        work.trail.add(row.invoice_id, "found_sent", now, {"message": row.id})
        return True


def _claim(work: UnitOfWork, outbox_id: str, *, sends: bool = False) -> OutboxRow:
    """Return a message that somebody has to decide about, and let nobody else decide meanwhile."""
    if is_void(work, work.outbox.get(outbox_id)) and sends:
        raise StateError(f"the invoice of message {outbox_id} is void; it is not sent again")
    row = work.outbox.get(outbox_id)
    if row.state not in _OPEN_STATES or not _is_open(work, [outbox_id]):
        raise StateError(f"message {outbox_id} is {row.state}; nobody has to decide about it")
    return row


def _is_open(work: UnitOfWork, outbox_ids: Collection[str]) -> bool:
    entries = work.exceptions.of_subjects(outbox_ids)
    return any(entry.code in ABOUT_MESSAGES and entry.closed_at is None for entry in entries)


def _settle(
    s: Services,
    work: UnitOfWork,
    row: OutboxRow,
    action: Action,
    actor: str,
    more: dict[str, str] | None = None,
) -> None:
    """Write the decision down in this transaction.

    Closed later, an entry about the next failure could be meant.
    """
    now = s.clock.now()
    work.exceptions.settle(action, row.id, actor, now)
    detail = {"message": row.id} | (more or {})
    work.trail.add(row.invoice_id, str(action), now, detail, actor)
    for invoice in work.invoices.get(row.invoice_ids):
        _end_pause(s, work, row, invoice, (actor, action))


def _end_pause(
    s: Services, work: UnitOfWork, row: OutboxRow, invoice: Invoice, word: tuple[str, Action]
) -> None:
    """Let an invoice be reminded of again that was paused because its mail came back.

    It stays paused while another of its mails that came back waits for a decision.
    """
    rows = work.outbox.of_invoices([invoice.id])
    others = [one.id for one in rows if one.state is OutboxState.BOUNCED and one.id != row.id]
    if others and _is_open(work, others):
        return
    actor, action = word
    for hold in work.holds.open_on([invoice.id])[invoice.id]:
        if hold.kind is HoldKind.PAUSED and hold.placed_by == SYSTEM:
            lift(s, work, invoice.id, hold.kind, actor, str(action))


def _other_address(client: Client, copies: Sequence[OutboxRow]) -> Recipients:
    """Return the address a client gave for such cases, or the one that was corrected since.

    Where one of the ``copies`` went already, it goes no second time.
    """
    usual = recipients_for(client, _PURPOSES.get(copies[0].kind, Purpose.BILLING))
    tried = [{address.casefold() for address in one.recipients.to} for one in copies]
    for to in (client.alternate_to, usual.to):
        wanted = {address.casefold() for address in to}
        if wanted and not any(wanted <= one for one in tried):
            cc = tuple(one for one in usual.cc if one not in to)
            bcc = tuple(one for one in usual.bcc if one not in to)
            return Recipients(to, cc, bcc)
    raise RefusedError(
        f"there is no other address of {client.key}: add `alternate_to` in config/clients.yaml, or"
        " correct `billing_to` there"
    )
