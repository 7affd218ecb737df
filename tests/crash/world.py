"""The outside: a process of its own that lives on when others are killed, and loses things.

It holds the objects of all sources (HTTP) and takes mails (SMTP). What it does to the n-th request
for an object, or to the n-th mail session, follows from the seed alone.
"""

import os
import signal
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from tests.adapters.certificates import Authority
from tests.crash.box import PATH, Box
from tests.crash.shared import die_with_parent
from tests.crash.world_http import talk_http
from tests.crash.world_mail import Mail, talk_smtp


@dataclass
class State:
    """What the outside knows in one schedule."""

    seed: int = 0
    lossy: bool = False
    objects: dict[str, bytes] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    box: Box = field(default_factory=Box)
    notes: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def chance(self, what: str) -> tuple[bool, float]:
        """Say whether things go wrong now, and a number from 0 to 1 for the next ``what``."""
        with self.lock:
            self.asked[what] += 1
            text = f"{self.seed}:{what}:{self.asked[what]}"
        return self.lossy, int.from_bytes(sha256(text.encode()).digest()[:6], "big") / 2**48

    def keep(self, mail: Mail) -> None:
        """Accept a mail."""
        with self.lock:
            self.mails.append(mail)

    def said(self, path: str) -> bytes | None:
        """Return what lies at a path: an object of a source, or something of our mailbox."""
        if not path.startswith(PATH):
            return self.objects.get(path)
        with self.lock:
            return self.box.answer(path, {mail.message_id for mail in self.mails})

    def note(self, path: str, told: bytes) -> bytes:
        """Keep what a source is told, the newest at its place."""
        with self.lock:
            self.notes[path] = told
        return b"{}"


class World:
    """The handle on the world's process."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.context = authority.client_context()
        http, smtp, smtps = _listener(), _listener(), _listener()
        self.http_port: int = http.getsockname()[1]
        self.smtp_port: int = smtp.getsockname()[1]
        self.smtps_port: int = smtps.getsockname()[1]
        doors = _Doors(http, smtp, smtps, authority.server_context("127.0.0.1"))
        self._ours, theirs = Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._ours.close()
            _run(doors, theirs)
        theirs.close()
        for door in (http, smtp, smtps):
            door.close()

    def begin(self, seed: int, objects: Mapping[str, bytes]) -> None:
        """Forget everything and begin a schedule."""
        self._ask("begin", seed, dict(objects))

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Change what sources tell."""
        self._ask("put", dict(objects))

    def write_to_us(self, mails: Sequence[bytes], *, moved: bool) -> None:
        """Put mails into our mailbox; ``moved`` lets all that lie there count anew."""
        self._ask("write_to_us", list(mails), moved)

    def be_lossy(self, lossy: bool) -> None:
        """Begin or cease to lose things."""
        self._ask("lossy", lossy)

    def mails(self) -> list[Mail]:
        """Return the mails that were accepted, in their order."""
        found: list[Mail] = self._ask("mails")
        return found

    def notes(self) -> dict[str, bytes]:
        """Return what sources were told of our invoices, by its place."""
        found: dict[str, bytes] = self._ask("notes")
        return found

    def close(self) -> None:
        """End the world."""
        self._ours.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _ask(self, *command: Any) -> Any:
        self._ours.send(command)
        return self._ours.recv()


def _listener() -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(64)
    return sock


@dataclass(frozen=True)
class _Doors:
    """Where the world listens."""

    http: socket.socket
    smtp: socket.socket
    smtps: socket.socket
    context: ssl.SSLContext


def _run(doors: _Doors, commands: Connection) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    here = _Here()
    _start(_accept, doors.http, here, talk_http)
    _start(_accept, doors.smtp, here, talk_smtp)

    def talk_safely(sock: socket.socket, state: State) -> None:
        with doors.context.wrap_socket(sock, server_side=True) as safe:
            talk_smtp(safe, state)

    _start(_accept, doors.smtps, here, talk_safely)
    try:
        while True:
            name, *facts = commands.recv()
            commands.send(getattr(here, name)(*facts))
    except (EOFError, OSError):
        os._exit(0)


class _Here:
    """The present schedule's state; sessions of an earlier one keep the state they began with."""

    def __init__(self) -> None:
        self.state = State()

    def begin(self, seed: int, objects: dict[str, bytes]) -> None:
        self.state = State(seed, lossy=True, objects=objects)

    def put(self, objects: dict[str, bytes]) -> None:
        self.state.objects.update(objects)

    def write_to_us(self, mails: list[bytes], moved: bool) -> None:
        with self.state.lock:
            self.state.box.mails += mails
            self.state.box.validity += moved

    def lossy(self, lossy: bool) -> None:
        self.state.lossy = lossy

    def mails(self) -> list[Mail]:
        with self.state.lock:
            return list(self.state.mails)

    def notes(self) -> dict[str, bytes]:
        with self.state.lock:
            return dict(self.state.notes)


def _start(target: Callable[..., None], *facts: object) -> None:
    threading.Thread(target=target, args=facts, daemon=True).start()


def _accept(
    listener: socket.socket, here: _Here, talk: Callable[[socket.socket, State], None]
) -> None:
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(60)
        _start(_session, sock, here.state, talk)


def _session(
    sock: socket.socket, state: State, talk: Callable[[socket.socket, State], None]
) -> None:
    try:
        talk(sock, state)
    except OSError:
        pass  # the other side was killed
    finally:
        sock.close()
