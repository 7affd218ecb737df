"""Mails that the sandbox took in: kept as files, read for the page and for tests."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

_FILE = re.compile(r"(\d{5})\.eml")


@dataclass(frozen=True)
class Part:
    """A file that came with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A mail with the envelope it came in."""

    number: int
    received_at: str
    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, taken apart."""
        return message_from_bytes(self.raw, policy=default)

    @property
    def is_from_product(self) -> bool:
        """Tell whether the product wrote it, as nobody else marks a mail here (RFC 3834)."""
        return str(self.message["Auto-Submitted"] or "") == "auto-generated"

    def body(self, subtype: str) -> str:
        """Return the text of the ``plain`` or ``html`` body; empty if there is none."""
        part = self.message.get_body((subtype,))
        return str(part.get_content()) if part is not None else ""

    def files(self) -> list[Part]:
        """Return the attachments in their order."""
        return [
            Part(
                part.get_filename() or "unnamed",
                part.get_content_type(),
                _content(part),
            )
            for part in self.message.iter_attachments()
        ]

    def summary(self) -> dict[str, Any]:
        """Describe the mail for lists and for tests."""
        message = self.message
        headers = ("From", "To", "Cc", "Subject", "Date", "Message-ID")
        return {
            "number": self.number,
            "received_at": self.received_at,
            "sender": self.sender,
            "recipients": self.recipients,
            **{
                name.lower().replace("-", "_"): str(message[name] or "").strip() for name in headers
            },
            "text": self.body("plain"),
            "attachments": [
                {"name": part.name, "media_type": part.media_type, "size": len(part.content)}
                for part in self.files()
            ],
        }


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else part.as_bytes()  # a mail inside a mail


class MailFolder:
    """The folder with all mails, numbered in the order of their arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._summaries: dict[int, dict[str, Any]] = {}
        numbers = [int(found[1]) for path in folder.iterdir() if (found := _FILE.match(path.name))]
        self._last = max(numbers, default=0)

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> int:
        """Store a mail and return its number."""
        self._last += 1
        envelope = {
            "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "sender": sender,
            "recipients": recipients,
        }
        self._path(self._last, "json").write_text(json.dumps(envelope))
        self._path(self._last, "eml").write_bytes(raw)
        return self._last

    def get(self, number: int) -> Mail | None:
        """Return one mail, if it is here."""
        if not self._path(number, "eml").exists():
            return None
        envelope = json.loads(self._path(number, "json").read_text())
        return Mail(number, **envelope, raw=self._path(number, "eml").read_bytes())

    def summaries(self) -> list[dict[str, Any]]:
        """Describe all mails, oldest first."""
        return [self._summary(number) for number in range(1, self._last + 1)]

    def _summary(self, number: int) -> dict[str, Any]:
        if number not in self._summaries:
            mail = self.get(number)
            self._summaries[number] = mail.summary() if mail else {"number": number}
        return self._summaries[number]

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"{number:05d}.{ending}"
