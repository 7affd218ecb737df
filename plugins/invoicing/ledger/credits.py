"""Credit notes and write-offs: what takes (a part of) an issued invoice back, never changed."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, exists, func, insert, select

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.errors import RefusedError
from invoicing.domain.issue import SeriesKey
from invoicing.domain.money import Money, plain
from invoicing.domain.reconcile import WriteOff
from invoicing.domain.render import DocumentKind
from invoicing.ledger.statements import Rows, in_order
from invoicing.ledger.tables import credit_notes, document_links, write_offs
from invoicing.services.ledger_ports import CreditRecord


class CreditRows(Rows):
    """Credit notes: UNIQUE (series, number), at most one that closes an invoice, never changed."""

    def add(self, record: CreditRecord) -> None:
        """Store a credit note; its number was taken in this unit of work."""
        self.connection.execute(insert(credit_notes), _row(record))

    def of_invoices(self, invoice_ids: Collection[str]) -> dict[str, list[CreditRecord]]:
        """Return the credit notes of each of these invoices, the oldest first."""
        query = select(credit_notes).order_by(credit_notes.c.issued_at, credit_notes.c.sequence)
        found = defaultdict[str, list[CreditRecord]](list)
        for row in self.rows_by(query, credit_notes.c.invoice_id, set(invoice_ids)):
            found[row.invoice_id].append(credit_of_row(row))
        return {invoice_id: found[invoice_id] for invoice_id in invoice_ids}

    def get(self, note_ids: Collection[str]) -> list[CreditRecord]:
        """Return credit notes that exist, in the order asked for."""
        rows = self.rows_by(select(credit_notes), credit_notes.c.id, set(note_ids))
        return in_order(note_ids, {row.id: credit_of_row(row) for row in rows})

    def without_document(self, limit: int) -> list[str]:
        """Return ids of credit notes whose document was not rendered yet, the oldest first."""
        rendered = exists().where(
            document_links.c.subject == credit_notes.c.id,
            document_links.c.kind == DocumentKind.CREDIT_NOTE,
        )
        order = (credit_notes.c.issued_at, credit_notes.c.entity, credit_notes.c.sequence)
        query = select(credit_notes.c.id).where(~rendered).order_by(*order).limit(limit)
        return list(self.connection.scalars(query))

    def by_number(self, number: str) -> CreditRecord | None:
        """Return the credit note with this number; two entities of ours may both have it."""
        query = select(credit_notes).where(credit_notes.c.number == number)
        rows = self.connection.execute(query).all()
        if len(rows) > 1:
            owners = ", ".join(sorted(row.entity for row in rows))
            raise RefusedError(f"{number} is a credit note of each of {owners}; name its invoice")
        return credit_of_row(rows[0]) if rows else None

    def credited(self, invoice_ids: Collection[str]) -> set[str]:
        """Return those of these invoices that have a credit note."""
        query = select(credit_notes.c.invoice_id).distinct()
        rows = self.rows_by(query, credit_notes.c.invoice_id, set(invoice_ids))
        return {row.invoice_id for row in rows}


class WriteOffRows(Rows):
    """What was given up, or taken back again (below zero), in the order it was; never changed."""

    def add(self, write_off: WriteOff) -> None:
        """Store what was given up on an invoice, after what was given up on it before."""
        here = write_offs.c.invoice_id == write_off.invoice_id
        newest = self.connection.scalar(select(func.max(write_offs.c.position)).where(here))
        row = {
            "invoice_id": write_off.invoice_id,
            "position": (newest or 0) + 1,
            "amount": plain(write_off.amount.amount),
            "amount_minor": write_off.amount.minor,
            "currency": write_off.amount.currency,
            "reason": write_off.reason,
            "asked_by": write_off.asked_by,
            "approved_by": write_off.approved_by,
            "written_off_at": write_off.written_off_at,
        }
        self.connection.execute(insert(write_offs), row)

    def of_invoices(self, invoice_ids: Collection[str]) -> dict[str, list[WriteOff]]:
        """Return what was given up on each of these invoices, the oldest first."""
        query = select(write_offs).order_by(write_offs.c.position)
        found = defaultdict[str, list[WriteOff]](list)
        for row in self.rows_by(query, write_offs.c.invoice_id, set(invoice_ids)):
            found[row.invoice_id].append(_write_off(row))
        return {invoice_id: found[invoice_id] for invoice_id in invoice_ids}


def _row(record: CreditRecord) -> dict[str, object]:
    note = record.note
    due = note.content.totals.due
    return {
        "id": note.id,
        "invoice_id": note.content.invoice_id,
        "entity": note.series.entity,
        "series": note.series.series,
        "year": note.series.year,
        "sequence": note.sequence,
        "number": note.number,
        "issued_at": note.issued_at,
        "issued_on": note.issued_on,
        "content_hash": note.content_hash,
        "config_hash": record.config_hash,
        "asked_by": record.asked_by,
        "approved_by": record.approved_by,
        "currency": due.currency,
        "due": plain(due.amount),
        "due_minor": due.minor,
        "closes": note.content.closes,
        "content": note.content,
    }


def credit_of_row(row: Row[Any]) -> CreditRecord:
    """Read a credit note back as it was issued."""
    note = IssuedCreditNote(
        id=row.id,
        number=row.number,
        series=SeriesKey(row.entity, row.series, row.year),
        sequence=row.sequence,
        issued_at=row.issued_at,
        issued_on=row.issued_on,
        content_hash=row.content_hash,
        content=row.content,
    )
    return CreditRecord(note, row.config_hash, row.asked_by, row.approved_by)


def _write_off(row: Row[Any]) -> WriteOff:
    return WriteOff(
        row.invoice_id, Money(Decimal(row.amount), row.currency), row.reason, row.asked_by,
        row.approved_by, row.written_off_at,
    )  # fmt: skip
