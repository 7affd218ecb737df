"""The pages: what finance reads about an invoice, and hostile text that stays text."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from invoicing.domain.draft import Balance
from invoicing.domain.review import options
from invoicing.services import follow_up, reconcile, report, review
from invoicing.services.queries import invoice_story
from invoicing.web.present import render
from tests.documents.papers import a_draft_with_everything
from tests.support.services import UNCERTAIN, House, a_book
from tests.web.conftest import As

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202eRUE 00.001"


def test_the_page_of_an_invoice_tells_the_whole_story(as_user: As, house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", "400.00 EUR", f"payment for {invoice.number}")
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    page = as_user("viewer").get(f"/invoicing/invoices/{invoice.number}").text

    for words in (
        "INV-2026-00001",
        "Nordwind Logistik GmbH",
        "1,428.00",  # due
        "1,028.00",  # still open
        "partly paid",
        "19 % of 1200.00 EUR",
        "1 piece x 1200.00 EUR = 1200.00 EUR",
        "by rule: below every review rule",
        "sent",
        "rechnung@nordwind.example",
        "Day after due",
        "payment for INV-2026-00001",
        "chain holds",
        "Payment allocated",
        "evt-D-1",
    ):
        assert words in page, words
    by_id = as_user("viewer").get(f"/invoicing/invoices/{invoice.id}").text
    assert by_id == page


def test_the_page_of_a_draft_says_what_would_be_due(as_user: As, house: House) -> None:
    house.win_deal("D-1", "8000.00 EUR")
    [parcel] = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request

    page = as_user("finance").get(f"/invoicing/invoices/{request.draft_id}").text

    for words in ("Draft, version 1", "Would be due", "9,520.00", "waits for approval"):
        assert words in page, words
    assert "document.pdf" not in page
    assert "preview.pdf" in page
    queue = as_user("finance").get("/invoicing/queue").text
    assert "Deal D-1" in queue
    assert "/required_actions" in queue


def test_a_rejection_is_on_the_page_with_its_comment(as_user: As, house: House) -> None:
    house.win_deal("D-1", "8000.00 EUR")
    [parcel] = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request
    reject = options(request.version, request.content_hash)[1]
    review.answer_review(house.s, parcel, reject, "lead", "wrong <b>hours</b>")

    page = as_user("finance").get(f"/invoicing/invoices/{request.draft_id}").text

    assert "wrong &lt;b&gt;hours&lt;/b&gt;" in page
    assert "<b>hours</b>" not in page


def test_every_kind_of_figure_is_shown_with_its_explanation(house: House) -> None:
    found = invoice_story(house.s, house.invoice_of("D-1").id)
    content = replace(a_draft_with_everything(), flags=("disputed_scope",), is_deposit=True)
    story = replace(found, content=replace(content, balances=(Balance("cap", Decimal(5), "h"),)))

    page = render("invoice.html", base="", airflow="", here="invoice", story=story, may_act=True)

    for words in (
        "Deposit invoice", "1 Nov 2026", "30 Nov 2026", "PO-4711", "Disputed scope", "per 1000",
        "after 10 % off: 5.25 EUR", "long-standing client", "granted by <bdi>lead</bdi>",
        "City 6.44 EUR", f"/invoices/{'d' * 32}", "Deposit 20 % of the platform work",
        "2,000.00 EUR + 177.50 EUR", "139.70", "8,751.25", "Tax in our books", "1,901.95",
        "Noted: cap", "5 h",
    ):  # fmt: skip
        assert words in page, words
    order = ("Sum", "Discount", "Charges", "Net", "Tax", "Gross", "Paid", "Withheld", "Rounding")
    totals = page.partition("<h2>Totals</h2>")[2]
    places = [totals.index(f"<th>{name}</th>") for name in (*order, "Due")]
    assert places == sorted(places)


def test_late_invoices_say_so(as_user: As, house: House) -> None:
    house.invoice_of("D-1")
    house.clock.at = datetime(2026, 12, 5, 9, tzinfo=UTC)
    follow_up.follow_up(house.s)

    overview = as_user("finance").get("/invoicing/invoices").text
    page = as_user("finance").get("/invoicing/invoices/INV-2026-00001").text

    assert "3 days late" in overview
    assert "3 days late" in page
    assert "Reminder, day after due" in page


def test_sums_are_by_currency(as_user: As, house: House) -> None:
    house.invoice_of("D-1")
    house.invoice_of("D-2", "100.00 EUR")

    overview = as_user("finance").get("/invoicing/invoices").text

    assert "1,547.00" in overview  # 1,428.00 + 119.00
    assert overview.index("INV-2026-00002") < overview.index("INV-2026-00001")


def test_a_changed_trail_is_shown_at_once(as_user: As, house: House, tmp_path: Path) -> None:
    invoice = house.invoice_of("D-1")
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger, ledger:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'trail'"
        for [name] in ledger.execute(guards).fetchall():
            ledger.execute(f'DROP TRIGGER "{name}"')
        changed = ledger.execute(
            "UPDATE trail SET actor = 'mallory' WHERE subject = ? AND sequence = 2", [invoice.id]
        )
        assert changed.rowcount == 1

    page = as_user("finance").get(f"/invoicing/invoices/{invoice.id}").text

    assert "broken at entry 2" in page
    assert "chain holds" not in page


def hostile_house(house: House) -> House:
    book = a_book()
    client = replace(
        book.clients["nordwind"],
        name=HOSTILE,
        address=replace(book.clients["nordwind"].address, street=HOSTILE, city=HOSTILE),
        tax_id=HOSTILE,
    )
    return house.with_book(replace(book, clients={**book.clients, "nordwind": client}))


def assert_harmless(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "49" not in page.partition("&lt;script&gt;")[2][:120]
    assert "&lt;script&gt;alert(1)" in page


def test_hostile_names_stay_text_on_every_page(as_user: As, house: House) -> None:
    hostile = hostile_house(house)
    house.mailer.answers = [UNCERTAIN]
    invoice = hostile.invoice_of("D-1")
    hostile.pay("P-1", "10.00 EUR", f"{HOSTILE} {invoice.number}")
    hostile.win_deal("D-2", "9000.00 EUR")
    [parcel] = hostile.plan("run-2")
    review.open_review(hostile.s, parcel)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    for path in ("/invoices", f"/invoices/{invoice.id}", "/queue"):
        assert_harmless(as_user("finance").get(f"/invoicing{path}").text)


def test_a_hostile_address_is_not_reflected(as_user: As) -> None:
    answer = as_user("finance").get("/invoicing/invoices/%3Cscript%3Ealert(1)%3C%2Fscript%3E")

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("name", ["document", "preview"])
@pytest.mark.parametrize(("query", "way"), [("", "inline"), ("?download=true", "attachment")])
def test_documents_come_as_pdf_under_a_safe_name(
    as_user: As, house: House, name: str, query: str, way: str
) -> None:
    invoice = hostile_house(house).invoice_of("D-1")

    answer = as_user("viewer").get(f"/invoicing/invoices/{invoice.number}/{name}.pdf{query}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    shown = "INV-2026-00001" if name == "document" else f"draft-{invoice.id[:8]}-v1"
    assert answer.headers["content-disposition"] == f'{way}; filename="{shown}.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


def test_a_document_that_is_not_there_yet_is_not_found(as_user: As, house: House) -> None:
    house.win_deal("D-1", "8000.00 EUR")
    [parcel] = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request

    answer = as_user("viewer").get(f"/invoicing/invoices/{request.draft_id}/document.pdf")

    assert answer.status_code == 404
    assert "was not rendered yet" in answer.text


def test_pages_load_nothing_from_elsewhere(as_user: As, house: House) -> None:
    house.invoice_of("D-1")
    for path in ("/invoices", "/invoices/INV-2026-00001", "/queue"):
        page = as_user("finance").get(f"/invoicing{path}").text
        assert "http://" not in page
        assert "https://" not in page
        assert "style=" not in page
        assert "<script>" not in page
        assert " onclick" not in page
