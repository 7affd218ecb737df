"""Render: what a document shows, apart from how it looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from invoicing.domain.credit import CreditNote, IssuedCreditNote
from invoicing.domain.draft import Draft
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.parties import Client, Entity, Paper

_LETTER_COUNTRIES = frozenset({"CA", "CL", "CO", "CR", "GT", "MX", "PA", "PH", "US", "VE"})


class DocumentKind(StrEnum):
    """Which document; the files of the structured invoice belong to the one beside them."""

    PREVIEW = "preview"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    REMINDER = "reminder"
    STATEMENT = "statement"
    CII = "cii"
    UBL = "ubl"


class Watermark(StrEnum):
    """What stands across a document that is no invoice."""

    NONE = ""
    DRAFT = "draft"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Page:
    """An invoice, or its preview, which has no number and no dates."""

    kind: DocumentKind
    content: Draft
    number: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    watermark: Watermark = Watermark.NONE

    @property
    def entity(self) -> Entity:
        """Who sends it."""
        return self.content.entity

    @property
    def client(self) -> Client:
        """Who gets it."""
        return self.content.client


@dataclass(frozen=True, slots=True)
class CreditNotePage:
    """A credit note; it has a number and a day, or a watermark."""

    content: CreditNote
    number: str = ""
    issued_on: date | None = None
    watermark: Watermark = Watermark.NONE
    kind: DocumentKind = DocumentKind.CREDIT_NOTE

    @property
    def entity(self) -> Entity:
        """Who sends it."""
        return self.content.entity

    @property
    def client(self) -> Client:
        """Who gets it."""
        return self.content.client


@dataclass(frozen=True, slots=True)
class AccountItem:
    """One invoice on an account: what it asked for, what is open, what of that is contested.

    ``days_late`` is below zero before the due date. ``asked`` is what a reminder asks for: open
    without what is contested or under way. ``client`` is the name, for those who serve several.
    """

    invoice_id: str
    number: str
    title: str
    issued_on: date
    due_on: date
    due: Money
    open: Money
    asked: Money
    disputed: Money
    days_late: int
    step: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A reminder letter or an account statement: the items of one client with one of our entities.

    ``totals`` is what the letter asks for (of a statement: what is open), one per currency.
    """

    kind: DocumentKind
    entity: Entity
    client: Client
    written_on: date
    items: tuple[AccountItem, ...]
    totals: tuple[Money, ...]
    credit: tuple[Money, ...] = ()
    watermark: Watermark = Watermark.NONE

    @property
    def is_upcoming(self) -> bool:
        """Tell whether nothing on it is late yet."""
        return all(item.days_late <= 0 for item in self.items)


AnyPage: TypeAlias = Page | CreditNotePage | AccountPage


def paper_of(client: Client) -> Paper:
    """Return the sheets that a client's office has, unless the client says otherwise."""
    if client.paper is not None:
        return client.paper
    return Paper.LETTER if client.address.country in _LETTER_COUNTRIES else Paper.A4


def preview_page(draft: Draft, watermark: Watermark = Watermark.DRAFT) -> Page:
    """Return the page of a draft, to be shown with a watermark."""
    return Page(DocumentKind.PREVIEW, draft, watermark=watermark)


def invoice_page(invoice: Invoice) -> Page:
    """Return the page of an issued invoice."""
    return Page(
        DocumentKind.INVOICE, invoice.content, invoice.number, invoice.issued_on, invoice.due_on
    )


def credit_note_page(note: IssuedCreditNote) -> CreditNotePage:
    """Return the page of an issued credit note."""
    return CreditNotePage(note.content, note.number, note.issued_on)


_ENDINGS: Mapping[DocumentKind, str] = {DocumentKind.CII: ".cii.xml", DocumentKind.UBL: ".ubl.xml"}


def file_name(number: str, kind: DocumentKind = DocumentKind.INVOICE) -> str:
    """Name a file after the number alone: nothing a client wrote gets into a file name."""
    safe = "".join(char if char.isascii() and char.isalnum() else "-" for char in number)
    return f"{safe.strip('-') or 'invoice'}{ending(kind)}"


def ending(kind: DocumentKind) -> str:
    """Return what the name of a file of this kind ends with: ``.pdf``, ``.cii.xml``."""
    return _ENDINGS.get(kind, ".pdf")


@dataclass(frozen=True, slots=True)
class Archived:
    """What the archive calls the files of one document: the folder of the client and the year."""

    client: str
    year: int
    number: str
    files: Mapping[DocumentKind, bytes] = field(default_factory=dict, repr=False)
