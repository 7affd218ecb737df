"""Checks on messages: none lost, none sent twice by itself, none that nobody decides about."""

from invoicing.domain.promises import Promise
from invoicing.ledger.audit.check import Check

_WORD = (
    "SELECT count(*) FROM trail t WHERE t.subject = o.invoice_id AND t.action = '{action}'"
    """ AND t.detail LIKE '%["message","' || o.id || '"]%'"""
)
_TRIES = "(SELECT count(*) FROM attempts a WHERE a.outbox_id = o.id AND a.entry = 0{more})"
_OF_INVOICE = " FROM outbox o JOIN invoices i ON i.id = o.invoice_id WHERE "

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
        "SELECT i.number, i.client, o.kind, o.step, o.state, o.id"
        + _OF_INVOICE
        + "o.state IN ('failed', 'uncertain')"
        " AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.subject = o.id AND (e.closed_at IS"
        " NULL OR e.decision NOT IN ('send_again', 'mark_delivered')))"
        " AND NOT (o.state = 'failed' AND (i.state = 'void' OR EXISTS (SELECT 1 FROM trail t"
        " WHERE t.subject = i.id AND t.action = 'reminder_dropped'"
        """ AND t.detail LIKE '%["step","' || o.step || '"]%')))""",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} is done, but nobody accepted it (message {id})",
        "SELECT i.number, i.client, o.kind, o.step, o.id"
        + _OF_INVOICE
        + "o.state = 'done' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.outbox_id = o.id"
        f" AND a.outcome = 'accepted') AND ({_WORD.format(action='mark_delivered')}) = 0",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} was handed over {times} times, on {words} words of a person"
        " (message {id})",
        "SELECT * FROM (SELECT i.number, i.client, o.kind, o.step, o.id, "
        + _TRIES.format(more=" AND a.outcome IN ('accepted', 'uncertain')")
        + f" AS times, ({_WORD.format(action='send_again')}) AS words"
        + _OF_INVOICE
        + "o.attempt > 1) AS tried WHERE times > words + 1",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} counts {attempt} attempts, on record are {times} (message {id})",
        "SELECT * FROM (SELECT i.number, i.client, o.kind, o.step, o.id, o.attempt, "
        + _TRIES.format(more="")
        + " AS times"
        + _OF_INVOICE
        + "1 = 1) AS tried WHERE times <> attempt",
    ),
    Check(
        Promise.MESSAGES,
        "{number}: {kind} {step} is {state}, its attempts say otherwise (message {id})",
        "SELECT * FROM (SELECT i.number, i.client, o.kind, o.step, o.id, o.state, o.owner,"
        " o.lease_until, "
        + _TRIES.format(more=" AND a.ended_at IS NULL")
        + " AS open_"
        + _OF_INVOICE
        + "1 = 1) AS tried WHERE open_ <> CASE WHEN state = 'sending' THEN 1 ELSE 0 END"
        " OR (state = 'sending' AND (owner = '' OR lease_until IS NULL))",
    ),
)
