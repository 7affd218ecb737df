"""Decide: every complete event becomes things owed, a question, or a recorded nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.decide import decide, possible_agreements
from invoicing.domain.errors import StateError
from invoicing.domain.events import BillingEvent
from invoicing.domain.exceptions import Action
from invoicing.domain.obligations import (
    Bill,
    Decision,
    Hold,
    Ignore,
    Note,
    Obligation,
    ObligationKey,
    Owed,
)
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.report import CALENDAR, LEDGER
from invoicing.domain.rules import EVENTS_OF_MODEL, Model
from invoicing.domain.states import DraftState
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import EventRow, EventState, ObligationState, UnitOfWork
from invoicing.services.ports import Services
from invoicing.services.report import OURS, event_today

_NOT_OUT_YET = {DraftState.DRAFT, DraftState.AWAITING_REVIEW, DraftState.APPROVED}


class _Known:
    """What is owed, client by client, kept up to date through a batch of decisions."""

    def __init__(self, book: Book, owed: Owed) -> None:
        self._owed: dict[str, dict[ObligationKey, Obligation]] = {}
        self._unpaid: dict[str, set[ObligationKey]] = {}
        self._ledger = owed
        self._new: list[Obligation] = []
        self._ids: list[str] = []
        for key, one in owed.obligations.items():
            client = book.agreement(key.agreement).client
            self._add(client, one, unpaid=key in owed.unpaid)

    def about(self, client: str) -> Owed:
        """Return what is owed under the agreements with a client."""
        return replace(
            self._ledger,
            obligations=self._owed.get(client, {}),
            unpaid=frozenset(self._unpaid.get(client, ())),
        )

    def add(self, obligations: Sequence[Obligation]) -> None:
        """Take in what arose just now; nobody paid for it yet."""
        self._new += obligations
        for one in obligations:
            self._add(one.client, one, unpaid=True)

    def store(self, work: UnitOfWork) -> list[str]:
        """Put what arose into the ledger, and return the ids of all that arose so far."""
        self._ids += work.obligations.add(self._new)
        self._new = []
        return self._ids

    def _add(self, client: str, one: Obligation, *, unpaid: bool) -> None:
        self._owed.setdefault(client, {})[one.key] = one
        if unpaid:
            self._unpaid.setdefault(client, set()).add(one.key)


def decide_events(s: Services, model: Model, limit: int = 5000) -> list[str]:
    """Decide on the oldest complete events; return the ids of the new obligations."""
    with s.write("decide") as work:
        rows = work.inbox.ready(EVENTS_OF_MODEL[model], limit)
        events = _of_clients_as_known(s, work, [(r, r.event) for r in rows if r.event is not None])
        about = {key for _, event in events for key in possible_agreements(event, s.book)}
        work.obligations.claim(about)
        known = _Known(s.book, work.obligations.of_agreements(about))
        settled: dict[str, tuple[EventState, str]] = {}
        for row, event in events:
            decision = decide(event, s.book, known.about(event.client))
            settled[row.id] = _record(s, work, row, decision, known), decision.reason
        work.inbox.settle_all(EventState.READY, settled)
        return known.store(work)


def _of_clients_as_known(
    s: Services, work: UnitOfWork, events: Sequence[tuple[EventRow, BillingEvent]]
) -> list[tuple[EventRow, BillingEvent]]:
    """Leave events of clients whose mode was changed meanwhile to a process that knows it.

    What a client is told of while it is off is settled for good, so it must be off indeed.
    """
    gate = Gate(s, work, {event.client for _, event in events})
    return [(row, event) for row, event in events if not gate.is_outdated(event.client)]


def decide_again(s: Services, event_row_id: str, actor: str) -> None:
    """Put a held event back to be decided with today's facts and rules, on a person's word.

    What a source reported is fetched again, since it may have been corrected there.
    """
    with s.ledger.read() as work:
        row = work.inbox.get(event_row_id)
    again = _of_calendar_today(s, row)
    now = s.clock.now()
    with s.write("decide_again") as work:
        ours = row.hint.kind in OURS or row.hint.source in {CALENDAR, LEDGER}
        after = EventState.READY if ours else EventState.HINTED
        reason = f"{actor} asked to decide again"
        if not work.inbox.settle(event_row_id, EventState.HELD, after, reason):
            raise StateError(f"event {event_row_id} is not held, so there is nothing to decide")
        if again is not None:
            work.inbox.rewrite(event_row_id, again)
        work.exceptions.settle(Action.DECIDE_AGAIN, event_row_id, actor, now)
        work.trail.add(event_row_id, "decide_again", now, {}, actor)


def _of_calendar_today(s: Services, row: EventRow) -> BillingEvent | None:
    known = row.event is not None and row.event.agreement in s.book.agreements
    return event_today(s, row) if known and row.hint.source == CALENDAR else None


def _record(
    s: Services, work: UnitOfWork, row: EventRow, decision: Decision, known: _Known
) -> EventState:
    """Write a decision down; returns where the event stands now."""
    now = s.clock.now()
    after = _apply(s, work, row, decision, known)
    if not isinstance(decision, Hold):
        for note in decision.notes:
            _show(work, note, note.about.id if note.about else row.id, now)
    work.trail.add(row.id, "decided", now, {"decision": str(after), "reason": decision.reason})
    return after


def _show(work: UnitOfWork, note: Note, subject: str, now: datetime) -> None:
    """Show a person what the decision does not settle; what was seen before is not shown again."""
    seen = work.exceptions.of_subjects([subject])
    if all((one.code, one.cause) != (note.code, note.text) for one in seen):
        work.exceptions.open(note.code, subject, note.text, now)


def _apply(
    s: Services, work: UnitOfWork, row: EventRow, decision: Decision, known: _Known
) -> EventState:
    """Do what was decided; returns where the event stands now."""
    match decision:
        case Bill(obligations):
            known.add(obligations)
            return EventState.BILLED
        case Hold(code, reason, about):
            work.exceptions.open(code, row.id, reason, s.clock.now())
            if about:
                known.store(work)  # it may be about what arose just before
            for key in about:
                _hold_owed(s, work, key, decision)
            return EventState.HELD
        case Ignore(owed=ObligationKey() as key):
            _merge(s, work, row, known.about(_client_of(row)).obligations[key])
            return EventState.MERGED
        case Ignore():
            return EventState.IGNORED


def _client_of(row: EventRow) -> str:
    return row.event.client if row.event else ""


def _hold_owed(s: Services, work: UnitOfWork, key: ObligationKey, hold: Hold) -> None:
    """Keep what sources contradict each other about from being issued; what is issued stays."""
    now = s.clock.now()
    detail = {"code": hold.code, "reason": hold.reason}
    if work.obligations.move([key.id], ObligationState.OPEN, ObligationState.HELD, ""):
        work.exceptions.open(hold.code, key.id, hold.reason, now)
        work.trail.add(key.id, "held", now, detail)
    _, draft_id = work.obligations.where([key.id]).get(key.id, (None, ""))
    while held := [one for one in work.drafts.get([draft_id]) if one.state in _NOT_OUT_YET]:
        item = ParcelItem(draft_id, held[0].version)
        if work.drafts.move(item, held[0].state, DraftState.HELD):
            work.exceptions.open(hold.code, draft_id, hold.reason, now)
            work.trail.add(draft_id, "held", now, detail)
            return


def _merge(s: Services, work: UnitOfWork, row: EventRow, owed: Obligation) -> None:
    """Show a person when a source tells another story of something owed than it told before."""
    event = row.event
    if event is None or (event.source, event.kind) != (owed.source, owed.kind):
        return
    if event.work and fingerprint(owed.work) != fingerprint(event.work):
        cause = f"event {event.event_id} says something else than {owed.key} has"
        work.exceptions.open("event_differs", row.id, cause, s.clock.now())
