"""Dispatch, the wire: commands and replies of SMTP under one deadline, with nothing assumed."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_MOST_BYTES = 32_768
_MOST_LINES = 100
_CHUNK = 16_384


class GarbledError(Exception):
    """The other side said something that is not an SMTP reply."""


class UnaskedError(Exception):
    """The other side spoke before it was asked; believing it later would be a mistake."""

    def __init__(self, reply: "Reply") -> None:
        super().__init__("a reply nobody asked for")
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered: its code and the text of each line."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The answer as one line."""
        return " ".join(self.lines)


class Deadline:
    """The instant by which everything must be over, however slowly the other side speaks."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left; TimeoutError when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError("the deadline for this attempt has passed")
        return left


def open_socket(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time that is left.

    Looking up the name cannot be interrupted, but nothing has been sent by then and the deadline
    is checked right after it.
    """
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for index, (family, kind, protocol, _, place) in enumerate(places):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.remaining() / (len(places) - index))
            sock.connect(place)
            # the terminator is a write of its own and must not wait for Nagle's algorithm
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class Wire:
    """A connection that speaks in lines; every operation is bounded by the same deadline.

    ``offers`` are the extensions that the server named last, with what it said about each.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.offers: dict[str, str] = {}
        self._owed = 0
        self._sock = sock
        self._deadline = deadline
        self._buffer = b""

    @property
    def own_name(self) -> str:
        """Our name for EHLO: the address literal, so that no host name leaks or is looked up."""
        address = str(self._sock.getsockname()[0]).partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def last_until(self, deadline: Deadline) -> None:
        """Bound what comes from here on by another deadline: another mail has begun."""
        self._deadline = deadline

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on; refuses bytes that were sent ahead of the handshake."""
        if self._buffer:
            raise GarbledError("bytes ahead of the TLS handshake")
        self._sock.settimeout(self._deadline.remaining())
        self._sock = context.wrap_socket(self._sock, server_hostname=host)

    def ask(self, command: bytes) -> Reply:
        """Send one command and read its reply."""
        self.quiet()
        self.write(command + b"\r\n")
        return self.reply()

    def ask_all(self, commands: Sequence[bytes]) -> Iterator[Reply]:
        """Send commands and read their replies, each when it is wanted.

        Where the server takes that (RFC 2920) they go out together, which saves the way there and
        back for all but one; the last of them may be one that needs a reply before anything else.
        """
        if "PIPELINING" not in self.offers:
            yield from map(self.ask, commands)
            return
        self.quiet()
        self._owed = len(commands)
        self.write(b"".join(command + b"\r\n" for command in commands))
        for _ in commands:
            reply = self.reply()
            self._owed -= 1
            yield reply

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        view = memoryview(data)
        while view:
            self._sock.settimeout(self._deadline.remaining())
            view = view[self._sock.send(view[:_CHUNK]) :]

    def quiet(self) -> None:
        """Make sure that the server is there and waits for us, without waiting ourselves."""
        self._deadline.remaining()
        self._sock.settimeout(0)
        with suppress(BlockingIOError, ssl.SSLWantReadError):  # nothing to read: as hoped
            self._take(self._sock.recv(4096))
        if self._buffer:
            raise UnaskedError(self.reply())

    def reply(self) -> Reply:
        """Read one whole reply of one or more lines."""
        code, texts = 0, list[str]()
        while len(texts) < _MOST_LINES:
            found = _REPLY_LINE.fullmatch(self._line())
            if found is None or code not in {0, int(found[1])}:
                break
            code = int(found[1])
            texts.append((found[3] or b"").decode("ascii", "replace").strip())
            if found[2] != b"-":
                return Reply(code, tuple(texts))
        raise GarbledError("not an SMTP reply")

    def part(self, seconds: float) -> None:
        """Say QUIT, as far as there is time; nothing that happens here changes an outcome.

        Not while replies are owed: one of them may begin a mail, and QUIT would become its text.
        """
        if self._owed:
            return
        with suppress(OSError, GarbledError, UnaskedError):
            self._deadline = Deadline(min(seconds, self._deadline.remaining()))
            self.ask(b"QUIT")

    def close(self) -> None:
        """Hang up, whatever state the connection is in."""
        self._sock.close()

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _MOST_BYTES:
                raise GarbledError("a reply without end")
            self._sock.settimeout(self._deadline.remaining())
            self._take(self._sock.recv(4096))
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    def _take(self, data: bytes) -> None:
        if not data:
            raise ConnectionResetError("the server hung up")
        self._buffer += data
