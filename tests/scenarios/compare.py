"""Comparing what a month came to with what its file expects, and accepting a reviewed change."""

import difflib
from collections.abc import Iterator, Sequence
from datetime import date

from tests.scenarios.driver import Lived
from tests.scenarios.months import Month, said

_DAY, _OUTCOME, _SUMS = "  - day: ", "    outcome: |", "sums: |"


def differences(month: Month, lived: Lived) -> Iterator[str]:
    """Say day by day what came about otherwise than expected."""
    for on in sorted({*month.days, *lived.days}):
        expected = month.days[on].outcome if on in month.days else ()
        yield from _differ(f"{on}", expected, lived.days.get(on, ()))
    yield from _differ("at the end", month.sums, lived.sums)


def _differ(when: str, expected: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    changes = [
        line for line in difflib.ndiff(expected, found) if line.startswith(("- ", "+ "))
    ]  # fmt: skip
    if changes:
        yield when
    for line in changes:
        yield f"  {'expected ' if line.startswith('-') else 'but found'} {line[2:]}"


def accepted(text: str, lived: Lived) -> str:
    """Return the text of a month's file with the outcomes it came to.

    A line that stays keeps its explanation, and what is explained above it.
    """
    head, blocks, tail = _split(text)
    for on, outcome in lived.days.items():
        blocks.setdefault(on, [f"{_DAY}{on}"])
        blocks[on] = _with_outcome(blocks[on], _OUTCOME, outcome)
    for on in blocks.keys() - lived.days.keys():
        blocks[on] = _with_outcome(blocks[on], _OUTCOME, ())
    tail = _with_outcome(tail, _SUMS, lived.sums)
    body = [line for on in sorted(blocks) for line in blocks[on]]
    return "\n".join([*head, *body, *tail])


def _split(text: str) -> tuple[list[str], dict[date, list[str]], list[str]]:
    """Cut a file into what is before the days, each day, and the sums."""
    head: list[str] = []
    blocks: dict[date, list[str]] = {}
    tail: list[str] = []
    here = head
    for line in text.splitlines():
        if line.startswith(_DAY):
            here = blocks.setdefault(date.fromisoformat(said(line).removeprefix(_DAY)), [])
        elif line.startswith(_SUMS):
            here = tail
        here.append(line)
    return head, blocks, tail


def _with_outcome(block: list[str], label: str, outcome: Sequence[str]) -> list[str]:
    """Put an outcome at the end of a block, which is where it stands."""
    start = block.index(label) if label in block else len(block)
    kept = _explained(block[start + 1 :])
    indent = " " * (len(label) - len(label.lstrip()) + 2)
    lines = [line for one in outcome for line in kept.get(one, [f"{indent}{one}"])]
    before = [*block[:start]]
    while before and not before[-1]:
        before.pop()
    return [*before, *([label, *lines] if lines else []), ""]


def _explained(old: Sequence[str]) -> dict[str, list[str]]:
    """Return the old lines of an outcome, each with what explains it."""
    kept: dict[str, list[str]] = {}
    waiting: list[str] = []
    for line in filter(None, old):
        waiting.append(line)
        if text := said(line).strip():
            kept[text] = waiting
            waiting = []
    return kept
