"""Composing mails: what a hostile text could smuggle into a header, and what must survive."""

from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from invoicing.adapters.mime import Envelope, attachment_name, compose, one_address
from invoicing.domain.dispatch import Attachment, Message, Recipients
from invoicing.domain.errors import RefusedError

MESSAGE = Message(
    message_id="<0123456789abcdef@brightwater.example>",
    sender="billing@brightwater.example",
    recipients=Recipients(("jane@client.example",), ("cc@client.example",)),
    subject="Invoice INV-2026-00001",
    text="Hello.\n",
    html="",
    attachments=(),
)
OUR_HEADERS = [
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
]  # fmt: skip

BREAKS = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\x7f",
    "\ud800",
]
ADDRESS_TRICKS = [
    "",
    " ",
    "jane",
    "@client.example",
    "jane@",
    "jane@client.example,eve@evil.example",
    "jane@client.example, eve@evil.example",
    "jane@client.example; eve@evil.example",
    "jane@client.example eve@evil.example",
    "Jane <jane@client.example>",
    "<jane@client.example>",
    '"Jane, Doe" <jane@client.example>',
    '"jane"@client.example',
    '"a@b"@client.example',
    "jane@client.example@evil.example",
    "jane(comment)@client.example",
    "jane@client.example (eve)",
    "friends:jane@client.example;",
    "@evil.example:jane@client.example",
    "eve%evil.example@client.example",
    "evil.example!eve@client.example",
    "jane@[127.0.0.1]",
    "jane@client..example",
    "jane@-client.example",
    "jane@client.example.",
    ".jane@client.example",
    "jane.@client.example",
    "ja..ne@client.example",
    "jane@client.example>\r\nRCPT TO:<eve@evil.example",
    "jane@client.example> SIZE=1",
    "jane\\@client.example",
    "jàne@client.example",
    "jane@clìent.example",
    "jane@client。example",
    "jane\uff20client.example",
    "=?utf-8?q?eve=40evil.example?=",
    "=?utf-8?q?eve?=@evil.example,x@y.example",
    "mailto:jane@client.example",
    "jane@client.example\u200b",
    "jane\t@client.example",
    "a" * 65 + "@client.example",
    "jane@" + "a" * 64 + ".example",
    "jane@" + ".".join(["a" * 60] * 5),
]
SUBJECT_TRICKS = [
    *(f"Invoice{mark}Bcc: eve@evil.example" for mark in BREAKS),
    "Rechnung über\r\nBcc: eve@evil.example",
    "=?utf-8?q?Invoice=0D=0ABcc=3A_eve=40evil=2Eexample?=",
    "=?utf-8?b?SW52b2ljZQ0KQmNjOiBldmVAZXZpbC5leGFtcGxl?=",
]
ID_TRICKS = [
    "",
    "abc@brightwater.example",
    "<abc>",
    "<a b@brightwater.example>",
    "<a@brightwater.example> <b@brightwater.example>",
    "<a@brightwater.example>\r\nBcc: eve@evil.example",
]


def read(message: Message) -> EmailMessage:
    return message_from_bytes(compose(message).content, policy=SMTP)


@pytest.mark.parametrize("address", ADDRESS_TRICKS, ids=ascii)
@pytest.mark.parametrize("place", ["sender", "to", "cc", "bcc", "reply_to"])
def test_only_one_plain_address_is_taken(address: str, place: str) -> None:
    good = MESSAGE.recipients
    message = {
        "sender": replace(MESSAGE, sender=address),
        "to": replace(MESSAGE, recipients=Recipients((*good.to, address))),
        "cc": replace(MESSAGE, recipients=Recipients(good.to, (address,))),
        "bcc": replace(MESSAGE, recipients=Recipients(good.to, bcc=(address,))),
        "reply_to": replace(MESSAGE, reply_to=address),
    }[place]
    if place == "reply_to" and not address:
        return  # there is none
    with pytest.raises(RefusedError) as refused:
        compose(message)
    assert "evil" not in str(refused.value)
    assert "jane" not in str(refused.value)


