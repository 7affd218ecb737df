"""What a ledger says in the end, without what differs from one run to the next."""

from sqlalchemy import text

from invoicing.ledger.unit_of_work import SqlLedger

Shape = dict[str, list[tuple[object, ...]]]

_ASKED = {
    "events": "SELECT id, state, reason FROM billing_events",
    "owed": "SELECT id, revision, state, draft_id FROM obligations",
    "consumed": "SELECT source, record_id, draft_id FROM consumption",
    "drafts": "SELECT id, version, state FROM drafts",
    "carried": "SELECT draft_id, version FROM parcel_items",
    "questions": "SELECT draft_id, version, step FROM review_requests",
    "approvals": "SELECT draft_id, version, step, answer, rule FROM approvals",
    "invoices": "SELECT id, number, state FROM invoices",
    "counters": "SELECT series, year, last FROM series",
    "documents": "SELECT subject, version, kind, sha256 FROM document_links",
    "messages": "SELECT id, state, attempt FROM outbox",
    "attempts": "SELECT outbox_id, attempt, entry, outcome FROM attempts",
    "read": "SELECT digest, sort, subject, outcome FROM mails",
    "places": "SELECT mailbox, validity, uid FROM mailboxes",
    "tokens": "SELECT draft_id, version, step, approver, used_at IS NULL FROM mail_tokens",
    "copies": "SELECT subject, version FROM archive_copies WHERE archived_at IS NOT NULL",
    "reminders": "SELECT invoice_id, step, outcome FROM reminders",
    "payments": "SELECT external_id, amount FROM payments",
    "allocations": "SELECT external_id, invoice_id, amount FROM allocations",
    "credits": "SELECT invoice_id, number, due FROM credit_notes",
    "write-offs": "SELECT invoice_id, amount FROM write_offs",
    "holds": "SELECT invoice_id, kind, lifted_by FROM holds",
    "parked": "SELECT client, unparked_by FROM parking",
    "exceptions": "SELECT code, subject, closed_by FROM exceptions",
    "trail": "SELECT subject, sequence, action FROM trail",
}


def shape_of(ledger: SqlLedger) -> Shape:
    """Return what stands in the ledger, sorted."""
    with ledger.read() as work:
        run = work.clock.connection.execute
        return {
            name: sorted((tuple(row) for row in run(text(query))), key=repr)
            for name, query in _ASKED.items()
        }


def lasting(shape: Shape) -> Shape:
    """Leave out how often and in which order things were tried."""
    told = {name: rows for name, rows in shape.items() if name not in {"attempts", "trail"}}
    return told | {"messages": [row[:2] for row in shape["messages"]]}
