"""Every kind of document: what stands on it, on which paper, in which language, in which look."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from invoicing.documents.renderer import DocumentRenderer
from invoicing.domain.draft import DepositDeduction
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Paper
from invoicing.domain.render import (
    AnyPage,
    DocumentKind,
    Watermark,
    invoice_page,
    preview_page,
)
from tests.documents.letters import (
    a_credit_page,
    a_timesheet,
    an_account_page,
    an_item,
    fonts_of,
    sheets_of,
)
from tests.documents.papers import (
    CLIENT,
    ENTITY,
    a_draft,
    a_draft_with_everything,
    a_line,
    a_page,
    an_invoice,
    pages_of,
    text_of,
)

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
GERMAN = replace(CLIENT, language="de", address=Address("Am Markt 1", "20095", "Hamburg", "DE"))
WriteTemplate = Callable[[str, str], Path]


def test_a_credit_note_says_what_it_takes_back_and_why(renderer: DocumentRenderer) -> None:
    part, whole, draft = renderer.render(
        [a_credit_page(), a_credit_page(full=True, client=GERMAN),
         replace(a_credit_page(), number="", issued_on=None, watermark=Watermark.DRAFT)]
    )  # fmt: skip

    text = text_of(part)
    for words in (
        "Credit note CN-2026-00007", "Correction of invoice INV-2026-00001 of November 2, 2026",
        "Reason: Hours were recorded twice", "Line 2 of the invoice", "8 h 120.00 960.00",
        "VAT (19% of 960.00) 182.40", "Total credited EUR 1,142.40",
        "we take back EUR 1,142.40 of invoice INV-2026-00001",
    ):  # fmt: skip
        assert words in text
    for words in ("IBAN", "Amount due", "DRAFT"):
        assert words not in text
    assert "Rechnungskorrektur CN-2026-00007" in text_of(whole)
    assert "Storno der Rechnung INV-2026-00001" in text_of(whole)
    assert text_of(draft).count("DRAFT") >= 3


def test_a_reminder_asks_for_what_nobody_contests(renderer: DocumentRenderer) -> None:
    items = (an_item(1, 12), an_item(2, 5, disputed="400.00 EUR"))
    many, one, mixed, soon = renderer.render(
        [an_account_page(DocumentKind.REMINDER, *items),
         an_account_page(DocumentKind.REMINDER, items[0]),
         an_account_page(DocumentKind.REMINDER, items[0], an_item(3, -3)),
         an_account_page(DocumentKind.REMINDER, an_item(3, -3), client=GERMAN)]
    )  # fmt: skip

    text = text_of(many)
    for words in (
        "Payment reminder", "the invoices below are past their due date", "In clarification",
        "INV-2026-00002 Nov 13, 2026 · Work of week 2 Nov 27, 2026 5 EUR 1,000.00 EUR 400.00",
        "Please transfer EUR 1,600.00", "is not part of the amount",
        "Reference INV-2026-00001, INV-2026-00002",
    ):  # fmt: skip
        assert words in text
    assert "the invoice below is past its due date" in text_of(one)
    assert "In clarification" not in text_of(one)
    assert "others are due soon" in text_of(mixed)
    assert "Bald fällig" in text_of(soon)
    assert "überfällig" not in text_of(soon).replace("Tage überfällig", "")
    assert "Zahlungserinnerung" not in text_of(soon)


def test_a_statement_lists_what_is_open_and_what_is_to_the_good(
    renderer: DocumentRenderer,
) -> None:
    credit = (Money.parse("250.00 EUR"),)
    items = [an_item(number, 40 - number) for number in range(1, 41)]
    some, none, long = renderer.render(
        [an_account_page(DocumentKind.STATEMENT, *items[:2], credit=credit),
         an_account_page(DocumentKind.STATEMENT, client=GERMAN),
         an_account_page(DocumentKind.STATEMENT, *items)]
    )  # fmt: skip

    assert "Account statement" in text_of(some)
    assert "Open in total EUR 2,000.00" in text_of(some)
    assert "a credit of EUR 250.00" in text_of(some)
    assert "nichts offen" in text_of(none)
    assert "IBAN" not in text_of(none)
    pages = pages_of(long)
    assert len(pages) > 1
    assert all(page.count("Days late") == 1 for page in pages if "INV-" in page)
    totals = next(page for page in pages if "Open in total EUR 40,000.00" in page)
    assert "INV-2026-00040" in totals


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", ("Invoice", "Deposit invoice", "Final invoice", "Credit note", "Payment reminder",
                "Account statement", "Page 1 of 1")),
        ("de", ("Rechnung", "Anzahlungsrechnung", "Schlussrechnung", "Rechnungskorrektur",
                "Zahlungserinnerung", "Kontoauszug", "Seite 1 von 1")),
        ("fr", ("Facture", f"Facture d{APOSTROPHE}acompte", "Facture de solde", "Avoir",
                "Rappel de paiement", "Relevé de compte", "Page 1 sur 1")),
        ("es", ("Factura", "Factura de anticipo", "Factura final", "Factura rectificativa",
                "Recordatorio de pago", "Extracto de cuenta", "Página 1 de 1")),
    ],
)  # fmt: skip
def test_every_kind_has_its_title_in_every_language(
    renderer: DocumentRenderer, language: str, titles: tuple[str, ...]
) -> None:
    client = replace(CLIENT, language=language)
    plain, deposit = a_draft(client=client), replace(a_draft(client=client), is_deposit=True)
    settled = Money.parse("10.00 EUR")
    final = replace(plain, deposits=(DepositDeduction("d", "D", settled, settled, settled),))
    pages: list[AnyPage] = [
        *(invoice_page(an_invoice(draft)) for draft in (plain, deposit, final)),
        a_credit_page(client=client),
        an_account_page(DocumentKind.REMINDER, an_item(1, 3), client=client),
        an_account_page(DocumentKind.STATEMENT, an_item(1, 3), client=client),
    ]
    numbers = [*(["INV-2026-00001"] * 3), "CN-2026-00007", "", ""]
    for title, number, rendered in zip(titles, numbers, renderer.render(pages), strict=False):
        assert f"{title} {number}".strip() in text_of(rendered)
        assert titles[-1] in text_of(rendered)


def test_the_sheets_are_what_the_clients_office_has(renderer: DocumentRenderer) -> None:
    clients = (CLIENT, GERMAN, replace(GERMAN, paper=Paper.LETTER), replace(CLIENT, paper=Paper.A4))
    pages = [a_page(client=client) for client in clients]
    modern = replace(ENTITY, brand="modern")
    account = an_account_page(DocumentKind.STATEMENT, an_item(1, 1), entity=modern)
    found = [sheets_of(rendered) for rendered in renderer.render([*pages, account])]

    letter, a4 = {(216, 279)}, {(210, 297)}
    assert found == [letter, a4, letter, a4, letter]


def test_both_brands_print_with_the_fonts_that_are_shipped(renderer: DocumentRenderer) -> None:
    many = replace(
        CLIENT,
        name="Ærø Œuvre Łódź Ελλάδα Москва אור הים",
        address=Address("נור ٤٢ شركة", "", "Ț", "IL"),
    )
    pages = [
        preview_page(a_draft_with_everything(many, replace(ENTITY, brand=brand)))
        for brand in ("default", "modern")
    ]
    sober, modern = renderer.render(pages)

    shipped = {"Source-Sans-3": sober, "Inter": modern}
    for family, rendered in shipped.items():
        names = fonts_of(rendered)
        for needed in (family, "Noto-Sans-Hebrew", "Noto-Sans-Arabic"):
            assert any(name.startswith(needed) for name in names), names
        assert all(name.startswith((family, "Noto-Sans")) for name in names), names


def test_the_timesheet_follows_the_invoice(renderer: DocumentRenderer) -> None:
    draft = replace(a_draft(), timesheet=a_timesheet())
    with_sheet, without = renderer.render([invoice_page(an_invoice(draft)), a_page()])

    bill, sheet = pages_of(with_sheet)
    assert bill.replace("Page 1 of 2", "Page 1 of 1") == text_of(without)
    for words in (
        "Timesheet for Invoice INV-2026-00001", "Mara Lindqvist · Engineer",
        "Nov 2, 2026 Task 2 7:30", "Nov 4, 2026 Task 4 0:30", "Total of Mara Lindqvist 8:00",
        "Total of Tom Albrecht 1:35", "Hours in total: 9:35", "Page 2 of 2",
    ):  # fmt: skip
        assert words in sheet


def test_the_timesheet_takes_nobody_for_another(renderer: DocumentRenderer) -> None:
    first, second, third = a_timesheet()
    entries = (first, replace(second, person=first.person.lower()), replace(third, role="Lead"))
    draft = replace(a_draft(), timesheet=entries)

    _, sheet = pages_of(renderer.render([invoice_page(an_invoice(draft))])[0])

    for words in (
        "Mara Lindqvist · Engineer, Lead", "Total of Mara Lindqvist 8:00",
        "mara lindqvist · Engineer", "Total of mara lindqvist 1:35",
    ):  # fmt: skip
        assert words in sheet


def test_eighty_plain_lines_take_three_sheets(renderer: DocumentRenderer) -> None:
    lines = [a_line(n, f"Work package {n}: implementation and tests") for n in range(1, 81)]
    (long,) = renderer.render([a_page(*lines, client=GERMAN)])
    assert len(pages_of(long)) == 3


def test_a_description_longer_than_a_sheet_loses_nothing(renderer: DocumentRenderer) -> None:
    words = [f"word{n}" for n in range(2500)]
    (long,) = renderer.render([a_page(a_line(1, " ".join(words)), a_line(2, "A short one"))])

    pages = pages_of(long)
    assert len(pages) > 1
    text = " ".join(pages)
    assert [word for word in words if word not in text] == []
    assert "A short one" in pages[-1]
    assert "Total" in pages[-1]


def test_totals_longer_than_a_sheet_are_printed_to_the_end(renderer: DocumentRenderer) -> None:
    amount = Money.parse("1.00 EUR")
    many = tuple(
        DepositDeduction(f"{n}", f"Deposit {n} of a long project", amount, amount, amount)
        for n in range(1, 91)
    )
    draft = a_draft()
    totals = replace(draft.totals, paid=Money.parse("90.00 EUR"))
    (rendered,) = renderer.render(
        [invoice_page(an_invoice(replace(draft, deposits=many, totals=totals)))]
    )

    text = text_of(rendered)
    assert all(f"Deposit {n} of" in text for n in range(1, 91))
    assert "IBAN" in text


def test_sums_of_many_digits_stay_in_one_piece(renderer: DocumentRenderer) -> None:
    prices = ("1234567890.12 EUR", "987654321.00 EUR")
    (rendered,) = renderer.render(
        [a_page(*(a_line(n, "Works", p) for n, p in enumerate(prices, 1)))]
    )

    for figure in ("1,234,567,890.12", "987,654,321.00", "EUR 2,644,444,431.23"):
        assert figure in text_of(rendered)


def test_the_tax_of_a_line_has_a_column_where_lines_differ_in_it(
    renderer: DocumentRenderer,
) -> None:
    other = replace(a_line(2, "Book").rate, percent=a_line(1, "x").rate.percent - 12)
    plain, mixed = renderer.render(
        [a_page(), a_page(a_line(1, "Work"), a_line(2, "Book", rate=other))]
    )

    assert "Unit price Amount EUR" in text_of(plain)
    assert "Unit price Tax Amount EUR" in text_of(mixed)
    assert "Book 1 h 100.00 7% 100.00" in text_of(mixed)


def test_what_the_parties_must_and_want_to_say_is_printed(renderer: DocumentRenderer) -> None:
    entity = replace(
        ENTITY, contact="Jana Roth", legal_id="732829320", notes=(("PMT", "40 euros are owed."),)
    )
    client = replace(GERMAN, buyer_reference="04011000-12345-67", legal_id="HRB 7")
    draft = a_draft(client=client, entity=entity)
    (rendered,) = renderer.render([invoice_page(an_invoice(draft))])

    for words in ("Ihr Kontakt Jana Roth", "732829320", "40 euros are owed.",
                  "Ihr Zeichen 04011000-12345-67", "Ihre Registernummer HRB 7"):  # fmt: skip
        assert words in text_of(rendered)


def test_a_block_of_the_users_own_needs_no_copy_of_the_template(
    renderer: DocumentRenderer, write_template: WriteTemplate
) -> None:
    write_template(
        "invoice/invoice.html.j2",
        '{% extends "shipped/invoice/invoice.html.j2" %}'
        "{% block custom %}<p>Uptime of {{ content.client.name }}: 99.98 %</p>{% endblock %}",
    )
    (rendered,) = renderer.render([a_page()])

    assert "Uptime of Harbor Health Inc.: 99.98 %" in text_of(rendered)
    assert "Total EUR 12,030.90" in text_of(rendered)


def test_a_brand_may_have_templates_and_words_of_its_own(
    renderer: DocumentRenderer, write_template: WriteTemplate
) -> None:
    write_template("brands/north/invoice/parts/notes.html.j2", "<p>Northern notes</p>")
    write_template("brands/north/labels/en.yaml", "invoice: {heading: Bill}")
    write_template("invoice/parts/closing.html.j2", "<p>Everybody's closing</p>")
    north, other = renderer.render(
        [
            preview_page(a_draft(entity=replace(ENTITY, brand=brand)))
            for brand in ("north", "modern")
        ]
    )

    assert "Bill DRAFT" in text_of(north)
    assert "Northern notes" in text_of(north)
    assert "Invoice DRAFT" in text_of(other)
    assert "Northern notes" not in text_of(other)
    assert all("Everybody's closing" in text_of(one) for one in (north, other))
