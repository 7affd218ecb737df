"""What paper says in figures is what the ledger holds; it asks for money only where some is due."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.documents.formats import NBSP
from invoicing.documents.renderer import DocumentRenderer
from invoicing.domain.credit import LineCredit
from invoicing.domain.discounts import Discount
from invoicing.domain.money import Money, plain
from invoicing.domain.render import CreditNotePage, DocumentKind, Page, preview_page
from invoicing.domain.totals import Policy
from tests.documents.letters import an_account_page, an_item
from tests.documents.papers import text_of
from tests.einvoice.made_up import S7, a_draft, a_line, by_chance, note_of, page_of

DEPOSIT = replace(a_draft(a_line(1, price="50.00 EUR"), is_deposit=True), id="d" * 32)
BY_CHANCE = (3, 5, 8, 13, 38, 96, 102, 114)
"""Seeds: the last four are notes that give back less than their gross, one of them in yen."""


def _figures(text: str) -> str:
    """Return a text without what separates thousands, and with the decimal sign of the domain."""
    return text.replace(".", "").replace(",", ".").replace(NBSP, "").replace(" ", "")


def test_the_ledgers_sums_stand_on_the_paper(renderer: DocumentRenderer) -> None:
    pages = [by_chance(seed) for seed in BY_CHANCE]
    assert {page.client.language for page in pages} == {"de"}

    for page, rendered in zip(pages, renderer.render(pages), strict=True):
        assert isinstance(page, Page | CreditNotePage)
        totals, text = page.content.totals, _figures(text_of(rendered))
        for money in (totals.net, totals.gross, totals.due):
            assert plain(money.amount) in text, money


@pytest.mark.parametrize("is_preview", [False, True])
def test_an_invoice_that_is_paid_already_asks_for_nothing(
    renderer: DocumentRenderer, is_preview: bool
) -> None:
    whole = replace(a_draft(a_line(1, price="50.00 EUR")), id="d" * 32)
    draft = a_draft(a_line(1, price="50.00 EUR"), deposits=[whole])
    draft = replace(draft, client=replace(draft.client, language="en"))

    (rendered,) = renderer.render([preview_page(draft) if is_preview else page_of(draft)])

    text = text_of(rendered)
    assert "Amount due EUR 0.00" in text
    assert "Nothing is left to pay." in text
    for asking in ("IBAN", "Please transfer", "To be paid", "Scan to pay"):
        assert asking not in text


def test_a_credit_note_says_what_stays_charged_by_deposits(renderer: DocumentRenderer) -> None:
    draft = a_draft(a_line(1, price="119.00 EUR"), deposits=[DEPOSIT])
    page = note_of(replace(draft, client=replace(draft.client, language="en")))

    assert (
        "Total credited EUR 141.61 Less: charged by deposit invoices, which stay -59.50"
        " Amount in your favour EUR 82.11"
    ) in text_of(renderer.render([page])[0])


def test_a_credit_note_says_that_its_prices_include_tax(renderer: DocumentRenderer) -> None:
    draft = a_draft(
        a_line(1, "3", "10.00 EUR", S7),
        discounts=[Discount("Long-standing client", percent=Decimal(3))],
        policy=Policy("EUR", prices_include_tax=True),
    )
    draft = replace(draft, client=replace(draft.client, language="en"))
    whole, part = renderer.render([note_of(draft), note_of(draft, LineCredit(1, Decimal(1)))])

    for rendered in (whole, part):
        assert "Unit prices and amounts of the lines include tax." in text_of(rendered)


def test_a_reminder_says_why_it_asks_for_less_than_is_open(renderer: DocumentRenderer) -> None:
    part = replace(an_item(2, 3), asked=Money.parse("600.00 EUR"))
    open_, contested, under_way = renderer.render(
        [an_account_page(DocumentKind.REMINDER, item)
         for item in (an_item(1, 3), an_item(1, 3, disputed="400.00 EUR"), part)]
    )  # fmt: skip

    assert "on its way to us" not in text_of(open_) + text_of(contested)
    text = text_of(under_way)
    assert "What is on its way to us already is not part of the amount" in text
    assert "Please transfer EUR 600.00" in text


def test_a_sum_is_never_broken(renderer: DocumentRenderer) -> None:
    draft = a_draft(a_line(1, "12345.5", "9876543.21 EUR"))
    draft = replace(draft, client=replace(draft.client, language="en"))
    modern = replace(draft, entity=replace(draft.entity, brand="modern"))
    item = replace(an_item(1, 3), open=draft.totals.due, asked=draft.totals.due)

    for rendered in renderer.render(
        [page_of(draft), page_of(modern), an_account_page(DocumentKind.REMINDER, item)]
    ):
        before_bank = text_of(rendered).partition("Account holder")[0]
        assert before_bank.endswith("EUR 145,097,728,396.88 ")
