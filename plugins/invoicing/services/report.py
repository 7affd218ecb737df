"""Report: facts reach the inbox, from webhooks as hints, from calendar and form complete."""

from collections.abc import Sequence
from dataclasses import replace

from invoicing.domain.bounds import RELEASED
from invoicing.domain.canonical import fingerprint
from invoicing.domain.decide import decide
from invoicing.domain.errors import (
    NotFoundError,
    SettingsError,
    StateError,
    TerminalError,
    TransientError,
)
from invoicing.domain.events import BillingEvent, EventKind, Hint, event_key
from invoicing.domain.obligations import Bill, Obligation, Owed
from invoicing.domain.report import CALENDAR, LEDGER
from invoicing.domain.rules import EVENTS_OF_MODEL, Model
from invoicing.domain.work import is_approved, ref_of
from invoicing.services.dues import due_today, report_dues
from invoicing.services.ledger_ports import EventRow, EventState, ObligationState, Receipt
from invoicing.services.ports import Services

# Facts of our own calendar and forms: they come complete and are never fetched.
OURS = frozenset({EventKind.RETAINER_DUE, EventKind.ONE_OFF_REQUESTED})


def accept_hint(s: Services, hint: Hint) -> Receipt:
    """Store what a source says, once; the same id with other content is shown to a person."""
    now = s.clock.now()
    s.fault("report.begin")
    with s.write("report") as work:
        row_id, receipt = work.inbox.add_hint(hint, now)
        if receipt is Receipt.NEW:
            detail = {"source": hint.source, "event": hint.event_id, "object": hint.object_id}
            work.trail.add(row_id, "reported", now, detail)
        if receipt is Receipt.CHANGED:
            cause = f"{hint.source} sent event {hint.event_id} again with another content"
            work.exceptions.open("event_changed", row_id, cause, now)
    return receipt


def note_unknown(s: Services, source: str, event_id: str, kind_text: str) -> None:
    """Show a kind of event that nobody handles to the engineer instead of losing it."""
    handled = ", ".join(kind for kind in EventKind if kind not in OURS)
    cause = f"{source} sent event {event_id} of kind {kind_text[:60]!r}; only {handled} are handled"
    now = s.clock.now()
    with s.write("unknown") as work:
        work.exceptions.open("unknown_event", f"{source}:{event_id}", cause, now)


def report_request(s: Services, event: BillingEvent) -> str:
    """Store what a person asked for in a form, once per event id; return the event's id here."""
    now, row_id = s.clock.now(), event_key(event.source, event.event_id)
    with s.write("request") as work:
        if work.inbox.add_events([event], now):
            detail = {"source": event.source, "event": event.event_id, "object": event.subject}
            work.trail.add(row_id, "reported", now, detail, event.reported_by)
        elif work.inbox.get(row_id).hint.payload_hash != fingerprint(event):
            cause = f"{event.source} sent event {event.event_id} again with another content"
            work.exceptions.open("event_changed", row_id, cause, now)
    return row_id


def report_events(s: Services, model: Model, limit: int = 1000) -> list[str]:
    """Bring in what a billing model waits for; return the ids of the events now complete."""
    reported = report_dues(s) if model is Model.RETAINER else []
    return reported + _fetch_hints(s, EVENTS_OF_MODEL[model], limit)


def report_payments(s: Services, limit: int = 1000) -> list[str]:
    """Fetch the payments that accounting told us of; return the ids of the events complete."""
    return _fetch_hints(s, (EventKind.PAYMENT_RECEIVED,), limit)


def event_today(s: Services, row: EventRow) -> BillingEvent:
    """Read an event again: from our calendar, or from its source by its id.

    What a person wrote into a form, or followed from a payment, stays as it is. Raises what the
    source raises when the record is gone or cannot be read.
    """
    if row.hint.source == CALENDAR:
        return due_today(s, row)
    told_by_us = row.hint.source == LEDGER or row.hint.kind is EventKind.ONE_OFF_REQUESTED
    if row.event is not None and told_by_us:
        return row.event
    fact = s.sources.fetch(row.hint)
    if not isinstance(fact, BillingEvent):
        raise NotFoundError(f"{row.hint.source} has no work under {row.hint.object_id} any more")
    return fact


