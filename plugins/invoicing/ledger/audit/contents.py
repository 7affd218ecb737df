"""Issued invoices and credit notes with everything that other rows say about them, in batches."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam

from invoicing.domain.credit import CreditNote, IssuedCreditNote
from invoicing.domain.draft import Draft
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.promises import Finding, Promise
from invoicing.domain.review import SYSTEM
from invoicing.domain.work import RecordRef
from invoicing.ledger.audit.check import statement, streamed
from invoicing.ledger.columns import Json
from invoicing.ledger.reviews import ReviewRows
from invoicing.services.ledger_ports.audit import (
    StoredInvoice,
    StoredLine,
    StoredNote,
    StoredSums,
    StoredTax,
)

_BATCH = 200
_DRAFT, _NOTE = Json(Draft), Json(CreditNote)

# Read as text, not as values: what was tampered with may be no value any more.
_INVOICES = (
    "SELECT id, entity, series, year, sequence, number, issued_at, issued_on, due_on, version,"
    " content_hash, config_hash, client, currency, due, due_minor, content, state"
    " FROM invoices ORDER BY entity, series, year, sequence"
)
_NOTES = (
    "SELECT id, entity, series, year, sequence, number, issued_at, issued_on, content_hash,"
    " currency, due, due_minor, content, invoice_id FROM credit_notes"
    " ORDER BY entity, series, year, sequence"
)
_LINES = (
    f"SELECT invoice_id, {', '.join(StoredLine._fields)} FROM lines"
    " WHERE invoice_id IN :ids ORDER BY invoice_id, position"
)
_TAXES = (
    f"SELECT invoice_id, {', '.join(StoredTax._fields)} FROM taxes"
    " WHERE invoice_id IN :ids ORDER BY invoice_id, position"
)
_OWED = "SELECT draft_id AS invoice_id, id, content FROM obligations WHERE draft_id IN :ids"
_CONSUMED = (
    "SELECT draft_id AS invoice_id, source, record_id FROM consumption WHERE draft_id IN :ids"
)
_AUTHORS = (
    "SELECT draft_id AS invoice_id, version, author FROM draft_versions WHERE draft_id IN :ids"
)
_RELEASED = (
    "SELECT o.draft_id AS invoice_id, t.actor FROM obligations o"
    " JOIN trail t ON t.subject = o.id AND t.action = 'released' WHERE o.draft_id IN :ids"
)


def each_invoice(connection: Connection) -> Iterator[StoredInvoice | Finding]:
    """Stream all issued invoices; one that cannot be read any more is a finding."""
    for rows in streamed(connection, _INVOICES, _BATCH).partitions(_BATCH):
        yield from _Batch(connection, rows)


def each_note(connection: Connection) -> Iterator[StoredNote | Finding]:
    """Stream all credit notes; one that cannot be read any more is a finding."""
    for row in streamed(connection, _NOTES, _BATCH):
        try:
            content = _NOTE.process_result_value(row.content, connection.dialect)
            note = IssuedCreditNote(
                id=row.id,
                number=row.number,
                series=SeriesKey(row.entity, row.series, row.year),
                sequence=row.sequence,
                issued_at=datetime.fromisoformat(row.issued_at),
                issued_on=_day(row.issued_on),
                content_hash=row.content_hash,
                content=content,
            )
        except ValueError as error:
            yield _unreadable(row.number, "", error)
        else:
            client = content.client.key
            yield StoredNote(
                note, StoredSums(row.entity, client, row.currency, row.due, row.due_minor)
            )


class _Batch:
    """Some invoices, with the rows about them looked up together."""

    def __init__(self, connection: Connection, rows: Sequence[Row[Any]]) -> None:
        self._connection, self._rows = connection, rows
        ids = [row.id for row in rows]
        self._lines, self._taxes = self._of(_LINES, ids), self._of(_TAXES, ids)
        self._owed, self._consumed = self._of(_OWED, ids), self._of(_CONSUMED, ids)
        self._authors, self._released = self._of(_AUTHORS, ids), self._of(_RELEASED, ids)
        items = [ParcelItem(row.id, row.version) for row in rows]
        self._reviewed = ReviewRows(connection).of_versions(items)

    def __iter__(self) -> Iterator[StoredInvoice | Finding]:
        for row in self._rows:
            try:
                yield self._stored(row, self._read(row))
            except ValueError as error:
                yield _unreadable(row.number, row.client, error)

    def _of(self, query: str, ids: list[str]) -> dict[str, list[Row[Any]]]:
        wanted = statement(self._connection, query).bindparams(bindparam("ids", expanding=True))
        found: dict[str, list[Row[Any]]] = {}
        for row in self._connection.execute(wanted, {"ids": ids}):
            found.setdefault(row.invoice_id, []).append(row)
        return found

    def _read(self, row: Row[Any]) -> Invoice:
        return Invoice(
            id=row.id,
            number=row.number,
            series=SeriesKey(row.entity, row.series, row.year),
            sequence=row.sequence,
            issued_at=datetime.fromisoformat(row.issued_at),
            issued_on=_day(row.issued_on),
            due_on=_day(row.due_on),
            version=row.version,
            content_hash=row.content_hash,
            config_hash=row.config_hash,
            content=_DRAFT.process_result_value(row.content, self._connection.dialect),
        )

    def _stored(self, row: Row[Any], invoice: Invoice) -> StoredInvoice:
        owed = self._owed.get(row.id, [])
        return StoredInvoice(
            invoice=invoice,
            is_void=row.state == "void",
            sums=StoredSums(row.entity, row.client, row.currency, row.due, row.due_minor),
            lines=tuple(StoredLine._make(line[1:]) for line in self._lines.get(row.id, [])),
            taxes=tuple(StoredTax._make(group[1:]) for group in self._taxes.get(row.id, [])),
            owed=frozenset(one.id for one in owed),
            consumed=frozenset(
                RecordRef(one.source, one.record_id) for one in self._consumed.get(row.id, [])
            ),
            authors=self._authors_of(row, owed),
            reviewed=self._reviewed[row.id],
        )

    def _authors_of(self, row: Row[Any], owed: list[Row[Any]]) -> frozenset[str]:
        """Return who made this version; of a later one also who made or asked for the earlier.

        Whoever let it pass a safety bound is one of them.
        """
        versions = self._authors.get(row.id, [])
        if row.version == 1:
            made = {one.author for one in versions if one.version == 1}
        else:
            made = {one.author for one in versions if one.version <= row.version}
            made |= {_reporter(one.content) for one in owed}
        made |= {one.actor for one in self._released.get(row.id, [])}
        return frozenset(made - {SYSTEM, ""})


def _reporter(content: str) -> str:
    return str(json.loads(content).get("reported_by") or "")


def _day(value: date | str) -> date:
    return date.fromisoformat(str(value))


def _unreadable(number: str, client: str, error: ValueError) -> Finding:
    lines = str(error).splitlines() or [type(error).__name__]
    return Finding(Promise.FROZEN, f"{number}: the content cannot be read: {lines[0]}", client)
