"""The inbox: what sources reported, each event once, until it is decided."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update

from invoicing.domain.canonical import fingerprint
from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import BillingEvent, EventKind, Hint, event_key
from invoicing.domain.reconcile import Payment
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import billing_events as events_table
from invoicing.services.ledger_ports import EventRow, EventState, Receipt

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

    def known(self, row_ids: Collection[str]) -> set[str]:
        """Return those of ``row_ids`` that are in the inbox already."""
        return {
            row.id for row in self.rows_by(select(events_table.c.id), events_table.c.id, row_ids)
        }

    def hinted(self, kinds: Collection[EventKind], limit: int) -> list[EventRow]:
        """Return the oldest hints whose object was not fetched yet."""
        query = _oldest_first(kinds, EventState.HINTED, limit)
        return [_event_row(row) for row in self.connection.execute(query)]

    def ready(self, kinds: Collection[EventKind], limit: int) -> list[EventRow]:
        """Claim the oldest undecided events; rows another unit of work holds are passed over.

        What came together is decided in the order of its days: work that was reported late belongs
        to the first period that can bill it.
        """
        query = self.claimed(_oldest_first(kinds, EventState.READY, limit))
        rows = sorted(self.connection.execute(query), key=_by_day)
        return [_event_row(row) for row in rows]

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

    def rewrite(self, row_id: str, event: BillingEvent) -> None:
        """Keep today's facts of an event that nobody fetches; it stays where it stands."""
        here = events_table.c.id == row_id
        self.connection.execute(update(events_table).where(here).values(event=event))

    def settle(self, row_id: str, before: EventState, after: EventState, reason: str) -> bool:
        """Move an event on, with the reason."""
        return self._changed(row_id, before, {"state": after, "reason": reason})

    def settle_all(self, before: EventState, settled: Mapping[str, tuple[EventState, str]]) -> None:
        """Move events on, each with its reason; those that are not in ``before`` stay."""
        if not settled:
            return
        here = (events_table.c.id == bindparam("row_id")) & (events_table.c.state == before)
        change = update(events_table).where(here)
        rows = [
            {"row_id": row_id, "state": after, "reason": reason}
            for row_id, (after, reason) in settled.items()
        ]
        self.connection.execute(change, rows)

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

    def _changed(self, row_id: str, before: EventState, values: dict[str, object]) -> bool:
        here = (events_table.c.id == row_id) & (events_table.c.state == before)
        return (
            self.connection.execute(update(events_table).where(here).values(values)).rowcount == 1
        )


def _oldest_first(kinds: Collection[EventKind], state: EventState, limit: int) -> Select[Any]:
    return (
        select(events_table)
        .where(events_table.c.kind.in_(list(kinds)), events_table.c.state == state)
        # Our calendar names what is due by its first day, so a limit cuts off the latest.
        .order_by(events_table.c.received_at, events_table.c.object_id, events_table.c.id)
        .limit(limit)
    )


def _by_day(row: Row[Any]) -> tuple[datetime, date, str, str]:
    day = row.event.occurred_on if row.event is not None else date.min
    return row.received_at, day, row.object_id, row.id


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
