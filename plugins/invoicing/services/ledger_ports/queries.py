"""What the pages ask of the ledger: counts and lists, a few statements whatever their length."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from invoicing.domain.exceptions import ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation
from invoicing.services.ledger_ports.claims import EventRow


class Shown(StrEnum):
    """Which invoices a list shows."""

    ALL = "all"
    OPEN = "open"
    LATE = "late"
    PAID = "paid"
    VOID = "void"
    MAIL_WAITING = "mail_waiting"
    MAIL_TROUBLE = "mail_trouble"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a list: what comes before it, and how much of it there is at most."""

    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invoices are asked for; what is late depends on the day in the zone of each entity."""

    shown: Shown = Shown.ALL
    client: str = ""
    today: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenCode:
    """How many exceptions of one kind are open, and since when the oldest one is."""

    code: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A draft that waits for an answer, and since when; None when nobody was asked yet."""

    draft_id: str
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenSum:
    """What is still owed to one entity in one currency on invoices that are due on one day."""

    entity: str
    due_on: date
    amount: Money
    count: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settles an invoice, by its kind; the balance is the amount due without all three."""

    paid: Money
    credited: Money
    written_off: Money


class Queries(Protocol):
    """Read models of the pages; no list here costs a statement per row."""

    def open_codes(self) -> list[OpenCode]:
        """Count the open exceptions of each kind."""

    def open_entries(self, codes: Collection[str], part: Part) -> list[ExceptionEntry]:
        """Return open exceptions of these kinds, the oldest first."""

    def waiting_count(self) -> int:
        """Count the drafts that wait for an answer."""

    def waiting(self, part: Part) -> list[Waiting]:
        """Return the drafts that wait for an answer, those that wait the longest first."""

    def owners_of_messages(self, message_ids: Collection[str]) -> dict[str, str]:
        """Return the invoice that each of these messages, or credit notes, is about."""

    def events(self, row_ids: Collection[str]) -> list[EventRow]:
        """Return the events that exist."""

    def owed(self, obligation_ids: Collection[str]) -> list[Obligation]:
        """Return the obligations that exist."""

    def unplaced(self, payment_keys: Collection[str]) -> dict[str, Money]:
        """Return what of each payment (``source:external id``) is on no invoice."""

    def invoices(self, wanted: Wanted, part: Part) -> list[Invoice]:
        """Return invoices, those issued last first; what is late comes by its due date."""

    def count_invoices(self, wanted: Wanted) -> int:
        """Count the invoices that `invoices` would return."""

    def settlements(self, invoice_ids: Collection[str]) -> dict[str, Settlement]:
        """Return what settles each invoice."""

    def open_sums(self, client: str = "") -> list[OpenSum]:
        """Add up what is still owed, on all invoices or on those to one client."""
