"""Rules of completeness: what a user can meet or set is in the docs, and the docs know no more."""

import re
from collections.abc import Iterator, Set
from pathlib import Path

from tests.house.papers import papers
from tests.house.source import PACKAGE

EXCEPTIONS = "docs/reference/exceptions.md"
VARIABLE = re.compile(r"(?<![A-Z_])INVOICING_[A-Z_]*[A-Z]")
LINK = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
BLOCK = r"^```%s\n(.*?)^```"


def wrong_exceptions(root: Path, codes: Set[str]) -> list[str]:
    """Name exceptions that the reference does not explain, and rows about what never happens."""
    rows = re.findall(r"^\| `(\w+)` \|", _text(root / EXCEPTIONS), re.MULTILINE)
    twice = sorted(code for code in set(rows) if rows.count(code) > 1)
    return [
        *(f"{EXCEPTIONS}: `{code}` has no row" for code in sorted(codes - set(rows))),
        *(f"{EXCEPTIONS}: `{code}` does not exist" for code in sorted(set(rows) - codes)),
        *(f"{EXCEPTIONS}: `{code}` has two rows" for code in twice),
    ]


def wrong_variables(root: Path) -> list[str]:
    """Name variables of the environment that docs/ keeps to itself, or knows and nobody reads."""
    code = (root / PACKAGE).rglob("*.py")
    read = {name for path in code for name in VARIABLE.findall(_text(path))}
    told = {name for path in papers(root) for name in VARIABLE.findall(_text(path))}
    in_docs = (root / "docs").rglob("*.md")
    documented = {name for path in in_docs for name in VARIABLE.findall(_text(path))}
    return [
        *(f"docs/: {name} is not explained" for name in sorted(read - documented)),
        *(f"papers: {name} is read by nobody" for name in sorted(told - read)),
    ]


def undocumented_verbs(root: Path, verbs: Set[str]) -> list[str]:
    """Name commands of `invoicing` that neither README nor docs/ shows."""
    readers = [root / "README.md", *(root / "docs").rglob("*.md")]
    shown = {verb for path in readers for verb in re.findall(r"\binvoicing (\w+)", _text(path))}
    return [f"docs/: `invoicing {verb}` is not shown" for verb in sorted(verbs - shown)]


def broken_anchors(root: Path) -> list[str]:
    """Name links into the middle of a page where no such heading is."""
    return [
        f"{paper.relative_to(root)}: {target}#{anchor} leads to no heading"
        for paper in papers(root)
        for target, anchor in LINK.findall(_text(paper))
        if "://" not in target
        if anchor not in _anchors(paper.parent / target if target else paper)
    ]


def examples(paper: Path, language: str) -> Iterator[str]:
    """What a reader would copy from the fenced blocks of one language."""
    yield from re.findall(BLOCK % language, _text(paper), re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them of its headings."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(_text(page)))
    return {heading.replace(" ", "-") for heading in kept}


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
