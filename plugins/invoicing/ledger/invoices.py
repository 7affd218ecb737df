"""Invoices: issued once, their content frozen by the database itself."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    exists,
    insert,
    select,
    update,
)

from invoicing.domain.draft import Line
from invoicing.domain.errors import RefusedError
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money, plain
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import InvoiceState
from invoicing.domain.tax import TaxGroup
from invoicing.ledger.numbering import SeriesRows
from invoicing.ledger.statements import Rows, in_order
from invoicing.ledger.tables import document_links, lines, obligations, taxes
from invoicing.ledger.tables import invoices as invoices_table

HAS_DOCUMENT = exists().where(
    document_links.c.subject == invoices_table.c.id, document_links.c.kind == DocumentKind.INVOICE
)


class InvoiceRows(Rows):
    """Issued invoices: UNIQUE (series, number), content frozen by the database."""

    def add(self, invoices: Sequence[Invoice]) -> None:
        """Store issued invoices with their lines and taxes."""
        if not invoices:
            return
        self.connection.execute(insert(invoices_table), [_row(invoice) for invoice in invoices])
        rows = [
            _line_row(invoice.id, line) for invoice in invoices for line in invoice.content.lines
        ]
        if rows:
            self.connection.execute(insert(lines), rows)
        groups = [
            _tax_row(invoice.id, position, group)
            for invoice in invoices
            for position, group in enumerate(invoice.content.taxes, 1)
        ]
        if groups:
            self.connection.execute(insert(taxes), groups)

    def get(self, invoice_ids: Collection[str]) -> list[Invoice]:
        """Return invoices that exist, in the order asked for."""
        rows = self.rows_by(select(invoices_table), invoices_table.c.id, invoice_ids)
        return in_order(invoice_ids, {row.id: invoice_of_row(row) for row in rows})

    def known(self, invoice_ids: Collection[str]) -> list[str]:
        """Return those that are issued, in the order asked for."""
        rows = self.rows_by(select(invoices_table.c.id), invoices_table.c.id, invoice_ids)
        return in_order(invoice_ids, {row.id: row.id for row in rows})

    def by_number(self, number: str) -> Invoice | None:
        """Return the invoice with this number; two entities of ours may both have it."""
        found = self.numbered(number)
        if len(found) > 1:
            owners = ", ".join(one.series.entity for one in found)
            raise RefusedError(f"{number} is an invoice of each of {owners}; name its id instead")
        return found[0] if found else None

    def numbered(self, number: str) -> list[Invoice]:
        """Return the invoices with this number, one of each entity at most."""
        query = select(invoices_table).where(invoices_table.c.number == number)
        rows = self.connection.execute(query.order_by(invoices_table.c.entity))
        return [invoice_of_row(row) for row in rows]

    def recent(self, limit: int) -> list[Invoice]:
        """Return the invoices issued last."""
        order = (
            invoices_table.c.issued_at.desc(),
            invoices_table.c.entity,
            invoices_table.c.sequence.desc(),
        )
        rows = self.connection.execute(select(invoices_table).order_by(*order).limit(limit))
        return [invoice_of_row(row) for row in rows]

    def billed_clients(self, clients: Collection[str]) -> set[str]:
        """Return those of ``clients`` that have an issued invoice."""
        query = (
            select(invoices_table.c.client)
            .where(invoices_table.c.state == InvoiceState.ISSUED)
            .distinct()
        )
        return {row.client for row in self.rows_by(query, invoices_table.c.client, set(clients))}

    def gross_by_agreement(self, agreements: Collection[str]) -> dict[str, tuple[Money, ...]]:
        """Return what the issued invoices of each agreement came to, the oldest first."""
        query = (
            select(
                obligations.c.agreement,
                invoices_table.c.id,
                invoices_table.c.currency,
                self.gross_in(invoices_table.c.content)[0].label("gross"),
            )
            .join(obligations, obligations.c.draft_id == invoices_table.c.id)
            .where(invoices_table.c.state == InvoiceState.ISSUED)
            .order_by(invoices_table.c.issued_at, invoices_table.c.sequence)
            .distinct()
            .add_columns(invoices_table.c.issued_at, invoices_table.c.sequence)
        )
        found: dict[str, list[Money]] = {key: [] for key in agreements}
        for row in self.rows_by(query, obligations.c.agreement, set(agreements)):
            found[row.agreement].append(Money(Decimal(row.gross), row.currency))
        return {key: tuple(history) for key, history in found.items()}

    def without_document(self, limit: int) -> list[str]:
        """Return ids of invoices whose document was not rendered yet, the oldest first.

        Void ones too: they keep their number, and the document is the proof of what was issued.
        """
        query = (
            select(invoices_table.c.id)
            .where(~HAS_DOCUMENT)
            .order_by(
                invoices_table.c.issued_at, invoices_table.c.entity, invoices_table.c.sequence
            )
            .limit(limit)
        )
        return list(self.connection.scalars(query))

    def states(self, invoice_ids: Collection[str]) -> dict[str, InvoiceState]:
        """Return where each of these invoices stands."""
        query = select(invoices_table.c.id, invoices_table.c.state)
        rows = self.rows_by(query, invoices_table.c.id, set(invoice_ids))
        return {row.id: row.state for row in rows}

    def claim(self, invoice_ids: Collection[str]) -> dict[str, InvoiceState]:
        """Return where each stands, kept from everybody else who pays, sends or voids it."""
        query = select(invoices_table.c.id, invoices_table.c.state).order_by(invoices_table.c.id)
        locked = query.with_for_update(key_share=True)
        rows = self.rows_by(locked, invoices_table.c.id, sorted(set(invoice_ids)))
        return {row.id: row.state for row in rows}

    def void(self, invoice_id: str) -> bool:
        """ISSUED -> VOID by compare-and-set; its closing credit note comes in the same commit."""
        here = and_(
            invoices_table.c.id == invoice_id, invoices_table.c.state == InvoiceState.ISSUED
        )
        change = update(invoices_table).where(here).values(state=InvoiceState.VOID)
        return self.connection.execute(change).rowcount == 1

    def take_numbers(self, key: SeriesKey, count: int) -> int:
        """Take the next ``count`` numbers of a series and return the first; locks its counter."""
        return SeriesRows(self.connection).take(key, count)


def _row(invoice: Invoice) -> dict[str, object]:
    due = invoice.content.totals.due
    return {
        "id": invoice.id,
        "entity": invoice.series.entity,
        "series": invoice.series.series,
        "year": invoice.series.year,
        "sequence": invoice.sequence,
        "number": invoice.number,
        "issued_at": invoice.issued_at,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "version": invoice.version,
        "content_hash": invoice.content_hash,
        "config_hash": invoice.config_hash,
        "client": invoice.content.client.key,
        "currency": due.currency,
        "due": plain(due.amount),
        "due_minor": due.minor,
        "content": invoice.content,
        "state": InvoiceState.ISSUED,
    }


def _line_row(invoice_id: str, line: Line) -> dict[str, object]:
    return {
        "invoice_id": invoice_id,
        "position": line.position,
        "description": line.description,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "unit_price": plain(line.unit_price.amount),
        "base_quantity": plain(line.base_quantity),
        "discount_percent": plain(line.discount_percent),
        "net": plain(line.net.amount),
        "net_minor": line.net.minor,
        "currency": line.net.currency,
        "tax_category": line.rate.category,
        "tax_code": line.rate.code,
        "tax_percent": plain(line.rate.percent),
        "records": line.records,
        "rule": line.rule,
        "explanation": line.explanation,
    }


def _tax_row(invoice_id: str, position: int, group: TaxGroup) -> dict[str, object]:
    return {
        "invoice_id": invoice_id,
        "position": position,
        "category": group.rate.category,
        "code": group.rate.code,
        "percent": plain(group.rate.percent),
        "label": group.rate.label,
        "net": plain(group.net.amount),
        "net_minor": group.net.minor,
        "tax": plain(group.tax.amount),
        "tax_minor": group.tax.minor,
        "currency": group.net.currency,
    }


def invoice_of_row(row: Row[Any]) -> Invoice:
    """Read an invoice back as it was issued."""
    return Invoice(
        id=row.id,
        number=row.number,
        series=SeriesKey(row.entity, row.series, row.year),
        sequence=row.sequence,
        issued_at=row.issued_at,
        issued_on=row.issued_on,
        due_on=row.due_on,
        version=row.version,
        content_hash=row.content_hash,
        config_hash=row.config_hash,
        content=row.content,
    )
