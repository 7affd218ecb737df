"""The ledger as a whole: all groups of tables, seen together in one transaction."""

from contextlib import AbstractContextManager
from typing import Protocol

from invoicing.services.ledger_ports.claims import Drafts, Inbox, Obligations, Parcels, Reviews
from invoicing.services.ledger_ports.issued import Documents, Invoices, Outbox, Payments, Reminders
from invoicing.services.ledger_ports.records import Audit, Configs, Exceptions, Trail


class UnitOfWork(Protocol):
    """One transaction over all of the ledger."""

    inbox: Inbox
    obligations: Obligations
    drafts: Drafts
    parcels: Parcels
    reviews: Reviews
    invoices: Invoices
    outbox: Outbox
    documents: Documents
    reminders: Reminders
    payments: Payments
    exceptions: Exceptions
    trail: Trail
    configs: Configs
    audit: Audit


class Ledger(Protocol):
    """The source of truth. Leaving the context without an error commits; an error rolls back."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that may change the ledger."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that sees one consistent state and changes nothing."""
