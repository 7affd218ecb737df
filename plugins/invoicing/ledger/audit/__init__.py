"""What the ledger says of itself: every row is looked at, so that a broken promise has a name.

Each file has the checks of one theme. Most are SQL and cost nothing but the rows they find; what a
content says is streamed in batches, so that memory does not grow with the ledger.
"""

import re
from collections.abc import Iterable, Iterator

from invoicing.domain.promises import Finding, Promise
from invoicing.domain.trail import TrailEntry
from invoicing.ledger.audit.chains import each_trail
from invoicing.ledger.audit.check import found, guarded, statement, streamed
from invoicing.ledger.audit.contents import each_invoice, each_note
from invoicing.ledger.audit.desk import EXCEPTIONS, unknown_codes
from invoicing.ledger.audit.events import EVENTS_END, passed_over
from invoicing.ledger.audit.frozen import FROZEN, changed_documents, changed_texts
from invoicing.ledger.audit.keys import COUNTERS, NUMBERS, ONE_INVOICE, ROWS_OF_NUMBERS
from invoicing.ledger.audit.mailed import ANSWERED, REMINDED, RETURNED
from invoicing.ledger.audit.messages import MESSAGES
from invoicing.ledger.audit.money import MONEY, misplaced
from invoicing.ledger.audit.periods import billed_periods
from invoicing.ledger.audit.states import CONFIG, SHADOW, STATES
from invoicing.ledger.statements import Rows
from invoicing.services.ledger_ports.audit import (
    BilledPeriod,
    StoredInvoice,
    StoredNote,
)

CHECKS = (
    *ONE_INVOICE, *EVENTS_END, *NUMBERS, *FROZEN, *MESSAGES, *REMINDED, *RETURNED, *ANSWERED,
    *MONEY, *STATES, *EXCEPTIONS, *SHADOW, *CONFIG,
)  # fmt: skip
_OTHERS = (passed_over, changed_texts, changed_documents, misplaced, unknown_codes)
_CLIENT = (
    "SELECT FIELD(content, client.key) AS client FROM draft_versions WHERE draft_id = :subject"
    " ORDER BY version DESC LIMIT 1"
)
_TEXTS = "SELECT texts FROM config_versions ORDER BY activation DESC"


class AuditRows(Rows):
    """What the ledger says of itself, for checks that look at every row."""

    def findings(self) -> Iterator[Finding]:
        """Name the rows that break a promise, as far as the database can tell by itself."""
        yield from found(self.connection, CHECKS)
        for check in _OTHERS:
            yield from check(self.connection)

    def gaps(self) -> Iterator[Finding]:
        """Name every series whose numbers are not 1..n, or whose counter disagrees."""
        numbered = self.connection.execute(statement(self.connection, ROWS_OF_NUMBERS))
        given = {tuple(row)[:3]: tuple(row)[3:] for row in numbered}
        counters = self.connection.execute(statement(self.connection, COUNTERS))
        last = {tuple(row)[:3]: row[3] for row in counters}
        for key in sorted(given.keys() | last.keys()):
            count, different, first, newest = given.get(key, (0, 0, 1, 0))
            if not (first == 1 and count == different == newest == last.get(key, 0)):
                where = (
                    f"{'/'.join(map(str, key))}: {count} numbers from {first} to {newest},"
                    f" {different} of them different, counter at {last.get(key, 0)}"
                )
                yield Finding(Promise.NUMBERS, where)

    def each_invoice(self) -> Iterator[StoredInvoice | Finding]:
        """Stream all issued invoices, in the order of their numbers."""
        return each_invoice(self.connection)

    def each_note(self) -> Iterator[StoredNote | Finding]:
        """Stream all credit notes, in the order of their numbers."""
        return each_note(self.connection)

    def each_trail(self) -> Iterator[list[TrailEntry] | Finding]:
        """Stream the trail, one subject at a time."""
        return each_trail(self.connection)

    def billed_periods(self) -> Iterator[BilledPeriod | Finding]:
        """Stream what live invoices bill by the calendar: by agreement and payer, in order."""
        return guarded(self.connection, billed_periods(self.connection), Promise.PERIODS)

    def never_named(self, logins: Iterable[str]) -> set[str]:
        """Return those of ``logins`` that stand in no stored configuration, as a word."""
        left = set(logins)
        for row in streamed(self.connection, _TEXTS, 10) if left else ():
            left = {one for one in left if not re.search(rf"(?<!\w){re.escape(one)}(?!\w)", row[0])}
            if not left:
                break
        return left

    def client_of(self, subject: str) -> str:
        """Return the client that a draft or an invoice is for; nothing if it is neither."""
        rows = list(guarded(self.connection, self._clients(subject), Promise.FROZEN))
        return next((one for one in rows if isinstance(one, str)), "")

    def _clients(self, subject: str) -> Iterator[str | None]:
        query = statement(self.connection, _CLIENT)
        yield from self.connection.execute(query, {"subject": subject}).scalars()
