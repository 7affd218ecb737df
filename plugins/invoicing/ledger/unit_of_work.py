"""One transaction over all of the ledger: opened here, and committed nowhere else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from invoicing.domain.errors import SettingsError
from invoicing.ledger.anchors import AnchorRows
from invoicing.ledger.audit import AuditRows
from invoicing.ledger.clocks import ClockRows
from invoicing.ledger.configs import ConfigRows
from invoicing.ledger.credits import CreditRows, WriteOffRows
from invoicing.ledger.documents import DocumentRows
from invoicing.ledger.drafts import DraftRows
from invoicing.ledger.engine import (
    WRITES,
    hold_still,
    ledger_url,
    open_engine,
    place_of,
)
from invoicing.ledger.exceptions import ExceptionRows
from invoicing.ledger.failures import told
from invoicing.ledger.follow_up import ReminderRows
from invoicing.ledger.holds import HoldRows
from invoicing.ledger.inbox import InboxRows
from invoicing.ledger.invoices import InvoiceRows
from invoicing.ledger.mailed import MailboxRows
from invoicing.ledger.migrate import is_absent, problem_with, refuse_other_age, revision_of
from invoicing.ledger.obligations import ObligationRows
from invoicing.ledger.outbox import OutboxRows
from invoicing.ledger.parcels import ParcelRows
from invoicing.ledger.parking import ParkingRows
from invoicing.ledger.parties import PartyRows
from invoicing.ledger.queries import QueryRows
from invoicing.ledger.reconcile import PaymentRows
from invoicing.ledger.reviews import ReviewRows
from invoicing.ledger.trail import TrailRows

if TYPE_CHECKING:
    from invoicing.services import ledger_ports as ports


class SqlUnitOfWork:
    """All groups of tables, seen through one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._trail = TrailRows(connection)
        self.inbox: ports.Inbox = InboxRows(connection)
        self.obligations: ports.Obligations = ObligationRows(connection)
        self.drafts: ports.Drafts = DraftRows(connection)
        self.parcels: ports.Parcels = ParcelRows(connection)
        self.reviews: ports.Reviews = ReviewRows(connection)
        self.invoices: ports.Invoices = InvoiceRows(connection)
        self.outbox: ports.Outbox = OutboxRows(connection)
        self.documents: ports.Documents = DocumentRows(connection)
        self.reminders: ports.Reminders = ReminderRows(connection)
        self.payments: ports.Payments = PaymentRows(connection)
        self.credits: ports.Credits = CreditRows(connection)
        self.write_offs: ports.WriteOffs = WriteOffRows(connection)
        self.holds: ports.Holds = HoldRows(connection)
        self.mailboxes: ports.Mailboxes = MailboxRows(connection)
        self.exceptions: ports.Exceptions = ExceptionRows(connection)
        self.trail: ports.Trail = self._trail
        self.configs: ports.Configs = ConfigRows(connection)
        self.parking: ports.Parking = ParkingRows(connection)
        self.parties: ports.Parties = PartyRows(connection)
        self.audit: ports.Audit = AuditRows(connection)
        self.anchors: ports.Anchors = AnchorRows(connection)
        self.queries: ports.Queries = QueryRows(connection)
        self.clock = ClockRows(connection)

    def flush(self) -> None:
        """Write what was kept back to be written together."""
        self._trail.flush()


class SqlLedger:
    """The ledger in a SQLite file or a PostgreSQL database whose tables are up to date."""

    def __init__(self, url: str) -> None:
        address = ledger_url(url)
        self.place = place_of(address)
        if is_absent(address):
            raise SettingsError(problem_with("", self.place))
        self._engine = open_engine(address)
        self._process = os.getpid()
        with told(self.place), self._engine.connect() as connection:
            problem = problem_with(revision_of(connection), self.place)
        if problem:
            self.close()
            raise SettingsError(problem)

    @contextmanager
    def write(self) -> Iterator[SqlUnitOfWork]:
        """Open a unit of work that may change the ledger; an error rolls all of it back.

        On SQLite there is one at a time. On PostgreSQL each statement sees what is committed.
        """
        with told(self.place), self._engine_here().connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                refuse_other_age(connection, self.place)
                work = SqlUnitOfWork(connection)
                yield work
                work.flush()

    @contextmanager
    def read(self) -> Iterator[SqlUnitOfWork]:
        """Open a unit of work that sees one consistent state and changes nothing."""
        with told(self.place), self._engine_here().connect() as connection:
            hold_still(connection)
            yield SqlUnitOfWork(connection)

    def close(self) -> None:
        """Close the connections of this process."""
        self._engine_here().dispose()

    def _engine_here(self) -> Engine:
        if self._process != os.getpid():  # after a fork the parent's connections stay the parent's
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine
