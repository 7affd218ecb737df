"""Read models: the whole story of one invoice, and its documents.

Nothing here changes the ledger, and nothing is computed that the domain does not compute: a page
shows what the ledger holds and how the domain explains it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from invoicing.domain.dispatch import Attempt
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import event_key
from invoicing.domain.issue import Invoice
from invoicing.domain.obligations import Obligation
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.parking import AgreementVersion
from invoicing.domain.periods import local_date
from invoicing.domain.render import DocumentKind, file_name
from invoicing.domain.trail import broken_at
from invoicing.services.ledger_ports import MailRecord, Reviewed
from invoicing.services.overview import moneys
from invoicing.services.ports import Document, Services, UnitOfWork
from invoicing.services.stories import (
    InvoiceStory,
    MessageStory,
    NamedDocument,
    PaymentStory,
    ReminderStory,
    StepReview,
    TrailStory,
    VersionReview,
)

_FILES = (DocumentKind.CII, DocumentKind.UBL)
NOTE_VERSION = 1  # a credit note never changes


def invoice_story(s: Services, ref: str) -> InvoiceStory:
    """Tell everything about the invoice or draft ``ref``, which is its number or its id."""
    with s.ledger.read() as work:
        return _story(s, work, _find(work, ref))


def find_document(s: Services, ref: str, kind: DocumentKind) -> NamedDocument:
    """Return what is stored about an invoice or credit note; NotFoundError while there is none."""
    with s.ledger.read() as work:
        name, subject, version = _stored_as(work, ref, kind)
        document = work.documents.find(subject, version, kind)
    if document is None:
        raise NotFoundError("this document was not rendered yet; look at the invoice's trail")
    return NamedDocument(file_name(name, kind), document)


def _stored_as(work: UnitOfWork, ref: str, kind: DocumentKind) -> tuple[str, str, int]:
    """Return what the files about an invoice or credit note are called, and their subject."""
    if record := work.credits.by_number(ref):
        return record.note.number, record.note.id, NOTE_VERSION
    found = _find(work, ref)
    if kind is DocumentKind.PREVIEW or found.invoice is None:
        return f"draft-{found.id[:8]}-v{found.version}", found.id, found.version
    return found.invoice.number, found.id, found.version


@dataclass(frozen=True, slots=True)
class _Found:
    """What a number or id stands for: issued, or still a draft; ``version`` is the one shown."""

    id: str
    version: int
    content: Draft
    config_hash: str
    invoice: Invoice | None
    draft: DraftRecord | None


def _find(work: UnitOfWork, ref: str) -> _Found:
    invoice = work.invoices.by_number(ref)
    subject = invoice.id if invoice else ref
    draft = next(iter(work.drafts.get([subject])), None)
    invoice = invoice or next(iter(work.invoices.get([subject])), None)
    if invoice:
        return _Found(
            subject, invoice.version, invoice.content, invoice.config_hash, invoice, draft
        )
    if draft:
        return _Found(subject, draft.version, draft.draft, draft.config_hash, None, draft)
    raise NotFoundError("the ledger has no invoice or draft under this number or id")


def _story(s: Services, work: UnitOfWork, found: _Found) -> InvoiceStory:
    subject, invoice, client = found.id, found.invoice, found.content.client.key
    messages, holds = _messages(work, subject), tuple(work.holds.of_invoice(subject))
    today = local_date(s.clock.now(), found.content.client.zone)
    obligations = tuple(work.obligations.of_draft(subject))
    events = [event_key(owed.source, owed.event_id) for owed in obligations]
    about = [
        subject,
        *(owed.key.id for owed in obligations),
        *(m.message.id for m in messages),
    ]
    return InvoiceStory(
        id=subject,
        version=found.version,
        content=found.content,
        draft=found.draft,
        invoice=invoice,
        obligations=obligations,
        reviews=_reviews(work, subject, found.draft.version if found.draft else found.version),
        preview=_sha(work.documents.find(subject, found.version, DocumentKind.PREVIEW)),
        document=_sha(work.documents.find(subject, found.version, DocumentKind.INVOICE)),
        files=tuple(kind for kind in _FILES if work.documents.find(subject, found.version, kind)),
        messages=messages,
        reminders=tuple(_reminders(work, subject, messages)),
        payments=tuple(PaymentStory(*pair) for pair in work.payments.of_invoice(subject)),
        money=moneys(s, work, [invoice])[subject] if invoice else None,
        exceptions=tuple(work.exceptions.of_subjects(about)),
        trail=_trail(work, [*events, subject]),
        credits=tuple(work.credits.of_invoices([subject]).get(subject, ())),
        write_offs=tuple(work.write_offs.of_invoices([subject]).get(subject, ())),
        holds=holds,
        mails=tuple(_mails(work, subject, messages)),
        open_holds=tuple(one for one in holds if one.lifted_at is None and one.counts_on(today)),
        parked=work.parking.parked([client]).get(client),
        client_version=work.parties.client_at(client, found.config_hash),
        agreement_versions=tuple(_agreements(work, obligations, found.config_hash)),
    )


def _agreements(
    work: UnitOfWork, obligations: Sequence[Obligation], config_hash: str
) -> Iterator[AgreementVersion]:
    """Return the versions of the agreements that the newest facts were computed under."""
    for agreement in dict.fromkeys(owed.key.agreement for owed in obligations):
        if version := work.parties.agreement_at(agreement, config_hash):
            yield version


def _trail(work: UnitOfWork, subjects: Sequence[str]) -> TrailStory:
    """Tell the story from the event that reported it; each subject has a chain of its own."""
    chains = [work.trail.of(subject) for subject in subjects]
    entries = tuple(entry for chain in chains for entry in chain)
    return TrailStory(entries, next(filter(None, map(broken_at, chains)), None))


def _sha(document: Document | None) -> str:
    return document.sha256 if document else ""


def _messages(work: UnitOfWork, invoice_id: str) -> tuple[MessageStory, ...]:
    """Tell of the messages about an invoice in the order they were first tried.

    Those that another invoice leads are among them; those that nobody tried yet come last.
    """
    rows = {row.id: row for row in work.outbox.of_invoices([invoice_id])}
    for message in work.reminders.messages(invoice_id):
        rows.setdefault(message, work.outbox.get(message))
    leaders = dict.fromkeys([invoice_id, *(row.invoice_id for row in rows.values())])
    tries = _by_message(one for leader in leaders for one in work.outbox.attempts(leader))
    told = [MessageStory(row, tuple(tries[row.id])) for row in rows.values()]
    return tuple(sorted(told, key=_first_tried))


def _first_tried(message: MessageStory) -> tuple[bool, list[datetime]]:
    return not message.attempts, [attempt.started_at for attempt in message.attempts[:1]]


def _reminders(
    work: UnitOfWork, invoice_id: str, messages: Sequence[MessageStory]
) -> Iterator[ReminderStory]:
    for reminder, outcome in work.reminders.of_invoice(invoice_id):
        carried = (one for one in messages if one.carries(invoice_id, reminder.step))
        message = next(carried, None)
        yield ReminderStory(reminder, outcome, message.sent_at if message else None)


def _mails(
    work: UnitOfWork, invoice_id: str, messages: Sequence[MessageStory]
) -> Iterator[MailRecord]:
    """Yield what came back by mail about the invoice or one of its messages."""
    for subject in [invoice_id, *(one.message.id for one in messages)]:
        yield from work.mailboxes.about(subject)


def _by_message(attempts: Iterable[Attempt]) -> defaultdict[str, list[Attempt]]:
    tries: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tries[attempt.outbox_id].append(attempt)
    return tries


def _reviews(work: UnitOfWork, draft_id: str, newest: int) -> tuple[VersionReview, ...]:
    found = (
        VersionReview(version, _steps(work, ParcelItem(draft_id, version)))
        for version in range(1, newest + 1)
    )
    return tuple(review for review in found if review.steps)


def _steps(work: UnitOfWork, item: ParcelItem) -> tuple[StepReview, ...]:
    reviewed = work.reviews.of_versions([item]).get(item.draft_id, Reviewed())
    asked = {request.step: request for request in reviewed.requests}
    answered = {approval.step: approval for approval in reviewed.approvals}
    return tuple(
        StepReview(step, asked.get(step), answered.get(step))
        for step in dict.fromkeys([*asked, *answered])
    )
