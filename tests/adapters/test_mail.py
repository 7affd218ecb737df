"""The SMTP sender against a server that goes wrong in every phase: the outcome is always true."""

import ssl
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from invoicing.adapters.mail import SmtpMailer
from invoicing.domain.dispatch import Attachment, Delivery, Message, Outcome, Recipients
from invoicing.domain.errors import SettingsError
from invoicing.services.ports import FaultPoint, no_faults
from tests.adapters.certificates import Authority
from tests.adapters.misbehaving_smtp import (
    DRIP,
    DROP,
    ENDLESS,
    GARBAGE,
    HALF,
    HANG,
    RESET,
    TWICE,
    MisbehavingServer,
)

ACCEPTED, RETRY, FAILED, UNCERTAIN = Outcome
SIZES = {"small": 100, "big": 1_000_000}
TO = ("jane.doe@client.example", "billing@client.example")

# faults, outcome, phase, code
ANSWERS: list[tuple[dict[str, str], Outcome, str, int]] = [
    ({}, ACCEPTED, "reply", 250),
    ({"stored": "250-2.0.0 kept\r\n250 as 17"}, ACCEPTED, "reply", 250),
    ({"quit": DROP}, ACCEPTED, "reply", 250),
    ({"quit": GARBAGE}, ACCEPTED, "reply", 250),
    ({"quit": "421 4.0.0 bye"}, ACCEPTED, "reply", 250),
    ({"rcpt1": "251 2.1.5 forwarded"}, ACCEPTED, "reply", 250),
    ({"greeting": "421 4.3.2 not now"}, RETRY, "ehlo", 421),
    ({"greeting": "554 5.7.1 go away"}, FAILED, "ehlo", 554),
    ({"greeting": DROP}, RETRY, "ehlo", 0),
    ({"greeting": GARBAGE}, RETRY, "ehlo", 0),
    ({"greeting": ENDLESS}, RETRY, "ehlo", 0),
    ({"greeting": TWICE}, RETRY, "ehlo", 250),
    ({"ehlo": "451 4.3.0 not now"}, RETRY, "ehlo", 451),
    ({"ehlo": "550 5.7.1 not you"}, FAILED, "ehlo", 550),
    ({"ehlo": DROP}, RETRY, "ehlo", 0),
    ({"ehlo": GARBAGE}, RETRY, "ehlo", 0),
    ({"mail": "451 4.3.0 not now"}, RETRY, "mail", 451),
    ({"mail": "552 5.3.4 too big"}, FAILED, "mail", 552),
    ({"mail": DROP}, RETRY, "mail", 0),
    ({"mail": GARBAGE}, RETRY, "mail", 0),
    ({"mail": TWICE}, RETRY, "rcpt", 250),
    ({"rcpt1": "451 4.7.1 greylisted"}, RETRY, "rcpt", 451),
    ({"rcpt1": "550 5.1.1 unknown", "rcpt2": "550 5.1.1 unknown"}, FAILED, "rcpt", 550),
    ({"rcpt2": "550 5.1.1 unknown"}, FAILED, "rcpt", 550),
    ({"rcpt2": "452 4.5.3 too many"}, RETRY, "rcpt", 452),
    ({"rcpt1": "451 4.7.1 later", "rcpt2": "550 5.1.1 unknown"}, FAILED, "rcpt", 550),
    ({"rcpt1": "421 4.3.2 closing"}, RETRY, "rcpt", 0),
    ({"rcpt2": DROP}, RETRY, "rcpt", 0),
    ({"rcpt1": GARBAGE}, RETRY, "rcpt", 0),
    ({"data": "451 4.3.0 not now"}, RETRY, "data", 451),
    ({"data": "554 5.7.1 no"}, FAILED, "data", 554),
    ({"data": "250 2.0.0 ok?"}, RETRY, "data", 250),
    ({"data": DROP}, RETRY, "data", 0),
    ({"data": GARBAGE}, RETRY, "data", 0),
    ({"body": DROP}, RETRY, "body", 0),
    ({"body": "451 4.3.1 disk full"}, RETRY, "body", 451),
    ({"body": "552 5.3.4 too big"}, FAILED, "body", 552),
    ({"body": "250 2.0.0 kept already"}, RETRY, "body", 250),
    ({"body": GARBAGE}, RETRY, "body", 0),
    ({"dot": "451 4.3.0 not now"}, RETRY, "reply", 451),
    ({"dot": "421 4.3.2 closing"}, RETRY, "reply", 421),
    ({"dot": "550 5.7.1 spam"}, FAILED, "reply", 550),
    ({"dot": "354 go on"}, UNCERTAIN, "reply", 354),
    ({"dot": DROP}, UNCERTAIN, "reply", 0),
    ({"dot": GARBAGE}, UNCERTAIN, "reply", 0),
    ({"stored": DROP}, UNCERTAIN, "reply", 0),
    ({"stored": HALF}, UNCERTAIN, "reply", 0),
    ({"stored": GARBAGE}, UNCERTAIN, "reply", 0),
    ({"stored": ENDLESS}, UNCERTAIN, "reply", 0),
    ({"stored": "220 2.0.0 hello"}, UNCERTAIN, "reply", 220),
    ({"stored": "250-2.0.0 kept\r\n451 or not"}, UNCERTAIN, "reply", 0),
    ({"stored": "٢٥٠ kept"}, UNCERTAIN, "reply", 0),
]

