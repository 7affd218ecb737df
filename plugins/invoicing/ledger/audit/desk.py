"""Checks on the queue: every entry is one that somebody owns, and closes by a decision."""

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam

from invoicing.domain.exceptions import KINDS
from invoicing.domain.promises import Finding, Promise
from invoicing.ledger.audit.check import Check, statement

EXCEPTIONS = (
    Check(
        Promise.EXCEPTIONS,
        "exception {id} ({code}) was closed without a decision, or by nobody",
        "SELECT id, code FROM exceptions"
        " WHERE closed_at IS NOT NULL AND (decision = '' OR closed_by = '')",
    ),
    Check(
        Promise.EXCEPTIONS,
        "exception {id} ({code}) is open, but {closed_by} decided {decision}",
        "SELECT id, code, closed_by, decision FROM exceptions"
        " WHERE closed_at IS NULL AND (decision <> '' OR closed_by <> '')",
    ),
    Check(
        Promise.EXCEPTIONS,
        "exception {id} ({code}) does not say what it is about, or why",
        "SELECT id, code FROM exceptions WHERE subject = '' OR cause = ''",
    ),
    Check(
        Promise.EXCEPTIONS,
        "{code} about {subject} is open {times} times",
        "SELECT code, subject, count(*) AS times FROM exceptions WHERE closed_at IS NULL"
        " GROUP BY code, subject HAVING count(*) > 1",
    ),
)

_UNKNOWN = "SELECT id, code, subject FROM exceptions WHERE code NOT IN :codes"


def unknown_codes(connection: Connection) -> Iterator[Finding]:
    """Name every entry of a kind that nobody owns."""
    query = statement(connection, _UNKNOWN).bindparams(bindparam("codes", expanding=True))
    for row in connection.execute(query, {"codes": list(KINDS)}):
        where = f"exception {row.id} about {row.subject} has the code {row.code}, which nobody owns"
        yield Finding(Promise.EXCEPTIONS, where)
