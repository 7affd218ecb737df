"""What people and mail servers write back about a mail that the sandbox took in."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr

from sandbox.company import MistakeError
from sandbox.mails import Mail, MailFolder

_DAEMON = "MAILER-DAEMON@mx.example.com"


def answer(folder: MailFolder, mail: Mail, text: str) -> int:
    """Write back to a mail as the first one who got it; returns the number of the answer."""
    if not text.strip():
        raise MistakeError("Write something; an empty mail answers nothing.")
    message, sender = mail.message, mail.recipients[0]
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = sender, _reply_address(mail)
    letter["Subject"] = f"Re: {message['Subject'] or ''}"
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    letter["In-Reply-To"] = letter["References"] = str(message["Message-ID"])
    quoted = "\n".join(f"> {line}" for line in mail.body("plain").splitlines())
    letter.set_content(f"{text.strip()}\n\nOn your mail:\n{quoted}\n")
    return folder.keep(sender, [_reply_address(mail)], letter.as_bytes())


def send_back(folder: MailFolder, mail: Mail) -> int:
    """Let a mail come back as undeliverable (RFC 3464); returns the number of the report."""
    sent_on, our_id = format_datetime(datetime.now(UTC)), make_msgid(domain="mx.example.com")
    head = (
        f"From: Mail Delivery System <{_DAEMON}>\nTo: {mail.sender}\n"
        f"Subject: Undelivered Mail Returned to Sender\nDate: {sent_on}\nMessage-ID: {our_id}\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="limit"\n'
    )
    parts = (
        ("text/plain", "The address does not exist (any more). Your mail is returned.\n"),
        ("message/delivery-status", _status(mail)),
        ("text/rfc822-headers", _headers(mail)),
    )
    body = "".join(f"--limit\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    report = f"{head}\n{body}--limit--\n".replace("\r\n", "\n").replace("\n", "\r\n")
    return folder.keep(_DAEMON, [mail.sender], report.encode())


def _reply_address(mail: Mail) -> str:
    message = mail.message
    return parseaddr(str(message["Reply-To"] or message["From"]))[1] or mail.sender


def _status(mail: Mail) -> str:
    gone = "".join(
        f"\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown address\n"
        for recipient in mail.recipients
    )
    return f"Reporting-MTA: dns; mx.example.com\n{gone}"


def _headers(mail: Mail) -> str:
    return mail.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace") + "\r\n"
