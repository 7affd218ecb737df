"""The command line of the measurements: `python -m bench` runs all, `python -m bench NAME` one."""

import argparse
import sys
from collections.abc import Sequence

from bench.drafts import drafts
from bench.latency import latency
from bench.parcels import parcels
from bench.parked import parked
from bench.parse import parse
from bench.town import BrokenError
from sandbox.airflow_house import HouseError
from sandbox.client import SandboxError
from sandbox.postgres import missing
from sandbox.town import say


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
        ("latency", "deals, 29 at most", 10),
        ("parked", "parked runs", 20),
        ("parcels", "retainers", 300),
    ):
        one = names.add_parser(name, help=sys.modules[f"bench.{name}"].__doc__)
        one.set_defaults(name=name)
        one.add_argument("count", nargs="?", type=_some, default=default, help=counted)
        if name in {"latency", "parked"}:
            one.add_argument("--postgres", action="store_true", help="instead of SQLite")
    return parser


def _some(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _run(asked: argparse.Namespace) -> None:
    match asked.name:
        case "drafts":
            drafts(asked.count)
        case "parse":
            parse(asked.count)
        case "latency":
            latency(asked.count, postgres=asked.postgres)
        case "parked":
            parked(asked.count, postgres=asked.postgres)
        case "parcels":
            parcels(asked.count)
        case _:
            drafts()
            parse()
            latency()
            parked()
            if missing():
                say(f"\nleft out: {missing()}")
                return
            latency(postgres=True)
            parcels()


if __name__ == "__main__":
    sys.exit(main())