@pytest.mark.parametrize("mark", BREAKS, ids=ascii)
@pytest.mark.parametrize(
    "text", ["{}jane@client.example", "jane{}@client.example", "jane@client.example{}"]
)
def test_control_characters_in_addresses_are_refused(mark: str, text: str) -> None:
    with pytest.raises(RefusedError):
        compose(replace(MESSAGE, recipients=Recipients((text.format(mark),))))


@pytest.mark.parametrize("subject", SUBJECT_TRICKS, ids=ascii)
def test_no_subject_becomes_another_header(subject: str) -> None:
    with pytest.raises(RefusedError):
        compose(replace(MESSAGE, subject=subject))


@pytest.mark.parametrize("message_id", ID_TRICKS, ids=ascii)
def test_a_malformed_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(RefusedError, match="Message-ID"):
        compose(replace(MESSAGE, message_id=message_id))


@pytest.mark.parametrize("message_id", ID_TRICKS, ids=ascii)
def test_a_malformed_thread_is_refused(message_id: str) -> None:
    with pytest.raises(RefusedError, match="Message-ID"):
        compose(replace(MESSAGE, follows=("<1@brightwater.example>", message_id)))


@pytest.mark.parametrize("mark", BREAKS, ids=ascii)
def test_control_characters_in_attachment_names_are_refused(mark: str) -> None:
    attachment = Attachment(f"a{mark}Content-Type: text/html.pdf", "application/pdf", b"x")
    with pytest.raises(RefusedError):
        compose(replace(MESSAGE, attachments=(attachment,)))


