"""PDFs: how many a second, against WeasyPrint as tutorials use it; with one worker and two."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias, get_args

from bench.figures import Cell, table
from bench.printers import Lap, Way, serve
from bench.town import BrokenError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SHORT, LONG = 8, 80  # lines
COUNTS = {SHORT: 5, LONG: 2}  # invoices of one lap
TWO = 40  # invoices of each of two workers
WARM_UP = 4
WAYS: tuple[Way, ...] = get_args(Way)
_TITLES: dict[Way, str] = {
    "naive": "ordinary template, all made anew",
    "own template": "ordinary template, our press",
    "plain": "shipped template, no PDF/A, no XML",
    "shipped": "shipped template, PDF/A-3b and XML",
    "pooled": "the same through the pool",
}
Desk: TypeAlias = "Connection[tuple[int, int] | None, Lap]"
Laps = defaultdict[tuple[Way, int], list[Lap]]


def pdfs(rounds: int = 7) -> None:
    """Print seconds, sizes and memory of every way, and the ratios that are goals."""
    laps: Laps = defaultdict(list)
    with ExitStack() as stack:
        desks = {way: stack.enter_context(_printer(way)) for way in WAYS}
        for way in WAYS:
            for lines in COUNTS:
                _order(desks[way], lines, WARM_UP)
        for _ in range(rounds):
            for lines, count in COUNTS.items():
                for way in WAYS:  # one after the other, so that all have the same weather
                    laps[way, lines].append(_order(desks[way], lines, count))
    for lines in COUNTS:
        _show(laps, lines)
    _goals(laps)
    _show_two()


@contextmanager
def _printer(way: Way) -> Iterator["Desk"]:
    """Start a process that prints one way, and end it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory(prefix="bench-pdfs-") as home:
        process = context.Process(target=serve, args=(way, Path(home), theirs))
        process.start()
        theirs.close()
        try:
            yield ours
        finally:
            with suppress(OSError):  # it ended before
                ours.send(None)
            process.join()


def _order(desk: "Desk", lines: int, count: int) -> Lap:
    try:
        desk.send((lines, count))
        lap = desk.recv()
    except (EOFError, OSError) as error:
        raise BrokenError("a printer's process ended") from error
    if not lap.size:
        raise BrokenError("a printer printed nothing")
    return Lap(lap.wall / count, lap.cpu / count, lap.size, lap.peak)


def _show(laps: Laps, lines: int) -> None:
    naive = _cpu(laps, "naive", lines)
    rows: list[Sequence[Cell]] = []
    for way in WAYS:
        some = laps[way, lines]
        cpu = _cpu(laps, way, lines)
        wall = median(lap.wall for lap in some)
        rows.append(
            (_TITLES[way], wall * 1000, cpu * 1000, 1 / wall, cpu / naive,
             some[-1].size / 1024, max(lap.peak for lap in some))
        )  # fmt: skip
    table(
        f"an invoice of {lines} lines, medians of {len(laps['naive', lines])} rounds",
        ("way", "wall ms", "cpu ms", "a second", "of naive", "KiB", "peak MiB"),
        rows,
    )


def _cpu(laps: Laps, way: Way, lines: int) -> float:
    return median(lap.cpu for lap in laps[way, lines])


def _goals(laps: Laps) -> None:
    def ratio(way: Way, other: Way) -> float:
        return _cpu(laps, way, SHORT) / _cpu(laps, other, SHORT)

    rows = [
        ("any template of a user, of naive (at most 0.65)", ratio("own template", "naive")),
        ("the shipped template, of naive (at most 0.38)", ratio("pooled", "naive")),
        ("PDF/A-3b and XML, of plain (at most 1.05)", ratio("shipped", "plain")),
    ]
    table(f"goals, cpu, {SHORT} lines", ("ratio", "measured"), rows)


def _show_two() -> None:
    with _printer("pooled") as first, _printer("pooled") as second:
        for desk in (first, second):
            _order(desk, SHORT, WARM_UP)
        alone = _order(first, SHORT, TWO).wall
        began = perf_counter()
        for desk in (first, second):
            desk.send((SHORT, TWO))
        for desk in (first, second):
            desk.recv()
        together = (perf_counter() - began) / (2 * TWO)
    table(
        f"two workers, {SHORT} lines",
        ("", "a second"),
        [("one", 1 / alone), ("two", 1 / together), ("two to one", alone / together)],
    )
