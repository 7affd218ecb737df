"""Parked clients: each row is one stay, open until somebody let the client go on."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, update

from invoicing.domain.parking import Parked
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import parking

PARKED: Select[Any] = select(parking.c.client).where(parking.c.unparked_at.is_(None))


class ParkingRows(Rows):
    """Clients that are stopped as a whole; each is parked once at a time."""

    def park(self, client: str, cause: str, at: datetime) -> bool:
        """Park a client; False when it is parked already."""
        row = {
            "client": client, "cause": cause, "unparked_at": None, "unparked_by": "",
        }  # fmt: skip
        while not self.inserted(parking, row | {"parked_at": at}):
            if self.parked([client]):
                return False
            at += timedelta(microseconds=1)  # a stay that is over began at this very instant
        return True

    def unpark(self, client: str, by: str, at: datetime) -> bool:
        """Let a client go on; False when it is not parked."""
        here = (parking.c.client == client) & parking.c.unparked_at.is_(None)
        change = update(parking).where(here).values(unparked_at=at, unparked_by=by)
        return self.connection.execute(change).rowcount == 1

    def parked(self, clients: Collection[str] | None = None) -> dict[str, Parked]:
        """Return those of ``clients`` (of all, unless told) that are parked now."""
        query = select(parking).where(parking.c.unparked_at.is_(None))
        if clients is None:
            rows = list(self.connection.execute(query.order_by(parking.c.client)))
        else:
            rows = list(self.rows_by(query, parking.c.client, set(clients)))
        return {row.client: _parked(row) for row in rows}


def _parked(row: Row[Any]) -> Parked:
    return Parked(row.client, row.cause, row.parked_at)