@pytest.mark.parametrize("kind", ["", "pdf", "application/pdf; name=x", "a/b\r\nBcc: x", "A/ß"])
def test_malformed_media_types_are_refused(kind: str) -> None:
    with pytest.raises(RefusedError):
        compose(replace(MESSAGE, attachments=(Attachment("a.pdf", kind, b"x"),)))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("INV-2026-00001.pdf", "INV-2026-00001.pdf"),
        ("INV/2026/1.pdf", "INV-2026-1.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ('a"; filename="evil.exe', "a-filename-evil.exe"),
        ("Rechnung für Ä.pdf", "Rechnung-f-r-.pdf"),
        ("evil\u202efdp.exe", "evil-fdp.exe"),
        (".hidden", "hidden"),
        ("", "attachment"),
        ("...", "attachment"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_attachment_names_are_safe_everywhere(name: str, safe: str) -> None:
    assert attachment_name(name) == safe


SMUGGLED = "eve@evil.example"
FIELDS = (
    "subject",
    "sender_name",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply_to",
    "follows",
    "id",
    "file",
)
SMUGGLERS = [
    *(f"Jane{mark}Bcc: {SMUGGLED}" for mark in BREAKS),
    f"Jane\r\n\r\nBcc: {SMUGGLED}\r\n\r\n<script>",
    f"Jane\r\n .\r\nRCPT TO:<{SMUGGLED}>",
    f"Jane\n\tBcc: {SMUGGLED}",
    f"Jane%0d%0aBcc: {SMUGGLED}",
    f"Jane\\r\\nBcc: {SMUGGLED}",
    f"Jane&#13;&#10;Bcc: {SMUGGLED}",
    f"=?utf-8?q?Jane=0D=0ABcc=3A_{SMUGGLED.replace('@', '=40')}?=",
    "=?utf-8?b?SmFuZQ0KQmNjOiBldmVAZXZpbC5leGFtcGxl?=",
    f'"Jane" <{SMUGGLED}>, ',
    f"Jane <{SMUGGLED}>",
    f"Jane, {SMUGGLED}; ",
    f"{SMUGGLED},",
    f"undisclosed: {SMUGGLED};",
    f"Jane (<{SMUGGLED}>)",
    f"Jane\u2028Bcc: {SMUGGLED}",
    f"\u202e{SMUGGLED[::-1]}",
    f"Jane\uff20evil.example\uff0cBcc: {SMUGGLED}",
    "x" * 1200 + f"\r\nBcc: {SMUGGLED}",
    f"Jane\x00\r\nContent-Type: text/html\r\n\r\n{SMUGGLED}",
]
HEADERS_AT_MOST = {*OUR_HEADERS, "Reply-To", "In-Reply-To", "References"}


def smuggling(field: str, text: str) -> Message:
    """Put a hostile text into one field of a mail."""
    jane = ("jane@client.example",)
    attachment = Attachment(text, "application/pdf", b"%PDF-1.7")
    return {
        "subject": replace(MESSAGE, subject=text),
        "sender_name": replace(MESSAGE, sender_name=text),
        "sender": replace(MESSAGE, sender=text),
        "to": replace(MESSAGE, recipients=Recipients((text,))),
        "cc": replace(MESSAGE, recipients=Recipients(jane, (text,))),
        "bcc": replace(MESSAGE, recipients=Recipients(jane, bcc=(text,))),
        "reply_to": replace(MESSAGE, reply_to=text),
        "follows": replace(MESSAGE, follows=(text,)),
        "id": replace(MESSAGE, message_id=text),
        "file": replace(MESSAGE, attachments=(attachment,)),
    }[field]


def composed(message: Message) -> Envelope | None:
    """Compose the mail, or say that it was refused."""
    with suppress(RefusedError):
        return compose(message)
    return None


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_adds_a_header_or_a_recipient(field: str) -> None:
    for text in SMUGGLERS:
        envelope = composed(smuggling(field, text))
        if envelope is None:
            continue
        mail = message_from_bytes(envelope.content, policy=SMTP)
        assert set(mail.keys()) <= HEADERS_AT_MOST
        assert len(mail.keys()) == len(set(mail.keys()))
        assert not set(envelope.recipients) - {"jane@client.example", "cc@client.example"}
        for header in ("From", "To", "Cc"):
            people = [one.addr_spec for one in mail[header].addresses] if mail[header] else []
            assert SMUGGLED not in people
            assert len(people) <= 1


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(SMUGGLERS) * len(FIELDS) >= 60


def test_hidden_recipients_stand_in_the_envelope_only() -> None:
    hidden = ("boss@brightwater.example", "jane@client.example")
    envelope = compose(replace(MESSAGE, recipients=replace(MESSAGE.recipients, bcc=hidden)))
    assert envelope.recipients == (
        "jane@client.example", "cc@client.example", "boss@brightwater.example",
    )  # fmt: skip
    assert b"boss" not in envelope.content
    assert b"bcc" not in envelope.content.lower()


@pytest.mark.parametrize(
    "name",
    [
        "Brightwater Systems GmbH",
        "Müller & Söhne, GmbH",
        "Acme (Europe) Ltd.",
        "O'Neil, Inc.",
        "日本株式会社",
        "Société Générale d'Électricité et de Construction Ferroviaire S.A.",
    ],
)
def test_a_plain_name_stands_beside_the_sender(name: str) -> None:
    sender = read(replace(MESSAGE, sender_name=name))["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in sender] == [(name, MESSAGE.sender)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "ceo@client.example",
        "Jane <ceo@client.example>",
        'Jane "the boss"',
        "Jane\\",
        "Jane: urgent",
        "Jane; Eve",
        "=?utf-8?q?eve?=",
        "ceo\uff20client.example",
        "\u202eHbmG retawthgirB",
        "Bright\u200bwater",
        "Brightwater\r\nGmbH",
        "x" * 79,
        "é" * 78,
    ],
    ids=ascii,
)
def test_a_name_that_could_mislead_is_left_out(name: str) -> None:
    assert str(read(replace(MESSAGE, sender_name=name))["From"]) == MESSAGE.sender


def test_answers_and_threads_go_where_they_belong() -> None:
    follows = ("<1@brightwater.example>", "<2@brightwater.example>")
    mail = read(replace(MESSAGE, reply_to="billing@client.example", follows=follows))
    assert mail["Reply-To"] == "billing@client.example"
    assert mail["In-Reply-To"] == follows[-1]
    assert mail["References"] == " ".join(follows)


def test_programs_are_asked_not_to_answer_but_reports_of_failure_are_welcome() -> None:
    mail = read(MESSAGE)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "DR" not in mail["X-Auto-Response-Suppress"].split(", ")
    assert "All" not in mail["X-Auto-Response-Suppress"]


def test_a_mail_without_recipient_is_refused() -> None:
    with pytest.raises(RefusedError, match="no recipient"):
        compose(replace(MESSAGE, recipients=Recipients((), ("cc@client.example",))))


def test_a_mail_has_exactly_our_headers() -> None:
    mail = read(MESSAGE)
    assert sorted(mail.keys()) == sorted(OUR_HEADERS)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == MESSAGE.message_id
    assert mail["Cc"] == "cc@client.example"


@pytest.mark.parametrize(
    "subject",
    [
        "Rechnung über 1.200,00 € für Nordwind Logistik GmbH, Leistungszeitraum November 2026 " * 4,
        "請求書 " * 60,
        "x" * 900,
        "ü" * 700,
        "👩‍👩‍👧‍👦 family " * 30,
        'a, b; c: d <e> (f) "g" \\h',
        "Invoice = 5 ? 6 =_ _",
        "Zahlungserinnerung: Rechnung INV-2026-00007 von Brightwater Systems GmbH",  # folded whole
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_every_honest_subject_survives(subject: str) -> None:
    content = compose(replace(MESSAGE, subject=subject)).content
    mail = message_from_bytes(content, policy=SMTP)
    assert str(mail["Subject"]).strip(" ") == " ".join(subject.split())
    assert sorted(mail.keys()) == sorted(OUR_HEADERS)
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


def test_long_and_many_addresses_survive() -> None:
    domain = ".".join(["a" * 60] * 4)
    to = (f"{'b' * 64}@{domain}", *(f"person{n}@client.example" for n in range(60)))
    envelope = compose(replace(MESSAGE, recipients=Recipients(to)))
    assert envelope.recipients == to
    assert message_from_bytes(envelope.content, policy=SMTP)["To"] == ", ".join(to)


def test_somebody_named_twice_gets_it_once() -> None:
    recipients = Recipients(
        ("jane@client.example", "jane@client.example"), ("jane@client.example",)
    )
    assert compose(replace(MESSAGE, recipients=recipients)).recipients == ("jane@client.example",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no end",
        "two\r\nends\rand\none",
        "ünïcode\n",
        "x" * 5000,
        ". \n.\n..\n",
        "\x01\x1b[0m\n",
        "tab\t \n",
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_only_clean_lines_go_over_the_wire(text: str) -> None:
    html = f"<p>{text}</p>"
    binary = Attachment("a.pdf", "application/pdf", bytes(range(256)) * 9 + b"\n.\n\r.\r")
    message = replace(MESSAGE, text=text, html=html, attachments=(binary,))
    content = compose(message).content
    lines = content.split(b"\r\n")
    assert content.isascii()
    assert lines[-1] == b""
    assert not any(b"\r" in line or b"\n" in line or len(line) > 998 for line in lines)
    mail = read(message)
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        "text/plain", "text/html", "application/pdf",
    ]  # fmt: skip
    assert next(mail.iter_attachments()).get_content() == binary.content


@pytest.mark.parametrize("text", ["\ud800", "a\0b"], ids=ascii)
def test_text_that_cannot_travel_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="the mail"):
        compose(replace(MESSAGE, text=text))


@pytest.mark.parametrize("address", ["billing@localhost", "a.b+c=d_e@x-y.example", "o'hara@a.b"])
def test_plain_addresses_are_plain(address: str) -> None:
    assert one_address(address)
