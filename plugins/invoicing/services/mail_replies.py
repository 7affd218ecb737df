"""Mail replies: a client who writes back is not reminded until a person has read it."""

from collections.abc import Sequence
from typing import Final

from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.errors import InvoicingError
from invoicing.domain.holds import HoldKind, InvoiceHold, part_of_line
from invoicing.domain.issue import Invoice
from invoicing.domain.mailed import Mail, line_named, numbers_in
from invoicing.domain.parties import Client
from invoicing.domain.periods import local_date
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import InvoiceState
from invoicing.services.hold import lift
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services

REPLIED: Final = "the client answered by mail"
_HELD = {MessageKind.INVOICE, MessageKind.REMINDER}
TO_CLIENTS: Final = _HELD | {MessageKind.CREDIT_NOTE, MessageKind.RECEIPT}


def is_ours(s: Services, address: str) -> bool:
    """Tell whether an address belongs to our own people, who contest no invoice of ours."""
    ours = {entity.email for entity in s.book.entities.values()}
    ours |= {client.account_manager for client in s.book.clients.values()}
    ours |= {person.email for person in s.book.review.approvers.values()}
    return bool(address) and address in {one.casefold() for one in ours}


def invoices_named(s: Services, work: UnitOfWork, mail: Mail) -> list[Invoice]:
    """Return our invoices whose numbers a mail names, in the order of their mention."""
    series = [entity.series for entity in s.book.entities.values()]
    return [
        invoice for number in numbers_in(mail, series) for invoice in work.invoices.numbered(number)
    ]


def answered(
    s: Services, work: UnitOfWork, mail: Mail, row: OutboxRow, named: Sequence[Invoice]
) -> list[str]:
    """Hold what a client's answer to ``row`` is about: of several invoices those it names."""
    invoices = work.invoices.get(row.invoice_ids)
    meant = [one for one in invoices if one.id in {each.id for each in named}]
    return _hold_all(s, work, mail, meant or invoices, holds=row.kind in _HELD)


def written(s: Services, work: UnitOfWork, mail: Mail, named: Sequence[Invoice]) -> list[str]:
    """Hold the invoices that a client names of its own accord, from an address that we know."""
    theirs = [one for one in named if mail.sender in _addresses(s, one.content.client)]
    return _hold_all(s, work, mail, theirs, holds=True)


def show_unknown(s: Services, work: UnitOfWork, named: Sequence[Invoice], place: str) -> str:
    """Show finance a mail from an address that nobody knows, about an invoice of ours."""
    for invoice in named:
        cause = f"somebody whose address is not on file names {invoice.number}; read {place}"
        work.exceptions.open("mail_unknown", invoice.id, cause, s.clock.now())
    return named[0].id if named else ""


def show_unread(s: Services, work: UnitOfWork, digest: str, place: str, trouble: Exception) -> None:
    """Show finance a mail that we failed at; what other software says of it may quote the mail."""
    reason = trouble if isinstance(trouble, InvoicingError) else type(trouble).__name__
    cause = f"nothing follows from {place}, read it and do what it asks for: {reason}"
    work.exceptions.open("mail_unknown", digest, cause, s.clock.now())


def show_reply(s: Services, work: UnitOfWork, invoice_ids: Sequence[str], place: str) -> None:
    """Tell finance where to read what a client wrote about invoices."""
    for invoice in work.invoices.get(invoice_ids):
        cause = f"the client answered about {invoice.number}; read {place}"
        work.exceptions.open("client_replied", invoice.id, cause, s.clock.now())


def _addresses(s: Services, client: Client) -> set[str]:
    """Return the addresses of a client, those of its invoice and those of today."""
    book = s.book.clients.get(client.key, client)
    known = [
        address
        for one in (client, book)
        for group in (one.billing_to, one.billing_cc, one.reminders_to, one.reminders_cc)
        for address in group
    ]
    return {address.casefold() for address in [*known, *book.alternate_to]}


def _hold_all(
    s: Services, work: UnitOfWork, mail: Mail, invoices: Sequence[Invoice], *, holds: bool
) -> list[str]:
    states = work.invoices.claim([invoice.id for invoice in invoices])
    for invoice in invoices:
        if holds and states[invoice.id] is InvoiceState.ISSUED:
            _hold(s, work, mail, invoice)
    return [invoice.id for invoice in invoices]


def _hold(s: Services, work: UnitOfWork, mail: Mail, invoice: Invoice) -> None:
    """Hold the line that is named, or the whole invoice, unless somebody did so before."""
    now, content = s.clock.now(), invoice.content
    today = local_date(now, content.client.zone)
    for one in work.holds.open_on([invoice.id])[invoice.id]:
        if one.kind is HoldKind.DISPUTED and not one.counts_on(today):
            lift(s, work, invoice.id, one.kind, SYSTEM, f"it ended on {one.ends_on}")
    line = line_named(mail.text, [one.position for one in content.lines])
    balance = work.payments.balances([invoice.id])[invoice.id]
    amount = part_of_line(content, line, balance)
    hold = InvoiceHold(
        invoice.id, HoldKind.DISPUTED, REPLIED, SYSTEM, now, amount, line if amount else 0
    )
    if work.holds.place(hold):
        facts = {"amount": str(amount), "line": str(line)} if amount else {}
        detail = {"kind": str(hold.kind), "reason": hold.reason} | facts
        work.trail.add(invoice.id, "hold_placed", now, detail)
