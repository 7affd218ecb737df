"""Reminders beside what spoke against them: when the money came, and what was held."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam

from invoicing.ledger.audit.check import statement, streamed
from invoicing.ledger.statements import BATCH
from invoicing.services.ledger_ports.audit import MoneyMove, Reminded

# Only invoices that somebody paid, credited, wrote off or held, and that were reminded of.
_CANDIDATES = (
    "SELECT i.id, i.number, i.client, i.due_minor FROM invoices i WHERE ("
    "EXISTS (SELECT 1 FROM allocations a WHERE a.invoice_id = i.id)"
    " OR EXISTS (SELECT 1 FROM credit_notes c WHERE c.invoice_id = i.id)"
    " OR EXISTS (SELECT 1 FROM write_offs w WHERE w.invoice_id = i.id)"
    " OR EXISTS (SELECT 1 FROM holds h WHERE h.invoice_id = i.id)) AND ("
    "EXISTS (SELECT 1 FROM reminders r WHERE r.invoice_id = i.id AND r.outcome = 'queued')"
    " OR EXISTS (SELECT 1 FROM outbox o WHERE o.invoice_id = i.id AND o.kind <> 'invoice'))"
    " ORDER BY i.id"
)
_SENT = (
    "SELECT invoice_id, step, settled_at AS at FROM reminders"
    " WHERE outcome = 'queued' AND invoice_id IN :ids"
    " UNION ALL SELECT o.invoice_id, o.step, a.started_at FROM attempts a"
    " JOIN outbox o ON o.id = a.outbox_id"
    " WHERE o.kind <> 'invoice' AND a.entry = 0 AND o.invoice_id IN :ids"
)
_MOVES = (
    "SELECT invoice_id, allocated_at AS at, amount_minor AS minor FROM allocations"
    " WHERE invoice_id IN :ids"
    " UNION ALL SELECT invoice_id, issued_at, due_minor FROM credit_notes"
    " WHERE invoice_id IN :ids"
    " UNION ALL SELECT invoice_id, written_off_at, amount_minor FROM write_offs"
    " WHERE invoice_id IN :ids"
)
_HOLDS = (
    "SELECT invoice_id, placed_at, lifted_at, ends_on FROM holds"
    " WHERE (kind = 'paused' OR amount IS NULL) AND invoice_id IN :ids"
)


def reminded(connection: Connection) -> Iterator[Reminded]:
    """Stream the invoices with reminders and with something that speaks against them."""
    for rows in streamed(connection, _CANDIDATES).partitions(BATCH):
        ids = [row.id for row in rows]
        sent, moves = _of(connection, _SENT, ids), _of(connection, _MOVES, ids)
        holds = _of(connection, _HOLDS, ids)
        for row in rows:
            yield Reminded(
                row.number,
                row.client,
                row.due_minor,
                tuple((one.step, _instant(one.at)) for one in sent.get(row.id, [])),
                tuple(MoneyMove(_instant(one.at), one.minor) for one in moves.get(row.id, [])),
                tuple((_instant(one.placed_at), _end(one)) for one in holds.get(row.id, [])),
            )


def _of(connection: Connection, query: str, ids: list[str]) -> dict[str, list[Row[Any]]]:
    wanted = statement(connection, query).bindparams(bindparam("ids", expanding=True))
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(wanted, {"ids": ids}):
        found.setdefault(row.invoice_id, []).append(row)
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _end(hold: Row[Any]) -> datetime | None:
    """Return when a hold may have ended: its last day is one where the client is."""
    ends = [datetime.fromisoformat(hold.lifted_at)] if hold.lifted_at else []
    if hold.ends_on is not None:
        last = date.fromisoformat(str(hold.ends_on))
        ends.append(datetime.combine(last - timedelta(days=1), time(), UTC))
    return min(ends, default=None)
