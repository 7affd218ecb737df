"""Preview: what an event would become, computed by the functions that do it for real.

Nothing here knows a ledger or a clock. What happened before the event is what the caller says
happened: nothing, or the events previewed before it, each taken as issued and paid.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from invoicing.domain.agreements import Agreement
from invoicing.domain.approvers import steps_for, who_may
from invoicing.domain.book import Book
from invoicing.domain.bounds import breaches
from invoicing.domain.decide import decide
from invoicing.domain.draft import Draft, DraftRecord, Standing
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.einvoicing.outcome import missing
from invoicing.domain.events import BillingEvent
from invoicing.domain.follow_up import PlannedReminder, plan_reminders
from invoicing.domain.money import Money, plain
from invoicing.domain.obligations import Bill, Decision, Hold, Obligation, Owed
from invoicing.domain.parties import Mode
from invoicing.domain.reasons import review_reasons
from invoicing.domain.report import due_event, dues
from invoicing.domain.review import SYSTEM, ReviewFacts, ReviewReason
from invoicing.domain.states import DraftState
from invoicing.domain.terms import due_date


@dataclass(frozen=True, slots=True)
class Past:
    """What is taken to have happened before: things owed, and the invoices made of them."""

    owed: tuple[Obligation, ...] = ()
    drafts: tuple[DraftRecord, ...] = ()

    def of(self, agreement: str) -> tuple[DraftRecord, ...]:
        """Return the invoices of one agreement, the oldest first."""
        return tuple(one for one in self.drafts if one.draft.obligations[0].agreement == agreement)


@dataclass(frozen=True, slots=True)
class Asked:
    """A step of the review with the people who may answer it."""

    step: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """One invoice that would be drafted, and what would happen to it on its way.

    ``breach`` is the safety bound that it breaks, if any; the dates are those of an issue on the
    day of the preview.
    """

    draft: Draft
    issued_on: date
    due_on: date
    breach: Hold | None
    reasons: tuple[ReviewReason, ...]
    asked: tuple[Asked, ...]
    reminders: tuple[PlannedReminder, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a draft with what it came from; ``name`` is how people ask for it."""

    name: str
    amount: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What one event becomes. ``past`` is what a later event would find."""

    event: BillingEvent
    decision: Decision
    invoices: tuple[Forecast | Hold, ...] = ()
    mode: Mode = Mode.LIVE
    past: Past = field(default=Past(), compare=False)


def preview(event: BillingEvent, book: Book, today: date, past: Past = Past()) -> Preview:
    """Decide on ``event`` and draft what it becomes, as if it had been reported ``today``.

    Its invoice is issued then, or on the event's own day if that is still to come.
    """
    today = max(today, event.occurred_on)
    decision = decide(event, book, Owed({one.key: one for one in past.owed}))
    if not isinstance(decision, Bill):
        return Preview(event, decision, past=past)
    invoices: list[Forecast | Hold] = []
    for parcel in _bundles(decision.obligations):
        past = replace(past, owed=(*past.owed, *parcel))
        found = _forecast(parcel, book, today, past)
        invoices.append(found)
        if isinstance(found, Forecast):
            past = replace(past, drafts=(*past.drafts, _issued(found.draft, book)))
    mode = book.client(event.client).mode
    return Preview(event, decision, tuple(invoices), mode, past)


def preview_all(events: Iterable[BillingEvent], book: Book, today: date) -> tuple[Preview, ...]:
    """Preview events in the order they happened; each finds what the ones before it made."""
    found: list[Preview] = []
    for event in events:
        found.append(preview(event, book, today, found[-1].past if found else Past()))
    return tuple(found)


def newest_dues(agreements: Sequence[str], book: Book, today: date) -> Iterator[BillingEvent]:
    """Yield what the calendar made due last for each of ``agreements``, or for ``all`` of them.

    No source is asked: hours and outlays of the period are missing.
    """
    named = book.agreements if "all" in agreements else agreements
    for agreement in map(book.agreement, named):
        for due in list(dues(agreement, today))[-1:]:
            yield due_event(agreement, due, ())


def figures(draft: Draft) -> Iterator[Figure]:
    """Yield every figure of a draft with its explanation, in the order it is printed."""
    for line in draft.lines:
        yield Figure(f"line {line.position}", str(line.net), line.explanation)
    for number, applied in enumerate(draft.discounts, 1):
        yield Figure(f"discount {number}", str(applied.amount), applied.explanation)
    yield from _tax_figures(draft)
    for deposit in draft.deposits:
        why = f"invoice {deposit.invoice_id}: {deposit.net} + {deposit.tax}"
        yield Figure(f"deposit {deposit.title}", str(deposit.gross), why)
    for name, why in draft.totals.explain():
        amount: Money = getattr(draft.totals, name)
        yield Figure(name, str(amount), why)
    for left in draft.balances:
        yield Figure(
            left.name.replace("_", " "),
            f"{plain(left.amount)} {left.unit}",
            "noted for the invoices that follow",
        )


def _tax_figures(draft: Draft) -> Iterator[Figure]:
    for group in draft.taxes:
        name = f"tax of {group.rate.label}"
        yield Figure(name, str(group.tax), group.explanation)
        for authority, share in group.shares:
            yield Figure(f"{name}, {authority}", str(share), "its share of the combined rate")
    if books := draft.tax_in_books:
        yield Figure("tax in books", str(books.amount), books.explanation)


def _bundles(obligations: Sequence[Obligation]) -> list[tuple[Obligation, ...]]:
    """Put what goes on one invoice together, in the order it was decided."""
    bundles: dict[str, list[Obligation]] = {}
    for one in obligations:
        bundles.setdefault(one.bundle or one.key.id, []).append(one)
    return [tuple(bundle) for bundle in bundles.values()]


def _forecast(parcel: Sequence[Obligation], book: Book, today: date, past: Past) -> Forecast | Hold:
    agreement = book.agreement(parcel[0].key.agreement)
    earlier = past.of(agreement.key)
    units = frozenset(one.key.unit for one in past.owed if one.key.agreement == agreement.key)
    draft = build_draft(parcel, book, Standing(earlier, units))
    if isinstance(draft, Hold):
        return draft
    if lacking := missing(draft):
        return Hold("e_invoice_incomplete", lacking)
    author = parcel[0].reported_by or SYSTEM
    history = tuple(record.draft.totals.gross for record in earlier)
    reasons = review_reasons(draft, book.review, _facts(draft, past, history, author))
    due_on = due_date(today, draft.terms, draft.entity.holidays)
    return Forecast(
        draft=draft,
        issued_on=today,
        due_on=due_on,
        breach=breaches(draft, book.bounds, _same_day(draft, past), history),
        reasons=reasons,
        asked=tuple(_asked(draft, reasons, author, book, today)),
        reminders=_reminders(draft, agreement, book, today, due_on),
    )


def _facts(draft: Draft, past: Past, history: tuple[Money, ...], author: str) -> ReviewFacts:
    known = any(record.draft.client.key == draft.client.key for record in past.drafts)
    return ReviewFacts(not (draft.client.established or known), history, author)


def _same_day(draft: Draft, past: Past) -> tuple[Money, ...]:
    return tuple(
        record.draft.totals.gross
        for record in past.drafts
        if record.draft.client.key == draft.client.key
        and record.draft.supplied_on == draft.supplied_on
    )


def _asked(
    draft: Draft, reasons: Sequence[ReviewReason], author: str, book: Book, today: date
) -> Iterator[Asked]:
    for step in steps_for(reasons, book.review):
        people = who_may(
            step,
            gross=draft.totals.gross,
            author=author,
            earlier=(),
            policy=book.review,
            today=today,
        )
        yield Asked(step.name, people)


def _reminders(
    draft: Draft, agreement: Agreement, book: Book, today: date, due_on: date
) -> tuple[PlannedReminder, ...]:
    return plan_reminders(
        book.reminder_plan(agreement),
        issued_on=today,
        due_on=due_on,
        cycle_on=draft.period.starts_on if draft.period else None,
        holidays=draft.entity.holidays,
    )


def _issued(draft: Draft, book: Book) -> DraftRecord:
    """Return the record that the ledger would hold of a draft after its issue."""
    return DraftRecord(draft, 1, DraftState.ISSUED, SYSTEM, book.config_hash, draft.content_hash)
