"""A mail server that takes every mail and sends none; on request it goes wrong."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sandbox.mails import MailFolder

MOST_BYTES = 35_000_000
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)

FAULTS = {
    "none": "takes every mail",
    "reply_451": "answers 451 (try later) and keeps nothing",
    "reply_550": "answers 550 (refused) and keeps nothing",
    "hang_after_accept": "keeps the mail and never answers",
    "drop_after_dot": "keeps the mail and hangs up without an answer",
}


class _OverError(Exception):
    """The session is over."""


@dataclass
class Misbehaviour:
    """What goes wrong with the next mails: ``count`` of them, or all if it is 0."""

    fault: str = "none"
    count: int = 0

    def take(self) -> str:
        """Return the fault for this mail and count it."""
        fault = self.fault
        if self.count:
            self.count -= 1
            if not self.count:
                self.fault = "none"
        return fault


@dataclass
class _Session:
    folder: MailFolder
    misbehaviour: Misbehaviour
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, _OverError):
            await self.say("220 sandbox mail server")
            while line := await self.reader.readline():
                await self.command(line.decode("utf-8", "replace").strip())
        self.writer.close()

    async def command(self, text: str) -> None:
        verb = text.partition(" ")[0].upper()
        commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self.hello,
            "HELO": self.hello,
            "MAIL": self.mail,
            "RCPT": self.recipient,
            "DATA": self.data,
            "RSET": self.reset,
            "NOOP": self.nothing,
            "QUIT": self.bye,
        }
        if verb in commands:
            await commands[verb](text)
        else:
            await self.say("502 5.5.2 this command is not known here")

    async def hello(self, text: str) -> None:
        if text[:4].upper() == "HELO":
            await self.say("250 sandbox")
        else:
            await self.say(f"250-sandbox\r\n250-SIZE {MOST_BYTES}\r\n250 8BITMIME")

    async def mail(self, text: str) -> None:
        found = _PATH.search(text)
        if found is None:
            await self.say("501 5.5.4 write MAIL FROM:<address>")
            return
        self.sender, self.recipients = found[1], []
        await self.say("250 2.1.0 ok")

    async def recipient(self, text: str) -> None:
        found = _PATH.search(text)
        if self.sender is None:
            await self.say("503 5.5.1 MAIL comes first")
        elif found is None or not found[1]:
            await self.say("501 5.5.4 write RCPT TO:<address>")
        else:
            self.recipients.append(found[1])
            await self.say("250 2.1.5 ok")

    async def data(self, _text: str) -> None:
        if self.sender is None or not self.recipients:
            await self.say("503 5.5.1 MAIL and RCPT come first")
            return
        await self.say("354 end with a dot on a line of its own")
        content = await self.content()
        fault = self.misbehaviour.take()
        if content is None:
            await self.say("552 5.3.4 the mail is too big")
        elif fault.startswith("reply_"):
            code = fault.removeprefix("reply_")
            await self.say(f"{code} {code[0]}.3.0 as you asked me to answer")
        else:
            await self.keep(self.sender, content, fault)
        self.sender, self.recipients = None, []

    async def keep(self, sender: str, content: bytes, fault: str) -> None:
        number = self.folder.keep(sender, self.recipients, content)
        if fault == "hang_after_accept":
            await self.reader.read()  # until the other side gives up
        if fault != "none":
            raise _OverError
        await self.say(f"250 2.0.0 kept as mail {number}")

    async def content(self) -> bytes | None:
        """Read a mail up to its final dot; None if it is too big to be kept."""
        lines, size = [], 0
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise _OverError
            size += len(line)
            if size <= MOST_BYTES:
                lines.append(line.removeprefix(b"."))
        return b"".join(lines) if size <= MOST_BYTES else None

    async def reset(self, _text: str) -> None:
        self.sender, self.recipients = None, []
        await self.say("250 2.0.0 forgotten")

    async def nothing(self, _text: str) -> None:
        await self.say("250 2.0.0 ok")

    async def bye(self, _text: str) -> None:
        await self.say("221 2.0.0 bye")
        raise _OverError

    async def say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()


async def start_sink(
    folder: MailFolder, misbehaviour: Misbehaviour, host: str, port: int
) -> asyncio.Server:
    """Begin to take mails at ``port`` (0: any free one)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _Session(folder, misbehaviour, reader, writer).run()

    return await asyncio.start_server(serve, host, port)
