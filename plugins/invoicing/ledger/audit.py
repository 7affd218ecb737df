"""What the ledger says of itself: every row is looked at, so that a broken promise has a name."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Column, func, select

from invoicing.domain.issue import Invoice
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.trail import TrailEntry
from invoicing.ledger.invoices import invoice_of_row
from invoicing.ledger.reviews import ReviewRows
from invoicing.ledger.statements import BATCH, Rows
from invoicing.ledger.tables import (
    consumption,
    invoices,
    obligations,
    outbox,
    series,
    trail,
)
from invoicing.ledger.trail import entry_of_row

_SERIES = (invoices.c.entity, invoices.c.series, invoices.c.year)
_KEYS: tuple[tuple[str, tuple[Column[Any], ...]], ...] = (
    (
        "obligation",
        (
            obligations.c.entity,
            obligations.c.agreement,
            obligations.c.unit,
            obligations.c.revision,
        ),
    ),
    ("number", (*_SERIES, invoices.c.sequence)),
    ("consumption", (consumption.c.source, consumption.c.record_id)),
    ("outbox", (outbox.c.invoice_id, outbox.c.kind, outbox.c.step, outbox.c.channel)),
)


class AuditRows(Rows):
    """What the ledger says of itself, for checks that look at every row."""

    def repeated_keys(self) -> list[str]:
        """Name every value that breaks one of the four unique keys (none, if the guards hold)."""
        found: list[str] = []
        for name, columns in _KEYS:
            repeated = select(*columns).group_by(*columns).having(func.count() > 1)
            for row in self.connection.execute(repeated):
                found.append(f"{name} {'/'.join(str(value) for value in row)}")
        return found

    def gaps(self) -> list[str]:
        """Name every series whose numbers are not 1..n, or whose counter disagrees."""
        counted = select(
            *_SERIES, func.count(), func.min(invoices.c.sequence), func.max(invoices.c.sequence)
        ).group_by(*_SERIES)
        issued = {tuple(row)[:3]: tuple(row)[3:] for row in self.connection.execute(counted)}
        counters = select(series.c.entity, series.c.series, series.c.year, series.c.last)
        last = {tuple(row)[:3]: row[3] for row in self.connection.execute(counters)}
        return [
            f"{'/'.join(map(str, key))}: {count} invoices from {first} to {newest},"
            f" counter at {last.get(key, 0)}"
            for key in sorted(issued.keys() | last.keys())
            for count, first, newest in [issued.get(key, (0, 1, 0))]
            if not (first == 1 and count == newest == last.get(key, 0))
        ]

    def each_invoice(self) -> Iterator[Invoice]:
        """Stream all issued invoices, in the order of their numbers."""
        query = select(invoices).order_by(*_SERIES, invoices.c.sequence)
        for row in self.connection.execute(query.execution_options(yield_per=BATCH)):
            yield invoice_of_row(row)

    def each_trail(self) -> Iterator[list[TrailEntry]]:
        """Stream the trail, one subject at a time."""
        query = select(trail).order_by(trail.c.subject, trail.c.sequence)
        rows = self.connection.execute(query.execution_options(yield_per=BATCH))
        for _, entries in groupby((entry_of_row(row) for row in rows), lambda one: one.subject):
            yield list(entries)

    def unapproved(self) -> list[str]:
        """Name every invoice without a complete approval of exactly its version and content."""
        rows = self.connection.execute(
            select(
                invoices.c.id, invoices.c.version, invoices.c.content_hash, invoices.c.number
            ).order_by(invoices.c.number)
        ).all()
        items = [ParcelItem(row.id, row.version) for row in rows]
        reviewed = ReviewRows(self.connection).of_versions(items)
        return [row.number for row in rows if not reviewed[row.id].approves(row.content_hash)]
