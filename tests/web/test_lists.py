"""Lists on the pages: how much there is, where the rest is, and how to find one of many."""

import re
from dataclasses import replace

import pytest

from invoicing.domain.bounds import SafetyBounds
from tests.support.services import House, a_book
from tests.web.conftest import As


def fill(house: House, count: int) -> None:
    """Hold back as many payments as that, a minute apart."""
    for n in range(count):
        with house.s.ledger.write() as work:
            work.exceptions.open("overpaid", f"accounting:P-{n:03}", "too much", house.clock.now())
        house.clock.pass_by(minutes=1)


def page(as_user: As, path: str) -> str:
    text: str = as_user("finance").get(f"/invoicing{path}").text
    return text


def link(text: str, rel: str) -> str:
    """Return where the link to the next or the former page leads, without our prefix."""
    [href] = re.findall(rf'href="/invoicing([^"]+)" rel="{rel}"', text)
    return str(href).replace("&amp;", "&")


def test_a_long_queue_says_how_many_more_there_are_and_leads_to_them(
    as_user: As, house: House
) -> None:
    fill(house, 120)

    first = page(as_user, "/queue")
    second = page(as_user, link(first, "next"))
    third = page(as_user, link(second, "next"))

    assert "1 to 50 of 120, oldest first; 70 more on other pages" in first
    assert "51 to 100 of 120" in second
    assert "101 to 120 of 120" in third
    assert "P-000" in first
    assert "P-050" in second
    assert "P-119" in third
    assert 'rel="next"' not in third
    assert page(as_user, link(second, "prev")) == first


def test_a_short_queue_has_no_pages(as_user: As, house: House) -> None:
    fill(house, 2)

    assert "pager" not in page(as_user, "/queue")


def test_one_kind_keeps_to_itself_over_its_pages(as_user: As, house: House) -> None:
    fill(house, 60)
    with house.s.ledger.write() as work:
        work.exceptions.open("rejected", "D-1", "no", house.clock.now())

    text = page(as_user, "/queue?code=overpaid")
    second = page(as_user, link(text, "next"))

    for each in (text, second):
        assert "<h3>Overpaid</h3>" in each
        assert "<h3>Rejected</h3>" not in each
        assert 'href="/invoicing/queue?code=rejected"' in each
    assert "No entry of this kind is open: Sent back" in page(as_user, "/queue?code=sent_back")


@pytest.mark.parametrize(
    "query", ["finance=0", "finance=x", "reviews=-1", "engineer=99999999999999999999"]
)
def test_a_page_number_that_makes_no_sense_is_refused(as_user: As, query: str) -> None:
    assert as_user("finance").get(f"/invoicing/queue?{query}").status_code == 422


def test_a_kind_from_the_address_is_not_reflected_as_markup(as_user: As, house: House) -> None:
    fill(house, 51)
    for query in ("code=%3Cscript%3Ealert(1)", "code=%22%3E%3Cscript%3E"):
        assert "<script>" not in page(as_user, f"/queue?{query}")


def test_the_overview_pages_filters_and_finds(as_user: As, house: House) -> None:
    many = house.with_book(replace(a_book(), bounds=SafetyBounds(per_client_and_day=100)))
    for n in range(51):
        many.invoice_of(f"D-{n}", "100.00 EUR")

    first = page(as_user, "/invoices?shown=open&client=nordwind")
    second = page(as_user, link(first, "next"))

    assert "6,069.00" in first  # 51 x 119.00, on this page or not
    assert "6,069.00" in second
    assert "1 to 50 of 51, newest first; 1 more on another page" in first
    assert "INV-2026-00051" in first
    assert "INV-2026-00001" not in first
    assert "INV-2026-00001" in second
    assert "Invoices to <bdi>Nordwind Logistik GmbH</bdi>" in second
    assert 'data-goto="/invoicing/invoices/"' in first
    assert as_user("finance").get("/invoicing/invoices?shown=burnt").status_code == 422


def test_the_overview_says_what_is_late_by_how_much(as_user: As, house: House) -> None:
    house.invoice_of("D-1")
    house.clock.pass_by(days=70)
    house.invoice_of("D-2", "100.00 EUR")
    fill(house, 3)

    text = page(as_user, "/invoices")

    ages = re.findall(
        r'data-name="([^"]+)"><span class="money"><span class="figure">([\d.,]+)', text
    )
    assert ages[:6] == [
        ("Open", "1,547.00"), ("Not due", "119.00"), ("1 to 30 days late", "0.00"),
        ("31 to 60", "1,428.00"), ("61 to 90", "0.00"), ("More than 90", "0.00"),
    ]  # fmt: skip
    assert "0 drafts for approval, 3 exceptions" in text
