"""Groups of tables of what comes back by mail: positions in mailboxes, mails, tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class MailSort(StrEnum):
    """What a mail that came to us is."""

    BOUNCE = "bounce"
    ANSWER = "answer"
    DISPUTE = "dispute"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MailPosition:
    """How far a mailbox was read; UIDs count anew when ``validity`` changes (RFC 3501)."""

    validity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MailRecord:
    """A mail that was read: never its text, only what it was and what was done about it.

    ``digest`` is the sha256 of its bytes; ``subject`` what it is about (an invoice, a message, a
    draft), empty where nothing was found.
    """

    mailbox: str
    validity: int
    uid: int
    message_id: str
    digest: str
    sort: MailSort
    subject: str
    outcome: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class MailToken:
    """What makes an answer by mail count: one question, one person, once, for some days.

    ``token_hash`` is the sha256 of the token, which stands nowhere but in the mail.
    """

    token_hash: str
    draft_id: str
    version: int
    step: str
    content_hash: str
    approver: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Mailboxes(Protocol):
    """What was read from our mailboxes, and the tokens that answers by mail need."""

    def position(self, mailbox: str) -> MailPosition | None:
        """Return how far a mailbox was read; None before the first time."""

    def advance(self, mailbox: str, before: MailPosition | None, after: MailPosition) -> bool:
        """Move on by compare-and-set; False when somebody else did."""

    def is_known(self, digest: str) -> bool:
        """Tell whether a mail of these bytes was read before."""

    def add(self, record: MailRecord) -> bool:
        """Store what was done about a mail; False when this mail was read before.

        The same bytes count as the same mail, wherever they lie: a mailbox may be renumbered.
        """

    def about(self, subject: str) -> Sequence[MailRecord]:
        """Return the mails about a subject, the oldest first."""

    def issue_token(self, token: MailToken) -> None:
        """Store the hash of a token that goes out."""

    def token(self, token_hash: str) -> MailToken | None:
        """Return a token by its hash, and keep everybody else from using it until this ends."""

    def use_tokens(self, draft_id: str, version: int, step: str, at: datetime) -> None:
        """Let every token about a question be used up; it is answered."""
