"""Einvoice: the files of a structured invoice for a page, and what lies inside its PDF."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from invoicing.documents.einvoice.cii import write_cii
from invoicing.documents.einvoice.ubl import PEPPOL, XRECHNUNG, write_ubl
from invoicing.domain.einvoicing.build import Numbered
from invoicing.domain.einvoicing.document import StructuredInvoice
from invoicing.domain.einvoicing.outcome import Outcome, outcomes
from invoicing.domain.parties import EInvoice
from invoicing.domain.render import AnyPage, CreditNotePage, DocumentKind, Page, Watermark

__all__ = ["WRITER", "Written", "write"]

WRITER = "einvoice 1"
"""What made the files; raised when the same facts begin to make other bytes."""

_WRITERS: Mapping[EInvoice, Callable[[StructuredInvoice], bytes]] = {
    EInvoice.FACTUR_X: write_cii,
    EInvoice.CII: write_cii,
    EInvoice.PEPPOL: lambda invoice: write_ubl(invoice, PEPPOL),
    EInvoice.XRECHNUNG: lambda invoice: write_ubl(invoice, XRECHNUNG),
}


@dataclass(frozen=True, slots=True)
class Written:
    """The files beside a PDF by their kind, the one inside it, and why any was left out."""

    files: Mapping[DocumentKind, bytes] = field(default_factory=dict, repr=False)
    embedded: bytes | None = field(default=None, repr=False)
    note: str = ""


def write(page: AnyPage) -> Written:
    """Write the structured invoices that the client of a page gets; previews and letters have none.

    The same page always makes the same bytes.
    """
    numbered = _numbered(page)
    if numbered is None or not isinstance(page, (Page, CreditNotePage)):
        return Written()
    files: dict[DocumentKind, bytes] = {}
    embedded, left_out = None, []
    for outcome in outcomes(page.content, numbered):
        if outcome.invoice is None:
            left_out.append(_why(outcome))
            continue
        content = _WRITERS[outcome.profile.form](outcome.invoice)
        if outcome.profile.form is EInvoice.FACTUR_X:
            embedded = content
        elif outcome.profile.kind in files:
            kind = outcome.profile.kind
            left_out.append(f"{outcome.profile.name} left out: there is one {kind} file already")
        else:
            files[outcome.profile.kind] = content
    return Written(files, embedded, "; ".join(left_out))


def _numbered(page: AnyPage) -> Numbered | None:
    """Return number and dates of a document that has them and is meant to be one."""
    if not isinstance(page, (Page, CreditNotePage)) or page.kind is DocumentKind.PREVIEW:
        return None
    if page.issued_on is None or not page.number or page.watermark is not Watermark.NONE:
        return None
    due_on = page.due_on if isinstance(page, Page) else None
    return Numbered(page.number, page.issued_on, due_on)


def _why(outcome: Outcome) -> str:
    return f"{outcome.profile.name} left out: {outcome.why}"
