"""Those who get our mails and write back: servers that bounce, clients who object, approvers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from random import Random

from invoicing.domain.dispatch import MessageKind
from tests.crash.box import AUTHSERV
from tests.crash.words import SUBJECT, TOKEN
from tests.crash.world_mail import Mail

OURS = "billing@brightwater.example"
BOUNCE, DELAY, AWAY, REPLY, NOISE = "bounce", "delay", "away", "reply", "noise"
# What comes back for a mail that was taken.
_BACK = ((7, BOUNCE), (3, DELAY), (4, AWAY), (4, REPLY), (2, NOISE), (80, ""))
# What an approver, or somebody who would like to be one, writes back.
APPROVE, REJECT, SEND_BACK = "approve", "reject", "send back"
_ANSWERS = (
    (24, ""), (48, APPROVE), (6, REJECT), (8, SEND_BACK), (3, "both"), (4, "unproven"),
    (4, "another's"), (3, "made up"),
)  # fmt: skip
_DECIDE = {APPROVE, REJECT, SEND_BACK}


@dataclass(frozen=True, slots=True)
class Written:
    """A mail that somebody wrote to us: what it is, about which of our mails, and its bytes.

    ``number`` is the one that our mail names. ``token`` and ``login`` are there when an approver
    answers who may.
    """

    what: str
    message_id: str
    content: bytes
    number: str = ""
    token: str = ""
    login: str = ""


@dataclass
class Correspondents:
    """All who get our mails."""

    seed: int
    written: list[Written] = field(default_factory=list)  # and arrived
    _later: list[tuple[int, Written]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def react(self, mails: Iterable[Mail], number: int) -> list[bytes]:
        """Return what arrives by a pass: answers to mails that came since, and earlier ones."""
        for mail in mails:
            if mail.message_id in self._seen:
                continue
            self._seen.add(mail.message_id)
            random = Random(f"post {self.seed} {mail.message_id}")
            for one in _answers(mail, random):
                self._later.append((number + random.choice((0, 0, 1, 2)), one))
        return self._arrived(number)

    def rest(self) -> list[bytes]:
        """Return all that is still under way."""
        return self._arrived(max((due for due, _ in self._later), default=0))

    def _arrived(self, number: int) -> list[bytes]:
        now = [one for due, one in self._later if due <= number]
        self._later = [(due, one) for due, one in self._later if due > number]
        self.written += now
        return [one.content for one in now]


def _answers(mail: Mail, random: Random) -> list[Written]:
    subject = SUBJECT.search(mail.content)
    assert subject, mail.content[:400]
    if subject[1].decode() == MessageKind.APPROVAL:
        return _decisions(mail, random)
    what = random.choices([name for _, name in _BACK], [share for share, _ in _BACK])[0]
    if not what:
        return []
    number = subject[2].decode()
    wrote = {
        BOUNCE: lambda: _report(mail, "failed", "5.1.1"),
        DELAY: lambda: _report(mail, "delayed", "4.4.1"),
        AWAY: lambda: _away(mail),
        REPLY: lambda: _reply(mail, number),
        NOISE: _noise,
    }[what]
    times = 2 if random.random() < 0.2 else 1
    return [Written(what, mail.message_id, _twin(wrote(), at), number) for at in range(times)]


def _decisions(mail: Mail, random: Random) -> list[Written]:
    found = TOKEN.search(mail.content)
    assert found, "a request for approval has its token"
    what = random.choices([name for _, name in _ANSWERS], [share for share, _ in _ANSWERS])[0]
    token, sender = found[1].decode(), mail.recipients[0]
    if not what:
        return []
    word = what if what in _DECIDE else APPROVE
    if what == "both":
        word = "approve, or reject?"
    if what == "another's":
        sender = "mallory@brightwater.example"
    if what == "made up":
        token = token[:-6] + "000000"
    letter = _letter(sender, f"Re: {mail.message_id}", f"{word}\n\n> token: {token}\n", mail)
    proof = f"{AUTHSERV}; dmarc=pass header.from=brightwater.example"
    letter["Authentication-Results"] = (
        proof if what != "unproven" else proof.replace(AUTHSERV, "mx.elsewhere.example")
    )
    login = sender.partition("@")[0] if what in _DECIDE else ""
    times = 2 if random.random() < 0.25 else 1
    return [
        Written(what, mail.message_id, _twin(letter, at), "", token, login) for at in range(times)
    ]


def _letter(sender: str, subject: str, text: str, about: Mail | None = None) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = sender, OURS, subject
    if about:
        letter["In-Reply-To"] = about.message_id
    letter.set_content(text)
    return letter


def _twin(letter: EmailMessage, at: int) -> bytes:
    """Return the bytes of a copy; each copy is a mail of its own."""
    del letter["X-Copy"]
    letter["X-Copy"] = str(at)
    return letter.as_bytes()


def _report(mail: Mail, action: str, status: str) -> EmailMessage:
    """Return what a server says about a mail (RFC 3464)."""
    about = f"Final-Recipient: rfc822; {mail.recipients[0]}\nAction: {action}\nStatus: {status}\n"
    parts = (
        ("text/plain", f"Your message was {action}.\n"),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.client.example\n\n{about}"),
        ("text/rfc822-headers", f"From: {OURS}\nMessage-ID: {mail.message_id}\n"),
    )
    body = "".join(f"--limit\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    head = (
        f"From: MAILER-DAEMON@mx.client.example\nTo: {OURS}\nSubject: Delivery report\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report;"
        ' report-type=delivery-status; boundary="limit"\n'
    )
    return _read(f"{head}\n{body}--limit--\n")


def _away(mail: Mail) -> EmailMessage:
    letter = _letter(mail.recipients[0], "Out of office", "I am back on Monday.\n", mail)
    letter["Auto-Submitted"] = "auto-replied"
    return letter


def _reply(mail: Mail, number: str) -> EmailMessage:
    text = "Line 1 is not what we ordered.\n\n> Please pay\n"
    return _letter(mail.recipients[0], f"Re: invoice {number}", text, mail)


def _noise() -> EmailMessage:
    return _letter("news@shop.example", "Our offers", "Buy now.\n")


def _read(text: str) -> EmailMessage:
    found = message_from_bytes(text.replace("\n", "\r\n").encode(), policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def bounced(written: Sequence[Written]) -> set[str]:
    """Return the Message-IDs of our mails that came back."""
    return {one.message_id for one in written if one.what == BOUNCE}
