"""Checks on merged reminders, and on what came back by mail: nothing lost between the tables."""

from invoicing.domain.promises import Promise
from invoicing.ledger.audit.check import Check

_MESSAGE = """LIKE '%["message","' || o.id || '"]%'"""

REMINDED = (
    Check(
        Promise.REMINDERS,
        "{number}: {step} left in message {id}, and its trail does not say that it might",
        "SELECT i.number, i.client, r.step, o.id FROM reminders r"
        " JOIN outbox o ON o.id = r.message JOIN invoices i ON i.id = r.invoice_id"
        " WHERE r.outcome = 'queued' AND EXISTS (SELECT 1 FROM attempts a"
        " WHERE a.outbox_id = o.id AND a.outcome IN ('accepted', 'uncertain'))"
        " AND NOT EXISTS (SELECT 1 FROM trail t WHERE t.subject = r.invoice_id"
        f" AND t.action = 'reminder_claimed' AND t.detail {_MESSAGE})",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {step} went into message {message}, which is not about it",
        "SELECT i.number, i.client, r.step, r.message FROM reminders r"
        " JOIN invoices i ON i.id = r.invoice_id LEFT JOIN outbox o ON o.id = r.message"
        " WHERE r.message IS NOT NULL AND (o.id IS NULL OR NOT (o.invoice_id = r.invoice_id"
        """ OR o.about LIKE '%"' || r.invoice_id || '"%'))""",
    ),
    Check(
        Promise.MESSAGES,
        "{kind} {step} is about {others} further invoices, and {times} reminders went into it"
        " (message {id})",
        "SELECT * FROM (SELECT o.kind, o.step, o.id, r.times, (length(o.about)"
        """ - length(replace(o.about, '"invoice_id"', ''))) / 12 AS others FROM outbox o"""
        " JOIN (SELECT message, count(*) AS times FROM reminders WHERE message IS NOT NULL"
        " GROUP BY message) AS r ON r.message = o.id) AS merged WHERE times <> others + 1",
    ),
)

RETURNED = (
    Check(
        Promise.MESSAGES,
        "mail {uid} of {mailbox} was read, and our place there is before it",
        "SELECT m.uid, m.mailbox FROM mails m LEFT JOIN mailboxes b ON b.mailbox = m.mailbox"
        " WHERE b.mailbox IS NULL OR (b.validity = m.validity AND m.uid > b.uid)",
    ),
    Check(
        Promise.MESSAGES,
        "{kind} {step} came back, and no mail says so (message {id})",
        "SELECT o.kind, o.step, o.id FROM outbox o WHERE o.state = 'bounced' AND NOT EXISTS"
        " (SELECT 1 FROM mails m WHERE m.sort = 'bounce' AND m.subject = o.id)",
    ),
)

ANSWERED = (
    Check(
        Promise.APPROVED,
        "{approver} got a token about draft {draft_id} v{version}, and {step} was never asked",
        "SELECT k.approver, k.draft_id, k.version, k.step FROM mail_tokens k WHERE NOT EXISTS"
        " (SELECT 1 FROM review_requests r WHERE r.draft_id = k.draft_id"
        " AND r.version = k.version AND r.step = k.step AND r.content_hash = k.content_hash)",
    ),
)
