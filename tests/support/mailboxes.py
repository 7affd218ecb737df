"""A mailbox that a test fills by hand, and the mails that people and servers write into it."""

from dataclasses import dataclass, field

from invoicing.adapters.received import parse
from invoicing.domain.errors import TransientError
from invoicing.services.ports import MailPage, MailPosition, ReceivedMail

MX = "mx.brightwater.example"


@dataclass
class Pigeonhole:
    """Mails in the order of their arrival, numbered from 1."""

    name: str = "invoicing_imap/INBOX"
    validity: int = 7
    mails: list[bytes] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    is_away: bool = False

    def put(self, content: bytes) -> None:
        """Let a mail arrive."""
        self.mails.append(content)

    def read(self, after: MailPosition | None, limit: int) -> MailPage:
        """Return the next mails, from the first one where the numbers are new."""
        if self.is_away:
            raise TransientError("the mailbox cannot be read: it does not answer")
        known = after.uid if after and after.validity == self.validity else 0
        found = list(enumerate(self.mails, start=1))[known : known + limit]
        mails = tuple(ReceivedMail(uid, parse(content, [MX])) for uid, content in found)
        last = mails[-1].uid if mails else known
        return MailPage(MailPosition(self.validity, last), mails)

    def has_sent(self, message_id: str) -> bool | None:
        """Tell whether the test laid this mail among the sent ones."""
        return message_id in self.sent


def a_mail(sender: str, body: str, *, head: str = "", proven: bool = True) -> bytes:
    """A mail of a person, as our own mail server hands it on."""
    domain = sender.rpartition("@")[2]
    proof = f"Authentication-Results: {MX}; dmarc=pass header.from={domain}\n" if proven else ""
    more = f"{head}\n" if head else ""
    text = f"{proof}From: {sender}\n{more}Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    return text.replace("\n", "\r\n").encode()


def a_reply(sender: str, body: str, message_id: str, *, head: str = "") -> bytes:
    """A mail that answers one of ours."""
    more = f"\n{head}" if head else ""
    return a_mail(sender, body, head=f"In-Reply-To: {message_id}{more}")


def a_bounce(message_id: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    """What the mail server of a client reports about one of our mails."""
    text = f"""From: MAILER-DAEMON@mx.client.example
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example

Final-Recipient: rfc822; somebody@client.example
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}

--b--
"""
    return text.replace("\n", "\r\n").encode()
