"""Report: facts reach the inbox, from webhooks as hints and from our own calendar complete."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from invoicing.domain.decide import Obligation
from invoicing.domain.errors import NotFoundError, SettingsError, TerminalError, TransientError
from invoicing.domain.events import BillingEvent, EventKind, Hint, WorkItem, event_key
from invoicing.domain.parties import Mode
from invoicing.domain.periods import Period, local_date, periods_due
from invoicing.domain.rules import EVENT_OF_MODEL, Agreement, Model
from invoicing.services.ports import EventRow, EventState, Receipt, Services

CALENDAR = "calendar"


def accept_hint(s: Services, hint: Hint) -> Receipt:
    """Store what a source says, once; the same id with other content is shown to a person."""
    now = s.clock.now()
    with s.ledger.write() as work:
        row_id, receipt = work.inbox.add_hint(hint, now)
        if receipt is Receipt.NEW:
            detail = {"source": hint.source, "event": hint.event_id, "object": hint.object_id}
            work.trail.add(row_id, "reported", now, detail)
        if receipt is Receipt.CHANGED:
            cause = f"{hint.source} sent event {hint.event_id} again with another content"
            work.exceptions.open("event_changed", row_id, cause, now)
    return receipt


def report_events(s: Services, model: Model, limit: int = 1000) -> list[str]:
    """Bring in what a billing model waits for; return the ids of the events now complete."""
    if model is Model.RETAINER:
        return _report_retainers(s)
    return _fetch_hints(s, EVENT_OF_MODEL[model], limit)


def report_payments(s: Services, limit: int = 1000) -> list[str]:
    """Fetch the payments that accounting told us of; return the ids of the events complete."""
    return _fetch_hints(s, EventKind.PAYMENT_RECEIVED, limit)


def facts_today(s: Services, obligation: Obligation) -> Obligation:
    """Read again what a thing owed is about: from the agreement, or from the source by its id.

    Raises what the source raises when the record is gone or cannot be read.
    """
    if obligation.source == CALENDAR:
        fact = _period_again(s, obligation)
    else:
        fact = _record_again(s, obligation)
    return replace(obligation, work=fact.work, title=fact.title, occurred_on=fact.occurred_on)


def _period_again(s: Services, obligation: Obligation) -> BillingEvent:
    agreement = s.book.agreement(obligation.key.agreement)
    today = local_date(s.clock.now(), s.book.client(agreement.client).zone)
    for due in periods_due(agreement.starts_on, agreement.bill_from, agreement.ends_on, today):
        if str(due.starts_on) == obligation.key.unit:
            return _retainer_due(agreement, due)
    raise NotFoundError(f"agreement {agreement.key} has no period from {obligation.key.unit}")


def _record_again(s: Services, obligation: Obligation) -> BillingEvent:
    with s.ledger.read() as work:
        row = work.inbox.get(event_key(obligation.source, obligation.event_id))
    fact = s.sources.fetch(row.hint)
    if not isinstance(fact, BillingEvent):
        raise NotFoundError(f"{obligation.key} is not about work any more")
    return fact


def _report_retainers(s: Services) -> list[str]:
    now = s.clock.now()
    events = list(_retainers_due(s))
    with s.ledger.write() as work:
        return work.inbox.add_events(events, now)


def _retainers_due(s: Services) -> Iterator[BillingEvent]:
    now = s.clock.now()
    for agreement in s.book.agreements_of(Model.RETAINER):
        client = s.book.client(agreement.client)
        if client.mode is Mode.OFF:
            continue
        today = local_date(now, client.zone)
        for due in periods_due(agreement.starts_on, agreement.bill_from, agreement.ends_on, today):
            yield _retainer_due(agreement, due)


def _retainer_due(agreement: Agreement, due: Period) -> BillingEvent:
    title = f"{agreement.description}, {due}"
    work: tuple[WorkItem, ...] = ()
    if agreement.fee is not None:
        record = f"{agreement.key}:{due.starts_on}"
        work = (
            WorkItem(
                CALENDAR, record, title, Decimal(1), "month", agreement.fee, agreement.tax_category
            ),
        )
    return BillingEvent(
        source=CALENDAR,
        event_id=f"{agreement.key}:{due.starts_on}",
        kind=EventKind.RETAINER_DUE,
        client=agreement.client,
        agreement=agreement.key,
        subject=str(due.starts_on),
        occurred_on=due.starts_on,
        work=work,
        title=title,
    )


def _fetch_hints(s: Services, kind: EventKind, limit: int) -> list[str]:
    with s.ledger.read() as work:
        rows = work.inbox.hinted(kind, limit)
    return [row.id for row in rows if _fetch(s, row)]


def _fetch(s: Services, row: EventRow) -> bool:
    """Fetch one object; a source that does not answer is tried again by the next sweep."""
    source = row.hint.source
    try:
        fact = s.sources.fetch(row.hint)
    except (TransientError, SettingsError) as error:
        with s.ledger.write() as work:
            work.exceptions.open("source_unreachable", source, str(error), s.clock.now())
        return False
    except NotFoundError as error:
        return _hold_hint(s, row, "object_missing", str(error))
    except TerminalError as error:
        return _hold_hint(s, row, "object_unreadable", str(error))
    now = s.clock.now()
    with s.ledger.write() as work:
        work.exceptions.close("source_unreachable", source, "system", "it answers again", now)
        done = work.inbox.fetched(row.id, fact)
        if done:
            work.trail.add(row.id, "fetched", now, {"object": row.hint.object_id})
    return done


def _hold_hint(s: Services, row: EventRow, code: str, cause: str) -> bool:
    now = s.clock.now()
    with s.ledger.write() as work:
        if work.inbox.settle(row.id, EventState.HINTED, EventState.HELD, cause):
            work.exceptions.open(code, row.id, cause, now)
    return False
