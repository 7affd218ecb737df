"""The golden cases: invoices whose every figure was computed independently, and by hand.

    python -m tests.golden FILE            every case of FILE; one line for each that fails
    python -m tests.golden --recalc FILE   public invoices, recomputed from their inputs

This driver only translates: JSON to values of `invoicing.domain`, its public functions, and their
results back to JSON. It computes nothing and knows no case by its id; a test of its own holds it to
that. A field that nobody reads fails its case, so that nothing is ignored in silence. Money is
compared digit by digit, hours and rates by their value.

`cases/golden_open.json` came from outside with the policy it was computed by; it is not edited
here. A driver that must be bent to pass a case is a mistake of the domain: repair it there.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from invoicing.domain.errors import InvoicingError
from tests.golden.compare import differences
from tests.golden.fields import CaseError, Fields, Json
from tests.golden.kinds import KINDS
from tests.golden.recalc import recomputed

# What is said about a case besides its input and outcome.
ABOUT = ("id", "title", "group", "kind", "rule", "source", "wrong_answers", "checked_by")
WRONG = (InvoicingError, CaseError, ArithmeticError, LookupError, TypeError, ValueError)


def read_cases(path: Path) -> list[dict[str, Json]]:
    """Read the cases of a file, whose floats (there should be none) stay text."""
    cases: list[dict[str, Json]] = json.loads(path.read_text("utf-8"), parse_float=str)["cases"]
    return cases


def failures(case: Mapping[str, Json]) -> Iterator[str]:
    """Say what is wrong with one case."""
    kind, inputs, expected = case.get("kind"), case.get("input"), case.get("expected")
    if kind not in KINDS or not isinstance(expected, dict):
        yield f"a case of kind {kind!r} cannot be read"
        return
    try:
        fields = Fields(inputs, "input")
        computed = KINDS[str(kind)](fields)
        fields.finish()
        yield from differences(computed, expected)
    except WRONG as error:
        yield f"{type(error).__name__}: {error}"


def recalc_failures(case: Mapping[str, Json]) -> Iterator[str]:
    """Say which stated figures of a public invoice do not come out."""
    try:
        yield from recomputed(Fields(dict(case), "invoice"))
    except WRONG as error:
        yield f"{type(error).__name__}: {error}"


def say(line: str) -> None:
    """Answer the person at the terminal."""
    sys.stdout.write(f"{line}\n")


def run(path: Path) -> bool:
    """Run the cases of a file, name those that fail, and count."""
    checked = [(case, list(failures(case))) for case in read_cases(path)]
    wrong = [(case, complaints) for case, complaints in checked if complaints]
    for case, complaints in wrong:
        say(f"{case.get('id')} {case.get('kind')}: {'; '.join(complaints)}")
    passed = [case for case, complaints in checked if not complaints]
    say(f"{len(passed)} passed, {len(wrong)} failed")
    return not wrong


def recalc(path: Path) -> bool:
    """Recompute the invoices that our policy reproduces, and count."""
    cases = [case for case in read_cases(path) if case.get("exact") is True]
    checked = [(case, list(recalc_failures(case))) for case in cases]
    for case, complaints in checked:
        if complaints:
            say(f"{case.get('file')}: {'; '.join(complaints)}")
    exact = [case for case, complaints in checked if not complaints]
    say(f"{len(exact)} of {len(cases)} exact")
    return exact == cases


def main(arguments: list[str] | None = None) -> int:
    """Answer the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description="Golden cases")
    parser.add_argument("file", type=Path, nargs="?", help="cases to run")
    parser.add_argument("--recalc", type=Path, metavar="FILE", help="public invoices to recompute")
    wanted = parser.parse_args(arguments)
    if wanted.file is None and wanted.recalc is None:
        parser.error("name a file of cases")
    results = [run(wanted.file)] if wanted.file else []
    if wanted.recalc:
        results.append(recalc(wanted.recalc))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