# The server stays silent or trickles for ever: only the deadline ends these.
SILENCES: list[tuple[dict[str, str], Outcome, str]] = [
    ({"greeting": HANG}, RETRY, "ehlo"),
    ({"greeting": DRIP}, RETRY, "ehlo"),
    ({"ehlo": HANG}, RETRY, "ehlo"),
    ({"mail": DRIP}, RETRY, "mail"),
    ({"rcpt1": HANG}, RETRY, "rcpt"),
    ({"data": HANG}, RETRY, "data"),
    ({"dot": HANG}, UNCERTAIN, "reply"),
    ({"stored": HANG}, UNCERTAIN, "reply"),
    ({"stored": DRIP}, UNCERTAIN, "reply"),
]


def a_message(size: int = 100, to: tuple[str, ...] = TO, text: str = "Hello.\n") -> Message:
    pdf = Attachment("INV-2026-00001.pdf", "application/pdf", b"%PDF-1.7\r\n" + b"\x00\xff" * size)
    return Message(
        message_id="<0123456789abcdef@brightwater.example>",
        sender="billing@brightwater.example",
        recipients=Recipients(to),
        subject="Invoice INV-2026-00001",
        text=text,
        html="<p>Hello.</p>",
        attachments=(pdf,),
    )


def plain_mailer(
    port: int, seconds: float = 30, host: str = "127.0.0.1", fault: FaultPoint = no_faults
) -> SmtpMailer:
    return SmtpMailer(host=host, port=port, security="plain", deadline_seconds=seconds, fault=fault)


def send(server: MisbehavingServer, message: Message, seconds: float = 30) -> Delivery:
    return plain_mailer(server.port, seconds).send(message)


def consistent(server: MisbehavingServer, delivery: Delivery) -> bool:
    """Tell whether what the server kept agrees with what we were told."""
    server.wait_for_sessions()
    match delivery.outcome:
        case Outcome.ACCEPTED:
            return len(server.stored) == 1
        case Outcome.UNCERTAIN:
            return len(server.stored) <= 1
    return not server.stored


