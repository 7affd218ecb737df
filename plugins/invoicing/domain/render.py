"""Render: what a document shows, apart from how it looks."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from invoicing.domain.draft import Draft
from invoicing.domain.issue import Invoice


class DocumentKind(StrEnum):
    """Which document: the preview a person approves, or the invoice itself."""

    PREVIEW = "preview"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template may print; a preview has no number and no dates."""

    kind: DocumentKind
    content: Draft
    number: str = ""
    issued_on: date | None = None
    due_on: date | None = None


def preview_page(draft: Draft) -> Page:
    """Return the page of a draft, to be shown with a watermark."""
    return Page(DocumentKind.PREVIEW, draft)


def invoice_page(invoice: Invoice) -> Page:
    """Return the page of an issued invoice."""
    return Page(
        DocumentKind.INVOICE, invoice.content, invoice.number, invoice.issued_on, invoice.due_on
    )


def file_name(number: str) -> str:
    """Name a file after the invoice number alone: nothing a client wrote gets into a file name."""
    safe = "".join(char if char.isascii() and char.isalnum() else "-" for char in number)
    return f"{safe.strip('-') or 'invoice'}.pdf"
