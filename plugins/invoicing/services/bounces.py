"""Bounces: what mail servers report about mails of ours that they took before."""

from typing import Final

from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.errors import NotFoundError, TransientError
from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.mailed import DeliveryReport, Fate, rows_named
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services

PAUSE_REASON: Final = "a mail to the client came back"

# What follows a client's address that does not work; a note to our own people says nothing of it.
_PAUSES = {MessageKind.INVOICE, MessageKind.REMINDER, MessageKind.CREDIT_NOTE}
_NOTED = {
    Fate.DELIVERED: "delivery_confirmed",
    Fate.DELAYED: "delivery_delayed",
    Fate.RELAYED: "delivery_relayed",
}
_MEANINGS = {  # RFC 3463
    "5.1.1": "there is no such mailbox",
    "5.1.2": "there is no such domain",
    "5.1.10": "the domain takes no mail",
    "5.2.1": "the mailbox is closed",
    "5.2.2": "the mailbox is full",
    "5.3.4": "the mail is too big for it",
    "5.4.1": "nobody answers there",
    "5.4.4": "there is no way to it",
    "5.4.6": "mail goes round in circles there",
    "4.4.7": "it was tried for days in vain",
}
_CLASSES = {
    "5.1": "the address is wrong",
    "5.2": "the mailbox takes no mail",
    "5.4": "it cannot be reached",
    "5.6": "its server cannot read the mail",
    "5.7": "its server refuses mail from us",
}


def row_named(work: UnitOfWork, message_ids: tuple[str, ...]) -> OutboxRow | None:
    """Return the first message of ours whose Message-ID is among these."""
    for row_id in rows_named(message_ids):
        try:
            row = work.outbox.get(row_id)
        except NotFoundError:
            continue
        if row.message_id in message_ids:
            return row
    return None


def take_report(s: Services, work: UnitOfWork, report: DeliveryReport) -> tuple[str, str]:
    """Note what became of a mail of ours; return what it was about, and what was done."""
    row = row_named(work, report.returned)
    if row is None:
        return "", f"{report.fate}: about no mail of ours"
    issued = _issued(work, row)
    row = work.outbox.get(row.id)  # a person or a sender may have been faster until now
    if row.state is OutboxState.SENDING:
        # Its sender is about to say what the server answered, which comes before this.
        raise TransientError(f"message {row.id} is being sent")
    if report.fate is Fate.FAILED and row.state in {OutboxState.DONE, OutboxState.UNCERTAIN}:
        return row.id, _come_back(s, work, row, report, issued)
    action = _NOTED.get(report.fate, "bounce_repeated")
    detail = {"message": row.id, "status": report.status}
    work.trail.add(row.invoice_id, action, s.clock.now(), detail)
    return row.id, action


def _issued(work: UnitOfWork, row: OutboxRow) -> list[str]:
    """Return those of a message's invoices that are not void, kept from everybody else."""
    known = work.invoices.known(row.invoice_ids)
    states = work.invoices.claim(known)
    return [one for one in known if states[one] is InvoiceState.ISSUED]


def _come_back(
    s: Services, work: UnitOfWork, row: OutboxRow, report: DeliveryReport, issued: list[str]
) -> str:
    now = s.clock.now()
    if not work.outbox.resolve(row.id, row.state, OutboxState.BOUNCED):
        raise TransientError(f"message {row.id} is changed by somebody else")
    detail = {"message": row.id, "step": row.step, "status": report.status}
    work.trail.add(row.invoice_id, "dispatch_bounced", now, detail)
    work.exceptions.close("send_uncertain", row.id, SYSTEM, "it came back", now)
    work.exceptions.open("mail_bounced", row.id, _cause(s, work, row, report.status), now)
    if row.kind in _PAUSES:
        for invoice_id in issued:
            _pause(s, work, invoice_id, row)
    return "bounced"


def _pause(s: Services, work: UnitOfWork, invoice_id: str, row: OutboxRow) -> None:
    """Remind of nothing at an address that does not work; whoever resolves the bounce lifts it."""
    now = s.clock.now()
    hold = InvoiceHold(invoice_id, HoldKind.PAUSED, PAUSE_REASON, SYSTEM, now)
    if work.holds.place(hold):
        detail = {"kind": str(hold.kind), "reason": hold.reason, "message": row.id}
        work.trail.add(invoice_id, "hold_placed", now, detail)


def _cause(s: Services, work: UnitOfWork, row: OutboxRow, status: str) -> str:
    """Say what is wrong with the address, and whether there is another; never the address."""
    meaning = _MEANINGS.get(status) or _CLASSES.get(status[:3]) or "its server gave it back"
    cause = f"{status or 'no status'}: {meaning}"
    invoice = next(iter(work.invoices.get([row.invoice_id])), None)
    if invoice is None or row.kind not in _PAUSES:
        return cause
    client = invoice.content.client
    today = s.book.clients.get(client.key, client)
    if today.alternate_to:
        return f"{cause}; the client has another address (alternate_to), send it there"
    return f"{cause}; correct billing_to of {client.key} in config/clients.yaml"