def names(
    case: tuple[dict[str, str], Outcome, str, int] | tuple[dict[str, str], Outcome, str],
) -> str:
    return ",".join(f"{place}={fault[:3]}" for place, fault in case[0].items()) or "fine"


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("case", ANSWERS, ids=names)
def test_every_answer_is_classified_by_its_phase(
    case: tuple[dict[str, str], Outcome, str, int], size: int
) -> None:
    faults, outcome, phase, code = case
    with MisbehavingServer(faults) as server:
        delivery = send(server, a_message(size // 2))
        assert (delivery.outcome, delivery.phase, delivery.code) == (outcome, phase, code)
        assert consistent(server, delivery)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("case", ANSWERS, ids=names)
def test_commands_that_go_out_together_are_classified_alike(
    case: tuple[dict[str, str], Outcome, str, int], size: int
) -> None:
    faults, outcome, phase, code = case
    with MisbehavingServer(faults, offers=("PIPELINING", "SIZE 50000000")) as server:
        delivery = send(server, a_message(size // 2))
        assert delivery.outcome is outcome
        if TWICE not in faults.values():  # it shows one reply later when nobody looks in between
            assert (delivery.phase, delivery.code) == (phase, code)
        assert consistent(server, delivery)


def test_a_refused_recipient_gets_no_body_although_data_was_asked_for() -> None:
    faults = {"rcpt2": "550 5.1.1 unknown"}
    with MisbehavingServer(faults, offers=("PIPELINING",)) as server:
        delivery = send(server, a_message())
        server.wait_for_sessions()
    assert delivery.detail.startswith("1 of 2 recipients refused, sent to none")
    assert server.commands == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA"]
    assert not server.stored


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("case", SILENCES, ids=names)
def test_the_deadline_ends_every_silence(
    case: tuple[dict[str, str], Outcome, str], size: int
) -> None:
    faults, outcome, phase = case
    for seconds in (0.5, 2, 8):  # a busy machine needs more time to come as far as the silence
        with MisbehavingServer(faults) as server:
            delivery = send(server, a_message(size // 2), seconds)
        if delivery.phase == phase:
            break
    assert (delivery.outcome, delivery.phase, delivery.code) == (outcome, phase, 0)
    assert len(server.stored) == (1 if "stored" in faults else 0)


@pytest.mark.parametrize("fault", [HANG, RESET])
def test_a_server_that_leaves_a_big_body_unread_has_not_accepted_it(fault: str) -> None:
    with MisbehavingServer({"body": fault}) as server:
        delivery = send(server, a_message(6_000_000), seconds=3)
        assert (delivery.outcome, delivery.phase) == (RETRY, "body")
    assert not server.stored


def test_a_connection_that_breaks_at_the_dot_is_uncertain() -> None:
    with MisbehavingServer({"body": HANG}) as server:

        def break_off(point: str) -> None:
            if point == "smtp.dot":
                server.reset_connections()

        delivery = plain_mailer(server.port, fault=break_off).send(a_message())
    assert (delivery.outcome, delivery.phase) == (UNCERTAIN, "dot")


def test_nobody_there_may_be_tried_again() -> None:
    with MisbehavingServer() as server:
        port = server.port
    delivery = plain_mailer(port, 5).send(a_message())
    assert (delivery.outcome, delivery.phase) == (RETRY, "connect")


def test_an_unknown_host_may_be_tried_again() -> None:
    delivery = plain_mailer(25, 5, host="nowhere.invalid").send(a_message())
    assert (delivery.outcome, delivery.phase) == (RETRY, "connect")


def test_a_hanging_quit_does_not_change_an_acceptance() -> None:
    with MisbehavingServer({"quit": HANG}) as server:
        assert send(server, a_message()).outcome is ACCEPTED


def test_one_refused_recipient_means_that_nobody_gets_it() -> None:
    with MisbehavingServer({"rcpt2": "550 5.1.1 <billing@client.example> unknown"}) as server:
        delivery = send(server, a_message())
        server.wait_for_sessions()
    assert "DATA" not in server.commands
    assert delivery.detail.startswith("1 of 2 recipients refused, sent to none: 550 5.1.1")


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 <jane.doe@client.example>: no such user",
        "550 5.1.1 mailbox jane.doe does not exist",
        "550 5.7.1 see https://help.test/?who=jane.doe%40client.example",
        "550 5.1.1 rfc822;JANE.DOE@client.example",
    ],
)
def test_details_hold_no_address(answer: str) -> None:
    with MisbehavingServer({"rcpt1": answer}) as server:
        detail = send(server, a_message()).detail
    assert "jane" not in detail.lower()
    assert answer[:9] in detail


def test_every_attempt_is_one_line_of_printable_text() -> None:
    with MisbehavingServer({"dot": "550 5.7.1 \x1b[31mred\tand ünïcode " + "x" * 900}) as server:
        detail = send(server, a_message()).detail
    assert detail.isascii()
    assert detail.isprintable()
    assert len(detail) <= 300


def test_the_server_receives_what_we_meant_to_say() -> None:
    text = ".leading dot\n..two\n.\nUmläute €\n" + "long " * 500 + "\nFrom here\n" + "y" * 3000
    message = a_message(to=(*TO, TO[0]), text=text)
    with MisbehavingServer() as server:
        assert send(server, message).outcome is ACCEPTED
        server.wait_for_sessions()
    mail = message_from_bytes(server.stored[0], policy=SMTP)
    body, attachment = mail.get_body(("plain",)), next(mail.iter_attachments())
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text
    assert attachment.get_content() == message.attachments[0].content
    assert mail["Message-ID"] == message.message_id
    assert server.recipients == [f"RCPT TO:<{address}>" for address in TO]


def test_raw_lines_that_begin_with_a_dot_do_not_end_the_mail() -> None:
    with MisbehavingServer() as server:
        assert send(server, a_message(text=".\n.\n.hidden\n")).outcome is ACCEPTED
        server.wait_for_sessions()
    assert b"\r\n.\r\n.\r\n.hidden\r\n" in server.stored[0]


def test_fault_points_see_each_phase_once_and_the_dot_before_its_reply() -> None:
    seen: list[str] = []
    with MisbehavingServer() as server:
        plain_mailer(server.port, fault=seen.append).send(a_message())
    assert seen == [
        f"smtp.{phase}"
        for phase in ("connect", "ehlo", "ehlo", "mail", "rcpt", "data", "body", "dot", "reply")
    ]


def test_a_refused_message_never_reaches_the_network() -> None:
    with MisbehavingServer() as server:
        delivery = send(server, a_message(to=("jane@client.example, eve@evil.example",)))
    assert (delivery.outcome, delivery.phase) == (FAILED, "compose")
    assert "eve" not in delivery.detail
    assert not server.commands


# --- TLS and signing in ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def secured(
    server: MisbehavingServer,
    context: ssl.SSLContext | None,
    *,
    security: str = "starttls",
    host: str = "localhost",
    user: str = "",
) -> Delivery:
    mailer = SmtpMailer(
        host=host,
        port=server.port,
        user=user,
        password="pässword",
        security=security,
        deadline_seconds=20,
        ssl_context=context,
    )
    return mailer.send(a_message())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_a_trusted_authority_is_accepted(
    authority: Authority, security: str, host: str
) -> None:
    context = authority.server_context(host)
    with MisbehavingServer(context=context, tls_from_start=security == "tls") as server:
        delivery = secured(server, authority.client_context(), security=security, host=host)
        assert delivery.outcome is ACCEPTED
        assert consistent(server, delivery)
    assert [text.split()[0] for text in server.in_clear] in ([], ["EHLO", "STARTTLS"])


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["stranger", "expired", "other host"])
def test_a_bad_certificate_is_refused(
    authority: Authority, tmp_path: Path, security: str, flaw: str
) -> None:
    signer = Authority(tmp_path, "Stranger") if flaw == "stranger" else authority
    host = "elsewhere.test" if flaw == "other host" else "localhost"
    context = signer.server_context(host, expired=flaw == "expired")
    with MisbehavingServer(context=context, tls_from_start=security == "tls") as server:
        delivery = secured(server, authority.client_context(), security=security, user="us")
    assert (delivery.outcome, delivery.phase) == (FAILED, "tls")
    assert "AUTH" not in server.commands
    assert not server.stored


def test_without_the_authority_the_system_store_refuses(authority: Authority) -> None:
    with MisbehavingServer(context=authority.server_context()) as server:
        assert secured(server, None).outcome is FAILED
    assert not server.stored


def test_a_stripped_starttls_is_never_answered_in_the_clear() -> None:
    with MisbehavingServer(offers=("AUTH PLAIN",)) as server:
        delivery = secured(server, None, user="us")
    assert (delivery.outcome, delivery.phase) == (FAILED, "tls")
    assert not {"AUTH", "MAIL"} & set(server.commands)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("454 4.7.0 not now", RETRY), ("501 5.5.2 no", FAILED), (DROP, RETRY), (GARBAGE, RETRY)],
)
def test_a_refused_starttls_sends_nothing(
    authority: Authority, fault: str, outcome: Outcome
) -> None:
    with MisbehavingServer({"starttls": fault}, context=authority.server_context()) as server:
        delivery = secured(server, authority.client_context(), user="us")
    assert (delivery.outcome, delivery.phase) == (outcome, "tls")
    assert not {"AUTH", "MAIL"} & set(server.commands)


