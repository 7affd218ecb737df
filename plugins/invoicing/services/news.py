"""News: what follows when money came or is late.

The client, our account manager and the sources hear of it: each piece of news is a message in the
outbox, planned in the transaction that it is about; its step names the occasion, so planning it
again plans it once. A paid milestone may make the next one due.
"""

from collections.abc import Iterator, Sequence

from invoicing.domain.agreements import Project
from invoicing.domain.dispatch import (
    MessageKind,
    OutboxRow,
    Purpose,
    Recipients,
    outbox_row,
    recipients_for,
)
from invoicing.domain.events import event_key
from invoicing.domain.issue import Invoice
from invoicing.domain.milestones import due_by_payment, next_milestone
from invoicing.domain.parties import Channel, Client
from invoicing.domain.periods import local_date
from invoicing.domain.reconcile import Payment
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.letters import LATE, PAID
from invoicing.services.ports import Services

# References of an invoice, and the collection of a source that such things are in.
_COLLECTIONS = {
    "project": "projects",
    "deal": "deals",
    "estimate": "estimates",
    "document": "documents",
    "change": "changes",
}
UPDATABLE = ("clients", "agreements", *_COLLECTIONS.values())


def tell_paid(s: Services, work: UnitOfWork, invoice: Invoice, payment: Payment) -> list[str]:
    """Plan what follows a payment: a receipt, a note to the account manager, notes to sources.

    A client gets a receipt if it wants them. The manager of a client hears of each payment if that
    is asked for, and always of one for an invoice that was late.
    """
    client, step = _client(s, invoice), f"{PAID}:{payment.key}"
    rows = list(_to_sources(s, invoice, step))
    if client.receipts:
        to = recipients_for(client, Purpose.RECEIPTS)
        rows.append(_mail(s, invoice, MessageKind.RECEIPT, step, to))
    today = local_date(s.clock.now(), invoice.content.entity.zone)
    if client.tell_account_manager or today > invoice.due_on:
        rows += _to_manager(s, invoice, client, step)
    return work.outbox.add(rows)


def tell_late(s: Services, work: UnitOfWork, invoices: Sequence[Invoice]) -> list[str]:
    """Plan the notes about invoices that are late, once for each: in the records of what was sold
    and, where that is asked for, to the account manager."""
    rows: list[OutboxRow] = []
    for invoice in invoices:
        rows += _to_sources(s, invoice, LATE)
        client = _client(s, invoice)
        if client.tell_account_manager:
            rows += _to_manager(s, invoice, client, LATE)
    return work.outbox.add(rows)


def arm_next(s: Services, work: UnitOfWork, invoice: Invoice) -> None:
    """Say which milestone comes next when one before it is paid, and let it be billed if it waits
    for that money; what the project system calls done later meets what is owed already."""
    now, content = s.clock.now(), invoice.content
    units: dict[str, set[str]] = {}
    for owed in content.obligations:
        units.setdefault(owed.agreement, set()).add(owed.unit)
    for key, billed in units.items():
        agreement = s.book.agreements.get(key)
        if agreement is None or not isinstance(agreement.pricing, Project):
            continue
        following = next_milestone(agreement.pricing, billed, is_deposit=content.is_deposit)
        if following is None:
            continue
        detail = {"milestone": following.key, "agreement": key}
        if following.after_payment:
            today = local_date(now, content.client.zone)
            event = due_by_payment(agreement, following, invoice.id, today)
            work.inbox.add_events([event], now)
            detail["event"] = event_key(event.source, event.event_id)
        work.trail.add(invoice.id, "milestone_armed", now, detail)


def _client(s: Services, invoice: Invoice) -> Client:
    """Return the client as it is configured today; one that left the book as it was invoiced."""
    client = invoice.content.client
    return s.book.clients.get(client.key, client)


def _to_manager(s: Services, invoice: Invoice, client: Client, step: str) -> Iterator[OutboxRow]:
    if client.account_manager:
        yield _mail(s, invoice, MessageKind.NOTICE, step, Recipients((client.account_manager,)))


def _to_sources(s: Services, invoice: Invoice, step: str) -> Iterator[OutboxRow]:
    """Yield a note for everything the invoice is about that a source wants to be told of."""
    for source, collections in sorted(s.sources.listeners().items()):
        for collection, object_id in _objects(s, invoice, source):
            if collection in collections:
                place = f"{source}/{collection}/{object_id}"
                yield outbox_row(
                    invoice.id, MessageKind.NOTICE, f"{step}@{place}", Recipients((place,)),
                    s.sender_for(invoice.content.entity), channel=Channel.SOURCE,
                )  # fmt: skip


def _objects(s: Services, invoice: Invoice, source: str) -> list[tuple[str, str]]:
    """Return what a source may know the invoice by, as collection and id, each once."""
    content = invoice.content
    agreements = {key.agreement for key in content.obligations}
    known = (s.book.agreements.get(key) for key in sorted(agreements))
    found = [("clients", content.client.key)]
    found += [("agreements", one.key) for one in known if one and one.work_source == source]
    found += [
        (_COLLECTIONS[one.kind], one.id) for one in content.references if one.kind in _COLLECTIONS
    ]
    return list(dict.fromkeys(found))


def _mail(
    s: Services, invoice: Invoice, kind: MessageKind, step: str, recipients: Recipients
) -> OutboxRow:
    sender = s.sender_for(invoice.content.entity)
    return outbox_row(invoice.id, kind, step, recipients, sender)
