"""`python -m tests.crash N`: kill, stop and race the product N times, and judge what is left."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.postgres import missing
from tests.crash.faulty import IN_CYCLE
from tests.crash.mutants import MUTANTS
from tests.crash.programme import Setup, Totals, run, seconds
from tests.crash.schedule import Result
from tests.crash.shared import POINTS

_ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 when anything is wrong."""
    asked = _read(arguments)
    if asked.db == "postgresql" and missing():
        _say(missing())
        return 1
    seeds = [asked.only] if asked.only is not None else range(asked.seed, asked.seed + asked.count)
    workers = 1 if asked.only is not None else asked.workers
    if asked.mutant:
        return _mutants(asked, list(seeds))
    begun = seconds()
    _say(f"seed {seeds[0]}, {len(seeds)} schedules on {asked.db}, commit {_commit()}")
    setup = Setup(asked.db, workers, keep=asked.keep)
    totals = run(list(seeds), setup, lambda one: _tell(one, asked.db))
    took = seconds() - begun
    _table(totals)
    _say(
        f"{totals.sum_of('kills')} kills, {totals.sum_of('invoices')} invoices,"
        f" {totals.sum_of('mails')} mails, {totals.sum_of('uncertain')} left uncertain,"
        f" {totals.sum_of('returned')} came back, {totals.sum_of('answered')} answered by mail"
        f" in {took:.0f} s ({took / max(1, len(totals.results)) * workers * 1000:.0f} ms each)"
    )
    _say(f"schedules: {len(totals.results)} violations: {totals.violations}")
    return 1 if totals.violations or len(totals.results) != len(seeds) else 0


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=500, help="how many schedules")
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="run this seed alone")
    parser.add_argument("--mutant", help=f"a mistake that must be found: {', '.join(MUTANTS)}, all")
    parser.add_argument("--keep", type=Path, help="copy what the last schedules left to a folder")
    return parser.parse_args(arguments)


def _mutants(asked: argparse.Namespace, seeds: list[int]) -> int:
    """Let the programme find each mistake; 1 when it overlooks one."""
    names = list(MUTANTS) if asked.mutant == "all" else [asked.mutant]
    caught = sum(_caught(name, seeds, asked) for name in names)
    _say(f"{caught} of {len(names)} mutants caught")
    return 0 if caught == len(names) else 1


def _caught(name: str, seeds: list[int], asked: argparse.Namespace) -> bool:
    setup = Setup(asked.db, asked.workers, MUTANTS[name], until_first=True, keep=asked.keep)
    totals = run(seeds, setup, lambda _one: None)
    found = sorted((one.seed, one.violations[0]) for one in totals.results if one.violations)
    if totals.broken or not found:
        _say(f"{name}: {'is broken' if totals.broken else f'survived {len(seeds)} schedules'}")
        return False
    seed, violation = found[0]
    _say(f"{name}: caught at schedule {seed - seeds[0] + 1}: {violation[:160]}")
    return True


def _tell(result: Result, db: str) -> None:
    for violation in result.violations:
        _say(f"seed {result.seed}: {violation}")
    if result.violations:
        _say(f"  again: python -m tests.crash --db {db} --only {result.seed}")


def _table(totals: Totals) -> None:
    _say(f"{'fault point':32}{'visits':>9}{'hits':>7}")
    for point in POINTS:
        _say(f"{point:32}{totals.visits[point]:9}{totals.hits[point]:7}")
    never = [point for point in IN_CYCLE if not totals.hits[point]]
    _say(f"never hit: {', '.join(never) or 'none'}")
    others = [point for point in POINTS if point not in IN_CYCLE]
    _say(f"not on the way of an invoice: {', '.join(others) or 'none'}")


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=_ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
