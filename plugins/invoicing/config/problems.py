"""Mistakes in config/: where each is, what is wrong and what to do, and all of them at once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from unicodedata import east_asian_width

from invoicing.domain.errors import SettingsError

FOLDER = "config"
SHOWN = 50  # mistakes printed at once; a longer list helps nobody
_WIDTH = 110  # characters of a line that are shown
_LONGEST_LINE = 2000  # nobody wrote a longer one; looking for secrets in it would take long
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # the ones YAML 1.1 knows
_SECRET_KEY = re.compile(
    r"(?i)^(\w*(password|passwd|passphrase|secret|token|credential|api_?key|private_?key)\w*|pwd)$"
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\b(sk|rk|pk)_(live|test)_\w{8,}"
    r"|\bgh[pousr]_\w{20,}"
    r"|\bxox[abprs]-[\w-]{10,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."
    r"|://[^/\s:@]+:[^/\s@]+@",
    re.ASCII,
)
_PAIR = re.compile(r"(?P<key>[\w-]+)['\"]?\s*:\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from 1, and how many characters it is about."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where, what is wrong, what to do, and the line it is in (secrets hidden).

    Line 0 means the file as a whole.
    """

    file: str
    line: int
    column: int
    text: str
    help: str = ""
    excerpt: str = ""

    @property
    def place(self) -> str:
        """Where it is, as editors and terminals like it: ``config/clients.yaml:12:5``."""
        where = f"{FOLDER}/{self.file}" if self.file else FOLDER
        return f"{where}:{self.line}:{self.column}" if self.line else where

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.text}", self.excerpt, f"  {self.help}" if self.help else ""]
        return "\n".join(line for line in lines if line)


def logo_problems(broken: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with logos, by the keys of our entities, as mistakes in config/."""
    return [Problem("company.yaml", 0, 0, f"{key}: {reason}") for key, reason in broken.items()]


class ConfigError(SettingsError):
    """Config/ has mistakes; ``problems`` holds every one of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(_one_per_place(problems))
        count = len(self.problems)
        parts = [str(problem) for problem in self.problems[:SHOWN]]
        if count > SHOWN:
            parts.append(f"... and {count - SHOWN} more")
        parts.append(f"{count} {'mistake' if count == 1 else 'mistakes'} in {FOLDER}/")
        super().__init__("\n\n".join(parts))

    @property
    def places(self) -> str:
        """Name the places only: for logs, which must not hold what people wrote about clients."""
        return ", ".join(problem.place for problem in self.problems[:SHOWN])


def _one_per_place(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the first word about each place (the cause comes before what follows from it)."""
    first: dict[tuple[str, int, int], Problem] = {}
    for problem in problems:
        place = (problem.file, problem.line, problem.column)
        first.setdefault(place, problem)
    return sorted(first.values())


@dataclass(frozen=True, slots=True)
class Source:
    """A file of config/ with its lines, so that a mistake can show the one it is in."""

    name: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, name: str, text: str) -> "Source":
        """Split ``text`` where YAML does."""
        return cls(name, tuple(_LINE_BREAK.split(text)))

    def problem(self, mark: Mark, text: str, advice: str = "") -> Problem:
        """Describe a mistake at ``mark``."""
        return Problem(self.name, mark.line, mark.column, text, advice, self._excerpt(mark))

    def _excerpt(self, mark: Mark) -> str:
        if not 0 < mark.line <= len(self.lines) or len(self.lines[mark.line - 1]) > _LONGEST_LINE:
            return ""
        line = hide_secret(self.lines[mark.line - 1])
        start = max(0, mark.column - 1 - _WIDTH // 2) if len(line) > _WIDTH else 0
        shown = line[start : start + _WIDTH]
        before = shown[: mark.column - 1 - start]
        width = max(1, min(mark.width, len(shown) - len(before)))
        gutter = f"{mark.line:>6} | "
        return f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {_blank(before)}{'^' * width}"


def _blank(text: str) -> str:
    """Return white space that is as wide as ``text`` on a terminal."""
    return "".join(
        "\t" if char == "\t" else "  " if east_asian_width(char) in "WF" else " " for char in text
    )


def secret_key(key: str) -> bool:
    """Tell whether a key announces a secret."""
    return _SECRET_KEY.match(key.replace("-", "_")) is not None


def secret_value(text: str) -> bool:
    """Tell whether a text looks like a well-known kind of credential."""
    return _SECRET_VALUE.search(text) is not None


def hide_secret(line: str) -> str:
    """Return a line that may be shown: what looks like a secret is left out."""
    for pair in _PAIR.finditer(line):
        if secret_key(pair["key"]):
            return f"{line[: pair.end()]}(hidden)"
    return "(hidden: looks like a secret)" if secret_value(line) else line


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'currency'?`` when a known word is close, else nothing."""
    by_folded = {option.casefold(): option for option in known}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean {by_folded[close[0]]!r}?" if close else ""
