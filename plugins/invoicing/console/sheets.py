"""Sheets for spreadsheet programs: figures stay figures, and no text becomes a formula."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeAlias
from unicodedata import normalize

from invoicing.console.tables import visible
from invoicing.domain.money import plain

Cell: TypeAlias = str | int | Decimal

# With these a spreadsheet begins a formula; full-width forms (U+FF1D and others) count as well.
_TRIGGERS = frozenset("=+-@|%")


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as RFC 4180 has them; every text is quoted, no figure is."""
    return "".join(f"{','.join(map(_cell, row))}\r\n" for row in (head, *rows))


def harmless(text: str) -> str:
    """Return text that no spreadsheet works out: what begins like a formula gets an apostrophe."""
    kept = visible(text)
    return f"'{kept}" if normalize("NFKC", kept)[:1] in _TRIGGERS else kept


def _cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, int):
        return str(cell)
    quoted = harmless(cell).replace('"', '""')
    return f'"{quoted}"'
