"""Read models: the whole story of one invoice, the queue of what waits for a person, the overview.

Nothing here changes the ledger, and nothing is computed that the domain does not compute: a page
shows what the ledger holds and how the domain explains it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from invoicing.domain.dispatch import Attempt, MessageKind
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import event_key
from invoicing.domain.exceptions import FINANCE, ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money, total
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.periods import local_date
from invoicing.domain.reconcile import money_state
from invoicing.domain.render import DocumentKind, file_name
from invoicing.domain.states import DraftState, MoneyState
from invoicing.domain.trail import broken_at
from invoicing.services.ledger_ports import Reviewed
from invoicing.services.ports import Document, EventRow, Services, UnitOfWork
from invoicing.services.stories import (
    InvoiceStory,
    MessageStory,
    MoneyStory,
    NamedDocument,
    OverviewRow,
    PaymentStory,
    QueueItem,
    ReminderStory,
    StepReview,
    TrailStory,
    VersionReview,
)

__all__ = [
    "InvoiceStory",
    "find_document",
    "invoice_story",
    "open_by_currency",
    "open_queue",
    "overview",
]

_Row = TypeVar("_Row")


def invoice_story(s: Services, ref: str) -> InvoiceStory:
    """Tell everything about the invoice or draft ``ref``, which is its number or its id."""
    with s.ledger.read() as work:
        return _story(s, work, _find(work, ref))


def find_document(s: Services, ref: str, kind: DocumentKind) -> NamedDocument:
    """Return the stored preview or invoice document; NotFoundError while there is none."""
    with s.ledger.read() as work:
        found = _find(work, ref)
        document = work.documents.find(found.id, found.version, kind)
    if document is None:
        raise NotFoundError("this document was not rendered yet; look at the invoice's trail")
    if kind is DocumentKind.INVOICE and found.invoice:
        return NamedDocument(file_name(found.invoice.number), document)
    return NamedDocument(file_name(f"draft-{found.id[:8]}-v{found.version}"), document)


def open_queue(s: Services, limit: int = 200) -> list[QueueItem]:
    """Return what waits for a person: exceptions first, then drafts under review, oldest first."""
    with s.ledger.read() as work:
        entries = work.exceptions.list_open(limit)
        items = _exception_items(s, work, entries)
        waiting = work.drafts.in_state(DraftState.AWAITING_REVIEW, limit)
        reviews = [_review_item(s, work, record) for record in waiting]
    return items + sorted(reviews, key=lambda item: item.age, reverse=True)


def overview(s: Services, limit: int = 100) -> list[OverviewRow]:
    """Return the invoices issued last, each with the state of its money and of its mail."""
    with s.ledger.read() as work:
        invoices = work.invoices.recent(limit)
        ids = [invoice.id for invoice in invoices]
        balances = work.payments.balances(ids)
        mails = {
            row.invoice_id: row.state
            for row in work.outbox.of_invoices(ids)
            if row.kind is MessageKind.INVOICE
        }
        return [
            OverviewRow(invoice, _money(s, invoice, balances), mails.get(invoice.id))
            for invoice in invoices
        ]


def open_by_currency(rows: Iterable[OverviewRow]) -> tuple[Money, ...]:
    """Add up what is still owed on these invoices, each currency on its own."""
    balances: defaultdict[str, list[Money]] = defaultdict(list)
    for row in rows:
        balances[row.money.balance.currency].append(row.money.balance)
    return tuple(total(parts, currency) for currency, parts in sorted(balances.items()))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a number or id stands for: issued, or still a draft; ``version`` is the one shown."""

    id: str
    version: int
    content: Draft
    invoice: Invoice | None
    draft: DraftRecord | None


def _find(work: UnitOfWork, ref: str) -> _Found:
    invoice = work.invoices.by_number(ref)
    subject = invoice.id if invoice else ref
    draft = next(iter(work.drafts.get([subject])), None)
    invoice = invoice or next(iter(work.invoices.get([subject])), None)
    if invoice:
        return _Found(subject, invoice.version, invoice.content, invoice, draft)
    if draft:
        return _Found(subject, draft.version, draft.draft, None, draft)
    raise NotFoundError("the ledger has no invoice or draft under this number or id")


def _story(s: Services, work: UnitOfWork, found: _Found) -> InvoiceStory:
    subject, invoice = found.id, found.invoice
    messages = _messages(work, subject)
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
        messages=messages,
        reminders=tuple(ReminderStory(*pair) for pair in work.reminders.of_invoice(subject)),
        payments=tuple(PaymentStory(*pair) for pair in work.payments.of_invoice(subject)),
        money=_money(s, invoice, work.payments.balances([subject])) if invoice else None,
        exceptions=tuple(work.exceptions.of_subjects(about)),
        trail=_trail(work, [*events, subject]),
    )


