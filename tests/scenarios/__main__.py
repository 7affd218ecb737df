"""Months of a believable company, lived through day by day over a real ledger.

    python -m tests.scenarios FILE...            what came about otherwise than the files expect
    python -m tests.scenarios FILE... --update   writes what came about into the files

Read every change before you accept it: an outcome is what finance would hold the product to. Each
figure is explained in the file by how it comes about; work it out again before you change it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from invoicing.ledger.migrate import migrate
from tests.scenarios.compare import accepted, differences
from tests.scenarios.driver import Lived, live
from tests.scenarios.months import Month, read_month


def say(line: str) -> None:
    """Answer the person at the terminal."""
    sys.stdout.write(f"{line}\n")


def lived_through(month: Month) -> Lived:
    """Live through a month over a ledger of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        migrate(url)
        return live(month, url, Path(folder))


def run(path: Path, *, update: bool) -> bool:
    """Live through one file and say what differs; True when nothing does."""
    month = read_month(path)
    lived = lived_through(month)
    found = list(differences(month, lived))
    say(f"{path.name}: {month.title}: {'as expected' if not found else ''}".rstrip(": "))
    for line in found:
        say(f"  {line}")
    if found and update:
        path.write_text(accepted(path.read_text("utf-8"), lived), "utf-8")
        say(f"  written to {path.name}; look at every line before you commit it")
    return not found


def main(arguments: list[str] | None = None) -> int:
    """Run the files that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--update", action="store_true", help="accept what came about")
    chosen = parser.parse_args(arguments)
    results = [run(path, update=chosen.update) for path in chosen.files]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