def test_replies_injected_ahead_of_the_handshake_are_refused(authority: Authority) -> None:
    injected = {"starttls": "220 go\r\n250-evil\r\n250 AUTH PLAIN"}
    with MisbehavingServer(injected, context=authority.server_context()) as server:
        delivery = secured(server, authority.client_context(), user="us")
    assert (delivery.outcome, delivery.phase) == (RETRY, "tls")
    assert "AUTH" not in server.commands


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_signing_in_happens_inside_tls(authority: Authority, way: str) -> None:
    offers = (f"AUTH {way}",)
    with MisbehavingServer(context=authority.server_context(), offers=offers) as server:
        assert secured(server, authority.client_context(), user="us").outcome is ACCEPTED
    assert {"us", "pässword"} <= set(server.commands)
    assert not any("AUTH" in text for text in server.in_clear)


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [("535 5.7.8 wrong", FAILED, 535), ("454 4.7.0 later", RETRY, 454), (DROP, RETRY, 0)],
)
def test_a_refused_password_is_classified(
    authority: Authority, fault: str, outcome: Outcome, code: int
) -> None:
    context, offers = authority.server_context(), ("AUTH PLAIN",)
    with MisbehavingServer({"auth": fault}, context=context, offers=offers) as server:
        delivery = secured(server, authority.client_context(), user="us")
    assert (delivery.outcome, delivery.phase, delivery.code) == (outcome, "auth", code)
    assert "pässword" not in repr(delivery)


