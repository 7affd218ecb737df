"""Checks on keys and numbers: nothing owed, consumed or numbered twice, nothing lost."""

from invoicing.domain.promises import Promise
from invoicing.ledger.audit.check import Check

ONE_INVOICE = (
    Check(
        Promise.ONE_INVOICE,
        "obligation {entity}/{agreement}/{unit}/r{revision} is in the ledger {times} times",
        "SELECT entity, agreement, unit, revision, count(*) AS times FROM obligations"
        " GROUP BY entity, agreement, unit, revision HAVING count(*) > 1",
    ),
    Check(
        Promise.ONE_INVOICE,
        "record {record_id} of {source} is billed {times} times",
        "SELECT source, record_id, count(*) AS times FROM consumption"
        " GROUP BY source, record_id HAVING count(*) > 1",
    ),
    Check(
        Promise.ONE_INVOICE,
        "{entity}/{agreement}/{unit} is on {times} live invoices, among them {one} and {other}",
        "SELECT o.entity, o.agreement, o.unit, min(i.client) AS client, min(i.number) AS one,"
        " max(i.number) AS other, count(DISTINCT i.id) AS times"
        " FROM obligations o JOIN invoices i ON i.id = o.draft_id AND i.state = 'issued'"
        " GROUP BY o.entity, o.agreement, o.unit HAVING count(DISTINCT i.id) > 1",
    ),
)

_NUMBERED = (
    "SELECT entity, series, year, sequence, number FROM invoices"
    " UNION ALL SELECT entity, series, year, sequence, number FROM credit_notes"
)

NUMBERS = (
    Check(
        Promise.NUMBERS,
        "number {number} of {entity} was given {times} times",
        f"SELECT entity, number, count(*) AS times FROM ({_NUMBERED}) AS numbered"
        " GROUP BY entity, number HAVING count(*) > 1",
    ),
    Check(
        Promise.NUMBERS,
        "{number} has a number, but its draft is {state}",
        "SELECT i.number, i.client, d.state FROM invoices i JOIN drafts d ON d.id = i.id"
        " WHERE d.state <> 'issued'",
    ),
)

ROWS_OF_NUMBERS = (
    "SELECT entity, series, year, count(*) AS rows_, count(DISTINCT sequence) AS given,"
    f" min(sequence) AS first, max(sequence) AS newest FROM ({_NUMBERED}) AS numbered"
    " GROUP BY entity, series, year"
)
COUNTERS = "SELECT entity, series, year, last FROM series"
