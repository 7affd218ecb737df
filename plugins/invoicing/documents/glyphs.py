"""Notice what a page lost on its way to paper: characters that no font has, unreadable pictures.

WeasyPrint only logs both and prints on, with an empty box or nothing at all. On an invoice that
is a wrong name, and PDF/A forbids it.
"""

import logging
import unicodedata
from collections.abc import Iterator, Sequence

from invoicing.documents.printable import printable
from invoicing.domain.canonical import Plain

_SHOWN, _PLACES = 4, 2
_NO_GLYPH = ".notdef glyph"

# First and last code point, and the Debian package whose fonts have them.
_PACKAGES = (
    (0xE000, 0xF8FF, ""),
    (0xF0000, 0x10FFFF, ""),
    (0x1100, 0x11FF, "fonts-noto-cjk"),
    (0x2E80, 0x9FFF, "fonts-noto-cjk"),
    (0xA960, 0xA97F, "fonts-noto-cjk"),
    (0xAC00, 0xD7FF, "fonts-noto-cjk"),
    (0xF900, 0xFAFF, "fonts-noto-cjk"),
    (0xFE30, 0xFE4F, "fonts-noto-cjk"),
    (0xFF00, 0xFFEF, "fonts-noto-cjk"),
    (0x1F200, 0x1F2FF, "fonts-noto-cjk"),
    (0x20000, 0x3FFFF, "fonts-noto-cjk"),
    (0x2600, 0x27BF, "fonts-noto-color-emoji"),
    (0x1F000, 0x1FAFF, "fonts-noto-color-emoji"),
)
_USUAL_PACKAGE = "fonts-noto-core"


class Losses(logging.Handler):
    """Listens to WeasyPrint: the code points it had no glyph for, and what it could not load."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.characters: dict[int, None] = {}
        self.failures: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember what is about a loss; advice about unknown CSS is not."""
        if record.levelno >= logging.ERROR:
            self.failures.append(record.getMessage())
        elif _NO_GLYPH in str(record.msg) and isinstance(record.args, tuple):
            self.characters[int(str(record.args[-1]))] = None

    def forget(self) -> None:
        """Begin with the next page."""
        self.characters.clear()
        self.failures.clear()

    def reason(self, page: dict[str, Plain]) -> str:
        """Say what the page lost, where it stands and what helps; nothing if nothing was lost."""
        if not self.characters:
            return "; ".join(dict.fromkeys(text[:200] for text in self.failures[:_SHOWN]))
        points = list(self.characters)
        told = [_about(point, page) for point in points[:_SHOWN]]
        if len(points) > _SHOWN:
            told.append(f"and {len(points) - _SHOWN} more characters")
        return f"no font has {'; '.join(told)}. {_help(points)}"


def _about(point: int, page: dict[str, Plain]) -> str:
    name = unicodedata.name(chr(point), "without a name")
    places = list(dict.fromkeys(_places(printable(page), chr(point))))
    where = ", ".join(places[:_PLACES]) or "a label or the template itself"
    others = f" and {len(places) - _PLACES} other places" if len(places) > _PLACES else ""
    return f"U+{point:04X} ({name}) in {where}{others}"


def _help(points: Sequence[int]) -> str:
    packages = sorted({package_for(point) for point in points})
    advice = []
    if named := " ".join(filter(None, packages)):
        fonts = "or put a font that has it into include/templates/fonts"
        advice.append(f"Install {named} (Debian packages), {fonts}")
    if "" in packages:
        advice.append("What is of private use or not assigned no font has: take it out")
    return ". ".join(advice)


def package_for(point: int) -> str:
    """Return the Debian package with a font for a code point; nothing where there is none."""
    for first, last, package in _PACKAGES:
        if first <= point <= last:
            return package
    return "" if unicodedata.category(chr(point)) == "Cn" else _USUAL_PACKAGE


def _places(value: Plain, character: str, path: str = "") -> Iterator[str]:
    """Yield the fields that hold a character, as the template names them."""
    if isinstance(value, str):
        if character in value:
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            step = "" if key == "content" and not path else key
            yield from _places(item, character, ".".join(part for part in (path, step) if part))
    elif isinstance(value, list):
        yield from _listed(value, character, path)


def _listed(values: Sequence[Plain], character: str, path: str) -> Iterator[str]:
    for number, item in enumerate(values, 1):
        yield from _places(item, character, f"{path}[{number}]")
