"""Business time, which a sandbox may move for all its processes, and the clock of leases."""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from invoicing.domain.errors import RefusedError, SettingsError
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import clock

if TYPE_CHECKING:
    from invoicing.ledger.unit_of_work import SqlLedger

_ROW = 1


class ClockRows(Rows):
    """The one row that says how far the business clock is ahead, and the database's own clock."""

    def offset(self) -> timedelta:
        """Return how far business time is ahead of the real one."""
        query = select(clock.c.offset_seconds).where(clock.c.id == _ROW)
        return timedelta(seconds=self.connection.scalar(query) or 0)

    def set_offset(self, seconds: int) -> None:
        """Put business time ahead of the real one."""
        if not self.inserted(clock, {"id": _ROW, "offset_seconds": seconds}):
            change = update(clock).where(clock.c.id == _ROW).values(offset_seconds=seconds)
            self.connection.execute(change)

    def database_now(self) -> datetime:
        """Return the present instant as the database server sees it."""
        if self.connection.dialect.name == "postgresql":
            found: datetime = self.connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return found.astimezone(UTC)
        # SQLite has no server: its clock is that of the host all its processes share.
        return datetime.now(UTC)


class LedgerClock:
    """Business time: the real one, moved by what the ledger says where that is allowed."""

    def __init__(self, ledger: "SqlLedger", *, movable: bool) -> None:
        self._ledger = ledger
        self._movable = movable
        if not movable and self._offset():
            raise SettingsError(
                f"the clock of the ledger at {ledger.place} was moved, so it belongs to a sandbox;"
                " production needs a ledger of its own"
            )

    def now(self) -> datetime:
        """Return the present business instant, aware, in UTC."""
        ahead = self._offset() if self._movable else timedelta()
        return datetime.now(UTC) + ahead

    def _offset(self) -> timedelta:
        with self._ledger.read() as work:
            return work.clock.offset()


class DatabaseLeaseClock:
    """The clock that leases are measured by: the database's own, never moved."""

    def __init__(self, ledger: "SqlLedger") -> None:
        self._ledger = ledger

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        with self._ledger.read() as work:
            return work.clock.database_now()


def move_clock(ledger: "SqlLedger", to: datetime, *, movable: bool) -> None:
    """Make it ``to`` for every process that uses this ledger; a sandbox only."""
    if to.tzinfo is None:
        raise ValueError("an instant needs a time zone; use aware UTC datetimes")
    # Rounded up: a clock moved to midnight must not stand a moment before it.
    set_offset(ledger, ceil((to - datetime.now(UTC)).total_seconds()), movable=movable)


def set_offset(ledger: "SqlLedger", seconds: int, *, movable: bool) -> None:
    """Put business time ``seconds`` ahead of the real one; a sandbox only."""
    if not movable:
        raise RefusedError("the clock moves only in a sandbox (INVOICING_ENV=sandbox)")
    with ledger.write() as work:
        work.clock.set_offset(seconds)
