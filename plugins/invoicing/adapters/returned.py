"""Returned mails: what a mail server reports about a mail of ours (RFC 3464, and older customs)."""

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from typing import Final, TypeAlias

from invoicing.domain.mailed import DeliveryReport, Fate

Parsed: TypeAlias = "Message[str, str]"

_MOST_RETURNED = 5
_MOST_TEXT = 100_000
_OURS = re.compile(r"<[0-9a-f]{32}@[A-Za-z0-9.-]{1,250}>")
_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_REPLY_CODE = re.compile(r"(?<![0-9.])(5[0-9]{2})[ -]")
_ROBOTS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@?", re.IGNORECASE)
_ACTIONS: Final = {
    "failed": Fate.FAILED,
    "delayed": Fate.DELAYED,
    "relayed": Fate.RELAYED,
    "expanded": Fate.RELAYED,
    "delivered": Fate.DELIVERED,
}
_WORST_FIRST: Final = tuple(Fate)
_DELAYED = re.compile(
    r"delayed|will (?:be )?(?:re)?tr(?:y|ied)|still (?:being )?tr|not yet been delivered"
    r"|verzögert|retard",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"undeliver|could ?n[o']t be delivered|delivery (?:has )?fail|failure notice|permanent"
    r"|returned mail|returning (?:your )?(?:mail|message)|was not delivered|not be delivered"
    r"|rejected|unzustellbar|nicht zugestellt|non remis|no se (?:ha )?(?:podido )?entreg",
    re.IGNORECASE,
)


def report_of(mail: Parsed, parts: Sequence[Parsed], text: str) -> DeliveryReport | None:
    """Return what a mail reports about a delivery; None if it is no such report."""
    facts = [block for part in parts for block in _status_blocks(part)]
    if facts:
        found = [(_fate(block), block) for block in facts if block.get("Action")]
        if not found:
            return None
        fate, block = min(found, key=lambda one: _WORST_FIRST.index(one[0]))
        return DeliveryReport(fate, _status(str(block.get("Status", ""))), _returned(mail, parts))
    return _by_custom(mail, parts, text)


def _status_blocks(part: Parsed) -> Iterator[Parsed]:
    """Yield the blocks of facts in a delivery-status part, however it is wrapped."""
    if part.get_content_type() not in {"message/delivery-status", "message/global-delivery-status"}:
        return
    payload = part.get_payload()
    for block in payload if isinstance(payload, list) else []:
        if isinstance(block, Message):
            yield block


def _fate(block: Parsed) -> Fate:
    """Read an action; one that nobody knows is told by the class of its status."""
    action = str(block.get("Action", "")).split("(")[0].strip().casefold()
    by_class = {"2": Fate.DELIVERED, "4": Fate.DELAYED}
    return _ACTIONS.get(action, by_class.get(str(block.get("Status", ""))[:1], Fate.FAILED))


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""


def _returned(mail: Parsed, parts: Sequence[Parsed]) -> tuple[str, ...]:
    """Return the Message-IDs of the returned mail.

    Where the report has its head, that alone says which mail it is. What the report refers to may
    be a mail of ours that somebody answered, and the answer came back.
    """
    inside = [one for part in parts for one in _ids_inside(part) if one.strip()]
    around = [str(mail.get(name, "")) for name in ("In-Reply-To", "References", "X-Failed-Message")]
    found = [one for text in inside or around for one in _OURS.findall(text)]
    return tuple(dict.fromkeys(found))[:_MOST_RETURNED]


def _ids_inside(part: Parsed) -> Iterator[str]:
    """Yield the Message-ID of a mail or of a head that was returned as a part."""
    payload = part.get_payload()
    match part.get_content_type():
        case "message/rfc822" | "message/global":
            for mail in payload if isinstance(payload, list) else []:
                if isinstance(mail, Message):
                    yield str(mail.get("Message-ID", ""))
        case "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers":
            yield _id_of_head(part)


def _id_of_head(part: Parsed) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):  # the parser took it for a mail
        return " ".join(
            str(one.get("Message-ID", "")) for one in payload if isinstance(one, Message)
        )
    content = part.get_payload(decode=True)
    text = content.decode("latin-1") if isinstance(content, bytes) else ""
    return str(HeaderParser(policy=compat32).parsestr(text[:_MOST_TEXT]).get("Message-ID", ""))


def _by_custom(mail: Parsed, parts: Sequence[Parsed], text: str) -> DeliveryReport | None:
    """Read a report of a server that keeps to no standard: only its words tell what happened."""
    sender = str(mail.get("From", ""))
    if mail.get_param("report-type") not in {None, "delivery-status"}:
        return None  # somebody read it, or complained about it
    if not (_ROBOTS.search(sender) or str(mail.get("Return-Path", "")).strip() == "<>"):
        return None
    returned = _returned(mail, parts) or tuple(dict.fromkeys(_OURS.findall(text)))
    words = f"{mail.get('Subject', '')}\n{text}"
    status = _status(text.replace("#", " "))
    if returned and _DELAYED.search(words) and not status.startswith("5"):
        return DeliveryReport(Fate.DELAYED, status, returned[:_MOST_RETURNED])
    if returned and (status.startswith("5") or _REPLY_CODE.search(text) or _FAILED.search(words)):
        return DeliveryReport(Fate.FAILED, status, returned[:_MOST_RETURNED])
    return None
