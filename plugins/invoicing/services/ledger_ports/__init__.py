"""What the use cases need from the ledger, as Protocols: its groups of tables, seen together."""

from invoicing.services.ledger_ports.audit import Anchors, Audit
from invoicing.services.ledger_ports.claims import (
    Drafts,
    EventRow,
    EventState,
    Inbox,
    Obligations,
    ObligationState,
    Parcels,
    Receipt,
    Releasable,
    Reviewed,
    Reviews,
)
from invoicing.services.ledger_ports.corrected import CreditRecord, Credits, Holds, WriteOffs
from invoicing.services.ledger_ports.issued import (
    QUEUED,
    Document,
    Documents,
    Invoices,
    Outbox,
    Payments,
    Reminders,
)
from invoicing.services.ledger_ports.mailed import (
    Mailboxes,
    MailPosition,
    MailRecord,
    MailSort,
    MailToken,
)
from invoicing.services.ledger_ports.parking import Parking, Parties
from invoicing.services.ledger_ports.queries import Queries
from invoicing.services.ledger_ports.records import Configs, Exceptions, Trail
from invoicing.services.ledger_ports.whole import Ledger, UnitOfWork

__all__ = [
    "QUEUED",
    "Anchors",
    "Audit",
    "Configs",
    "CreditRecord",
    "Credits",
    "Document",
    "Documents",
    "Drafts",
    "EventRow",
    "EventState",
    "Exceptions",
    "Holds",
    "Inbox",
    "Invoices",
    "Ledger",
    "MailPosition",
    "MailRecord",
    "MailSort",
    "MailToken",
    "Mailboxes",
    "ObligationState",
    "Obligations",
    "Outbox",
    "Parcels",
    "Parking",
    "Parties",
    "Payments",
    "Queries",
    "Receipt",
    "Releasable",
    "Reminders",
    "Reviewed",
    "Reviews",
    "Trail",
    "UnitOfWork",
    "WriteOffs",
]
