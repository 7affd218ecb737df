"""Twenty shapes of what mail servers send back, and some that look like it and are not."""

from base64 import b64encode
from dataclasses import dataclass

from invoicing.domain.mailed import Fate

OURS = f"<{'0a1b2c3d' * 4}@brightwater.example>"


@dataclass(frozen=True)
class Shape:
    """What a server wrote, and what it means: nothing where it is no report about us."""

    name: str
    content: bytes
    fate: Fate | None
    status: str = ""
    returned: bool = True


def _report(
    status: str,
    *,
    head: str = "",
    kind: str = "message/rfc822",
    inside: str = f"Message-ID: {OURS}\nSubject: Invoice INV-2026-00001\n\nbody",
    words: str = "I am sorry.",
    boundary: str = "=_b",
) -> bytes:
    head = head or "From: MAILER-DAEMON@mx.client.example\nSubject: Undelivered Mail"
    text = f"""{head}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

{words}
--{boundary}
Content-Type: message/delivery-status

{status}
--{boundary}
Content-Type: {kind}

{inside}
--{boundary}--
"""
    return text.replace("\n", "\r\n").encode()


def _plain(text: str, head: str) -> bytes:
    return f"{head}\nContent-Type: text/plain\n\n{text}\n".replace("\n", "\r\n").encode()


def _recipient(action: str, status: str, more: str = "") -> str:
    return f"Final-Recipient: rfc822; ap@client.example\nAction: {action}\nStatus: {status}\n{more}"


_MTA = "Reporting-MTA: dns; mx.client.example\n\n"
_DAEMON = "From: MAILER-DAEMON@mx.client.example\nSubject: failure notice"

