"""What the ledger says of itself, for checks that look at every row, and its anchors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.issue import Invoice
from invoicing.domain.periods import Period
from invoicing.domain.promises import Finding
from invoicing.domain.trail import Anchor, Head, TrailEntry
from invoicing.domain.work import RecordRef
from invoicing.services.ledger_ports.claims import Reviewed


class StoredLine(NamedTuple):
    """What the table of lines says of one line."""

    position: int
    quantity: str
    unit_price: str
    net: str
    net_minor: int
    currency: str
    tax_code: str
    tax_percent: str


class StoredTax(NamedTuple):
    """What the table of taxes says of one group."""

    position: int
    code: str
    percent: str
    net: str
    net_minor: int
    tax: str
    tax_minor: int
    currency: str


class StoredSums(NamedTuple):
    """What the columns beside a content say of it."""

    entity: str
    client: str
    currency: str
    due: str
    due_minor: int


@dataclass(frozen=True, slots=True)
class StoredInvoice:
    """An issued invoice with all that other rows say about it.

    ``owed`` are the ids of the things owed that point to it, ``consumed`` the records bound to it,
    ``authors`` the people who made it.
    """

    invoice: Invoice
    is_void: bool
    sums: StoredSums
    lines: tuple[StoredLine, ...]
    taxes: tuple[StoredTax, ...]
    owed: frozenset[str]
    consumed: frozenset[RecordRef]
    authors: frozenset[str]
    reviewed: Reviewed


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A credit note with what its columns say of it."""

    note: IssuedCreditNote
    sums: StoredSums


@dataclass(frozen=True, slots=True)
class BilledPeriod:
    """The days that a live invoice bills under one agreement, to one payer."""

    agreement: str
    payer: str
    number: str
    client: str
    period: Period


class Audit(Protocol):
    """What the ledger says of itself, for checks that look at every row."""

    def findings(self) -> Iterator[Finding]:
        """Name the rows that break a promise, as far as the database can tell by itself."""

    def gaps(self) -> Iterator[Finding]:
        """Name every series whose numbers are not 1..n, or whose counter disagrees."""

    def each_invoice(self) -> Iterator[StoredInvoice | Finding]:
        """Stream all issued invoices; one that cannot be read any more is a finding."""

    def each_note(self) -> Iterator[StoredNote | Finding]:
        """Stream all credit notes; one that cannot be read any more is a finding."""

    def each_trail(self) -> Iterator[list[TrailEntry] | Finding]:
        """Stream the trail, one subject at a time; an unreadable one is a finding."""

    def billed_periods(self) -> Iterator[BilledPeriod | Finding]:
        """Stream what live invoices bill by the calendar: by agreement and payer, in order."""

    def never_named(self, logins: Iterable[str]) -> set[str]:
        """Return those of ``logins`` that no stored configuration names."""

    def client_of(self, subject: str) -> str:
        """Return the client that a draft or an invoice is for; nothing if it is neither."""


class Anchors(Protocol):
    """The daily anchors of the trail, each over the heads that moved since the one before."""

    def all(self) -> list[Anchor]:
        """Return every anchor, the oldest first."""

    def heads_of(self, day: date) -> Iterator[Head]:
        """Stream what was anchored on a day, in the order in which it was."""

    def add(self, day: date, at: datetime) -> Anchor | None:
        """Anchor all that moved; None when this day has its anchor."""

    def findings(self) -> Iterator[Finding]:
        """Name every anchor that does not agree with the trail or with the one before it."""
