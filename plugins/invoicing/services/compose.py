"""Compose: what a message says and carries, read from the ledger each time it may leave.

`said` is read twice: to write the message, and again in the transaction that claims it. Only if
both are the same does the message leave, so a mail never says what was true a moment ago.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.dispatch import (
    ISSUED,
    Attachment,
    Message,
    MessageKind,
    OutboxRow,
)
from invoicing.domain.errors import RefusedError
from invoicing.domain.issue import Invoice
from invoicing.domain.letters import Letter, Note
from invoicing.domain.parties import Channel, Client, EInvoice
from invoicing.domain.periods import local_date
from invoicing.domain.render import Archived, DocumentKind, file_name
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.services.ledger_ports import Document, UnitOfWork
from invoicing.services.letters import account_page, money_letter, reminder_letter, source_note
from invoicing.services.mail_answers import approval_letter
from invoicing.services.ports import Services

Said: TypeAlias = Letter | Note

IS_VOID = "the invoice is void"
ABOUT_MESSAGES = ("send_failed", "send_uncertain", "mail_bounced")  # exceptions about a message
NOTE_VERSION = 1  # a credit note has no drafts, so its document has the first version
CAME = frozenset({OutboxState.DONE, OutboxState.UNCERTAIN, OutboxState.BOUNCED})
REMINDING = frozenset({MessageKind.REMINDER, MessageKind.ESCALATION})
_NEEDLESS: Mapping[MessageKind, str] = {
    MessageKind.INVOICE: IS_VOID,
    MessageKind.CREDIT_NOTE: "the client never got the invoice",
    MessageKind.APPROVAL: "nobody has to answer any more",
}


@dataclass(frozen=True, slots=True)
class Papers:
    """The documents that go with a message; ``letter`` is made for it, the others are stored."""

    files: tuple[Attachment, ...] = ()
    letter: Document | None = None


def is_void(work: UnitOfWork, row: OutboxRow) -> bool:
    """Tell whether the invoices of a message are void, and keep them from becoming so meanwhile.

    Never of a message that is sent all the same: the credit note of a void invoice.
    """
    states = work.invoices.claim(row.invoice_ids)
    return (
        row.ends_with_invoice
        and bool(states)
        and all(state is InvoiceState.VOID for state in states.values())
    )


def said(s: Services, work: UnitOfWork, row: OutboxRow, token: str) -> Said | None:
    """Return what a message says now; None when there is no reason for it any more."""
    if row.channel is Channel.SOURCE:
        return source_note(s, work, row)
    if row.kind is MessageKind.INVOICE or row.step == ISSUED:
        return _invoice_letter(s, work, row)
    match row.kind:
        case MessageKind.CREDIT_NOTE:
            return _note_letter(s, work, row)
        case MessageKind.REMINDER | MessageKind.ESCALATION:
            return reminder_letter(s, work, row)
        case MessageKind.APPROVAL:
            return approval_letter(s, work, row, token)
    return money_letter(s, work, row)


def needless(work: UnitOfWork, row: OutboxRow) -> str:
    """Say why a message that has nothing to say is dropped; nothing while it may have again."""
    if row.kind is MessageKind.CREDIT_NOTE and _may_come(work, row.invoice_id):
        return ""
    return _NEEDLESS.get(row.kind, "there is no occasion for it any more")


def _may_come(work: UnitOfWork, invoice_id: str) -> bool:
    """Tell whether a client who never got an invoice may still get it."""
    if work.invoices.states([invoice_id])[invoice_id] is InvoiceState.ISSUED:
        return True
    waiting = {OutboxState.PENDING, OutboxState.SENDING}
    rows = work.outbox.of_invoices([invoice_id])
    return any(one.kind is MessageKind.INVOICE and one.state in waiting for one in rows)


def papers(work: UnitOfWork, row: OutboxRow, letter: Letter) -> Papers:
    """Return the stored documents that go with a message."""
    match row.kind:
        case MessageKind.INVOICE if letter.invoice:
            invoice = letter.invoice
            made = work.documents.of(invoice.id, invoice.version)
            return Papers(_attached(invoice.number, made, letter.client))
        case MessageKind.CREDIT_NOTE if letter.credit_note:
            note = letter.credit_note
            made = work.documents.of(note.id, NOTE_VERSION)
            return Papers(_attached(note.number, made, letter.client))
        case MessageKind.REMINDER | MessageKind.ESCALATION:
            ids = [item.invoice_id for item in letter.items]
            return Papers(tuple(_pdfs(work, work.invoices.get(ids))))
        case MessageKind.APPROVAL:
            return Papers(_preview(work, row.invoice_id))
        case _:
            return Papers()


def with_letter(s: Services, row: OutboxRow, letter: Letter, found: Papers) -> Papers:
    """Add the letter of a reminder as a document of its own, made now; it stands first."""
    if row.kind is not MessageKind.REMINDER:
        return found
    (page,) = s.renderer.render([account_page(letter)])
    if page.document is None:
        raise RefusedError(f"its letter could not be rendered: {page.error}")
    name = file_name(f"{DocumentKind.REMINDER}-{letter.today}")
    made = Attachment(name, page.document.media_type, page.document.content)
    return Papers((made, *found.files), page.document)


def mail_of(
    s: Services,
    row: OutboxRow,
    letter: Letter,
    files: Sequence[Attachment],
    follows: tuple[str, ...],
) -> Message:
    """Write the mail of a message; ``follows`` are the mails that it belongs to."""
    text = s.renderer.mail(letter)
    sender = s.sender_for(letter.entity)
    # Answers to what we read ourselves come to the sender's mailbox, others to the entity's people.
    answers = sender if s.mailbox else letter.entity.email
    return Message(
        message_id=row.message_id,
        sender=sender,
        recipients=row.recipients,
        subject=text.subject,
        text=text.text,
        html=text.html,
        attachments=tuple(files),
        sender_name=letter.entity.legal_name,
        reply_to=answers if answers != sender else "",
        follows=follows,
    )


def follows(work: UnitOfWork, row: OutboxRow) -> tuple[str, ...]:
    """Return the Message-IDs of the mails with the invoices that a message is about."""
    if row.kind in {MessageKind.INVOICE, MessageKind.APPROVAL}:
        return ()
    rows = work.outbox.of_invoices(row.invoice_ids)
    return tuple(
        one.message_id
        for one in rows
        if one.kind is MessageKind.INVOICE and one.channel is Channel.MAIL and one.state in CAME
    )


def copy_of(s: Services, work: UnitOfWork, letter: Letter) -> Archived:
    """Return the files that a letter is about as folders outside the ledger keep them."""
    if letter.credit_note:
        return copy_of_note(s, work, letter.credit_note)
    if letter.invoice:
        return copy_of_invoice(s, work, letter.invoice)
    raise RefusedError(f"there is no document to put into a folder for a {letter.kind}")


def copy_of_invoice(s: Services, work: UnitOfWork, invoice: Invoice) -> Archived:
    """Return the files of an invoice as folders outside the ledger keep them."""
    made = work.documents.of(invoice.id, invoice.version)
    return _copy(s, invoice, _of_kind(made, DocumentKind.INVOICE))


def copy_of_note(s: Services, work: UnitOfWork, note: IssuedCreditNote) -> Archived:
    """Return the files of a credit note as folders outside the ledger keep them."""
    made = work.documents.of(note.id, NOTE_VERSION)
    return _copy(s, note, _of_kind(made, DocumentKind.CREDIT_NOTE))


def _of_kind(
    made: Mapping[DocumentKind, Document], kind: DocumentKind
) -> dict[DocumentKind, bytes]:
    kinds = (kind, DocumentKind.CII, DocumentKind.UBL)
    return {one: made[one].content for one in kinds if one in made}


def _copy(
    s: Services, issued: Invoice | IssuedCreditNote, files: Mapping[DocumentKind, bytes]
) -> Archived:
    """Two entities of ours may both have a number; then it stands behind the entity's name."""
    content, number = issued.content, issued.number
    name = f"{content.entity.key}-{number}" if len(s.book.entities) > 1 else number
    return Archived(content.client.key, issued.issued_on.year, name, files)


