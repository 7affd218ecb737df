"""Mails that anybody may have written: read strictly, and never the reason why we fall over."""

import random

import pytest

from invoicing.adapters.received import MOST_BYTES, parse
from invoicing.domain.mailed import command
from invoicing.domain.review import Answer
from tests.adapters.dsn import NO_REPORTS, OURS, SHAPES, Shape

MX = "mx.brightwater.example"
PROOF = f"Authentication-Results: {MX}; dmarc=pass header.from=lead.example\r\n"


def mail(head: str, body: str = "approve") -> bytes:
    return f"{head}\r\n\r\n{body}\r\n".replace("\r\n", "\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_servers_send_back_is_understood(shape: Shape) -> None:
    report = parse(shape.content).report

    assert report is not None
    assert (report.fate, report.status) == (shape.fate, shape.status)
    assert report.returned == ((OURS,) if shape.returned else ())


@pytest.mark.parametrize("shape", NO_REPORTS, ids=lambda shape: shape.name)
def test_what_only_looks_like_it_is_no_report(shape: Shape) -> None:
    assert parse(shape.content).report is None


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        ("From: lea@lead.example", "lea@lead.example"),
        ("From: Lea Lead <Lea@Lead.Example>", "lea@lead.example"),
        ('From: "Lead, Lea" <lea@lead.example>', "lea@lead.example"),
        ("From: =?utf-8?q?Lea_L=C3=A9ad?= <lea@lead.example>", "lea@lead.example"),
        ("From: Lea\r\n <lea@lead.example>", "lea@lead.example"),
        ("From: lea@lead.example, eve@evil.example", ""),
        ("From: lea@lead.example\r\nFrom: eve@evil.example", ""),
        ("From: lea@lead.example <eve@evil.example>", ""),
        ('From: "lea@lead.example" <eve@evil.example>', "eve@evil.example"),
        ("From: <lea@lead.example> <eve@evil.example>", ""),
        ("From: lea@lead.example)<eve@evil.example>", ""),
        ('From: "lea\\" <lea@lead.example>" <eve@evil.example>', ""),
        ("From: Group: lea@lead.example;", ""),
        ("From: lea@lead.example@evil.example", ""),
        ("From: <@evil.example:lea@lead.example>", ""),
        ("From: lea@léad.example", ""),
        ("Sender: lea@lead.example", ""),
        ("From:", ""),
    ],
)
def test_a_mail_is_from_one_plain_address_or_from_nobody(head: str, sender: str) -> None:
    assert parse(mail(head)).sender == sender


def test_only_the_topmost_results_of_our_own_server_prove_a_sender() -> None:
    other = "Authentication-Results: mx.evil.example; dmarc=pass header.from=lead.example\r\n"
    whom = "From: lea@lead.example"

    assert parse(mail(PROOF + whom), [MX]).is_authentic
    assert parse(mail(PROOF.replace("; ", ";\r\n\t") + whom), [MX]).is_authentic
    assert not parse(mail(PROOF + whom)).is_authentic
    assert not parse(mail(other + whom), [MX]).is_authentic
    assert not parse(mail(other + PROOF + whom), [MX]).is_authentic
    assert not parse(mail(PROOF + "From: eve@evil.example"), [MX]).is_authentic
    assert not parse(
        mail(PROOF + "From: lea@lead.example\r\nFrom: lea@lead.example"), [MX]
    ).is_authentic


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "X-Autoreply: yes",
        "Precedence: Bulk",
        "List-Id: <all.client.example>",
        "Return-Path: <>",
        "Subject: Automatic reply: Invoice INV-2026-00001",
        "Subject: Out of office",
        "Subject: =?utf-8?q?Abwesenheitsnotiz=3A_Rechnung?=",
        "Subject: =?utf-8?q?R=C3=A9ponse_automatique?= : facture",
        "Subject: Re: Respuesta =?utf-8?b?YXV0b23DoXRpY2E=?=",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
    ],
)
def test_machines_are_told_from_people(head: str) -> None:
    assert parse(mail(f"From: ap@client.example\r\n{head}")).automatic


