"""The mailbox is read by UID, under TLS, and changes nothing; a server may say what it likes."""

import asyncio
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from invoicing.adapters.imap import ImapMailbox
from invoicing.domain.errors import TransientError
from invoicing.services.ports import MailPosition
from sandbox.imap_sink import Account, start_mailbox
from sandbox.mails import MailFolder
from tests.adapters.certificates import Authority

OURS = f"<{'0a' * 16}@brightwater.example>"
ACCOUNT = Account("billing", "secret", {"brightwater.example"})


@contextmanager
def mailbox_at(mails: MailFolder) -> Iterator[int]:
    """Run the sandbox's mailbox in a thread of its own; gives its port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(start_mailbox(mails, ACCOUNT, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield int(server.sockets[0].getsockname()[1])
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def reader(port: int, *, password: str = "secret", folder: str = "INBOX") -> ImapMailbox:  # noqa: S107
    return ImapMailbox(
        host="127.0.0.1", port=port, user="billing", password=password, folder=folder,
        security="plain", trusted=["sandbox"], seconds=3, sent_folder="Sent",
    )  # fmt: skip


def put(mails: MailFolder, sender: str, body: bytes = b"approve", to: str = "") -> None:
    head = f"From: {sender}\r\nMessage-ID: {OURS}\r\n\r\n".encode()
    mails.keep(sender, [to or "billing@brightwater.example"], head + body + b"\r\n")


def test_mails_are_read_after_a_position_and_never_twice(tmp_path: Path) -> None:
    mails = MailFolder(tmp_path / "mail")
    with mailbox_at(mails) as port:
        box = reader(port)
        assert box.read(None, 10).mails == ()

        for one in range(3):
            put(mails, f"anna{one}@lead.example")
        put(mails, "billing@brightwater.example", to="ap@client.example")
        page = box.read(None, 2)
        assert [one.uid for one in page.mails] == [1, 2]
        assert [one.mail.sender for one in page.mails] == [
            "anna0@lead.example",
            "anna1@lead.example",
        ]
        assert all(one.mail.is_authentic for one in page.mails)

        rest = box.read(page.position, 10)
        assert [one.uid for one in rest.mails] == [3]
        assert rest.position == MailPosition(page.position.validity, 3)
        assert box.read(rest.position, 10) == rest.__class__(rest.position, ())

        again = box.read(MailPosition(page.position.validity + 1, 3), 10)
        assert [one.uid for one in again.mails] == [1, 2, 3]
        assert box.has_sent(OURS) is True
        assert box.has_sent(f"<{'0b' * 16}@brightwater.example>") is False


def test_of_a_huge_mail_only_the_beginning_is_fetched(tmp_path: Path) -> None:
    mails = MailFolder(tmp_path / "mail")
    put(mails, "anna@lead.example", b"x" * 5_000_000)
    with mailbox_at(mails) as port:
        (received,) = reader(port).read(None, 10).mails

    assert "too long" in received.mail.damaged


def test_whoever_is_not_let_in_comes_again_later(tmp_path: Path) -> None:
    with mailbox_at(MailFolder(tmp_path / "mail")) as port:
        with pytest.raises(TransientError, match="refuses the login"):
            reader(port, password="wrong").read(None, 10)
        with pytest.raises(TransientError, match="refuses"):
            reader(port, folder="No such folder").read(None, 10)
        assert reader(port, password="wrong").has_sent(OURS) is None
    with pytest.raises(TransientError, match="does not answer"):
        reader(port).read(None, 10)


def test_each_account_is_a_mailbox_of_its_own_and_is_not_named() -> None:
    """Else one that numbers its mails like the last one would never be read."""
    boxes = [
        ImapMailbox(host=host, user=user)
        for host, user in (
            ("imap.example", "billing@a.example"),
            ("imap.example", "invoices@a.example"),
            ("mail.example", "billing@a.example"),
            ("IMAP.example", "billing@a.example"),
        )
    ]
    first, second, third, again = (box.name for box in boxes)

    assert len({first, second, third}) == 3
    assert again == first
    assert "@" not in first


def test_nobody_knows_what_was_sent_without_a_folder_or_for_a_strange_id() -> None:
    assert ImapMailbox(host="127.0.0.1", port=1, security="plain").has_sent(OURS) is None
    assert reader(1).has_sent('<x"@y>') is None


Script = Callable[[bytes], bytes]


@contextmanager
def scripted(answer: Script, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says what a test wants: ``answer`` gets each line, with its tag."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
            while line := self.rfile.readline():
                self.wfile.write(answer(line))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def get_request(self) -> tuple[socket.socket, object]:
            plain, whence = super().get_request()
            return (tls.wrap_socket(plain, server_side=True) if tls else plain), whence

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that does not trust us hangs up

    with Server(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _script(**special: bytes) -> Script:
    usual = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n",
        "SEARCH": b"* SEARCH 5\r\n",
        "FETCH": b"* 1 FETCH (UID 5 BODY[]<0> {7}\r\nA: b\r\n\r)\r\n",
        "LOGOUT": b"* BYE\r\n",
    } | special

    def answer(line: bytes) -> bytes:
        words = line.decode().upper().split()
        verb = words[2] if words[1] == "UID" else words[1]
        said = usual.get(verb, b"")
        return said if said.startswith(b"!") else said + words[0].encode() + b" OK done\r\n"

    return answer


@pytest.mark.parametrize(
    ("special", "found"),
    [
        ({}, 1),
        ({"FETCH": b"* 1 FETCH (BODY[]<0> {7}\r\nA: b\r\n\r UID 5)\r\n"}, 1),
        ({"FETCH": b"* 1 FETCH (UID 6 BODY[]<0> {7}\r\nA: b\r\n\r)\r\n"}, 0),
        ({"FETCH": b"* 1 FETCH (FLAGS (\\Seen))\r\n"}, 0),
        ({"FETCH": b""}, 0),
        ({"SEARCH": b"* SEARCH\r\n"}, 0),
        ({"SEARCH": b""}, 0),
        ({"SEARCH": b"* SEARCH 2 3\r\n"}, 0),
        ({"SEARCH": b"* SEARCH x 5 -1\r\n"}, 1),
    ],
)
def test_only_the_mail_that_was_asked_for_counts(special: dict[str, bytes], found: int) -> None:
    with scripted(_script(**special)) as port:
        page = reader(port).read(MailPosition(7, 4), 10)

    assert len(page.mails) == found
    assert page.position.uid in {4, 5}


@pytest.mark.parametrize(
    "special",
    [
        {"EXAMINE": b"* 1 EXISTS\r\n"},
        {"EXAMINE": b"* OK [UIDVALIDITY x] y\r\n"},
        {"FETCH": b"* 1 FETCH (UID 5 BODY[]<0> {999999999}\r\nA: b"},
        {"SEARCH": b"!\xff\xfe garbage\r\n"},
        {"SEARCH": b"!" + b"x" * 2_000_000 + b"\r\n"},
        {"FETCH": b"!* BYE I am going\r\n"},
    ],
    ids=range(6),
)
def test_a_server_that_talks_nonsense_is_asked_again_later(special: dict[str, bytes]) -> None:
    with scripted(_script(**special)) as port, pytest.raises(TransientError):
        reader(port).read(MailPosition(7, 4), 10)


def _tls(port: int, security: str, trusted: ssl.SSLContext) -> ImapMailbox:
    return ImapMailbox(
        host="localhost", port=port, user="billing", password="secret", security=security,
        seconds=3, context=lambda: trusted,
    )  # fmt: skip


def test_a_server_with_a_certificate_that_we_trust_is_read(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    with scripted(_script(), ours.server_context()) as port:
        page = _tls(port, "tls", ours.client_context()).read(MailPosition(7, 4), 10)

    assert len(page.mails) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_without_a_trusted_certificate_nobody_logs_in(tmp_path: Path, security: str) -> None:
    said: list[bytes] = []

    def answer(line: bytes) -> bytes:
        said.append(line)
        return _script()(line)

    stranger = Authority(tmp_path, "Somebody else").server_context()
    with scripted(answer, stranger if security == "tls" else None) as port:
        ours = Authority(tmp_path).client_context()
        with pytest.raises(TransientError, match="mailbox cannot be read"):
            _tls(port, security, ours).read(None, 10)
    assert not any(b"LOGIN" in line.upper() for line in said)
