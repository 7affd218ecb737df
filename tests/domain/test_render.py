"""Render: a preview has no number, an invoice has; file names hold nothing a client wrote."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.account import account_item
from invoicing.domain.credit import credit_in_full, issue_credit_note
from invoicing.domain.issue import series_key
from invoicing.domain.parties import Paper
from invoicing.domain.render import (
    AccountPage,
    DocumentKind,
    Page,
    Watermark,
    credit_note_page,
    file_name,
    invoice_page,
    paper_of,
    preview_page,
)
from tests.domain.builders import NOW, draft, invoice


def test_a_preview_has_neither_number_nor_dates() -> None:
    content = draft()
    drafted = Page(DocumentKind.PREVIEW, content, "", None, None, Watermark.DRAFT)
    assert preview_page(content) == drafted
    assert preview_page(content, Watermark.SHADOW).watermark is Watermark.SHADOW


def test_the_page_of_an_invoice_shows_what_was_issued() -> None:
    issued = invoice()
    assert invoice_page(issued) == Page(
        DocumentKind.INVOICE, issued.content, "INV-2026-00001", issued.issued_on, issued.due_on
    )


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("INV-2026-00001", "INV-2026-00001.pdf"),
        ("2026/42", "2026-42.pdf"),
        ("../../etc/passwd", "etc-passwd.pdf"),
        ("Ä-1", "1.pdf"),
        ("", "invoice.pdf"),
        ("...", "invoice.pdf"),
    ],
)
def test_a_file_is_named_after_the_number(number: str, name: str) -> None:
    assert file_name(number) == name


@given(st.text())
def test_no_number_makes_a_harmful_file_name(number: str) -> None:
    name = file_name(number)
    assert name.endswith(".pdf")
    assert name[0].isalnum()
    assert all(char.isascii() and (char.isalnum() or char == "-") for char in name[:-4])


def test_every_page_names_both_parties() -> None:
    issued = invoice()
    note = credit_in_full(issued, reason="wrong hours")
    key = series_key(issued.content.entity, NOW, issued.content.entity.credit_notes)
    credited = credit_note_page(issue_credit_note(note, key=key, sequence=1, now=NOW))
    for page in (invoice_page(issued), credited):
        assert (page.entity, page.client) == (issued.content.entity, issued.content.client)
    assert (credited.kind, credited.number) == (DocumentKind.CREDIT_NOTE, "CN-2026-00001")


@pytest.mark.parametrize(
    ("days", "upcoming"), [((-3, 0), True), ((-3, 1), False), ((30,), False), ((), True)]
)
def test_a_letter_is_about_what_comes_until_something_is_late(
    days: tuple[int, ...], upcoming: bool
) -> None:
    issued = invoice()
    content, due_on = issued.content, issued.due_on
    balance = content.totals.due
    items = tuple(account_item(issued, balance, [], due_on + timedelta(one)) for one in days)
    page = AccountPage(
        DocumentKind.REMINDER, content.entity, content.client, due_on, items, (balance,)
    )
    assert page.is_upcoming is upcoming


def test_the_sheets_are_those_of_the_clients_country_unless_it_says_otherwise() -> None:
    german = invoice().content.client
    american = replace(german, address=replace(german.address, country="US"))
    assert paper_of(german) is Paper.A4
    assert paper_of(american) is Paper.LETTER
    assert paper_of(replace(american, paper=Paper.A4)) is Paper.A4
