"""Render: a preview has no number, an invoice has; file names hold nothing a client wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.render import (
    DocumentKind,
    Page,
    Watermark,
    file_name,
    invoice_page,
    preview_page,
)
from tests.domain.builders import draft, invoice


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
