"""Checks on messages: none lost, none sent twice by itself, none that nobody decides about."""

from invoicing.domain.promises import Promise
from invoicing.ledger.audit.check import Check

_WORD = (
    "SELECT count(*) FROM trail t WHERE t.subject = o.invoice_id AND t.action IN ({actions})"
    """ AND t.detail LIKE '%["message","' || o.id || '"]%'"""
)
_ARRIVED = _WORD.format(actions="'mark_delivered', 'found_sent'")
_AGAIN = _WORD.format(actions="'send_again'")
_TRIES = "(SELECT count(*) FROM attempts a WHERE a.outbox_id = o.id AND a.entry = 0{more})"
# A request for approval is about a draft, which has no number and perhaps never gets one.
_NAMED = (
    "SELECT coalesce(i.number, 'draft ' || o.invoice_id) AS number,"
    " coalesce(i.client, '') AS client, o.kind, o.step, o.id"
)
_OF_MESSAGE = " FROM outbox o LEFT JOIN invoices i ON i.id = o.invoice_id WHERE "

MESSAGES = (
    Check(
        Promise.MESSAGES,
        "{kind} {step} by {channel} about invoice {invoice_id} is there {times} times",
        "SELECT invoice_id, kind, step, channel, count(*) AS times FROM outbox"
        " GROUP BY invoice_id, kind, step, channel HAVING count(*) > 1",
    ),
    Check(
        Promise.MESSAGES,
        "{number} was issued, but no mail with it was planned",
        "SELECT i.number, i.client FROM invoices i WHERE NOT EXISTS"
        " (SELECT 1 FROM outbox o WHERE o.invoice_id = i.id AND o.kind = 'invoice')",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} is {state}, and nobody was told (message {id})",
        f"{_NAMED}, o.state" + _OF_MESSAGE + "o.state IN ('failed', 'uncertain', 'bounced')"
        " AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.subject = o.id AND (e.closed_at IS"
        " NULL OR e.decision NOT IN ('send_again', 'mark_delivered')))"
        " AND NOT (o.state = 'failed' AND (coalesce(i.state, '') = 'void' OR EXISTS"
        " (SELECT 1 FROM trail t WHERE t.subject = o.invoice_id"
        " AND t.action IN ('reminder_dropped', 'message_dropped')"
        """ AND t.detail LIKE '%["message","' || o.id || '"]%')))""",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} is done, but nobody accepted it (message {id})",
        _NAMED
        + _OF_MESSAGE
        + "o.state = 'done' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.outbox_id = o.id"
        f" AND a.outcome = 'accepted') AND ({_ARRIVED}) = 0",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} was handed over {times} times, on {words} words of a person"
        " (message {id})",
        f"SELECT * FROM ({_NAMED}, "
        + _TRIES.format(more=" AND a.outcome IN ('accepted', 'uncertain')")
        + f" AS times, ({_AGAIN}) AS words"
        + _OF_MESSAGE
        + "o.attempt > 1) AS tried WHERE times > words + 1",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} counts {attempt} attempts, on record are {times} (message {id})",
        f"SELECT * FROM ({_NAMED}, o.attempt, "
        + _TRIES.format(more="")
        + " AS times"
        + _OF_MESSAGE
        + "1 = 1) AS tried WHERE times <> attempt",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} is {state}, its attempts say otherwise (message {id})",
        f"SELECT * FROM ({_NAMED}, o.state, o.owner, o.lease_until, "
        + _TRIES.format(more=" AND a.ended_at IS NULL")
        + " AS open_"
        + _OF_MESSAGE
        + "1 = 1) AS tried WHERE open_ <> CASE WHEN state = 'sending' THEN 1 ELSE 0 END"
        " OR (state = 'sending' AND (owner = '' OR lease_until IS NULL))",
    ),
    Check(
        Promise.MESSAGES,
        "{kind} {step} in message {id} is about invoice {invoice_id}, which there is not",
        "SELECT o.kind, o.step, o.id, o.invoice_id FROM outbox o WHERE o.kind <> 'approval'"
        " AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.id = o.invoice_id)",
    ),
)
