"""A real SMTP server on a free port that goes wrong at exactly the place it is told to."""

import base64
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

# What a fault does; anything else is a reply to send instead of the usual one.
DROP, HANG, DRIP, ENDLESS, GARBAGE, TWICE, HALF, RESET = (
    "DROP", "HANG", "DRIP", "ENDLESS", "GARBAGE", "TWICE", "HALF", "RESET",
)  # fmt: skip


class _OverError(Exception):
    """The session is over."""


class MisbehavingServer:
    """Serves until the context is left. ``faults`` maps a place to what goes wrong there.

    Places: greeting ehlo starttls ehlo2 auth mail rcpt1 rcpt2 data body dot stored quit. A fault
    at ``dot`` strikes before the mail is kept, one at ``stored`` after it. Nothing goes wrong until
    ``good`` mails were kept.
    """

    def __init__(
        self,
        faults: Mapping[str, str] | None = None,
        *,
        context: ssl.SSLContext | None = None,
        tls_from_start: bool = False,
        offers: tuple[str, ...] = ("SIZE 50000000", "8BITMIME"),
        good: int = 0,
    ) -> None:
        self.faults = dict(faults or {})
        self.context = context
        self.tls_from_start = tls_from_start
        self.offers = offers
        self.good = good
        self.stored: list[bytes] = []
        self.commands: list[str] = []
        self.sessions = 0
        self.in_clear: list[str] = []
        self.recipients: list[str] = []
        self.leave = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.leave.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def wait_for_sessions(self) -> None:
        """Wait until every session that began has ended by itself."""
        for thread in self._threads[1:]:
            thread.join(10)

    def reset_connections(self) -> None:
        """Break off, at once, what a session hangs on."""
        while self._open:
            _reset(self._open.pop())

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.leave.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            self.sessions += 1
            self._start(_Session(self, sock).run)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class _Session:
    def __init__(self, server: MisbehavingServer, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.sock.settimeout(20)
        self.buffer = b""
        self.secure = False
        self.hellos = 0
        self.rcpts = 0

    def run(self) -> None:
        with suppress(OSError, _OverError):
            if self.server.tls_from_start:
                self.wrap()
            self.say("greeting", "220 ready")
            while True:
                self.command(self.line())
        with suppress(OSError):
            self.sock.close()

    def command(self, text: str) -> None:
        verb = text.partition(" ")[0].upper()
        self.server.commands.append(verb)
        if not self.secure:
            self.server.in_clear.append(text)
        handler = getattr(self, f"on_{verb.lower()}", None)
        if handler is None:
            self.send("502 5.5.2 what?")
        else:
            handler(text)

    def on_ehlo(self, _text: str) -> None:
        self.hellos += 1
        offers = list(self.server.offers)
        if self.server.context and not self.secure and "STARTTLS" not in offers:
            offers.append("STARTTLS")
        lines = ["misbehaving.test", *offers]
        usual = "\r\n".join(
            f"250{'-' if place < len(lines) else ' '}{line}" for place, line in enumerate(lines, 1)
        )
        self.say("ehlo" if self.hellos == 1 else "ehlo2", usual)

    def on_starttls(self, _text: str) -> None:
        self.say("starttls", "220 go ahead")
        self.wrap()

    def on_auth(self, text: str) -> None:
        if text.upper() == "AUTH LOGIN":
            for prompt in ("User", "Password"):
                self.send(f"334 {base64.b64encode(prompt.encode()).decode()}")
                self.server.commands.append(base64.b64decode(self.line()).decode())
        else:
            token = base64.b64decode(text.split(" ")[2]).decode()
            self.server.commands.extend(token.split("\0")[1:])
        self.say("auth", "235 2.7.0 welcome")

    def on_mail(self, _text: str) -> None:
        self.rcpts = 0
        self.say("mail", "250 2.1.0 ok")

    def on_rcpt(self, text: str) -> None:
        self.rcpts += 1
        self.server.recipients.append(text)
        self.say(f"rcpt{self.rcpts}", "250 2.1.5 ok")

    def on_data(self, _text: str) -> None:
        if "body" in self.faults:
            self.spoil_body(self.faults["body"])
        self.say("data", "354 go on")
        if "data" in self.faults:
            return
        content = self.content()
        self.say("dot", "")
        faults = self.faults  # before this mail counts as kept
        self.server.stored.append(content)
        self.say("stored", "250 2.0.0 kept", faults)

    def on_rset(self, _text: str) -> None:
        self.send("250 2.0.0 ok")

    def on_quit(self, _text: str) -> None:
        self.say("quit", "221 2.0.0 bye")
        raise _OverError

    @property
    def faults(self) -> Mapping[str, str]:
        """What goes wrong by now."""
        return self.server.faults if len(self.server.stored) >= self.server.good else {}

    def say(self, place: str, usual: str, faults: Mapping[str, str] | None = None) -> None:
        fault = (self.faults if faults is None else faults).get(place)
        if fault is None:
            if usual:
                self.send(usual)
            return
        self.fail(fault, usual)

    def fail(self, fault: str, usual: str) -> None:
        special = {DROP: self.drop, HANG: self.hang, HALF: self.half, DRIP: self.drip}
        special |= {ENDLESS: self.endless}
        if fault in special:
            special[fault]()
            raise _OverError
        self.send(
            {GARBAGE: "=?! 999 <html>\0", TWICE: f"{usual}\r\n250 2.0.0 ok"}.get(fault, fault)
        )
        if fault.startswith("421"):
            raise _OverError
        if not usual:  # the mail was refused after its dot: it is not kept
            while True:
                self.command(self.line())

    def drop(self) -> None:
        """Hang up at once."""

    def hang(self) -> None:
        self.server.leave.wait(20)

    def half(self) -> None:
        self.sock.sendall(b"250 2.0.0 ke")

    def drip(self) -> None:
        while not self.server.leave.wait(0.02):
            self.sock.sendall(b"2")

    def endless(self) -> None:
        while not self.server.leave.is_set():
            self.sock.sendall(b"250-more\r\n")

    def spoil_body(self, fault: str) -> None:
        if fault == HANG:
            self.send("354 go on")
            self.hang()
            raise _OverError
        if fault == RESET:
            self.send("354 go on")
            self.sock.recv(10)
            _reset(self.sock)
            raise _OverError
        # One segment carries the 354 and what follows it, so there is no race to lose.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self.send("354 go on")
        if fault == DROP:
            self.sock.shutdown(socket.SHUT_WR)
        else:
            self.send("=?!" if fault == GARBAGE else fault)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        while self.sock.recv(65536):
            pass
        raise _OverError

    def wrap(self) -> None:
        assert self.server.context
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
        self.secure = True

    def content(self) -> bytes:
        while not (b"\r\n" + self.buffer).endswith(b"\r\n.\r\n"):
            self.fill()
        raw, self.buffer = self.buffer[:-3], b""
        lines = raw.split(b"\r\n")
        return b"\r\n".join(line.removeprefix(b".") for line in lines)

    def line(self) -> str:
        while b"\r\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def fill(self) -> None:
        data = self.sock.recv(262_144)
        if not data:
            raise _OverError
        self.buffer += data

    def send(self, text: str) -> None:
        self.sock.sendall(f"{text}\r\n".encode())