def facts_today(s: Services, owed: Sequence[Obligation]) -> list[Obligation]:
    """Read again what the things owed on one invoice are about, and leave out what others bill."""
    keys = {one.key for one in owed}
    with s.ledger.read() as work:
        events = {event_key(one.source, one.event_id) for one in owed}
        rows = {row_id: work.inbox.get(row_id) for row_id in events}
        theirs = {agreement.key for agreement in s.book.agreements_with(owed[0].client)}
        known = work.obligations.of_agreements(theirs | {key.agreement for key in keys})
        where = work.obligations.where([key.id for key in known.obligations])
    facts = {row_id: event_today(s, row) for row_id, row in rows.items()}
    others = known.without(keys)
    # What has no draft yet can still take a deposit off, so no deposit comes too late for it.
    waiting = {key for key in others.obligations if where[key.id][0] is not ObligationState.DRAFTED}
    beside = {True: others.without(waiting), False: others}
    return [
        _again(s, one, facts[event_key(one.source, one.event_id)], beside[one.is_deposit])
        for one in owed
    ]


def _again(s: Services, one: Obligation, fact: BillingEvent, others: Owed) -> Obligation:
    if one.kind is EventKind.HOURS_LOGGED:
        # Later hours are owed, or will be, with the next threshold; so are those not approved.
        mine = {ref_of(work) for work in one.work}
        hours = (work for work in fact.work if ref_of(work) in mine and is_approved(work))
        return replace(one, work=tuple(hours))
    decision = decide(fact, s.book, others)
    if isinstance(decision, Bill):
        for new in decision.obligations:
            if replace(new.key, revision=one.key.revision) == one.key:
                flags = new.flags + tuple(flag for flag in one.flags if flag == RELEASED)
                return replace(new, key=one.key, bundle=one.bundle, flags=flags)
    raise StateError(f"with today's facts nothing is owed for {one.key}: {decision.reason}")


def _fetch_hints(s: Services, kinds: Sequence[EventKind], limit: int) -> list[str]:
    with s.ledger.read() as work:
        rows = work.inbox.hinted(kinds, limit)
    silent: set[str] = set()
    return [row.id for row in rows if _fetch(s, row, silent)]


def _fetch(s: Services, row: EventRow, silent: set[str]) -> bool:
    """Fetch one object; a source that does not answer is tried again by the next sweep.

    ``silent`` are the sources that failed in this sweep: one answer does not make up for it.
    """
    source = row.hint.source
    try:
        fact = s.sources.fetch(row.hint)
    except (TransientError, SettingsError) as error:
        with s.write("unreachable") as work:
            work.exceptions.open("source_unreachable", source, str(error), s.clock.now())
        silent.add(source)
        return False
    except NotFoundError as error:
        return _hold_hint(s, row, "object_missing", str(error))
    except TerminalError as error:
        return _hold_hint(s, row, "object_unreadable", str(error))
    s.fault("fetch.source_read")
    now = s.clock.now()
    with s.write("fetch") as work:
        if source not in silent:
            work.exceptions.close("source_unreachable", source, "system", "it answers again", now)
        done = work.inbox.fetched(row.id, fact)
        if done:
            work.trail.add(row.id, "fetched", now, {"object": row.hint.object_id})
    return done


def _hold_hint(s: Services, row: EventRow, code: str, cause: str) -> bool:
    now = s.clock.now()
    with s.write("hold_hint") as work:
        if work.inbox.settle(row.id, EventState.HINTED, EventState.HELD, cause):
            work.exceptions.open(code, row.id, cause, now)
    return False
