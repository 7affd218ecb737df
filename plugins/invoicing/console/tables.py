"""Text for a terminal: columns that line up, and nothing that a stranger's text could do to it."""

from collections.abc import Iterator, Sequence
from unicodedata import combining, east_asian_width

WIDEST = 56  # columns of the widest cell; longer text is cut, `--explain` shows all of it


def visible(text: str) -> str:
    """Return text on one line without characters that a terminal would act on."""
    kept = (char if char.isprintable() else " " if char.isspace() else "�" for char in text)
    return " ".join("".join(kept).split())


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> Iterator[str]:
    """Yield ``rows`` in columns, empty ones left out; those in ``right`` end at the same place."""
    cells = [[_cut(visible(cell)) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (
            _pad(cell, width, to_right=index in right)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            if width
        )
        yield "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def _cut(text: str) -> str:
    if _width(text) <= WIDEST:
        return text
    while _width(text) > WIDEST - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _pad(text: str, width: int, *, to_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_right else text + space
