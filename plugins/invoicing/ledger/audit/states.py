"""Checks on states: what a row says of itself agrees with the rows and the trail that made it."""

from invoicing.domain.promises import Promise
from invoicing.ledger.audit.check import Check

_TOLD = "EXISTS (SELECT 1 FROM trail t WHERE t.subject = {subject} AND t.action = '{action}'{more})"

STATES = (
    Check(
        Promise.STATES,
        "draft {id} is issued, but has no invoice",
        "SELECT d.id FROM drafts d WHERE d.state = 'issued'"
        " AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.id = d.id)",
    ),
    Check(
        Promise.STATES,
        "draft {id} is at version {version}, and has {versions} up to {newest}",
        "SELECT d.id, d.version, count(v.version) AS versions,"
        " coalesce(max(v.version), 0) AS newest"
        " FROM drafts d LEFT JOIN draft_versions v ON v.draft_id = d.id GROUP BY d.id, d.version"
        " HAVING count(v.version) <> d.version OR coalesce(max(v.version), 0) <> d.version",
    ),
    Check(
        Promise.STATES,
        "draft {id} is approved, but nobody approved version {version}",
        "SELECT d.id, d.version FROM drafts d WHERE d.state = 'approved' AND NOT EXISTS"
        " (SELECT 1 FROM approvals a WHERE a.draft_id = d.id AND a.version = d.version"
        " AND a.answer = 'approve')",
    ),
    Check(
        Promise.STATES,
        "draft {id} awaits a review, but nobody was asked about version {version}",
        "SELECT d.id, d.version FROM drafts d WHERE d.state = 'awaiting_review' AND NOT EXISTS"
        " (SELECT 1 FROM review_requests r WHERE r.draft_id = d.id AND r.version = d.version)",
    ),
    Check(
        Promise.STATES,
        "obligation {entity}/{agreement}/{unit} is {state}, and its draft is {draft}",
        "SELECT entity, agreement, unit, state, coalesce(draft_id, 'none') AS draft"
        " FROM obligations WHERE (state = 'drafted') <> (draft_id IS NOT NULL)",
    ),
    Check(
        Promise.STATES,
        "{number}: the trail does not say that it was issued under this number",
        "SELECT i.number, i.client FROM invoices i WHERE NOT "
        + _TOLD.format(
            subject="i.id",
            action="issued",
            more=""" AND t.detail LIKE '%["number","' || i.number || '"]%'""",
        ),
    ),
    Check(
        Promise.STATES,
        "draft {id} is {state}, and its trail does not say so",
        "SELECT d.id, d.state FROM drafts d WHERE (d.state = 'rejected' AND NOT "
        + _TOLD.format(subject="d.id", action="rejected", more="")
        + ") OR (d.state = 'approved' AND NOT "
        + _TOLD.format(subject="d.id", action="approved", more="")
        + ")",
    ),
    Check(
        Promise.STATES,
        "event {event_id} of {source} is {state}, and its trail does not say so",
        "SELECT b.event_id, b.source, b.state FROM billing_events b"
        " WHERE b.state IN ('billed', 'merged', 'ignored') AND NOT "
        + _TOLD.format(
            subject="b.id",
            action="decided",
            more=""" AND t.detail LIKE '%["decision","' || b.state || '"]%'""",
        ),
    ),
    Check(
        Promise.STATES,
        "{number} is {state}, and has {notes} closing credit notes",
        "SELECT i.number, i.client, i.state, count(c.id) AS notes FROM invoices i"
        " LEFT JOIN credit_notes c ON c.invoice_id = i.id AND c.closes"
        " GROUP BY i.id, i.number, i.client, i.state"
        " HAVING count(c.id) <> CASE WHEN i.state = 'void' THEN 1 ELSE 0 END",
    ),
    Check(
        Promise.STATES,
        "{number} is {state}, and its trail says otherwise",
        "SELECT i.number, i.client, i.state FROM invoices i WHERE (i.state = 'void') <> "
        + _TOLD.format(subject="i.id", action="voided", more=""),
    ),
    Check(
        Promise.STATES,
        "{number} is in the state {state}, which is none of ours",
        "SELECT number, client, state FROM invoices WHERE state NOT IN ('issued', 'void')",
    ),
)

SHADOW = (
    Check(
        Promise.SHADOW,
        "{number} was only to be compared, its client was in shadow",
        "SELECT i.number, i.client FROM invoices i WHERE "
        + _TOLD.format(subject="i.id", action="shadowed", more="")
        + " OR FIELD(i.content, client.mode) = 'shadow'",
    ),
    Check(
        Promise.SHADOW,
        "message {id} is about a draft that was only to be compared",
        "SELECT o.id FROM outbox o WHERE "
        + _TOLD.format(subject="o.invoice_id", action="shadowed", more=""),
    ),
)

CONFIG = (
    Check(
        Promise.CONFIG,
        "configuration {config_hash} made {uses} {kind}, but is not stored",
        "SELECT u.config_hash, u.kind, count(*) AS uses FROM ("
        "SELECT config_hash, 'invoices' AS kind FROM invoices"
        " UNION ALL SELECT config_hash, 'versions of drafts' FROM draft_versions"
        " UNION ALL SELECT config_hash, 'credit notes' FROM credit_notes) AS u"
        " WHERE NOT EXISTS (SELECT 1 FROM config_versions v WHERE v.config_hash = u.config_hash)"
        " GROUP BY u.config_hash, u.kind",
    ),
)
