"""Mails: how many a second we hand over, beside one connection per mail, at two distances."""

import asyncio
import os
import smtplib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, cast

from bench.figures import Cell, table
from bench.town import BrokenError
from invoicing.adapters.mail import SmtpMailer
from invoicing.domain.dispatch import Attachment, Message, Outcome, Recipients

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

DELAYS = (0.0, 0.020)  # seconds that the sink waits before each reply, as a distant one does
PATIENCE = 60.0
ROUNDS = 3
_PDF = os.urandom(40_000)
_AT_LEAST_BETTER = 10  # times as many as one connection per mail, at 20 ms


@dataclass(frozen=True)
class Way:
    """A way to send: how many connections it keeps (0: a new one for each mail), and its share."""

    name: str
    connections: int
    mails: int


WAYS = (
    Way("smtplib, a connection per mail", 0, 24),
    Way("ours, 1 connection", 1, 48),
    Way("ours, 4 connections", 4, 160),
    Way("ours, 16 connections", 16, 400),
)


def mails(rounds: int = ROUNDS) -> None:
    """Print messages a second into a sink on this host, all ways in turn, medians of the rounds."""
    for delay in DELAYS:
        with _sink(delay) as (port, kept):
            speeds: dict[str, list[float]] = {way.name: [] for way in WAYS}
            for _ in range(rounds):
                for way in WAYS:
                    speeds[way.name].append(_speed(way, port))
            sent = rounds * sum(way.mails for way in WAYS)
            if kept() != sent:
                raise BrokenError(f"the sink has not exactly the {sent} mails that were sent")
        _show(delay, speeds)


def _show(delay: float, speeds: dict[str, list[float]]) -> None:
    middle = {name: median(each) for name, each in speeds.items()}
    naive = middle[WAYS[0].name]
    rows: list[Sequence[Cell]] = [
        (name, speed, f"{speed / naive:.1f}x") for name, speed in middle.items()
    ]
    table(
        f"Mails of {len(_PDF) // 1000} KB, {1000 * delay:.0f} ms before each reply",
        ("way", "mails/s", "ratio"),
        rows,
    )
    if delay:
        best = max(middle.values()) / naive
        verdict = "kept" if best >= _AT_LEAST_BETTER else "MISSED"
        print(f"  at least {_AT_LEAST_BETTER}x: {verdict}, {best:.1f}x", flush=True)


def _speed(way: Way, port: int) -> float:
    messages = [_message(place) for place in range(way.mails)]
    began = perf_counter()
    if way.connections:
        _send_ours(messages, port, way.connections)
    else:
        for message in messages:
            _send_one(message, port)
    return way.mails / (perf_counter() - began)


def _message(place: int) -> Message:
    pdf = Attachment(f"INV-2026-{place:05d}.pdf", "application/pdf", _PDF)
    return Message(
        message_id=f"<{place:032x}@brightwater.example>",
        sender="billing@brightwater.example",
        recipients=Recipients(("ap@harbor.example",)),
        subject=f"Invoice INV-2026-{place:05d}",
        text="Please find attached our invoice.\n" * 20,
        html="<p>Please find attached our invoice.</p>" * 40,
        attachments=(pdf,),
    )


def _send_ours(messages: Sequence[Message], port: int, connections: int) -> None:
    mailer = SmtpMailer(host="127.0.0.1", port=port, security="plain", connections=connections)

    def send(share: Sequence[Message]) -> int:
        with mailer.session() as session:
            return sum(session.send(one).outcome is Outcome.ACCEPTED for one in share)

    shares = [messages[at::connections] for at in range(connections)]
    with ThreadPoolExecutor(connections) as threads:
        if sum(threads.map(send, shares)) != len(messages):
            raise BrokenError("a mail was not accepted")


def _send_one(message: Message, port: int) -> None:
    """Send as one would without us: a message, a connection, goodbye."""
    mail = EmailMessage()
    mail["From"], mail["To"] = message.sender, ", ".join(message.recipients.to)
    mail["Subject"], mail["Message-ID"] = message.subject, message.message_id
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for one in message.attachments:
        mail.add_attachment(one.content, maintype="application", subtype="pdf", filename=one.name)
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(mail)


class _Sink(asyncio.Protocol):
    """Takes every mail, as a server does that is as far away as ``delay`` says."""

    kept = 0
    delay = 0.0

    def __init__(self) -> None:
        self._buffer = b""
        self._in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        self._say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        """Read bodies, and commands, of which several may come together."""
        self._buffer += data
        if self._in_body and self._buffer.endswith(b"\r\n.\r\n"):
            _Sink.kept += 1
            self._in_body, self._buffer = False, b""
            self._say(b"250 kept")
        while not self._in_body and b"\r\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            self._command(line[:4].upper())

    def _command(self, verb: bytes) -> None:
        self._in_body = verb == b"DATA"
        replies = {b"EHLO": b"250-sink\r\n250 PIPELINING", b"DATA": b"354 go", b"QUIT": b"221 bye"}
        self._say(replies.get(verb, b"250 ok"))

    def _say(self, text: bytes) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(_Sink.delay, self._transport.write, text + b"\r\n")


def run_sink(delay: float, line: "Connection") -> None:
    """Serve in a process of its own: say the port, then, when asked, how many mails there are."""
    _Sink.delay = delay
    asyncio.run(_serve(line))


async def _serve(line: "Connection") -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Sink, "127.0.0.1", 0, backlog=256)
    line.send(server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, line.recv)
    line.send(_Sink.kept)


@contextmanager
def _sink(delay: float) -> Iterator[tuple[int, "_Kept"]]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_sink, args=(delay, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(PATIENCE):
            raise BrokenError("the mail sink does not start")
        yield ours.recv(), _Kept(ours)
    finally:
        process.terminate()
        process.join()


@dataclass(frozen=True)
class _Kept:
    """Asks the sink how many mails it has, which ends it."""

    line: "Connection"

    def __call__(self) -> int:
        self.line.send("how many")
        return int(self.line.recv())
