"""The inbox: what sources reported, each event once, until it is decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from invoicing.domain.canonical import fingerprint
from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import BillingEvent, EventKind, Hint, event_key
from invoicing.domain.reconcile import Payment
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import billing_events as events_table
from invoicing.services.ports import EventRow, EventState, Receipt

_WAITING = (EventState.HINTED, EventState.READY)


class InboxRows(Rows):
    """Billing events, UNIQUE (source, event id)."""

    def add_hint(self, hint: Hint, at: datetime) -> tuple[str, Receipt]:
        """Store a hint, or say how it relates to the one that has its event id already."""
        row = _row(hint, at, EventState.HINTED)
        if self.inserted(events_table, row):
            return str(row["id"]), Receipt.NEW
        kept = self.connection.scalar(
            select(events_table.c.payload_hash).where(events_table.c.id == row["id"])
        )
        same = kept == hint.payload_hash
        return str(row["id"]), Receipt.KNOWN if same else Receipt.CHANGED

    def add_events(self, events: Sequence[BillingEvent], at: datetime) -> list[str]:
        """Store complete events; those that are known stay as they are."""
        rows = [_row(_hint_of(fact), at, EventState.READY) | {"event": fact} for fact in events]
        return self.insert_new(events_table, rows, events_table.c.id)

    def hinted(self, kind: EventKind, limit: int) -> list[EventRow]:
        """Return the oldest hints whose object was not fetched yet."""
        return self._oldest(_oldest_first(kind, EventState.HINTED, limit))

    def ready(self, kind: EventKind, limit: int) -> list[EventRow]:
        """Claim the oldest undecided events; rows another unit of work holds are passed over."""
        return self._oldest(self.claimed(_oldest_first(kind, EventState.READY, limit)))

    def get(self, row_id: str) -> EventRow:
        """Return one event."""
        row = self.connection.execute(
            select(events_table).where(events_table.c.id == row_id)
        ).first()
        if row is None:
            raise NotFoundError(f"the inbox has no event {row_id!r}")
        return _event_row(row)

    def fetched(self, row_id: str, fact: BillingEvent | Payment) -> bool:
        """Attach the fetched fact, if the event is still only a hint."""
        content = {"event": fact} if isinstance(fact, BillingEvent) else {"payment": fact}
        return self._changed(row_id, EventState.HINTED, {"state": EventState.READY, **content})

    def settle(self, row_id: str, before: EventState, after: EventState, reason: str) -> bool:
        """Move an event on, with the reason."""
        return self._changed(row_id, before, {"state": after, "reason": reason})

    def newest_waiting(self, kind: EventKind) -> str:
        """Return when the newest waiting event came, and its id: it changes with what waits."""
        query = (
            select(events_table.c.received_at, events_table.c.id)
            .where(events_table.c.kind == kind, events_table.c.state.in_(_WAITING))
            .order_by(events_table.c.received_at.desc(), events_table.c.id.desc())
            .limit(1)
        )
        row = self.connection.execute(query).first()
        return f"{row.received_at.isoformat(timespec='microseconds')} {row.id}" if row else ""

    def _oldest(self, query: Select[Any]) -> list[EventRow]:
        return [_event_row(row) for row in self.connection.execute(query)]

    def _changed(self, row_id: str, before: EventState, values: dict[str, object]) -> bool:
        here = (events_table.c.id == row_id) & (events_table.c.state == before)
        return (
            self.connection.execute(update(events_table).where(here).values(values)).rowcount == 1
        )


def _oldest_first(kind: EventKind, state: EventState, limit: int) -> Select[Any]:
    return (
        select(events_table)
        .where(events_table.c.kind == kind, events_table.c.state == state)
        .order_by(events_table.c.received_at, events_table.c.id)
        .limit(limit)
    )


def _hint_of(fact: BillingEvent) -> Hint:
    return Hint(fact.source, fact.event_id, fact.kind, fact.subject, fingerprint(fact))


def _row(hint: Hint, at: datetime, state: EventState) -> dict[str, object]:
    return {
        "id": event_key(hint.source, hint.event_id),
        "source": hint.source,
        "event_id": hint.event_id,
        "kind": hint.kind,
        "object_id": hint.object_id,
        "payload_hash": hint.payload_hash,
        "received_at": at,
        "state": state,
        "reason": "",
    }


def _event_row(row: Row[Any]) -> EventRow:
    hint = Hint(row.source, row.event_id, row.kind, row.object_id, row.payload_hash)
    return EventRow(row.id, hint, row.state, row.event, row.payment)