def _trail(work: UnitOfWork, subjects: Sequence[str]) -> TrailStory:
    """Tell the story from the event that reported it; each subject has a chain of its own."""
    chains = [work.trail.of(subject) for subject in subjects]
    entries = tuple(entry for chain in chains for entry in chain)
    return TrailStory(entries, next(filter(None, map(broken_at, chains)), None))


def _sha(document: Document | None) -> str:
    return document.sha256 if document else ""


def _messages(work: UnitOfWork, invoice_id: str) -> tuple[MessageStory, ...]:
    tries: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in work.outbox.attempts(invoice_id):
        tries[attempt.outbox_id].append(attempt)
    rows = work.outbox.of_invoices([invoice_id])
    return tuple(MessageStory(row, tuple(tries[row.id])) for row in rows)


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


def _money(s: Services, invoice: Invoice, balances: Mapping[str, Money]) -> MoneyStory:
    due = invoice.content.totals.due
    owed = balances.get(invoice.id, due)
    allocated = due - owed
    state = money_state(due, allocated)
    late = 0 if state is MoneyState.PAID else (_today(s, invoice) - invoice.due_on).days
    return MoneyStory(state, owed, allocated, max(late, 0))


def _today(s: Services, invoice: Invoice) -> date:
    return local_date(s.clock.now(), invoice.content.entity.zone)


def _exception_items(
    s: Services, work: UnitOfWork, entries: Sequence[ExceptionEntry]
) -> list[QueueItem]:
    abouts = _abouts(work, {entry.subject for entry in entries})
    now = s.clock.now()
    items = []
    for entry in entries:
        about = abouts.get(entry.subject) or _of_trail(work, entry.subject)
        items.append(
            QueueItem(
                exception_id=entry.id,
                code=entry.code,
                owner=entry.kind.owner,
                cause=entry.cause,
                age=now - entry.opened_at,
                actions=entry.kind.actions,
                ref=about.ref,
                label=about.label,
                client=about.client,
                amount=about.amount,
            )
        )
    return items


@dataclass(frozen=True, slots=True)
class _About:
    """What an exception is about, as far as the ledger can tell."""

    label: str
    client: str = ""
    ref: str = ""
    amount: Money | None = None


def _abouts(work: UnitOfWork, subjects: Collection[str]) -> dict[str, _About]:
    """Find the draft, invoice, message, event or obligation behind each subject."""
    found = {record.id: _of_content(record.draft) for record in work.drafts.get(subjects)}
    others = set(subjects) - set(found)
    mails = {row.id: row.invoice_id for row in _each(work.outbox.get, others)}
    issued = {invoice.id: invoice for invoice in work.invoices.get({*subjects, *mails.values()})}
    found |= {key: _of_invoice(issued[key]) for key in subjects if key in issued}
    found |= {key: _of_invoice(issued[owner]) for key, owner in mails.items() if owner in issued}
    others -= set(mails)
    found |= {row.id: _of_event(row) for row in _each(work.inbox.get, others)}
    for owed in _each(work.obligations.get, others):
        found[owed.key.id] = _About(owed.title, owed.client)
    return found


def _of_trail(work: UnitOfWork, subject: str) -> _About:
    """Describe what has no row of its own, such as a payment nobody could place, by its trail."""
    facts = [dict(entry.detail) for entry in work.trail.of(subject)]
    amounts = [Money.parse(fact["amount"]) for fact in facts if "amount" in fact]
    return _About(subject, amount=amounts[-1] if amounts else None)


def _each(get: Callable[[str], _Row], ids: Iterable[str]) -> Iterator[_Row]:
    for key in ids:
        with suppress(NotFoundError):
            yield get(key)


def _of_content(draft: Draft) -> _About:
    return _About(draft.title, draft.client.name, draft.id, draft.totals.due)


def _of_invoice(invoice: Invoice) -> _About:
    content = invoice.content
    return _About(invoice.number, content.client.name, invoice.id, content.totals.due)


def _of_event(row: EventRow) -> _About:
    hint = row.hint
    label = f"{hint.kind} {hint.object_id} from {hint.source}".replace("_", " ")
    client = row.event.client if row.event else ""
    return _About(label, client, amount=row.payment.amount if row.payment else None)


def _review_item(s: Services, work: UnitOfWork, record: DraftRecord) -> QueueItem:
    request = work.reviews.asked(record.id, record.version)
    trail = work.trail.of(record.id)
    now = s.clock.now()
    return QueueItem(
        exception_id="",
        code="awaiting_review",
        owner=FINANCE,
        cause=request.subject if request else "waits to be asked about",
        age=now - (trail[-1].at if trail else now),
        actions=(),
        ref=record.id,
        label=record.draft.title,
        client=record.draft.client.name,
        amount=record.draft.totals.due,
    )
