"""IMAP: reads the mailbox that answers to our mails come to, and changes nothing in it."""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Final, TypeAlias

from invoicing.adapters.received import MOST_BYTES, parse
from invoicing.domain.errors import TransientError
from invoicing.services.ports import MailPage, MailPosition, ReceivedMail

MakeContext: TypeAlias = Callable[[], ssl.SSLContext]

_PORTS: Final = {"tls": 993, "starttls": 143, "plain": 143}
_SECONDS: Final = 30.0
_UID = re.compile(rb"UID ([0-9]{1,10})")
_MOST_READ = MOST_BYTES + 1024
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.@_-]{3,200}>")


class ImapMailbox:
    """A folder of an IMAP server, opened for reading only, and perhaps the one of sent mails.

    A connection is made for each look and closed again: between two of them lies a minute.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int = 0,
        user: str = "",
        password: str = "",
        security: str = "tls",
        folder: str = "INBOX",
        sent_folder: str = "",
        trusted: Sequence[str] = (),
        seconds: float = _SECONDS,
        context: MakeContext = ssl.create_default_context,
    ) -> None:
        # Another account may number its mails just the same, and is read from its first one on.
        account = sha256(f"{user}@{host}".casefold().encode()).hexdigest()[:8]
        self.name = f"invoicing_imap/{folder} ({account})"
        self._place = (host, port or _PORTS[security])
        self._login = (user, password)
        self._security, self._context, self._seconds = security, context, seconds
        self._folder, self._sent, self._trusted = folder, sent_folder, tuple(trusted)

    def read(self, after: MailPosition | None, limit: int) -> MailPage:
        """Return the mails after a position, the oldest first; TransientError when not now.

        Where the server numbers its mails anew, it begins with the first one again.
        """
        with self._opened(self._folder) as imap:
            validity = _validity(imap)
            known = after.uid if after and after.validity == validity else 0
            uids = _after(imap, known)[:limit]
            mails = tuple(mail for uid in uids for mail in self._fetch(imap, uid))
        return MailPage(MailPosition(validity, max(uids, default=known)), mails)

    def has_sent(self, message_id: str) -> bool | None:
        """Tell whether a mail of ours lies among the sent ones; None where nobody can know."""
        if not self._sent or not _MESSAGE_ID.fullmatch(message_id):
            return None
        with suppress(TransientError), self._opened(self._sent) as imap:
            _, found = _asked(imap.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"'))
            return any(one.split() for one in found if isinstance(one, bytes))
        return None

    def _fetch(self, imap: imaplib.IMAP4, uid: int) -> Iterator[ReceivedMail]:
        """Yield a mail, at most its first megabyte; nothing where it was deleted meanwhile."""
        _, found = _asked(imap.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{MOST_BYTES + 1}>)"))
        for one in found:
            if isinstance(one, tuple) and _is_about(one[0], found, uid):
                yield ReceivedMail(uid, parse(one[1], self._trusted))
                return

    @contextmanager
    def _opened(self, folder: str) -> Iterator[imaplib.IMAP4]:
        """Log in and look at a folder; whatever goes wrong is a reason to come again later."""
        try:
            imap = self._connect()
            try:
                _asked(imap.login(*self._login))
                _asked(imap.select(_quoted(folder), readonly=True))
                yield imap
            finally:
                with suppress(OSError, imaplib.IMAP4.error):
                    imap.logout()
        except (OSError, EOFError, ValueError, imaplib.IMAP4.error) as error:
            # The server's words may hold addresses, and these end up in the queue.
            raise TransientError(f"the mailbox cannot be read: {_reason(error)}") from error

    def _connect(self) -> imaplib.IMAP4:
        host, port = self._place
        if self._security == "tls":
            return _TlsConnection(host, port, ssl_context=self._context(), timeout=self._seconds)
        imap = _PlainConnection(host, port, timeout=self._seconds)
        if self._security == "starttls":
            try:
                _asked(imap.starttls(self._context()))
            except BaseException:
                imap.shutdown()
                raise
        return imap


class _Bounded(imaplib.IMAP4):
    """A connection that does not let the other side fill our memory."""

    def read(self, size: int) -> bytes:
        """Read a literal, if it has the size that was asked for."""
        if size > _MOST_READ:
            raise self.abort("the server sends more than it was asked for")
        return super().read(size)


class _PlainConnection(_Bounded):
    pass


class _TlsConnection(_Bounded, imaplib.IMAP4_SSL):
    pass


def _asked(answer: tuple[str, Sequence[object]]) -> tuple[str, Sequence[object]]:
    """Pass an answer on, unless the server says no."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"the server answers {answer[0]}")
    return answer


def _validity(imap: imaplib.IMAP4) -> int:
    _, found = imap.response("UIDVALIDITY")
    first = found[0] if found else None
    if not isinstance(first, bytes) or not first.isdigit():
        raise imaplib.IMAP4.error("the server does not say how its mails are numbered")
    return int(first)


def _after(imap: imaplib.IMAP4, uid: int) -> list[int]:
    """Return the numbers of the mails after one; ``n:*`` always holds the last one (RFC 3501)."""
    _, found = _asked(imap.uid("SEARCH", "UID", f"{uid + 1}:*"))
    words = [word for one in found if isinstance(one, bytes) for word in one.split()]
    return sorted({int(word) for word in words if word.isdigit() and int(word) > uid})


def _is_about(head: bytes, found: Sequence[object], uid: int) -> bool:
    """Tell whether a fetched mail is the one asked for; its number may stand behind the mail."""
    tails = b" ".join(one for one in found if isinstance(one, bytes))
    named = _UID.search(head) or _UID.search(tails)
    return named is not None and int(named[1]) == uid


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "its certificate is not trusted, or it speaks no TLS"
    if isinstance(error, OSError):
        return "it does not answer"
    return "it refuses the login, the folder or the question"
