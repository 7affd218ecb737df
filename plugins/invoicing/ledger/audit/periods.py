"""What live invoices bill by the calendar, in the order of its days."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from sqlalchemy import Connection

from invoicing.domain.periods import Period
from invoicing.ledger.audit.check import streamed
from invoicing.services.ledger_ports.audit import BilledPeriod

# A settlement bills late work of days that a period had its fee for; it is no period of its own.
_BILLED = (
    "SELECT o.agreement, o.unit, i.number, i.client,"
    " FIELD(i.content, period.starts_on) AS starts_on, FIELD(i.content, period.ends_on) AS ends_on"
    " FROM obligations o JOIN invoices i ON i.id = o.draft_id AND i.state = 'issued'"
    " WHERE o.model = 'retainer' AND o.unit NOT LIKE 'settlement:%'"
    " AND FIELD(i.content, period.starts_on) IS NOT NULL"
    " ORDER BY o.agreement, starts_on, i.number"
)


def billed_periods(connection: Connection) -> Iterator[BilledPeriod]:
    """Stream the periods that live invoices bill; a split has one for each payer."""
    for row in streamed(connection, _BILLED):
        with suppress(ValueError):  # a content that was tampered with is named by its hash
            period = Period(date.fromisoformat(row.starts_on), date.fromisoformat(row.ends_on))
            payer = row.unit.partition("#")[2]
            yield BilledPeriod(row.agreement, payer, row.number, row.client, period)