def test_a_server_without_a_way_to_sign_in_is_a_failure(authority: Authority) -> None:
    offers = ("AUTH CRAM-MD5",)
    with MisbehavingServer(context=authority.server_context(), offers=offers) as server:
        assert secured(server, authority.client_context(), user="us").outcome is FAILED


def test_what_is_offered_in_the_clear_counts_for_nothing(authority: Authority) -> None:
    context, offers = authority.server_context(), ("AUTH PLAIN",)
    bare = {"ehlo2": "250 misbehaving.test"}
    with MisbehavingServer(bare, context=context, offers=offers) as server:
        delivery = secured(server, authority.client_context(), user="us")
    assert (delivery.outcome, delivery.phase) == (FAILED, "auth")
    assert "AUTH" not in server.commands


def test_a_password_is_never_sent_without_tls() -> None:
    with MisbehavingServer(offers=("AUTH PLAIN",)) as server:
        delivery = secured(server, None, security="plain", user="us", host="127.0.0.1")
    assert (delivery.outcome, delivery.phase) == (FAILED, "auth")
    assert "AUTH" not in server.commands


@pytest.mark.parametrize("fault", [DROP, HANG, DRIP, "451 4.3.0 no", GARBAGE])
def test_inside_tls_the_same_rules_hold_after_the_dot(authority: Authority, fault: str) -> None:
    for seconds in (1, 4, 16):
        with MisbehavingServer({"dot": fault}, context=authority.server_context()) as server:
            mailer = SmtpMailer(
                host="localhost",
                port=server.port,
                deadline_seconds=seconds,
                ssl_context=authority.client_context(),
            )
            delivery = mailer.send(a_message())
        if delivery.phase == "reply":
            break
    assert delivery.phase == "reply"
    assert delivery.outcome is (RETRY if fault.startswith("4") else UNCERTAIN)


def test_a_server_that_speaks_no_tls_may_be_tried_again(authority: Authority) -> None:
    with MisbehavingServer() as server:
        delivery = secured(server, authority.client_context(), security="tls")
    assert (delivery.outcome, delivery.phase) == (RETRY, "tls")


def test_a_context_that_does_not_verify_is_refused() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(SettingsError, match="prove who they are"):
        SmtpMailer(host="localhost", ssl_context=context)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "mail.test\r\nRSET"},
        {"host": ""},
        {"host": "mail.test", "port": 0},
        {"host": "mail.test", "security": "ssl"},
        {"host": "mail.test", "deadline_seconds": 0},
    ],
    ids=str,
)
def test_nonsense_settings_are_refused_early(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        SmtpMailer(**wrong)
