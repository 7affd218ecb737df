"""Mails that come to us: what a mail says, and how its words are read. Nothing in it is trusted."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from string import Formatter
from typing import Final

from invoicing.domain.parties import Series
from invoicing.domain.review import Answer


class Fate(StrEnum):
    """What a mail server says became of a mail of ours, the worst first (RFC 3464, Action)."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A mail server's report: the worst fate among the recipients, and the status beside it.

    ``status`` is a code such as 5.1.1, empty where the report gives none. ``returned`` are the
    Message-IDs of the mail it is about, as far as the report returned them.
    """

    fate: Fate
    status: str
    returned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, taken apart.

    ``digest`` is the sha256 of its bytes. ``sender`` is the one address it says it is from, empty
    where it names none or several; only ``is_authentic`` says that our own mail server found this
    proven. ``references`` are the mails it answers, the nearest first. ``automatic`` says why no
    person wrote it, ``damaged`` what of it could not be read.
    """

    digest: str
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    is_authentic: bool = False
    automatic: str = ""
    report: DeliveryReport | None = None
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """An answer to a question of ours, with what was said besides."""

    answer: Answer
    comment: str = ""


COMMANDS: Final[dict[str, Answer]] = {
    "approve": Answer.APPROVE,
    "reject": Answer.REJECT,
    "send back": Answer.SEND_BACK,
}
MARK: Final = "ap-"  # what tokens begin with in a mail, so that they are found again

_TOKEN = re.compile(rf"(?<![A-Za-z0-9_-]){MARK}([A-Za-z0-9_-]{{32,64}})(?![A-Za-z0-9_-])")
_ANY_COMMAND = re.compile(r"\b(?:approve|reject|send\s+back)", re.IGNORECASE)
_ROW_OF_OURS = re.compile(r"<([0-9a-f]{32})@[A-Za-z0-9.-]+>")
_LONGEST_COMMENT = 500
_LONGEST_LINE = 1000
_MOST_NUMBERS = 20
_AROUND = " .!\u200b\ufeff"  # the last two are invisible; some mail programs begin with them

# Where the words of somebody else begin: what mail programs write above the mail they quote.
_QUOTE_BEGINS = re.compile(
    r"-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original)\b.*"
    r"|_{10,}"
    r"|(?:from|von|de)\s*:.*@.*"
    r"|(?:on|am|le|el)\b.{3,200}(?:wrote|schrieb|écrit|escribió)\b.{0,120}:",
    re.IGNORECASE,
)
_SIGNATURE = "-- "
_LINE = re.compile(
    r"\b(?:line|item|position|pos\.?|zeile|posten|ligne|línea|linea|posición)"
    r"\s*(?:no\.?|nr\.?|n°|nº|#|:)?\s*([0-9]{1,3})\b",
    re.IGNORECASE,
)


def own_words(text: str) -> tuple[str, ...]:
    """Return the lines that the sender wrote above the quoted mail, without empty ones and without
    a signature."""
    lines = [line[:_LONGEST_LINE] for line in text.splitlines()]
    following = [*lines[1:], ""]
    pairs = takewhile(lambda pair: not _ends_own(*pair), zip(lines, following, strict=False))
    return tuple(
        line.strip() for line, _ in pairs if line.strip() and not line.lstrip().startswith(">")
    )


def _ends_own(line: str, following: str) -> bool:
    """Tell whether a signature or the words of somebody else begin here.

    What mail programs write above a quoted mail may take two lines.
    """
    if line == _SIGNATURE or _QUOTE_BEGINS.fullmatch(line.strip()):
        return True
    return bool(_QUOTE_BEGINS.fullmatch(f"{line.strip()} {following.strip()}"))


def command(text: str) -> Command | None:
    """Read the answer in a mail, or None where it is not beyond doubt.

    The first line must be one of the commands and nothing else, and no other line may hold one.
    """
    lines = own_words(text)
    if not lines:
        return None
    said = " ".join(lines[0].strip(_AROUND).casefold().split())
    words = " ".join(lines[1:])
    comment = "".join(char if char.isprintable() else " " for char in words)
    if said not in COMMANDS or _ANY_COMMAND.search(comment):
        return None
    return Command(COMMANDS[said], comment[:_LONGEST_COMMENT])


def tokens(mail: Mail) -> frozenset[str]:
    """Return the tokens in a mail, the quoted part of it too, where answers have theirs."""
    return frozenset(_TOKEN.findall(f"{mail.subject}\n{mail.text}"))


def rows_named(message_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of outbox rows that Message-IDs say they are from, in their order."""
    found = (_ROW_OF_OURS.fullmatch(one) for one in message_ids)
    return tuple(dict.fromkeys(one[1] for one in found if one))


def line_named(text: str, positions: Collection[int]) -> int:
    """Return the one position of an invoice that the sender writes about; 0 for none or several."""
    named = {int(one) for line in own_words(text) for one in _LINE.findall(line)}
    return min(named) if len(named) == 1 and named <= set(positions) else 0


def numbers_in(mail: Mail, series: Iterable[Series]) -> tuple[str, ...]:
    """Return what looks like a number of one of the series, in the subject first."""
    pattern = re.compile(
        "|".join(rf"(?<!\w){_shape(one)}(?!\w)" for one in dict.fromkeys(series)) or r"(?!)"
    )
    found = pattern.findall(f"{mail.subject}\n{mail.text}")
    return tuple(dict.fromkeys(found))[:_MOST_NUMBERS]


def _shape(series: Series) -> str:
    return "".join(_shapes(series))


def _shapes(series: Series) -> Iterator[str]:
    """Write a series' pattern as a regular expression; figures may outgrow their zeros."""
    for text, field, spec, _ in Formatter().parse(series.pattern):
        yield re.escape(text)
        if field == "series":
            yield re.escape(series.name)
        elif field is not None:
            least = int("".join(filter(str.isdigit, spec or "")) or 1)
            yield rf"[0-9]{{{least},12}}"
