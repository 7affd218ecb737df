"""Checks on events and what became of them: every one ends, with a reason and its trail."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from invoicing.domain.promises import Finding, Promise
from invoicing.ledger.audit.check import Check, statement

# An exception about it is open, or a person closed the newest one without freeing it.
_SHOWN = (
    "EXISTS (SELECT 1 FROM exceptions e WHERE e.subject = {subject}"
    " AND (e.closed_at IS NULL OR e.decision NOT IN ('decide_again', 'draft_again')))"
)
_PARKED = "EXISTS (SELECT 1 FROM parking p WHERE p.unparked_at IS NULL AND p.client = {client})"

EVENTS_END = (
    Check(
        Promise.EVENTS_END,
        "event {event_id} of {source} is {state} without a reason",
        "SELECT event_id, source, state FROM billing_events"
        " WHERE state NOT IN ('hinted', 'ready') AND reason = ''",
    ),
    Check(
        Promise.EVENTS_END,
        "event {event_id} of {source} is in the state {state}, which is none of ours",
        "SELECT event_id, source, state FROM billing_events WHERE state NOT IN"
        " ('hinted', 'ready', 'billed', 'merged', 'held', 'ignored', 'applied')",
    ),
    Check(
        Promise.EVENTS_END,
        "event {event_id} of {source} is held, and nobody was told: {reason}",
        "SELECT b.event_id, b.source, b.reason FROM billing_events b WHERE b.state = 'held'"
        f" AND NOT {_SHOWN.format(subject='b.id')}",
    ),
    Check(
        Promise.EVENTS_END,
        "obligation {entity}/{agreement}/{unit} is held, and nobody was told",
        "SELECT o.entity, o.agreement, o.unit FROM obligations o WHERE o.state = 'held'"
        f" AND NOT {_PARKED.format(client='FIELD(o.content, client)')}"
        " AND NOT EXISTS (SELECT 1 FROM obligations m WHERE m.agreement = o.agreement"
        " AND (m.id = o.id OR (m.state = 'held' AND FIELD(m.content, bundle) <> ''"
        " AND FIELD(m.content, bundle) = FIELD(o.content, bundle)))"
        f" AND {_SHOWN.format(subject='m.id')})",
    ),
    Check(
        Promise.EVENTS_END,
        "draft {id} is held, and nobody was told",
        f"SELECT d.id FROM drafts d WHERE d.state = 'held' AND NOT {_SHOWN.format(subject='d.id')}",
    ),
    Check(
        Promise.EVENTS_END,
        "event {event_id} of {source} is billed, but nothing is owed for it",
        "SELECT source, event_id FROM billing_events WHERE state = 'billed'"
        " EXCEPT SELECT FIELD(content, source), FIELD(content, event_id) FROM obligations",
    ),
)

_WAITING = (
    "SELECT b.event_id, b.source, b.kind, b.state, b.received_at FROM billing_events b"
    " WHERE b.state IN ('hinted', 'ready') AND NOT EXISTS (SELECT 1 FROM exceptions e"
    " WHERE e.closed_at IS NULL AND e.subject IN (b.id, b.source)) ORDER BY b.received_at, b.id"
)
_NEWEST_ENDED = (
    "SELECT kind, max(received_at) AS newest FROM billing_events"
    " WHERE state NOT IN ('hinted', 'ready') GROUP BY kind"
)
_PASSED_OVER = timedelta(
    days=1
)  # a sweep takes the oldest first, so a younger one never ends first


def passed_over(connection: Connection) -> Iterator[Finding]:
    """Name every event that waits in silence while one that came a day later was decided."""
    rows = connection.execute(statement(connection, _NEWEST_ENDED))
    newest = {row.kind: datetime.fromisoformat(row.newest) for row in rows}
    for row in connection.execute(statement(connection, _WAITING)):
        later = newest.get(row.kind)
        if later and later - datetime.fromisoformat(row.received_at) >= _PASSED_OVER:
            where = f"event {row.event_id} of {row.source} is {row.state} since {row.received_at}"
            yield Finding(Promise.EVENTS_END, f"{where}, and was passed over")
