"""Records of the ledger under the names that people know them by."""

from dataclasses import dataclass

from invoicing.domain.draft import DraftRecord
from invoicing.domain.errors import NotFoundError
from invoicing.domain.exceptions import ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.obligations import ObligationKey
from invoicing.services.ledger_ports import Ledger, UnitOfWork
from tests.golden.fields import CaseError

MANY = 100_000


@dataclass(frozen=True)
class Records:
    """What a ledger holds, by readable names."""

    ledger: Ledger

    def invoices(self) -> list[Invoice]:
        """Return all invoices, by series and number."""
        with self.ledger.read() as work:
            found = work.invoices.recent(MANY)
        return sorted(found, key=lambda one: (str(one.series), one.sequence))

    def invoice(self, number: str) -> Invoice:
        """Return the invoice of a number."""
        with self.ledger.read() as work:
            found = work.invoices.by_number(number)
        if found is None:
            raise CaseError(f"there is no invoice {number}")
        return found

    def open_entries(self) -> list[ExceptionEntry]:
        """Return the queue."""
        with self.ledger.read() as work:
            return work.exceptions.list_open(MANY)

    def open_entry(self, code: str, about: str) -> ExceptionEntry:
        """Return the one open exception of a kind about something."""
        entries = [one for one in self.open_entries() if one.code == code]
        found = [one for one in entries if self.name(one.subject) == about]
        if len(found) != 1:
            names = ", ".join(self.name(one.subject) for one in entries)
            raise CaseError(f"{code} is open about: {names or 'nothing'}; not once about {about!r}")
        return found[0]

    def entry(self, entry_id: str) -> ExceptionEntry:
        """Return one exception."""
        with self.ledger.read() as work:
            return work.exceptions.get(entry_id)

    def name(self, subject: str) -> str:
        """Name what an exception is about as people would."""
        with self.ledger.read() as work:
            for look in (_invoice, _draft, _obligation, _event, _message):
                if name := look(work, subject):
                    return name
        return subject


def _invoice(work: UnitOfWork, subject: str) -> str:
    return next((one.number for one in work.invoices.get([subject])), "")


def _draft(work: UnitOfWork, subject: str) -> str:
    return next((name_of(record) for record in work.drafts.get([subject])), "")


def _obligation(work: UnitOfWork, subject: str) -> str:
    try:
        return named([work.obligations.get(subject).key])
    except NotFoundError:
        return ""


def _event(work: UnitOfWork, subject: str) -> str:
    try:
        hint = work.inbox.get(subject).hint
    except NotFoundError:
        return ""
    return f"{hint.source} {hint.event_id}"


def _message(work: UnitOfWork, subject: str) -> str:
    try:
        row = work.outbox.get(subject)
    except NotFoundError:
        return ""
    return f"mail {row.step} of {_invoice(work, row.invoice_id)}"


def name_of(record: DraftRecord) -> str:
    """Name a draft by its agreement and what is owed."""
    return named(record.draft.obligations)


def named(keys: "list[ObligationKey] | tuple[ObligationKey, ...]") -> str:
    """Name things owed under one agreement; a revision shows when there is one."""
    units = (f"{key.unit}~{key.revision}" if key.revision else key.unit for key in keys)
    return f"{keys[0].agreement} {' + '.join(units)}"
