"""The PDF: what its reader finds in it, and that equal pages make equal files."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdf

from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.domain.render import preview_page
from tests.documents.papers import (
    CLIENT,
    ENTITY,
    REVERSE,
    WORK,
    a_draft,
    a_draft_with_everything,
    a_line,
    a_page,
    pages_of,
    text_of,
    titled,
)

DASH = "\N{EN DASH}"
GERMAN = replace(CLIENT, name="Nordwind Logistik GmbH", language="de-DE")


def test_invoice_holds_every_fact_in_its_text(renderer: DocumentRenderer) -> None:
    reverse = a_page(
        a_line(1, "Care retainer", "1800.00 EUR", REVERSE), client=replace(CLIENT, language="xx")
    )
    english, german, charge = renderer.render([a_page(), a_page(client=GERMAN), reverse])

    text = text_of(english)
    for words in (
        "Invoice INV-2026-00001", "Harbor Health Inc.", "Boston, MA 02210", "United States",
        "November 2, 2026", "November 16, 2026", "US-04-1234567", "1.5 days", "1,280.00", "42 h",
        "6.25 h", "Net 10,110.00", "VAT (19% of 10,110.00) 1,920.90", "Total EUR 12,030.90",
        "Amount due EUR 12,030.90", "DE02 1203 0000 0000 2020 51", "BYLADEM1001", "Page 1 of 1",
        "Tax ID DE123456789", "Amtsgericht Berlin HRB 123456",
        *(description.partition("\n")[0] for description, *_ in WORK),
    ):  # fmt: skip
        assert words in text
    assert "DRAFT" not in text
    assert "Discount" not in text
    assert "Already paid" not in text

    for words in (
        "Rechnung INV-2026-00001", "Gesamtbetrag 12.030,90 EUR", "16. November 2026", "19 %",
        "42 Std.", "Vereinigte Staaten", "Seite 1 von 1",
    ):  # fmt: skip
        assert words in text_of(german)

    assert "Reverse charge: the customer owes the VAT." in text_of(charge)
    assert "Total EUR 1,800.00" in text_of(charge)


def test_everything_that_an_invoice_can_have_is_printed_in_order(
    renderer: DocumentRenderer,
) -> None:
    draft = a_draft_with_everything()
    english, german = renderer.render(
        [preview_page(draft), preview_page(replace(draft, client=GERMAN))]
    )

    text = text_of(english)
    rows = (
        "Project P-88 · Your order PO-4711 · x y",
        "API calls Discount 10%: -5.25 4,200 calls 12.50 per 1,000 8.875% 47.25",
        "Not billed: above the agreed cap -1 pcs. 300.00 19% -300.00", "Subtotal 9,857.25",
        "Discount 5%: long-standing client -492.86", "Discount: late start -150.00",
        "Charges 99.00", "Net 9,313.39", "VAT (19% of 9,170.22) 1,742.34",
        "Sales tax (8.875% of 143.17) 12.71", "of which State: 5.73", "of which City: 6.44",
        "of which District: 0.54", "Total EUR 11,068.44",
        "Less: Deposit 20 % of the platform work (net 2,000.00, tax 177.50) -2,177.50",
        "Tax withheld by you (1.5% of the net) -139.70", "Rounding to payable cash 0.01",
        "Amount due EUR 8,751.25",
        "Tax in our accounting currency: USD 1,901.95 (1 EUR = 1.0837 USD, ECB, November 2, 2026)",
    )  # fmt: skip
    assert f"Service period Nov 1 {DASH} 30, 2026" in text
    found = [text.find(row) for row in rows]
    assert -1 not in found, [row for row, place in zip(rows, found, strict=True) if place < 0]
    assert found == sorted(found)
    for words in (
        "Leistungszeitraum",
        f"1.{DASH}30. Nov. 2026",
        "Ihre Bestellung PO-4711",
        "davon City",
    ):
        assert words in text_of(german)


def test_a_plain_invoice_shows_no_row_about_nothing(renderer: DocumentRenderer) -> None:
    (plain,) = renderer.render([a_page()])

    text = text_of(plain)
    for words in (
        "Subtotal",
        "Discount",
        "Charges",
        "Already paid",
        "withheld",
        "Rounding",
        "per ",
    ):
        assert words not in text
    assert text.count("Amount due") == 1


def test_a_deposit_and_prices_with_tax_are_called_so(renderer: DocumentRenderer) -> None:
    draft = replace(a_draft(), is_deposit=True, prices_include_tax=True)
    (deposit,) = renderer.render([preview_page(draft)])

    assert "Deposit invoice DRAFT" in text_of(deposit)
    assert "amounts of the lines include tax" in text_of(deposit)


def test_a_brand_has_its_look_and_an_unknown_one_the_common_look(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    write_template("invoice/loud.css", ".title::after { content: ' LOUD' }")
    brands = ["default", "modern", "loud", "unknown", "../labels/en", "x" * 99]
    pages = [preview_page(a_draft(entity=replace(ENTITY, brand=brand))) for brand in brands]
    rendered = dict(zip(brands, renderer.render(pages), strict=True))

    assert all(one.document for one in rendered.values())
    assert "November 2026 LOUD" in text_of(rendered["loud"])
    documents = {brand: one.document for brand, one in rendered.items()}
    assert documents["modern"] != documents["default"]
    assert documents["unknown"] == documents["default"] == documents["../labels/en"]


def test_preview_is_a_draft_without_number_and_dates(renderer: DocumentRenderer) -> None:
    (preview,) = renderer.render([preview_page(a_draft())])

    text = text_of(preview)
    assert text.count("DRAFT") >= 4  # watermark, number, and both dates
    assert "INV-" not in text
    assert "November 16" not in text
    assert "Total EUR 12,030.90" in text


def test_long_invoice_repeats_its_head_and_counts_its_pages(renderer: DocumentRenderer) -> None:
    lines = [a_line(n, f"Work package {n}: implementation and tests") for n in range(1, 81)]
    (long,) = renderer.render([a_page(*lines)])

    pages = pages_of(long)
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert "Unit price" in page
        assert f"Page {number} of {len(pages)}" in page
    text = " ".join(pages)
    assert all(text.count(f"Work package {n}:") == 1 for n in range(1, 81))
    assert "Total EUR 9,520.00" in pages[-1]
    assert "Work package 80:" in pages[-1]  # totals never stand alone


def test_equal_pages_make_equal_bytes_in_every_process(renderer: DocumentRenderer) -> None:
    pages = [a_page(), preview_page(a_draft(client=GERMAN))]
    first, second = renderer.render(pages), renderer.render([a_page(sequence=2), *pages])[1:]

    assert first == second
    document = first[0].document
    assert document is not None
    for part in ("weasyprint 70", "pango ", "harfbuzz ", "fonts ", "templates "):
        assert part in document.renderer


def test_metadata_names_the_invoice_and_its_day(renderer: DocumentRenderer, tmp_path: Path) -> None:
    (rendered,) = renderer.render([a_page()])
    assert rendered.document is not None
    file = tmp_path / "invoice.pdf"
    file.write_bytes(rendered.document.content)

    facts = pypdf.PdfReader(file).metadata
    assert facts is not None
    assert (facts.title, facts.author) == ("Invoice INV-2026-00001", ENTITY.legal_name)
    assert facts.creation_date is not None
    assert facts.creation_date.date().isoformat() == "2026-11-02"


def test_nothing_to_render_starts_nothing(renderer: DocumentRenderer) -> None:
    assert renderer.render([]) == []


def test_template_and_label_of_the_user_win(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    write_template("labels/en.yaml", "invoice: {total_gross: Grand total, total_net: no}")
    write_template("labels/pl.yaml", "invoice: {heading: Faktura}")
    english, polish = renderer.render([a_page(), a_page(client=replace(CLIENT, language="pl"))])

    assert "Grand total EUR 12,030.90" in text_of(english)
    assert "no 10,110.00" in text_of(english)
    assert "Faktura INV-2026-00001" in text_of(polish)
    assert "16 listopada 2026" in text_of(polish)

    write_template("invoice/invoice.html.j2", "<p>{{ page.number }} is mine</p>")
    (own,) = renderer.render([a_page()])
    assert text_of(own).startswith("INV-2026-00001 is mine")


def test_unknown_variable_is_named_with_its_template(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    path = write_template(
        "invoice/invoice.html.j2",
        "<p>fine</p>\n{% if page.content.title == 'bad' %}{{ page.content.cleint }}{% endif %}",
    )
    bad, good = renderer.render([titled("bad"), titled("good")])

    assert bad.document is None
    assert f"{path}, line 2" in bad.error
    assert "cleint" in bad.error
    assert text_of(good).startswith("fine")


def test_totals_always_follow_a_line(renderer: DocumentRenderer) -> None:
    counts = [1, 8, 9, 11, 13, 15, 17, 18, 19, 20, 22, 40]
    pages = [a_page(*(a_line(n, f"Item {n}.") for n in range(1, count + 1))) for count in counts]

    for count, rendered in zip(counts, renderer.render(pages), strict=True):
        sheets = pages_of(rendered)
        (totals,) = (sheet for sheet in sheets if "Total" in sheet)
        assert totals.index(f"Item {count}.") < totals.index("Total")
        assert "Amount due" in sheets[-1]
        assert sum(sheet.count("IBAN") for sheet in sheets) == 1


def test_the_code_for_banking_apps_keeps_its_caption_at_the_foot_of_a_sheet(
    renderer: DocumentRenderer,
) -> None:
    """All heights that the payment box can stand at, about a millimetre apart."""
    pages = []
    for short in range(8, 16):
        for long in range(4):
            words = ["Work"] * short + ["Work\nand more"] * long
            lines = [a_line(position, text) for position, text in enumerate(words, 1)]
            pages += [a_page(*lines), a_page(*lines, client=GERMAN)]

    for rendered in renderer.render(pages):
        sheets = pages_of(rendered)
        (paid,) = (sheet for sheet in sheets if "IBAN" in sheet)
        assert "Scan to pay" in paid or "Zum Zahlen scannen" in paid


def test_only_the_folder_is_enough(tmp_path: Path, repository: Path) -> None:
    """A folder install: plugins/ and include/ side by side, nothing of it installed."""
    for part in ("plugins", "include", "tests/documents"):
        shutil.copytree(
            repository / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    label = tmp_path / "include/templates/labels/en.yaml"
    label.write_text(label.read_text("utf-8").replace("heading: Invoice", "heading: Copied"))
    program = (
        "from pathlib import Path; from tests.documents.papers import *;"
        "from invoicing.documents.renderer import *;"
        "renderer = DocumentRenderer(template_folders(Path('nowhere')));"
        "print(text_of(renderer.render([a_page()])[0]))"
    )
    environment = {"PYTHONPATH": f"{tmp_path / 'plugins'}:{tmp_path}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Copied INV-2026-00001" in done.stdout, done.stderr


def test_templates_are_found_beside_the_package(home: Path, repository: Path) -> None:
    assert template_folders(home) == [
        home / "include" / "templates",
        repository / "include" / "templates",
    ]
    assert template_folders(repository) == [repository / "include" / "templates"]
