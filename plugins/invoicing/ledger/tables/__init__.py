"""The tables of the ledger, in the order an invoice passes them, with the keys that bind."""

from invoicing.ledger.tables.base import metadata
from invoicing.ledger.tables.claims import (
    approvals,
    billing_events,
    consumption,
    draft_versions,
    drafts,
    obligations,
    parcel_items,
    parcels,
    review_requests,
)
from invoicing.ledger.tables.issued import (
    allocations,
    attempts,
    document_links,
    documents,
    invoices,
    lines,
    outbox,
    payments,
    reminders,
    series,
)
from invoicing.ledger.tables.records import (
    clock,
    config_versions,
    exceptions,
    trail,
)

__all__ = [
    "allocations",
    "approvals",
    "attempts",
    "billing_events",
    "clock",
    "config_versions",
    "consumption",
    "document_links",
    "documents",
    "draft_versions",
    "drafts",
    "exceptions",
    "invoices",
    "lines",
    "metadata",
    "obligations",
    "outbox",
    "parcel_items",
    "parcels",
    "payments",
    "reminders",
    "review_requests",
    "series",
    "trail",
]