@pytest.mark.parametrize(
    "head", ["Auto-Submitted: no", "Subject: Office move", "Precedence: first-class", "X-Mailer: x"]
)
def test_people_are_people(head: str) -> None:
    assert parse(mail(f"From: ap@client.example\r\n{head}")).automatic == ""


def test_references_come_nearest_first_and_only_as_message_ids() -> None:
    head = f"In-Reply-To: {OURS} nonsense\r\nReferences: <a@x.example>\r\n <b@x.example> {OURS}"

    assert parse(mail(head)).references == (OURS, "<b@x.example>", "<a@x.example>")
    assert parse(mail("Message-ID: <x@y> <z@y>\r\nIn-Reply-To: hello")).references == ()
    assert parse(mail("Message-ID: <x@y> <z@y>")).message_id == "<x@y>"


def test_the_first_text_is_read_and_no_attachment() -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=x.txt\r\n\r\n"
        "reject\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nreject\r\n"
        "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nl=F6schen\r\n--b--"
    )

    assert parse(mail("Content-Type: multipart/mixed; boundary=b", body)).text.strip() == "löschen"


def test_an_empty_text_beside_html_is_passed_over() -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\n \r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>approve</p>\r\n--b--"
    )

    assert (
        parse(mail("Content-Type: multipart/alternative; boundary=b", body)).text.strip()
        == "approve"
    )


def test_html_is_read_as_the_lines_that_a_person_sees() -> None:
    body = (
        "<html><head><style>p {}</style><title>t</title></head><body><p>Approve<br></p>"
        "<div>Fine &amp; well<script>reject()</script></div>"
        '<div class="gmail_quote">On Monday we wrote<blockquote>approve, reject</blockquote></div>'
        "</body></html>"
    )
    text = parse(mail("Content-Type: text/html; charset=utf-8", body)).text
    said = command(text)

    assert said is not None
    assert (said.answer, said.comment) == (Answer.APPROVE, "Fine & well")
    assert "> approve, reject" in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"\x00\xff" * 500,
        b"From: =?utf-8?b?/////=?= <lea@lead.example>\r\nSubject: =?x-none?q?a?=\r\n\r\nhello",
        b"Content-Type: text/plain; charset=no-such-set\r\n\r\n\xe9t\xe9",
        b"Content-Type: text/plain; charset*=utf-8''%zz\r\n\r\nhello",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary at all",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/rfc822\n",
        b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n",
        b"Subject: " + b"x" * 900_000 + b"\r\n\r\nhello",
        b"A: b\r\n" * 30_000 + b"\r\nhello",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"hello",
        b"Content-Type: text/html\r\n\r\n" + b"<!" * 300_000,
        b"x" * (MOST_BYTES + 5_000),
        b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" + b"z" * 900_000,
        b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800\\x00",
        b"Subject: =?punycode?q?" + b"z" * 300_000 + b"?=\r\n\r\nhello",
    ],
    ids=range(18),
)
def test_no_mail_brings_us_down(content: bytes) -> None:
    found = parse(content)

    assert len(found.digest) == 64
    assert "\0" not in found.text
    assert found.text.encode() is not None  # no letters that a database refuses
    assert found.report is None or found.report.returned == ()


def test_a_mail_of_ten_thousand_nested_parts_is_not_taken_apart() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one)
        for one in range(10_000)
    )

    found = parse(b"From: lea@lead.example\r\n" + deep + b"\r\napprove")

    assert found.damaged == "it has too many parts"
    assert found.sender == "lea@lead.example"
    assert found.text == "" or command(found.text) is None


def test_a_mail_that_is_too_long_says_so_and_its_beginning_counts() -> None:
    found = parse(mail("From: lea@lead.example", "approve\r\n\r\n" + "x" * MOST_BYTES))

    assert "too long" in found.damaged
    assert found.sender == "lea@lead.example"


def test_broken_bytes_in_every_place_never_raise() -> None:
    chance = random.Random(7)
    shapes = [shape.content for shape in (*SHAPES, *NO_REPORTS)]
    for _ in range(600):
        content = bytearray(chance.choice(shapes))
        for _ in range(chance.randrange(1, 30)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        assert parse(bytes(content[: chance.randrange(1, len(content))])).digest
