"""The command line of the measurements: `python -m bench` runs all, `python -m bench NAME` one."""

import argparse
import sys
from collections.abc import Sequence

from bench.cycle import ROUNDS, cycle
from bench.drafts import drafts
from bench.issues import issues
from bench.latency import latency
from bench.mails import ROUNDS as MAIL_ROUNDS
from bench.mails import mails
from bench.parcels import parcels
from bench.parked import parked
from bench.parse import parse
from bench.pdfs import pdfs
from bench.town import BrokenError
from sandbox.airflow_house import HouseError
from sandbox.client import SandboxError
from sandbox.postgres import missing
from sandbox.town import say

COUNTED = {"drafts": drafts, "parse": parse, "parcels": parcels, "mails": mails, "pdfs": pdfs}
GROWTH = (1000, 10_000)  # counts of a cycle that show whether an invoice costs more among many


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns 0, or 1 if something that was measured did not work."""
    asked = _parser().parse_args(arguments)
    try:
        _run(asked)
    except (BrokenError, HouseError, SandboxError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.set_defaults(name="", count=None)
    names = parser.add_subparsers(metavar="NAME")
    for name, counted, default in (
        ("drafts", "drafts", 100_000),
        ("parse", "rounds", 9),
        ("pdfs", "rounds", 7),
        ("latency", "deals, 29 at most", 10),
        ("parked", "parked runs", 20),
        ("parcels", "retainers", 300),
        ("mails", "rounds", MAIL_ROUNDS),
    ):
        one = names.add_parser(name, help=sys.modules[f"bench.{name}"].__doc__)
        one.set_defaults(name=name)
        one.add_argument("count", nargs="?", type=_some, default=default, help=counted)
        if name in {"latency", "parked"}:
            one.add_argument("--postgres", action="store_true", help="instead of SQLite")
    _add_ledger_parsers(names)
    return parser


def _add_ledger_parsers(names: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what measures the ledger alone, without Airflow, on a database of one's choice."""
    one = names.add_parser("cycle", help=sys.modules["bench.cycle"].__doc__)
    one.add_argument("counts", nargs="*", type=_some, help="invoices; several for the growth")
    one.add_argument("--rounds", type=_some, default=ROUNDS, help="of which the median counts")
    other = names.add_parser("issues", help=sys.modules["bench.issues"].__doc__)
    other.add_argument("count", nargs="?", type=_some, default=3200, help="invoices")
    for name, parser in (("cycle", one), ("issues", other)):
        parser.set_defaults(name=name)
        parser.add_argument("--db", choices=("sqlite", "postgresql"), default="postgresql")


def _some(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _run(asked: argparse.Namespace) -> None:
    if asked.name in COUNTED:
        COUNTED[asked.name](asked.count)
        return
    match asked.name:
        case "latency":
            latency(asked.count, postgres=asked.postgres)
        case "parked":
            parked(asked.count, postgres=asked.postgres)
        case "cycle":
            cycle(asked.counts or GROWTH, asked.db, asked.rounds)
        case "issues":
            issues(asked.count, asked.db)
        case _:
            _run_all()


def _run_all() -> None:
    drafts()
    parse()
    mails()
    cycle(GROWTH, "sqlite")
    latency()
    parked()
    if missing():
        say(f"\nleft out: {missing()}")
        return
    cycle(GROWTH, "postgresql")
    issues(3200, "postgresql")
    latency(postgres=True)
    parcels()


if __name__ == "__main__":
    sys.exit(main())
