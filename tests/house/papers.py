"""Rules of what people read: commands and links exist, and no text leads to one machine only."""

import re
from collections.abc import Iterator
from pathlib import Path

TEXTS = {".md", ".py", ".toml", ".yaml", ".yml", ".sh", ".j2", ".css", ".html", ".example", ""}
FOLDERS = (
    ".ci",
    "bin",
    "config",
    "dags",
    "docker",
    "docs",
    "include",
    "plugins",
    "sandbox",
    "tests",
)
ONE_MACHINE = re.compile(
    r"/home/\w|/Users/\w|https?://[^/\s]*(?:pypi|pythonhosted|registry|mirror)"
)


def papers(root: Path) -> list[Path]:
    """The Markdown files people read first, and those of docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def _code(text: str) -> Iterator[str]:
    """Everything a reader would copy: fenced blocks, indented lines, words in backticks."""
    fenced = re.compile(r"^```.*?\n(.*?)^```", re.DOTALL | re.MULTILINE)
    for block in fenced.findall(text):
        yield from block.splitlines()
    prose = fenced.sub("", text)
    yield from (line for line in prose.splitlines() if line.startswith("    "))
    yield from re.findall(r"`([^`\n]+)`", prose)


def make_targets(root: Path) -> dict[str, str]:
    """The verbs of the Makefile with the sentence that explains each, or nothing."""
    text = (root / "Makefile").read_text("utf-8")
    return {
        name: comment.strip()
        for name, comment in re.findall(r"^([a-z][\w-]*):[^=\n#]*(?:## (.*))?$", text, re.MULTILINE)
    }


def unknown_commands(root: Path, verbs: set[str]) -> list[str]:
    """Name commands in our papers that would fail: targets of make, ``verbs`` of `invoicing`."""
    targets = make_targets(root)
    found = []
    for paper in papers(root):
        for line in _code(paper.read_text("utf-8")):
            asked = re.match(r"\s*(?:\$ )?(?:\w+=\S+ )*(make|invoicing) ([a-z][\w-]*)", line)
            if asked and asked[2] not in (targets if asked[1] == "make" else verbs):
                found.append(f"{paper.relative_to(root)}: `{asked[0].strip()}` does not exist")
    return found


def unexplained_targets(root: Path) -> list[str]:
    """Name verbs that `make help` would show without a word."""
    return [f"make {name} is not explained" for name, why in make_targets(root).items() if not why]


def missing_programs(root: Path) -> list[str]:
    """Name programs of ours that a verb of make would not find."""
    text = (root / "Makefile").read_text("utf-8")
    return [
        f"make runs `python -m {name}`, which does not exist"
        for name in re.findall(r"/python -m ((?:sandbox|bench)[\w.]*)", text)
        if not (path := root / name.replace(".", "/")).with_suffix(".py").is_file()
        and not (path / "__main__.py").is_file()
    ]


def broken_links(root: Path) -> list[str]:
    """Name links and pictures of our papers that lead to no file."""
    return [
        f"{paper.relative_to(root)}: {target} leads nowhere"
        for paper in papers(root)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", paper.read_text("utf-8"))
        if "://" not in target and not target.startswith("mailto:")
        if not (paper.parent / target).exists()
    ]


def traces_of_one_machine(root: Path) -> list[str]:
    """Name lines that only make sense where they were written."""
    files = [path for path in root.glob("*") if path.is_file() and path.stem != ".coverage"]
    files += [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()]
    return [
        f"{path.relative_to(root)}:{number}: `{trace.group()}`"
        for path in sorted(files)
        if path.suffix in TEXTS and not path.is_relative_to(root / "tests" / "house")
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if (trace := ONE_MACHINE.search(line))
    ]
