"""The code for banking apps: what it says, and where there must be none."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from invoicing.documents.qr import payment_text, picture
from invoicing.documents.renderer import DocumentRenderer
from tests.documents.papers import a_page

BANK: dict[str, Any] = {
    "holder": "Brightwater Systems GmbH",
    "name": "Spreebank",
    "iban": "DE02 1203 0000 0000 2020 51",
    "bic": "BYLADEM1001",
}


def due(amount: str, currency: str = "EUR") -> dict[str, Any]:
    """Return an amount as templates get it."""
    return {"amount": amount, "currency": currency}


def test_it_says_what_the_guideline_wants() -> None:
    assert payment_text(BANK, due("12030.9"), "INV-2026-00001").split("\n") == [
        "BCD", "002", "1", "SCT", "BYLADEM1001", "Brightwater Systems GmbH",
        "DE02120300000000202051", "EUR12030.90", "", "", "INV-2026-00001",
    ]  # fmt: skip


def test_a_name_of_hostile_text_forges_no_line() -> None:
    text = payment_text(BANK | {"holder": "A\nDE00\u2028B" + "x" * 99}, due("1"), "INV\n1")
    lines = text.split("\n")
    assert len(lines) == 11
    assert lines[5].startswith("A DE00 Bx")
    assert len(lines[5]) == 70
    assert lines[10] == "INV 1"


@pytest.mark.parametrize(
    ("bank", "money", "reference"),
    [
        ({}, due("10.00", "USD"), "INV-1"),
        ({}, due("0.00"), "INV-1"),
        ({}, due("-5.00"), "INV-1"),
        ({}, due("1000000000.00"), "INV-1"),
        ({}, due("10.00"), ""),
        ({}, due("10.00"), "x" * 141),
        ({"iban": "DE03120300000000202051"}, due("10.00"), "INV-1"),
        ({"iban": "US64SVBKUS6S3300958879"}, due("10.00"), "INV-1"),
        ({"iban": "000123456789"}, due("10.00"), "INV-1"),
        ({"holder": ""}, due("10.00"), "INV-1"),
        ({"holder": "ア" * 70}, due("10.00"), "ア" * 99),
    ],
)
def test_there_is_none_where_a_transfer_is_not_the_way(
    bank: dict[str, Any], money: dict[str, Any], reference: str
) -> None:
    assert payment_text(BANK | bank, money, reference) == ""


def test_nothing_makes_no_picture() -> None:
    assert picture("") == ""


def test_the_picture_in_the_document_can_be_scanned(
    renderer: DocumentRenderer, tmp_path: Path
) -> None:
    if not shutil.which("zbarimg") or not shutil.which("pdftoppm"):
        pytest.skip("needs zbarimg and pdftoppm")
    (rendered,) = renderer.render([a_page()])
    assert rendered.document is not None, rendered.error
    (tmp_path / "invoice.pdf").write_bytes(rendered.document.content)
    convert = ["pdftoppm", "-r", "200", "-png", "invoice.pdf", "page"]
    subprocess.run(convert, cwd=tmp_path, check=True)
    scan = ["zbarimg", "--quiet", "--raw", *map(str, sorted(tmp_path.glob("page*.png")))]
    # It ends with 4 where one of the pages has no code.
    found = subprocess.run(scan, capture_output=True, text=True, check=False).stdout
    assert found.strip() == payment_text(BANK, due("12030.90"), "INV-2026-00001")
