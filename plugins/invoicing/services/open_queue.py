"""The queue as people see it: what waits for whom, since when, and what it is about."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.exceptions import ENGINEER, FINANCE, KINDS, ExceptionEntry, Kind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.parcels import ParcelItem
from invoicing.services.ledger_ports import EventRow, Reviewed
from invoicing.services.ledger_ports.queries import Part, Waiting
from invoicing.services.ports import Services, UnitOfWork
from invoicing.services.stories import OpenKind, Page, Queue, QueueItem, pages

REVIEWS = "reviews"
PAGE_SIZE = 50

# An entry of a newer version of this package: it must be seen, even if nothing can be done here.
_UNKNOWN = Kind(ENGINEER, ())


def open_queue(
    s: Services, numbers: Mapping[str, int] | None = None, *, code: str = "", size: int = PAGE_SIZE
) -> Queue:
    """Return what waits for a person, each list with the oldest first.

    ``numbers`` are the pages to show, by owner or ``reviews``; ``code`` leaves only the exceptions
    of that kind.
    """
    numbers = numbers or {}
    with s.ledger.read() as work:
        kinds = _kinds(s, work)
        shown = [kind for kind in kinds if code in {"", kind.code}]
        exceptions: dict[str, Page[QueueItem]] = {}
        for owner in (FINANCE, ENGINEER):
            if mine := [kind for kind in shown if kind.owner == owner]:
                total = sum(kind.count for kind in mine)
                find = _entries(s, work, mine)
                exceptions[owner] = _page(find, total, numbers.get(owner, 1), size)
        total = work.queries.waiting_count()
        reviews = _page(partial(_reviews, s, work), total, numbers.get(REVIEWS, 1), size)
    return Queue(reviews, exceptions, tuple(kinds))


def kind_of(code: str) -> Kind:
    """Return the owner and the actions of a kind, also of one that this version does not know."""
    return KINDS.get(code, _UNKNOWN)


def _page(
    find: Callable[[Part], Sequence[QueueItem]], total: int, number: int, size: int
) -> Page[QueueItem]:
    number = min(max(number, 1), pages(total, size))
    items = find(Part((number - 1) * size, size)) if total else ()
    return Page(tuple(items), total, number, size)


def _kinds(s: Services, work: UnitOfWork) -> list[OpenKind]:
    now = s.clock.now()
    return [
        OpenKind(one.code, kind_of(one.code).owner, one.count, now - one.oldest_at)
        for one in work.queries.open_codes()
    ]


def _entries(
    s: Services, work: UnitOfWork, kinds: Sequence[OpenKind]
) -> Callable[[Part], list[QueueItem]]:
    def find(part: Part) -> list[QueueItem]:
        entries = work.queries.open_entries([kind.code for kind in kinds], part)
        abouts = _abouts(s, work, {entry.subject for entry in entries})
        return [_item(s.clock.now(), entry, abouts[entry.subject]) for entry in entries]

    return find


@dataclass(frozen=True, slots=True)
class _About:
    """What an exception is about, as far as the ledger can tell."""

    label: str
    client: str = ""
    ref: str = ""
    amount: Money | None = None
    still_open: Money | None = None


def _item(now: datetime, entry: ExceptionEntry, about: _About) -> QueueItem:
    kind = kind_of(entry.code)
    return QueueItem(
        exception_id=entry.id,
        code=entry.code,
        owner=kind.owner,
        cause=entry.cause,
        age=now - entry.opened_at,
        actions=kind.actions,
        ref=about.ref,
        label=about.label,
        client=about.client,
        amount=about.amount,
        still_open=about.still_open,
    )


def _abouts(s: Services, work: UnitOfWork, subjects: Collection[str]) -> dict[str, _About]:
    """Find the invoice, draft, message, event, obligation, payment or client behind each subject.

    Every kind of subject is asked for once, whatever their number.
    """
    found = {subject: _About(subject) for subject in subjects}
    clients = s.book.clients
    found |= {key: _About(clients[key].name) for key in subjects if key in clients}
    unplaced = work.queries.unplaced([one for one in subjects if ":" in one])
    found |= {key: _About(key, amount=rest) for key, rest in unplaced.items()}
    found |= {row.id: _of_event(row) for row in work.queries.events(subjects)}
    owed = work.queries.owed(subjects)
    found |= {one.key.id: _About(one.title, one.client) for one in owed}
    found |= {record.id: _of_content(record.draft) for record in work.drafts.get(subjects)}
    mails = work.queries.owners_of_messages(subjects)
    return found | _of_invoices(
        work, {subject: mails.get(subject, subject) for subject in subjects}
    )


def _of_invoices(work: UnitOfWork, owners: Mapping[str, str]) -> dict[str, _About]:
    """Describe those subjects that are an invoice, or a message about one."""
    ids = set(owners.values())
    issued = {invoice.id: invoice for invoice in work.invoices.get(ids)}
    balances = work.payments.balances(issued)
    return {
        subject: _of_invoice(issued[owner], balances[owner])
        for subject, owner in owners.items()
        if owner in issued
    }


def _of_content(draft: Draft) -> _About:
    return _About(draft.title, draft.client.name, draft.id, draft.totals.due)


def _of_invoice(invoice: Invoice, balance: Money) -> _About:
    due = invoice.content.totals.due
    client = invoice.content.client.name
    still_open = balance if balance != due else None
    return _About(invoice.number, client, invoice.id, due, still_open)


def _of_event(row: EventRow) -> _About:
    hint = row.hint
    label = f"{hint.kind} {hint.object_id} from {hint.source}".replace("_", " ")
    client = row.event.client if row.event else ""
    return _About(label, client, amount=row.payment.amount if row.payment else None)


def _reviews(s: Services, work: UnitOfWork, part: Part) -> list[QueueItem]:
    waiting = work.queries.waiting(part)
    records = {one.id: one for one in work.drafts.get([one.draft_id for one in waiting])}
    items = [ParcelItem(one.id, one.version) for one in records.values()]
    reviewed = work.reviews.of_versions(items)
    now = s.clock.now()
    return [_review(now, one, records[one.draft_id], reviewed[one.draft_id]) for one in waiting]


def _review(now: datetime, waiting: Waiting, record: DraftRecord, reviewed: Reviewed) -> QueueItem:
    asked = reviewed.requests[-1].subject if reviewed.requests else "waits to be asked about"
    return QueueItem(
        exception_id="",
        code="awaiting_review",
        owner=FINANCE,
        cause=asked,
        age=now - waiting.asked_at if waiting.asked_at else timedelta(),
        actions=(),
        ref=record.id,
        label=record.draft.title,
        client=record.draft.client.name,
        amount=record.draft.totals.due,
    )
