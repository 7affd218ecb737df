"""Decide: every complete event becomes an obligation, a question, or a recorded nothing."""

from invoicing.domain.canonical import fingerprint
from invoicing.domain.decide import (
    Bill,
    Decision,
    Hold,
    Ignore,
    Obligation,
    ObligationKey,
    decide,
    possible_keys,
)
from invoicing.domain.errors import StateError
from invoicing.domain.events import BillingEvent
from invoicing.domain.exceptions import Action
from invoicing.domain.rules import EVENT_OF_MODEL, Model
from invoicing.services.ports import EventRow, EventState, Services, UnitOfWork
from invoicing.services.report import CALENDAR


def decide_events(s: Services, model: Model, limit: int = 5000) -> list[str]:
    """Decide on the oldest complete events; return the ids of the new obligations."""
    with s.ledger.write() as work:
        rows = work.inbox.ready(EVENT_OF_MODEL[model], limit)
        events = [(row, row.event) for row in rows if row.event is not None]
        keys = {key for _, event in events for key in possible_keys(event, s.book)}
        owed = work.obligations.owed(keys)
        new: list[str] = []
        for row, event in events:
            decision = decide(event, s.book, owed)
            new += _record(s, work, row, event, decision, owed)
        return new


def decide_again(s: Services, event_row_id: str, actor: str) -> None:
    """Put a held event back to be decided with today's facts and rules, on a person's word.

    What a source reported is fetched again, since it may have been corrected there.
    """
    now = s.clock.now()
    with s.ledger.write() as work:
        ours = work.inbox.get(event_row_id).hint.source == CALENDAR
        after = EventState.READY if ours else EventState.HINTED
        reason = f"{actor} asked to decide again"
        if not work.inbox.settle(event_row_id, EventState.HELD, after, reason):
            raise StateError(f"event {event_row_id} is not held, so there is nothing to decide")
        work.exceptions.settle(Action.DECIDE_AGAIN, event_row_id, actor, now)
        work.trail.add(event_row_id, "decide_again", now, {}, actor)


def _record(
    s: Services,
    work: UnitOfWork,
    row: EventRow,
    event: BillingEvent,
    decision: Decision,
    owed: dict[ObligationKey, Obligation],
) -> list[str]:
    """Write a decision down; returns the id of the obligation if one arose."""
    now = s.clock.now()
    after, added = _apply(s, work, row, event, decision, owed)
    work.inbox.settle(row.id, EventState.READY, after, decision.reason)
    work.trail.add(row.id, "decided", now, {"decision": str(after), "reason": decision.reason})
    return added


def _apply(
    s: Services,
    work: UnitOfWork,
    row: EventRow,
    event: BillingEvent,
    decision: Decision,
    owed: dict[ObligationKey, Obligation],
) -> tuple[EventState, list[str]]:
    """Do what was decided; returns where the event stands now and the obligation that arose."""
    now = s.clock.now()
    match decision:
        case Bill(obligation):
            key = obligation.key
            if added := work.obligations.add([obligation]):
                owed[key] = obligation
                return EventState.BILLED, added
            owed |= work.obligations.owed([key])  # somebody else was first
            _merge(s, work, row, event, owed[key])
            return EventState.MERGED, []
        case Hold(code, reason):
            work.exceptions.open(code, row.id, reason, now)
            return EventState.HELD, []
        case Ignore(owed=ObligationKey() as key):
            _merge(s, work, row, event, owed[key])
            return EventState.MERGED, []
        case Ignore():
            return EventState.IGNORED, []


def _merge(
    s: Services, work: UnitOfWork, row: EventRow, event: BillingEvent, owed: Obligation
) -> None:
    """Show a person when an event about something owed says something else than the ledger."""
    if fingerprint(owed.work) != fingerprint(event.work):
        cause = f"event {event.event_id} says something else than {owed.key} has"
        work.exceptions.open("event_differs", row.id, cause, s.clock.now())
