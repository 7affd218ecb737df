"""Groups of tables that change an issued invoice's money without touching it: credits, holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.reconcile import WriteOff


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """A credit note as the ledger holds it: ``asked_by`` and ``approved_by`` are two people."""

    note: IssuedCreditNote
    config_hash: str
    asked_by: str
    approved_by: str


class Credits(Protocol):
    """Credit notes: UNIQUE (series, number), at most one that closes an invoice, never changed."""

    def add(self, record: CreditRecord) -> None:
        """Store a credit note; its number was taken in this unit of work."""

    def of_invoices(self, invoice_ids: Collection[str]) -> dict[str, list[CreditRecord]]:
        """Return the credit notes of each of these invoices, the oldest first."""

    def get(self, note_ids: Collection[str]) -> list[CreditRecord]:
        """Return credit notes that exist, in the order asked for."""

    def without_document(self, limit: int) -> list[str]:
        """Return ids of credit notes whose document was not rendered yet, the oldest first."""

    def by_number(self, number: str) -> CreditRecord | None:
        """Return the credit note with this number, if any."""

    def credited(self, invoice_ids: Collection[str]) -> set[str]:
        """Return those of these invoices that have a credit note."""


class WriteOffs(Protocol):
    """What was given up, or taken back again (below zero), in the order it was; never changed."""

    def add(self, write_off: WriteOff) -> None:
        """Store what was given up on an invoice."""

    def of_invoices(self, invoice_ids: Collection[str]) -> dict[str, list[WriteOff]]:
        """Return what was given up on each of these invoices, the oldest first."""


class Holds(Protocol):
    """Holds on invoices; at most one of each kind is open on an invoice."""

    def place(self, hold: InvoiceHold) -> bool:
        """Store an open hold; False while one of this kind is open on the invoice."""

    def lift(self, invoice_id: str, kind: HoldKind, by: str, at: datetime) -> bool:
        """Lift the open hold of this kind; False when there is none."""

    def open_on(self, invoice_ids: Collection[str]) -> dict[str, list[InvoiceHold]]:
        """Return the open holds of each of these invoices, each with an empty list at least."""

    def of_invoice(self, invoice_id: str) -> list[InvoiceHold]:
        """Return every hold that an invoice ever had, the oldest first."""
