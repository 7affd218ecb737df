"""Meters: what a piece of work took: time on the wall, CPU here, CPU of PostgreSQL, memory."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import sysconf
from pathlib import Path
from time import perf_counter, process_time

_TICKS = sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds on the wall and of our own CPU."""

    wall: float = 0.0
    cpu: float = 0.0

    def add(self, wall: float, cpu: float) -> None:
        """Take in another piece."""
        self.wall += wall
        self.cpu += cpu

    @contextmanager
    def metered(self) -> Iterator[None]:
        """Take in what happens inside."""
        wall, cpu = perf_counter(), process_time()
        yield
        self.add(perf_counter() - wall, process_time() - cpu)


def peak_mib() -> float:
    """Return the most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def server_cpu(data: str) -> float:
    """Return the CPU seconds of the PostgreSQL server whose files are in ``data``, so far."""
    if not data:
        return 0.0
    first = int((Path(data) / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # The name stands in brackets and may hold anything; figures follow it.
            figures = (process / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(process.name) == first:
            ticks += sum(map(int, figures[11:15]))  # its own and those of its ended children
        elif int(figures[1]) == first:
            ticks += sum(map(int, figures[11:13]))
    return ticks / _TICKS
