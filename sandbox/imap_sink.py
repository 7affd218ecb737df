"""A mailbox over the mails that the sandbox took in: what came to us, and what we sent.

It knows what a reader of mails asks and no more: LOGIN, SELECT, EXAMINE, UID SEARCH, UID FETCH.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr

from sandbox.mails import Mail, MailFolder

SERVER = "sandbox"  # the name under which it says who a mail is from
INBOX, SENT = "inbox", "sent"
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\)|[^\s"]+)')
_PARTIAL = re.compile(r"BODY\.PEEK\[\](?:<0\.([0-9]+)>)?", re.IGNORECASE)
_MOST_LINE = 8192


@dataclass(frozen=True)
class Account:
    """Who may read, and which domains are ours."""

    user: str
    password: str
    domains: Collection[str]


@dataclass
class _Session:
    mails: MailFolder
    account: Account
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    selected: str = ""
    is_known: bool = False
    is_over: bool = field(default=False, init=False)

    async def run(self) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError):
            await self.say("* OK [CAPABILITY IMAP4rev1] sandbox mailbox")
            while not self.is_over and (line := await self.reader.readline()):
                await self.command(line[:_MOST_LINE].decode("utf-8", "replace"))
        self.writer.close()

    async def command(self, line: str) -> None:
        words = [quoted or plain for quoted, plain in _WORD.findall(line)]
        tag, verb = words[0] if words else "*", " ".join(words[1:2]).upper()
        if verb == "UID":
            verb, words = f"UID {words[2].upper()}" if len(words) > 2 else verb, words[1:]
        known: dict[str, Callable[[list[str]], Awaitable[str]]] = {
            "CAPABILITY": self.capability,
            "LOGIN": self.login,
            "SELECT": self.select,
            "EXAMINE": self.select,
            "UID SEARCH": self.search,
            "UID FETCH": self.fetch,
            "NOOP": self.nothing,
            "LOGOUT": self.bye,
        }
        if verb not in known:
            await self.say(f"{tag} BAD this command is not known here")
        elif verb.startswith("UID") and not self.selected:
            await self.say(f"{tag} NO select a folder first")
        else:
            await self.say(f"{tag} {await known[verb](words[2:])}")

    async def capability(self, _words: list[str]) -> str:
        await self.say("* CAPABILITY IMAP4rev1")
        return "OK that is all"

    async def login(self, words: list[str]) -> str:
        self.is_known = words == [self.account.user, self.account.password]
        return "OK welcome" if self.is_known else "NO that is not right"

    async def select(self, words: list[str]) -> str:
        folder = " ".join(words[:1]).lower()
        if not self.is_known or folder not in {INBOX, SENT}:
            return "NO there is no such folder, or nobody is logged in"
        self.selected = folder
        found = self.found()
        await self.say(f"* {len(found)} EXISTS")
        await self.say(f"* OK [UIDVALIDITY {self.validity()}] numbered since then")
        await self.say(f"* OK [UIDNEXT {max(found, default=0) + 1}] the next one")
        return "OK [READ-ONLY] selected"

    async def search(self, words: list[str]) -> str:
        found = self.found()
        match [word.upper() for word in words[:2]]:
            case ["UID", span]:
                first = int(span.partition(":")[0])
                numbers = [one for one in found if one >= first] or list(found)[-1:]
            case ["HEADER", "MESSAGE-ID"] if len(words) > 2:
                numbers = [
                    no for no, one in found.items() if words[2] in _header(one, "Message-ID")
                ]
            case _:
                return "BAD this is not looked for here"
        await self.say(f"* SEARCH {' '.join(map(str, numbers))}".rstrip())
        return "OK looked"

    async def fetch(self, words: list[str]) -> str:
        mail = self.found().get(int(words[0])) if words and words[0].isdigit() else None
        part = _PARTIAL.search(" ".join(words[1:]))
        if part is None:
            return "BAD only bodies are shown here"
        if mail is not None:
            content = (self.proof(mail) + mail.raw)[: int(part[1]) if part[1] else None]
            origin = "<0>" if part[1] else ""
            head = f"* 1 FETCH (UID {mail.number} BODY[]{origin} {{{len(content)}}}\r\n"
            self.writer.write(head.encode() + content + b")\r\n")
        return "OK shown"

    async def nothing(self, _words: list[str]) -> str:
        return "OK"

    async def bye(self, _words: list[str]) -> str:
        self.is_over = True
        await self.say("* BYE")
        return "OK"

    def found(self) -> dict[int, Mail]:
        """Return the mails of the selected folder by their numbers."""
        numbers = (one["number"] for one in self.mails.summaries())
        mails = (mail for number in numbers if (mail := self.mails.get(number)))
        return {mail.number: mail for mail in mails if self.is_here(mail)}

    def is_here(self, mail: Mail) -> bool:
        named = [mail.sender] if self.selected == SENT else mail.recipients
        return any(one.rpartition("@")[2].lower() in self.account.domains for one in named)

    def validity(self) -> int:
        """Return when the first mail came; the numbers begin anew where the folder was emptied."""
        first = self.mails.get(1)
        return int(datetime.fromisoformat(first.received_at).timestamp()) if first else 1

    def proof(self, mail: Mail) -> bytes:
        """Say who a mail is from, as a real server would after looking at signatures.

        Nothing is signed here, so the sender of the envelope has to do.
        """
        domain = parseaddr(_header(mail, "From"))[1].rpartition("@")[2].lower()
        result = "pass" if domain == mail.sender.rpartition("@")[2].lower() else "fail"
        safe = re.sub(r"[^a-z0-9.-]", "", domain)
        return f"Authentication-Results: {SERVER}; dmarc={result} header.from={safe}\r\n".encode()

    async def say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()


def _header(mail: Mail, name: str) -> str:
    return str(mail.message[name] or "")


async def start_mailbox(
    mails: MailFolder, account: Account, host: str, port: int
) -> asyncio.Server:
    """Begin to show the mails at ``port`` (0: any free one)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _Session(mails, account, reader, writer).run()

    return await asyncio.start_server(serve, host, port)
