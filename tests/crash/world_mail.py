"""The mail server's side: takes mails over SMTP, and loses a mail or a reply at every phase."""

import re
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.crash.world import State

# (up to, what happens); everything above the last one is a faultless session.
_TROUBLES = (
    (0.015, "greeting 421"),
    (0.03, "greeting drop"),
    (0.034, "auth 454"),
    (0.04, "mail 451"),
    (0.045, "mail 550"),
    (0.05, "mail drop"),
    (0.08, "rcpt1 450"),
    (0.10, "rcpt1 550"),
    (0.12, "rcpt2 550"),
    (0.135, "rcpt2 451"),
    (0.15, "data 451"),
    (0.165, "body reset"),
    (0.18, "body drop"),
    (0.20, "dot 451"),
    (0.22, "dot 554"),
    (0.24, "dot drop"),
    (0.32, "stored drop"),
    (0.335, "stored garbage"),
    (0.3355, "stored hang"),
)
_RECIPIENT = re.compile(r"RCPT TO:<([^>]*)>", re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID: *(?:\r\n )?(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)


class Mail(NamedTuple):
    """A mail that the world has: from this moment on nobody can take it back."""

    message_id: str
    recipients: tuple[str, ...]
    content: bytes
    replied: bool


class _OverError(OSError):
    """The session ends here."""


def talk_smtp(sock: socket.socket, state: "State") -> None:
    """Hold one session."""
    _Session(sock, state).run()


class _Session:
    """One connection; each of its mails has a trouble of its own, or none."""

    def __init__(self, sock: socket.socket, state: "State") -> None:
        self._sock = sock
        self._state = state
        self._buffer = b""
        self._mails = 0
        self._begin_mail()

    def _begin_mail(self) -> None:
        lossy, chance = self._state.chance("smtp")
        trouble = next((name for limit, name in _TROUBLES if lossy and chance < limit), "")
        self._place, _, self._what = trouble.partition(" ")
        self._recipients: list[str] = []
        self._asked = 0

    def run(self) -> None:
        self._say("greeting", "220 ready")
        while True:
            line = self._line()
            verb = line[:4].upper()
            if verb == "EHLO":
                more = "250-PIPELINING\r\n" if self._state.seed % 3 == 0 else ""
                self._send(f"250-world.test\r\n{more}250-AUTH PLAIN\r\n250 SIZE 50000000")
            elif verb == "AUTH":
                self._say("auth", "235 2.7.0 welcome")
            elif verb == "MAIL":
                if self._mails:  # the first one's trouble may have come before it
                    self._begin_mail()
                self._mails += 1
                self._say("mail", "250 2.1.0 ok")
            elif verb == "RCPT":
                self._recipient(line)
            elif verb == "DATA":
                self._data()
            else:
                self._send("221 2.0.0 bye")
                return

    def _recipient(self, line: str) -> None:
        found = _RECIPIENT.match(line)
        self._asked += 1
        if self._place != f"rcpt{self._asked}":
            self._recipients.append(found[1] if found else line)
        self._say(f"rcpt{self._asked}", "250 2.1.5 ok")

    def _data(self) -> None:
        if self._place == "data":
            self._send(f"{self._what} 4.3.0 not now")
            return
        self._send("354 go on")
        if self._place == "body":
            self._sock.recv(64)
            if self._what == "reset":
                linger = struct.pack("ii", 1, 0)
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            raise _OverError
        content = self._content()
        if self._place == "dot":
            self._refuse()
            return
        self._keep(content)

    def _refuse(self) -> None:
        if self._what == "drop":
            raise _OverError
        self._send(f"{self._what} 5.0.0 the mail is not taken")

    def _keep(self, content: bytes) -> None:
        found = _MESSAGE_ID.search(content)
        message_id = found[1].decode() if found else ""
        told = self._place != "stored"
        self._state.keep(Mail(message_id, tuple(self._recipients), content, told))
        if told:
            self._send("250 2.0.0 kept")
        elif self._what == "drop":
            raise _OverError
        elif self._what == "hang":
            self._sock.recv(64)  # until the other side gives up
            raise _OverError
        else:
            self._send("=?! <html>")

    def _say(self, place: str, usual: str) -> None:
        if place != self._place:
            self._send(usual)
        elif self._what == "drop":
            raise _OverError
        else:
            self._send(f"{self._what} 4.7.1 not like this")

    def _content(self) -> bytes:
        while not (b"\r\n" + self._buffer).endswith(b"\r\n.\r\n"):
            self._fill()
        raw, self._buffer = self._buffer[:-3], b""
        return b"\r\n".join(line.removeprefix(b".") for line in raw.split(b"\r\n"))

    def _line(self) -> str:
        while b"\r\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def _fill(self) -> None:
        data = self._sock.recv(262_144)
        if not data:
            raise _OverError
        self._buffer += data

    def _send(self, text: str) -> None:
        self._sock.sendall(f"{text}\r\n".encode())
