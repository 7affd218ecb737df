"""What the use cases need from the ledger, as Protocols: its groups of tables, seen together."""

from invoicing.services.ledger_ports.claims import (
    Drafts,
    EventRow,
    EventState,
    Inbox,
    Obligations,
    ObligationState,
    Parcels,
    Receipt,
    Reviewed,
    Reviews,
)
from invoicing.services.ledger_ports.issued import (
    QUEUED,
    Document,
    Documents,
    Invoices,
    Outbox,
    Payments,
    Reminders,
)
from invoicing.services.ledger_ports.records import Audit, Configs, Exceptions, Trail
from invoicing.services.ledger_ports.whole import Ledger, UnitOfWork

__all__ = [
    "QUEUED",
    "Audit",
    "Configs",
    "Document",
    "Documents",
    "Drafts",
    "EventRow",
    "EventState",
    "Exceptions",
    "Inbox",
    "Invoices",
    "Ledger",
    "ObligationState",
    "Obligations",
    "Outbox",
    "Parcels",
    "Payments",
    "Receipt",
    "Reminders",
    "Reviewed",
    "Reviews",
    "Trail",
    "UnitOfWork",
]
