"""Checks on money: what came in is placed once, and what is left of an invoice adds up."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row

from invoicing.domain.money import Money
from invoicing.domain.promises import Finding, Promise
from invoicing.ledger.audit.check import Check, streamed

_SUM = "(SELECT coalesce(sum({column}), 0) FROM {table} x WHERE x.invoice_id = i.id)"
_PLACED = _SUM.format(column="amount_minor", table="allocations")
_CREDITED = _SUM.format(column="due_minor", table="credit_notes")
_WRITTEN_OFF = _SUM.format(column="amount_minor", table="write_offs")
_TAKEN_OFF = f"{_PLACED} - {_CREDITED} - {_WRITTEN_OFF}"

MONEY = (
    Check(
        Promise.MONEY,
        "{number}: the balance is {balance_minor}, and no credit is recorded",
        "SELECT * FROM (SELECT i.id, i.number, i.client, i.currency,"
        f" i.due_minor - {_TAKEN_OFF} AS balance_minor FROM invoices i) AS owed"
        " WHERE balance_minor < 0 AND NOT EXISTS (SELECT 1 FROM exceptions e"
        " WHERE e.code = 'credit_left' AND e.subject = owed.id)",
    ),
    Check(
        Promise.MONEY,
        "{number}: {credited_minor} are credited of {due_minor}",
        "SELECT * FROM (SELECT i.number, i.client, i.currency, i.state, i.due_minor,"
        f" {_CREDITED} AS credited_minor FROM invoices i) AS owed WHERE credited_minor > due_minor"
        " AND due_minor >= 0 OR state = 'void' AND credited_minor <> due_minor",
    ),
    Check(
        Promise.MONEY,
        "{number} is in {currency}; {kind} {id} has {amount_minor}",
        "SELECT i.number, i.client, i.currency, x.kind, x.id, x.amount_minor FROM ("
        "SELECT invoice_id, 'payment' AS kind, source || ':' || external_id AS id, currency,"
        " amount_minor FROM allocations"
        " UNION ALL SELECT invoice_id, 'credit note', number, currency, due_minor FROM credit_notes"
        " UNION ALL SELECT invoice_id, 'write-off', CAST(position AS text), currency, amount_minor"
        " FROM write_offs) AS x JOIN invoices i ON i.id = x.invoice_id"
        " WHERE x.currency <> i.currency OR (x.kind = 'payment' AND x.amount_minor <= 0)",
    ),
    Check(
        Promise.MONEY,
        "{number}: more is taken back than was written off, by {back_minor}",
        "SELECT i.number, i.client, i.currency, -sum(w.amount_minor) AS back_minor"
        " FROM write_offs w JOIN invoices i ON i.id = w.invoice_id"
        " GROUP BY i.id, i.number, i.client, i.currency HAVING sum(w.amount_minor) < 0",
    ),
    Check(
        Promise.MONEY,
        "event {event_id} of {source} is applied, but there is no payment {reason}",
        "SELECT b.event_id, b.source, b.reason FROM billing_events b WHERE b.state = 'applied'"
        " AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.source || ':' || p.external_id ="
        " b.reason)",
    ),
    Check(
        Promise.MONEY,
        "payment {id} is in the ledger {times} times",
        "SELECT source || ':' || external_id AS id, count(*) AS times FROM payments"
        " GROUP BY source, external_id HAVING count(*) > 1",
    ),
)

_PAYMENTS = (
    "SELECT p.source, p.external_id, p.amount, p.currency, a.invoice_id, a.amount AS part,"
    " a.amount_minor AS part_minor, a.currency AS part_currency,"
    " CASE WHEN EXISTS (SELECT 1 FROM exceptions e"
    " WHERE e.subject = p.source || ':' || p.external_id) THEN 1 ELSE 0 END AS shown"
    " FROM payments p LEFT JOIN allocations a"
    " ON a.source = p.source AND a.external_id = p.external_id"
    " ORDER BY p.source, p.external_id"
)


def misplaced(connection: Connection) -> Iterator[Finding]:
    """Name every payment of which more was placed than came in, or a rest that nobody sees."""
    rows = streamed(connection, _PAYMENTS)
    for (source, key), parts in groupby(rows, lambda row: (row.source, row.external_id)):
        for text in _wrong(list(parts)):
            yield Finding(Promise.MONEY, f"payment {source}:{key}: {text}")


def _wrong(parts: list[Row[Any]]) -> Iterator[str]:
    first = parts[0]
    whole = Money(Decimal(first.amount), first.currency)
    placed = 0
    for part in parts:
        if part.invoice_id is None:
            continue
        told = Money(Decimal(part.part), part.part_currency)
        if part.part_currency != first.currency or told.minor != part.part_minor:
            yield f"{told} of {whole} are placed, in minor units {part.part_minor}"
        placed += int(part.part_minor)
    if placed and placed > whole.minor:
        yield f"{Money.of_minor(placed, whole.currency)} are placed of {whole}"
    elif placed != whole.minor and not first.shown:
        rest = Money.of_minor(whole.minor - placed, whole.currency)
        yield f"{rest} of {whole} are placed nowhere, and nobody was told"
