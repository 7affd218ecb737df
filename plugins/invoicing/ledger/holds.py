"""Holds on issued invoices: placed, and lifted once."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, select, update

from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.money import Money, plain
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import holds

_IN_ORDER = select(holds).order_by(holds.c.placed_at, holds.c.kind, holds.c.id)


class HoldRows(Rows):
    """Holds on invoices; at most one of each kind is open on an invoice."""

    def place(self, hold: InvoiceHold) -> bool:
        """Store an open hold; False while one of this kind is open on the invoice."""
        row = {
            "id": uuid4().hex,
            "invoice_id": hold.invoice_id,
            "kind": hold.kind,
            "reason": hold.reason,
            "amount": None if hold.amount is None else plain(hold.amount.amount),
            "currency": None if hold.amount is None else hold.amount.currency,
            "line": hold.line,
            "ends_on": hold.ends_on,
            "placed_by": hold.placed_by,
            "placed_at": hold.placed_at,
            "lifted_at": None,
            "lifted_by": "",
        }
        return self.inserted(holds, row)

    def lift(self, invoice_id: str, kind: HoldKind, by: str, at: datetime) -> bool:
        """Lift the open hold of this kind; False when there is none."""
        here = and_(
            holds.c.invoice_id == invoice_id, holds.c.kind == kind, holds.c.lifted_at.is_(None)
        )
        change = update(holds).where(here).values(lifted_at=at, lifted_by=by)
        return self.connection.execute(change).rowcount == 1

    def open_on(self, invoice_ids: Collection[str]) -> dict[str, list[InvoiceHold]]:
        """Return the open holds of each of these invoices, each with an empty list at least."""
        found: dict[str, list[InvoiceHold]] = {invoice_id: [] for invoice_id in invoice_ids}
        query = _IN_ORDER.where(holds.c.lifted_at.is_(None))
        for row in self.rows_by(query, holds.c.invoice_id, set(invoice_ids)):
            found[row.invoice_id].append(_hold(row))
        return found

    def of_invoice(self, invoice_id: str) -> list[InvoiceHold]:
        """Return every hold that an invoice ever had, the oldest first."""
        rows = self.connection.execute(_IN_ORDER.where(holds.c.invoice_id == invoice_id))
        return [_hold(row) for row in rows]


def _hold(row: Row[Any]) -> InvoiceHold:
    amount = None if row.amount is None else Money(Decimal(row.amount), row.currency)
    return InvoiceHold(
        row.invoice_id, row.kind, row.reason, row.placed_by, row.placed_at, amount, row.line,
        row.ends_on, row.lifted_at, row.lifted_by,
    )  # fmt: skip