SHAPES = (
    Shape("postfix", _report(_MTA + _recipient("failed", "5.1.1")), Fate.FAILED, "5.1.1"),
    Shape(
        "headers only",
        _report(
            _MTA + _recipient("failed", "5.2.2"),
            kind="text/rfc822-headers",
            inside=f"Message-ID: {OURS}\nSubject: x\n",
        ),
        Fate.FAILED,
        "5.2.2",
    ),
    Shape(
        "headers only, encoded",
        _report(
            _MTA + _recipient("failed", "5.0.0"),
            kind="text/rfc822-headers\nContent-Transfer-Encoding: base64",
            inside=b64encode(f"Message-ID: {OURS}\n".encode()).decode(),
        ),
        Fate.FAILED,
        "5.0.0",
    ),
    Shape(
        "headers as a message part",
        _report(
            _MTA + _recipient("failed", "5.7.1"),
            kind="message/rfc822-headers",
            inside=f"Message-ID: {OURS}\n",
        ),
        Fate.FAILED,
        "5.7.1",
    ),
    Shape(
        "folded Message-ID",
        _report(
            _MTA + _recipient("failed", "5.1.1"), inside=f"Message-ID:\n {OURS}\nSubject: x\n\nbody"
        ),
        Fate.FAILED,
        "5.1.1",
    ),
    Shape("expired", _report(_MTA + _recipient("failed", "4.4.7")), Fate.FAILED, "4.4.7"),
    Shape(
        "status with a comment",
        _report(_MTA + _recipient("failed (hard)", "5.1.1 (no such user)")),
        Fate.FAILED,
        "5.1.1",
    ),
    Shape("capitals", _report(_MTA + _recipient("FAILED", "5.1.10")), Fate.FAILED, "5.1.10"),
    Shape(
        "one of two recipients",
        _report(_MTA + _recipient("delivered", "2.0.0") + "\n\n" + _recipient("failed", "5.1.1")),
        Fate.FAILED,
        "5.1.1",
    ),
    Shape(
        "one block for all",
        _report("Reporting-MTA: dns; x.example\n" + _recipient("failed", "5.1.1")),
        Fate.FAILED,
        "5.1.1",
    ),
    Shape("no status", _report(_MTA + "Action: failed\n"), Fate.FAILED),
    Shape(
        "an action of its own", _report(_MTA + _recipient("bounced", "5.4.1")), Fate.FAILED, "5.4.1"
    ),
    Shape(
        "Exchange answers with a reference only",
        _report(
            _MTA + _recipient("failed", "5.1.10"),
            head=f"From: postmaster@client.example\nIn-Reply-To: {OURS}\nReferences: {OURS}",
            inside="Subject: x\n\nbody",
        ),
        Fate.FAILED,
        "5.1.10",
    ),
    Shape("delayed", _report(_MTA + _recipient("delayed", "4.4.1")), Fate.DELAYED, "4.4.1"),
    Shape("delivered", _report(_MTA + _recipient("delivered", "2.0.0")), Fate.DELIVERED, "2.0.0"),
    Shape("relayed", _report(_MTA + _recipient("relayed", "2.1.9")), Fate.RELAYED, "2.1.9"),
    Shape("expanded", _report(_MTA + _recipient("expanded", "2.0.0")), Fate.RELAYED, "2.0.0"),
    Shape(
        "qmail",
        _plain(
            "Hi. This is the qmail-send program at client.example.\nThis is a permanent error;"
            " I've given up. Sorry it didn't work out.\n\n<ap@client.example>:\nNo mailbox.\n\n"
            f"--- Below this line is a copy of the message.\n\nMessage-ID: {OURS}\nSubject: x",
            _DAEMON,
        ),
        Fate.FAILED,
    ),
    Shape(
        "exim",
        _plain(
            "A message that you sent could not be delivered to one or more of its recipients.\n\n"
            "  ap@client.example\n    550 5.1.1 User unknown\n\n"
            f"------ This is a copy of your message\n\nMessage-ID: {OURS}",
            "From: Mail Delivery System <Mailer-Daemon@mx.client.example>\n"
            "Subject: Mail delivery failed: returning message to sender",
        ),
        Fate.FAILED,
        "5.1.1",
    ),
    Shape(
        "a warning in words",
        _plain(
            "Your message has not yet been delivered and will be retried for 3 days.\n"
            f"Message-ID: {OURS}",
            "From: postmaster@client.example\nSubject: Warning: message delayed 4 hours",
        ),
        Fate.DELAYED,
    ),
    Shape(
        "a failure in German",
        _plain(
            f"Ihre Nachricht wurde nicht zugestellt.\nMessage-ID: {OURS}",
            "Return-Path: <>\nFrom: system@client.example\nSubject: Unzustellbar: Rechnung",
        ),
        Fate.FAILED,
    ),
    Shape(
        "about another mail",
        _report(_MTA + _recipient("failed", "5.1.1"), inside="Message-ID: <x@y.example>\n\nbody"),
        Fate.FAILED,
        "5.1.1",
        returned=False,
    ),
    Shape(
        "of an answer to a mail of ours",
        _report(
            _MTA + _recipient("failed", "5.1.1"),
            head=f"{_DAEMON}\nReferences: {OURS} <by-hand@brightwater.example>",
            inside=f"Message-ID: <by-hand@brightwater.example>\nReferences: {OURS}\n\nbody",
        ),
        Fate.FAILED,
        "5.1.1",
        returned=False,
    ),
)

NO_REPORTS = (
    Shape(
        "a read receipt",
        _report("x").replace(b"delivery-status", b"disposition-notification"),
        None,
    ),
    Shape(
        "a complaint about spam",
        _report("x").replace(b"delivery-status", b"feedback-report"),
        None,
    ),
    Shape("a report without an action", _report("Reporting-MTA: dns; x.example\n"), None),
    Shape(
        "a person who quotes a bounce",
        _plain(
            f"It says: 550 5.1.1 could not be delivered. Message-ID: {OURS}",
            "From: Anna <anna@client.example>\nSubject: Re: your invoice",
        ),
        None,
    ),
    Shape("a robot with other news", _plain("Your quota is fine.", _DAEMON), None),
    Shape(
        "a robot that answers our mail",
        _plain(f"Thank you for your mail.\nMessage-ID: {OURS}", "From: postmaster@client.example"),
        None,
    ),
)
