"""Received mails: bytes that anybody may have written become a `Mail`; nothing here can fail.

Headers are read as plain text, not by the parser of structured headers: that one guesses where a
header is broken, and a guess about a sender is what an attacker works with. Of the body only the
first text is read, and the parts of a delivery report that machines write; attachments stay shut.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from hashlib import sha256
from typing import TypeAlias

from invoicing.adapters.html_words import words_of_html
from invoicing.adapters.returned import report_of
from invoicing.domain.mail_proof import is_proven
from invoicing.domain.mailed import Mail

Parsed: TypeAlias = "Message[str, str]"

MOST_BYTES = 1_000_000  # what follows was attached by somebody, and is not looked at
_MOST_LINES = 20_000
_MOST_BOUNDARIES = 30
_MOST_PARTS = 100
_MOST_TEXT = 100_000
_MOST_REFERENCES = 50
_LONGEST_ID = 250
_LONGEST_HEADER = 5_000
# What mails are written in. Python knows more: some take a time that grows with the square of the
# text, some make letters that no database takes.
_CHARSETS = re.compile(
    r"(?:utf-?8|(?:us-)?ascii|iso-?8859|latin|windows-12|cp12|koi8|gb|big5|euc|shift_jis|iso-2022)"
)

_ATOM = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}"
_ADDRESS = rf"({_ATOM}@[A-Za-z0-9](?:[A-Za-z0-9.-]{{0,250}}[A-Za-z0-9])?)"
# One address, alone or behind a name that holds nothing which could be read as another one.
_FROM = re.compile(rf'{_ADDRESS}|(?:"[^"\\<>]*"|[^"\\@<>,;:()]*)\s*<{_ADDRESS}>')
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,248}>")
_BY_ROBOTS = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
_ABSENT = re.compile(
    r"(?:re:\s*)?(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office"
    r"|abwesenheitsnotiz|automatische antwort|abwesend|réponse automatique|absence du bureau"
    r"|respuesta automática|fuera de la oficina)\b",
    re.IGNORECASE,
)
_LIST_HEADERS = ("List-Id", "List-Post", "List-Unsubscribe-Post", "Mailing-List")
_AUTO_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-AutoReply-From")


def parse(content: bytes, trusted: Collection[str] = ()) -> Mail:
    """Take a mail apart; ``trusted`` are the names under which our own mail servers vouch."""
    digest = sha256(content).hexdigest()
    mail, damaged = _parsed(content)
    try:
        return _mail(mail, digest, damaged, trusted)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Mail(digest, damaged=damaged or "its parts cannot be told apart")


def _parsed(content: bytes) -> tuple[Parsed, str]:
    """Let the standard library part a mail, or only its head where that would take too long."""
    damaged = ""
    if len(content) > MOST_BYTES:
        content, damaged = content[:MOST_BYTES], "it is too long; only its beginning was read"
    lines = content.split(b"\n", _MOST_LINES)
    if len(lines) > _MOST_LINES:
        content = b"\n".join(lines[:-1])
        damaged = damaged or "it has too many lines; only the first ones were read"
    parser = BytesParser(policy=compat32)
    if content.lower().count(b"boundary") > _MOST_BOUNDARIES:
        return parser.parsebytes(content, headersonly=True), "it has too many parts"
    try:
        return parser.parsebytes(content), damaged
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return parser.parsebytes(content, headersonly=True), "its parts cannot be told apart"


def _mail(mail: Parsed, digest: str, damaged: str, trusted: Collection[str]) -> Mail:
    parts = list(_parts(mail))
    sender = _sender(mail)
    text = _text(parts)
    subject = _header(mail, "Subject")
    return Mail(
        digest=digest,
        message_id="".join(_ids(mail, "Message-ID")[:1]),
        sender=sender,
        subject=subject,
        references=_references(mail),
        text=text,
        is_authentic=is_proven(_first(mail, "Authentication-Results"), trusted, sender),
        automatic=_automatic(mail, subject),
        report=report_of(mail, parts, text),
        damaged=damaged,
    )


def _header(mail: Parsed, name: str) -> str:
    """Return a header as one line of readable text; empty if there is none."""
    raw = _first(mail, name)[:_LONGEST_HEADER]
    text = raw
    with suppress(MessageError, ValueError, LookupError, TypeError):
        text = str(make_header(decode_header(raw)))
    visible = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(visible.split())


def _first(mail: Parsed, name: str) -> str:
    """Return the topmost header of a name, unfolded and not decoded."""
    return " ".join(str(mail.get(name, "")).split())


def _sender(mail: Parsed) -> str:
    """Return the one address that a mail says it is from; nothing where that is not plain."""
    found = [" ".join(str(one).split()) for one in mail.get_all("From", [])]
    match = _FROM.fullmatch(found[0]) if len(found) == 1 else None
    return (match[1] or match[2]).casefold() if match else ""


def _ids(mail: Parsed, name: str) -> list[str]:
    return [one for one in _MESSAGE_ID.findall(_first(mail, name)) if len(one) <= _LONGEST_ID]


def _references(mail: Parsed) -> tuple[str, ...]:
    """Return the mails that this one answers, the nearest first."""
    nearest = [*_ids(mail, "In-Reply-To"), *reversed(_ids(mail, "References"))]
    return tuple(dict.fromkeys(nearest))[:_MOST_REFERENCES]


def _automatic(mail: Parsed, subject: str) -> str:
    """Say why no person wrote a mail, or nothing (RFC 3834, and what is usual besides)."""
    submitted = _first(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    answered = submitted not in {"", "no"} or any(name in mail for name in _AUTO_HEADERS)
    reasons = {
        "an automatic answer": answered or bool(_ABSENT.match(subject)),
        "a mail of a list": any(name in mail for name in _LIST_HEADERS),
        "a mail to many": _first(mail, "Precedence").casefold() in _BY_ROBOTS,
        "a mail that nobody is to answer": _first(mail, "Return-Path") == "<>",
        "a report of a machine": mail.get_content_type() == "multipart/report",
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _parts(mail: Parsed) -> Iterator[Parsed]:
    """Yield the parts of a mail in their order, without those inside mails that it carries."""
    waiting = [mail]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += [one for one in reversed(payload) if isinstance(one, Message)]


def _text(parts: list[Parsed]) -> str:
    """Return the first text of a mail; where it has only HTML, the words of that."""
    for kind, read in (("text/plain", str), ("text/html", words_of_html)):
        for part in parts:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                text = read(_decoded(part))[:_MOST_TEXT]
                if text.strip():
                    return text
    return ""


def _decoded(part: Parsed) -> str:
    """Return the text of a part, with marks in place of bytes that make no letters."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = str(part.get_content_charset() or "utf-8").casefold()
    try:
        text = content.decode(charset if _CHARSETS.match(charset) else "latin-1", "replace")
    except (LookupError, ValueError):
        text = content.decode("latin-1")
    return text[:_MOST_TEXT].replace("\0", " ")
