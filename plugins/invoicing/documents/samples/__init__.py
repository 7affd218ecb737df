"""Made-up documents of every kind, to see a brand, a language or a template without a ledger."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from invoicing.documents.samples.drafts import (
    DAY,
    deposit_draft,
    eur,
    final_draft,
    issued,
    usual_draft,
)
from invoicing.documents.samples.parties import a_client, an_entity
from invoicing.documents.samples.words import Words, words_of
from invoicing.domain.credit import LineCredit, credit_note, issue_credit_note
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import total
from invoicing.domain.parties import Paper
from invoicing.domain.render import (
    AccountItem,
    AccountPage,
    AnyPage,
    CreditNotePage,
    DocumentKind,
    credit_note_page,
    invoice_page,
    preview_page,
)


class SampleKind(StrEnum):
    """Which document to make up."""

    INVOICE = "invoice"
    PREVIEW = "preview"
    DEPOSIT = "deposit"
    FINAL = "final"
    CREDIT_NOTE = "credit_note"
    REMINDER = "reminder"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Look:
    """What may be chosen about a sample; ``lines`` 0 means as many as there are kinds of lines.

    ``with_files`` asks for the e-invoice as files besides the one inside the PDF.
    """

    brand: str = "default"
    language: str = "en"
    paper: Paper | None = None
    lines: int = 0
    logo: str = ""
    with_files: bool = False


def sample_page(kind: SampleKind, look: Look) -> AnyPage:
    """Return a made-up page, the same for the same wishes."""
    words = words_of(look.language)
    entity = an_entity(look.brand, look.logo)
    client = a_client(look.language, look.paper, words, with_files=look.with_files)
    if kind is SampleKind.DEPOSIT:
        return invoice_page(issued(deposit_draft(entity, client, words), 41))
    draft = usual_draft(entity, client, words, look.lines)
    match kind:
        case SampleKind.PREVIEW:
            return preview_page(draft)
        case SampleKind.FINAL:
            return invoice_page(issued(final_draft(draft, words), 57))
        case SampleKind.CREDIT_NOTE:
            return _credit_note(issued(draft, 56), words)
        case SampleKind.REMINDER | SampleKind.STATEMENT:
            return _account(issued(draft, 56), words, DocumentKind(kind.value))
        case _:
            return invoice_page(issued(draft, 56))


def _credit_note(invoice: Invoice, words: Words) -> CreditNotePage:
    wanted = [LineCredit(2, quantity=Decimal("4.5")), LineCredit(7, quantity=Decimal(1))]
    kept = [one for one in wanted if one.position <= len(invoice.content.lines)]
    note = credit_note(invoice, kept or [LineCredit(1)], reason=words.reason)
    key = SeriesKey("brightwater", "CN", 2026)
    return credit_note_page(issue_credit_note(note, key=key, sequence=7, now=invoice.issued_at))


def _account(invoice: Invoice, words: Words, kind: DocumentKind) -> AccountPage:
    """Return a letter about what is late, or the account with what is not due yet, too."""
    older = [
        _item(words.earlier[0], 38, "4984.91", 31),
        _item(words.earlier[1], 47, "2856.00", 17, disputed="714.00"),
        _item(words.earlier[2], 52, "1785.00", 3),
    ]
    newest = _item(invoice.content.title, 56, str(invoice.content.totals.due.amount), -14)
    is_letter = kind is DocumentKind.REMINDER
    items = tuple(older if is_letter else [*older, newest])
    return AccountPage(
        kind=kind,
        entity=invoice.content.entity,
        client=invoice.content.client,
        written_on=DAY,
        items=items,
        totals=(total((item.asked if is_letter else item.open for item in items), "EUR"),),
        credit=() if is_letter else (eur("119.00"),),
    )


def _item(
    title: str, sequence: int, amount: str, late: int, *, disputed: str = "0.00"
) -> AccountItem:
    due_on = DAY - timedelta(days=late)
    return AccountItem(
        invoice_id=f"{sequence:032d}",
        number=f"INV-2026-{sequence:05d}",
        title=title,
        issued_on=due_on - timedelta(days=14),
        due_on=due_on,
        due=eur(amount),
        open=eur(amount),
        asked=eur(amount) - eur(disputed),
        disputed=eur(disputed),
        days_late=late,
    )
