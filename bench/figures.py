"""Figures: the middle and the slow end of what was measured, in tables a terminal can hold."""

from collections.abc import Sequence
from math import ceil
from statistics import median

Cell = str | int | float


def slow_end(values: Sequence[float]) -> float:
    """Return the 95th percentile, by nearest rank: of ten values it is the slowest."""
    return sorted(values)[ceil(0.95 * len(values)) - 1]


def spread(values: Sequence[float]) -> tuple[Cell, ...]:
    """Return count, median, 95th percentile, least and most."""
    return (len(values), median(values), slow_end(values), min(values), max(values))


SPREAD = ("n", "median", "p95", "min", "max")


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under their heads; the first column is text, the others are figures."""
    lines = [list(heads), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}")
    for line in lines:
        first, *others = zip(line, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        print("  " + "  ".join(cells).rstrip(), flush=True)


def _text(cell: Cell) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
