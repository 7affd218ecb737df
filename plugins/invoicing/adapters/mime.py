"""Dispatch, composing: a message becomes an envelope and the exact bytes that go over the wire."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from invoicing.domain.dispatch import Attachment, Message
from invoicing.domain.errors import RefusedError

# Every part is written with 7-bit transfer encodings: no relay ever has to convert a byte.
_POLICY = SMTP.clone(cte_type="7bit")
_LINE_LIMIT = 998  # RFC 5322 2.1.1

_ATOM = r"[A-Za-z0-9#$&'*+/=?^_{|}~-]+"  # without % ! and backtick, which old relays interpret
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_MESSAGE_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*>")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_LONGEST_NAME = 78
# What makes a name look like an address, an encoded word or the end of the header's part.
_TRICKS_IN_NAME = re.compile(r"""[@<>"\\:;\uff20\ufe6b]|=\?""")
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as a server takes it: who it is from, who gets it, and its bytes.

    ``content`` has only CRLF line ends, only ASCII, and ends with CRLF; dots are not stuffed yet.
    """

    sender: str
    recipients: tuple[str, ...]
    content: bytes


def compose(message: Message, at: datetime | None = None) -> Envelope:
    """Build the mail, or raise RefusedError naming the part that must not go out.

    The error never quotes an address or a subject: it ends up in the ledger and in logs.
    """
    sender = _address(message.sender, "the sender")
    people = message.recipients
    to = _addresses(people.to, "recipient")
    cc = _addresses(people.cc, "copy recipient")
    bcc = _addresses(people.bcc, "hidden recipient")  # in the envelope and nowhere else
    if not to:
        raise RefusedError("the mail has no recipient; give the client a billing address")
    headers = _headers(message, to, cc, at or datetime.now(UTC))
    try:
        content = _content(message, headers)
    except (UnicodeError, LookupError, ValueError) as error:
        raise RefusedError(f"the mail cannot be written down: {type(error).__name__}") from error
    _check(content, headers)
    return Envelope(sender, tuple(dict.fromkeys(to + cc + bcc)), content)


def one_address(text: str) -> bool:
    """Tell whether ``text`` is exactly one plain address: no display name, list or quoting."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and len(found["local"]) <= 64 and len(found["domain"]) <= 253


def attachment_name(name: str) -> str:
    """Return a file name that is safe in every mail program and file system."""
    _refuse_controls(name, "an attachment's name")
    safe = _UNSAFE_IN_NAME.sub("-", name).lstrip(".-")[-100:].lstrip(".-")
    return safe or "attachment"


def _headers(
    message: Message, to: tuple[str, ...], cc: tuple[str, ...], at: datetime
) -> dict[str, str]:
    _refuse_controls(message.subject, "the subject")
    if not all(map(_MESSAGE_ID.fullmatch, (message.message_id, *message.follows))):
        raise RefusedError("a Message-ID is malformed; it must look like <id@domain>")
    reply_to = _address(message.reply_to, "the reply address") if message.reply_to else ""
    headers = {
        "From": _from(message.sender_name.strip(" "), message.sender),
        "Reply-To": reply_to,
        "To": ", ".join(to),
        "Cc": ", ".join(cc),
        "Subject": " ".join(message.subject.split()),
        "Date": format_datetime(at),
        "Message-ID": message.message_id,
        "In-Reply-To": message.follows[-1] if message.follows else "",
        "References": " ".join(message.follows),
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers, please
        # The same for Exchange, which does not heed RFC 3834; reports of failure are welcome.
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    return {name: value for name, value in headers.items() if value}


@lru_cache(maxsize=256)
def _from(name: str, address: str) -> str:
    """Show a name beside the address where nobody can take it for an address or a header."""
    safe = 0 < len(name) <= _LONGEST_NAME and not _TRICKS_IN_NAME.search(name)
    kinds = {unicodedata.category(char) for char in name}
    if not safe or name.isspace() or kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return address
    shown = str(Address(name, addr_spec=address))
    return shown if _survives(shown) else address


def _survives(shown: str) -> bool:
    """Tell whether a receiver reads the header as we mean it; long foreign names may not fold."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = shown
    return str(BytesParser(policy=SMTP).parsebytes(mail.as_bytes())["From"]) == shown


def _content(message: Message, headers: dict[str, str]) -> bytes:
    mail = EmailMessage(policy=_POLICY)
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        _attach(mail, attachment)
    content = mail.as_bytes()
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    if not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise RefusedError("an attachment has a malformed media type")
    kind, _, subtype = attachment.media_type.partition("/")
    name = attachment_name(attachment.name)
    mail.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=name)


def _check(content: bytes, headers: dict[str, str]) -> None:
    """Read the finished bytes like a receiver would: they must say what we meant, no more."""
    lines, rest = content.split(b"\r\n"), content.replace(b"\r\n", b"")
    if max(map(len, lines)) > _LINE_LIMIT or b"\r" in rest or b"\n" in rest:
        raise RefusedError("the mail would contain a line that mail servers may break")
    if not content.isascii() or b"\0" in content:
        raise RefusedError("the mail would contain bytes that mail servers may change")
    head = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    read = BytesParser(policy=SMTP).parsebytes(head, headersonly=True)
    expected = {name.lower(): value for name, value in headers.items()}
    # A value that would be a little too long is folded before its first word; the parser then
    # keeps the blank of the fold, which no receiver shows.
    found = [(name.lower(), str(value).strip(" ")) for name, value in read.items()]
    ours = [(name, value) for name, value in found if not name.startswith(("content-", "mime-"))]
    if len(ours) != len(expected) or dict(ours) != expected:
        wrong = [name for name, value in expected.items() if dict(ours).get(name) != value]
        raise RefusedError(f"a receiver would misread the header {', '.join(wrong) or 'block'}")


def _addresses(texts: tuple[str, ...], role: str) -> tuple[str, ...]:
    return tuple(_address(text, f"{role} {place}") for place, text in enumerate(texts, start=1))


def _address(text: str, role: str) -> str:
    _refuse_controls(text, role)
    if not one_address(text):
        raise RefusedError(
            f"{role} is not one plain address; write only name@domain,"
            " no display name, no list, no letters outside ASCII"
        )
    return text


def _refuse_controls(text: str, role: str) -> None:
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
        raise RefusedError(f"{role} contains a line break or another control character")
