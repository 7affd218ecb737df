"""Parcels: which drafts travel together through review, issue, render and dispatch."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from invoicing.domain.errors import NotFoundError
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.ledger.statements import Rows, in_order
from invoicing.ledger.tables import parcel_items
from invoicing.ledger.tables import parcels as parcels_table


class ParcelRows(Rows):
    """Parcels and their items, UNIQUE (draft, version)."""

    def put(self, parcels: Sequence[Parcel]) -> None:
        """Store parcels; an item that is in an older parcel moves over to the new one."""
        self.insert_rest(parcels_table, [_row(at, parcel) for at, parcel in enumerate(parcels)])
        items = [
            {"draft_id": item.draft_id, "version": item.version, "parcel_id": parcel.id,
             "position": position}
            for parcel in parcels
            for position, item in enumerate(parcel.items)
        ]  # fmt: skip
        if items:
            self._put_items(items)

    def get(self, parcel_id: str) -> Parcel:
        """Return a parcel with its items; one whose items moved on is empty."""
        found = load_parcels(self, [parcel_id])
        if parcel_id not in found:
            raise NotFoundError(f"the ledger has no parcel {parcel_id!r}")
        return found[parcel_id]

    def let_go(self, item: ParcelItem) -> None:
        """Take an item out of its parcel, so that the next run may plan it."""
        here = and_(
            parcel_items.c.draft_id == item.draft_id, parcel_items.c.version == item.version
        )
        self.connection.execute(delete(parcel_items).where(here))

    def of_run(self, run_id: str) -> list[Parcel]:
        """Return the parcels of a run, in the order they were planned."""
        query = select(parcels_table.c.id).where(parcels_table.c.run_id == run_id)
        ids = list(
            self.connection.scalars(query.order_by(parcels_table.c.position, parcels_table.c.id))
        )
        return in_order(ids, load_parcels(self, ids))

    def carrying(self, item: ParcelItem) -> str:
        """Return the id of the parcel that an item is in, or nothing."""
        here = and_(
            parcel_items.c.draft_id == item.draft_id, parcel_items.c.version == item.version
        )
        return self.connection.scalar(select(parcel_items.c.parcel_id).where(here)) or ""

    def _put_items(self, items: list[dict[str, object]]) -> None:
        dialect = postgresql if self.connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(parcel_items)
        moved = {"parcel_id": statement.excluded.parcel_id, "position": statement.excluded.position}
        key = [parcel_items.c.draft_id, parcel_items.c.version]
        self.connection.execute(
            statement.on_conflict_do_update(index_elements=key, set_=moved), items
        )


def load_parcels(rows: Rows, ids: Collection[str]) -> dict[str, Parcel]:
    """Return the parcels among ``ids`` that exist, each with its items in order."""
    items: dict[str, list[ParcelItem]] = {}
    query = select(parcel_items).order_by(parcel_items.c.parcel_id, parcel_items.c.position)
    for row in rows.rows_by(query, parcel_items.c.parcel_id, ids):
        items.setdefault(row.parcel_id, []).append(ParcelItem(row.draft_id, row.version))
    found = rows.rows_by(select(parcels_table), parcels_table.c.id, ids)
    return {row.id: _parcel(row, items.get(row.id, [])) for row in found}


def _parcel(row: Row[Any], items: list[ParcelItem]) -> Parcel:
    return Parcel(row.id, row.run_id, row.needs_review, tuple(items))


def _row(position: int, parcel: Parcel) -> dict[str, object]:
    return {
        "id": parcel.id,
        "run_id": parcel.run_id,
        "position": position,
        "needs_review": parcel.needs_review,
    }
