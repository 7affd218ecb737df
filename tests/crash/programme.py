"""The programme: many schedules on several workers, added up and told in figures."""

import gc
import json
import os
import selectors
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.postgres import Cluster, start_cluster
from tests.crash.journal import Journal
from tests.crash.places import Place, PostgresPlace, SqlitePlace
from tests.crash.schedule import Bench, Result, run_schedule, warm_up
from tests.crash.shared import Board, die_with_parent
from tests.crash.world import World

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
Change = Callable[[Place], None]


@dataclass
class Totals:
    """What all schedules came to."""

    results: list[Result] = field(default_factory=list)
    visits: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """Count all that must not have been."""
        return sum(len(one.violations) for one in self.results) + len(self.broken)

    def sum_of(self, name: str) -> int:
        """Add up one figure of all schedules."""
        return sum(getattr(one, name) for one in self.results)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run is: the database, how many workers, and a change of the product, if any."""

    db: str = "sqlite"
    workers: int = 2
    change: Change | None = None
    until_first: bool = False
    keep: Path | None = None


def run(seeds: Sequence[int], setup: Setup, told: Callable[[Result], None]) -> Totals:
    """Run a schedule per seed; ``told`` hears of each as it ends."""
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir=_MEMORY if _MEMORY.is_dir() else None))
    cluster = start_cluster() if setup.db == "postgresql" else None
    totals = Totals()
    try:
        shares = [seeds[place :: setup.workers] for place in range(setup.workers)]
        pipes = [
            _worker(folder / str(place), share, setup, cluster)
            for place, share in enumerate(shares)
            if share
        ]
        _listen(pipes, totals, told)
    finally:
        if cluster is not None:
            cluster.stop()
        if setup.keep is not None:
            shutil.copytree(folder, setup.keep, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    return totals


def _worker(folder: Path, seeds: Sequence[int], setup: Setup, cluster: Cluster | None) -> int:
    """Start a worker and return the pipe that it reports to."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return reading
    os.close(reading)
    die_with_parent()
    code = 1
    try:
        _work(folder, seeds, setup, cluster, writing)
        code = 0
    except BaseException:  # noqa: BLE001 - the runner tells about whatever it was
        _report(writing, "broken", traceback.format_exc())
    finally:
        os._exit(code)


def _work(
    folder: Path, seeds: Sequence[int], setup: Setup, cluster: Cluster | None, writing: int
) -> None:
    folder.mkdir()
    signal.signal(signal.SIGALRM, _hangs)
    world = World(folder)
    try:
        bench = _bench(folder, world, cluster)
        if setup.change is not None:
            setup.change(bench.place)
        gc.collect()
        gc.freeze()
        for seed in seeds:
            result = run_schedule(seed, bench)
            _report(writing, "result", asdict(result))
            if setup.until_first and result.violations:
                break
        _report(writing, "points", [dict(bench.board.visits()), dict(bench.board.hits())])
    finally:
        world.close()


def _bench(folder: Path, world: World, cluster: Cluster | None) -> Bench:
    place: Place = SqlitePlace(folder) if cluster is None else PostgresPlace(cluster)
    ledger, board = SqlLedger(place.url), Board()
    journal = Journal(folder / "journal")
    bench = Bench(board, world, place, ledger, httpx.Client(timeout=5), folder, journal)
    warm_up(bench)
    return bench


def _hangs(_signal: int, _frame: object) -> None:
    raise InterruptedError


def _report(pipe: int, what: str, said: object) -> None:
    data = f"{json.dumps([what, said])}\n".encode()
    while data:
        data = data[os.write(pipe, data) :]


def _listen(pipes: Sequence[int], totals: Totals, told: Callable[[Result], None]) -> None:
    for what, said in _lines(pipes):
        if what == "result":
            totals.results.append(Result(**said))
            told(totals.results[-1])
        elif what == "points":
            totals.visits.update(said[0])
            totals.hits.update(said[1])
        else:
            totals.broken.append(said)
            sys.stderr.write(said)
    for _ in pipes:
        os.wait()


def _lines(pipes: Sequence[int]) -> Iterator[tuple[str, Any]]:
    waiting = selectors.DefaultSelector()
    rest = dict.fromkeys(pipes, b"")
    for pipe in pipes:
        waiting.register(pipe, selectors.EVENT_READ)
    while rest:
        for key, _ in waiting.select():
            data = os.read(key.fd, 1 << 16)
            if not data:
                waiting.unregister(key.fd)
                os.close(key.fd)
                del rest[key.fd]
                continue
            *whole, rest[key.fd] = (rest[key.fd] + data).split(b"\n")
            yield from (tuple(json.loads(line)) for line in whole)


def seconds() -> float:
    """Read the stopwatch."""
    return time.monotonic()
