"""The ledger as a whole: all groups of tables, seen together in one transaction."""

from contextlib import AbstractContextManager
from typing import Protocol

from invoicing.services.ledger_ports.audit import Anchors, Audit
from invoicing.services.ledger_ports.claims import Drafts, Inbox, Obligations, Parcels, Reviews
from invoicing.services.ledger_ports.corrected import Credits, Holds, WriteOffs
from invoicing.services.ledger_ports.issued import Documents, Invoices, Outbox, Payments, Reminders
from invoicing.services.ledger_ports.mailed import Mailboxes
from invoicing.services.ledger_ports.parking import Parking, Parties
from invoicing.services.ledger_ports.queries import Queries
from invoicing.services.ledger_ports.records import Configs, Exceptions, Trail


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
    credits: Credits
    write_offs: WriteOffs
    holds: Holds
    mailboxes: Mailboxes
    exceptions: Exceptions
    trail: Trail
    configs: Configs
    parking: Parking
    parties: Parties
    audit: Audit
    anchors: Anchors
    queries: Queries


class Ledger(Protocol):
    """The source of truth. Leaving the context without an error commits; an error rolls back."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that may change the ledger."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that sees one consistent state and changes nothing."""