def _invoice_letter(s: Services, work: UnitOfWork, row: OutboxRow) -> Letter | None:
    (invoice,) = work.invoices.get([row.invoice_id])
    if work.invoices.states([invoice.id])[invoice.id] is InvoiceState.VOID:
        return None
    content = invoice.content
    ours = row.kind is MessageKind.NOTICE
    today = local_date(s.clock.now(), (content.entity if ours else content.client).zone)
    balance = work.payments.balances([invoice.id])[invoice.id]
    return Letter(
        row.kind, content.entity, content.client, today, invoice=invoice, balance=balance,
        step=row.plain_step,
    )  # fmt: skip


def _note_letter(s: Services, work: UnitOfWork, row: OutboxRow) -> Letter | None:
    """A correction of what a client never got would only confuse the client."""
    if not any(
        one.kind is MessageKind.INVOICE and one.state in CAME
        for one in work.outbox.of_invoices([row.invoice_id])
    ):
        return None
    ((invoice,), (record,)) = (
        work.invoices.get([row.invoice_id]),
        work.credits.get([row.plain_step]),
    )
    content = record.note.content
    return Letter(
        row.kind,
        content.entity,
        content.client,
        local_date(s.clock.now(), content.client.zone),
        invoice=invoice,
        balance=work.payments.balances([invoice.id])[invoice.id],
        credit_note=record.note,
        step=row.plain_step,
    )


def _attached(
    number: str, made: Mapping[DocumentKind, Document], client: Client
) -> tuple[Attachment, ...]:
    """Attach the PDF, and of the structured files those that the client asked for."""
    asked = set(client.e_invoice or ())
    kinds = [DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE]
    if EInvoice.CII in asked:
        kinds.append(DocumentKind.CII)
    if asked & {EInvoice.PEPPOL, EInvoice.XRECHNUNG}:
        kinds.append(DocumentKind.UBL)
    return tuple(
        Attachment(file_name(number, kind), made[kind].media_type, made[kind].content)
        for kind in kinds
        if kind in made
    )


def _pdfs(work: UnitOfWork, invoices: Sequence[Invoice]) -> list[Attachment]:
    found = []
    for invoice in invoices:
        made = work.documents.find(invoice.id, invoice.version, DocumentKind.INVOICE)
        if made is not None:
            found.append(Attachment(file_name(invoice.number), made.media_type, made.content))
    return found


def _preview(work: UnitOfWork, draft_id: str) -> tuple[Attachment, ...]:
    """Whoever approves by mail sees what it will look like, watermark and all."""
    for record in work.drafts.get([draft_id]):
        made = work.documents.find(draft_id, record.version, DocumentKind.PREVIEW)
        if made is not None:
            return (
                Attachment(file_name(f"preview-{draft_id[:8]}"), made.media_type, made.content),
            )
    return ()
