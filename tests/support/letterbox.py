"""A mailbox whose mails a test writes, and the mails that others write to us."""

from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP

from invoicing.adapters.received import parse
from invoicing.domain.errors import TransientError
from invoicing.services.ports import MailPage, MailPosition, ReceivedMail
from tests.support.services import House

SERVER = "mx.brightwater.example"
OURS = "billing@brightwater.example"


@dataclass
class HandBox:
    """A mailbox whose mails a test writes; among the sent ones lies what it says."""

    name: str = "billing"
    mails: list[bytes] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    is_away: bool = False

    def read(self, after: MailPosition | None, limit: int) -> MailPage:
        """Return the mails after a position."""
        if self.is_away:
            raise TransientError("the mailbox does not answer")
        begins = after.uid if after else 0
        page = enumerate(self.mails[begins : begins + limit], begins + 1)
        mails = tuple(ReceivedMail(uid, parse(content, (SERVER,))) for uid, content in page)
        return MailPage(MailPosition(1, begins + len(mails)), mails)

    def has_sent(self, message_id: str) -> bool | None:
        """Tell whether a mail of ours lies among the sent ones."""
        return message_id in self.sent


def open_box(house: House) -> HandBox:
    """Give a house a mailbox."""
    box = HandBox()
    house.s = replace(house.s, mailbox=box)
    return box


def a_letter(sender: str, text: str, about: str, **headers: str) -> bytes:
    """Write a mail to us about one of ours."""
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = sender, OURS, "Re: your mail"
    letter["In-Reply-To"] = about
    for name, value in headers.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text)
    return letter.as_bytes()


def a_bounce(message_id: str, name: str = "report") -> bytes:
    """Write what a mail server says about a mail of ours that it could not deliver (RFC 3464)."""
    status = "Final-Recipient: rfc822; x@y.example\nAction: failed\nStatus: 5.1.1\n"
    parts = (
        ("text/plain", "Your message was not delivered.\n"),
        ("message/delivery-status", f"Reporting-MTA: dns; mx\n\n{status}"),
        ("text/rfc822-headers", f"From: {OURS}\nMessage-ID: {message_id}\n"),
    )  # fmt: skip
    body = "".join(f"--limit\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    head = (
        f"From: MAILER-DAEMON@mx.example\nTo: {OURS}\nSubject: {name}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="limit"\n'
    )
    return f"{head}\n{body}--limit--\n".replace("\n", "\r\n").encode()
