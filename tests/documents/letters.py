"""Credit notes, reminders and statements to print, and what a PDF says about its sheets."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pypdf

from invoicing.domain.credit import LineCredit, credit_in_full, credit_note
from invoicing.domain.money import Money, total
from invoicing.domain.parties import Client, Entity
from invoicing.domain.render import AccountItem, AccountPage, CreditNotePage, DocumentKind
from invoicing.domain.work import TimeEntry
from invoicing.services.ports import Rendered
from tests.documents.papers import CLIENT, ENTITY, a_draft, an_invoice

TODAY = date(2026, 12, 2)
NOTHING = Money.parse("0.00 EUR")


def a_credit_page(*, full: bool = False, client: Client = CLIENT) -> CreditNotePage:
    """Return a credit note about eight hours, or about the whole invoice."""
    invoice = an_invoice(a_draft(client=client))
    reason = "Hours were recorded twice"
    if full:
        note = credit_in_full(invoice, reason=reason)
    else:
        note = credit_note(invoice, [LineCredit(2, quantity=Decimal(8))], reason=reason)
    return CreditNotePage(note, "CN-2026-00007", TODAY)


def an_item(sequence: int, days_late: int, disputed: str = "0.00 EUR") -> AccountItem:
    """Return an invoice over 1,000 that is open as a whole."""
    due, contested = Money.parse("1000.00 EUR"), Money.parse(disputed)
    return AccountItem(
        invoice_id=f"{sequence:032}",
        number=f"INV-2026-{sequence:05d}",
        title=f"Work of week {sequence}",
        issued_on=TODAY - timedelta(days=days_late + 14),
        due_on=TODAY - timedelta(days=days_late),
        due=due,
        open=due,
        asked=due - contested,
        disputed=contested,
        days_late=days_late,
    )


def an_account_page(
    kind: DocumentKind,
    *items: AccountItem,
    client: Client = CLIENT,
    entity: Entity = ENTITY,
    credit: tuple[Money, ...] = (),
) -> AccountPage:
    """Return a reminder, which asks for what is not contested, or a statement of all."""
    asked = [item.asked if kind is DocumentKind.REMINDER else item.open for item in items]
    totals = (total(asked, "EUR"),) if items else ()
    return AccountPage(kind, entity, client, TODAY, items, totals, credit)


def a_timesheet() -> tuple[TimeEntry, ...]:
    """Return what two people recorded on three days."""
    rows = (("Mara Lindqvist", 450), ("Tom Albrecht", 95), ("Mara Lindqvist", 30))
    return tuple(
        TimeEntry(
            "tracker", f"t{day}", f"Task {day}", person, "Engineer", date(2026, 11, day),
            Decimal(minutes),
        )
        for day, (person, minutes) in enumerate(rows, 2)
    )  # fmt: skip


def sheets_of(rendered: Rendered) -> set[tuple[int, int]]:
    """Return the sizes of the sheets in millimetres."""
    boxes = [page.mediabox for page in _reader(rendered).pages]
    return {(round(box.width / 72 * 25.4), round(box.height / 72 * 25.4)) for box in boxes}


def fonts_of(rendered: Rendered) -> set[str]:
    """Return the names of the fonts that the document carries, without their random prefix."""
    names = set()
    for page in _reader(rendered).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            names.add(str(font.get_object()["/BaseFont"]).rpartition("+")[2].lstrip("/"))
    return names


def _reader(rendered: Rendered) -> pypdf.PdfReader:
    assert rendered.document is not None, rendered.error
    return pypdf.PdfReader(io.BytesIO(rendered.document.content))
