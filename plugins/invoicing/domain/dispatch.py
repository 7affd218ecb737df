"""Dispatch: a message to hand over once, the true outcome of trying, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from invoicing.domain.canonical import fingerprint
from invoicing.domain.parties import Channel
from invoicing.domain.states import OutboxState


class Outcome(StrEnum):
    """What became of one attempt; only RETRY may be repeated without a person."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class MessageKind(StrEnum):
    """What a message is about."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    RECEIPT = "receipt"
    NOTICE = "notice"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a message; taken from the client's verified addresses."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A complete mail; its Message-ID was fixed before the first attempt."""

    message_id: str
    sender: str
    recipients: Recipients
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one attempt: how far it came and what the other side said."""

    outcome: Outcome
    phase: str
    code: int
    detail: str


@dataclass(frozen=True, slots=True)
class About:
    """A further invoice that a message is about, and the step of its plan that it is for."""

    invoice_id: str
    step: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message to be handed over: one per (invoice, kind, step, channel), ever.

    ``invoice_id`` is the first one that it is about, ``about`` are the others of a merged reminder;
    of a request for approval it is the draft that will have this id as an invoice. ``owner`` and ``lease_until`` are set while somebody is sending; ``not_before`` delays a
    further attempt.
    """

    id: str
    invoice_id: str
    kind: MessageKind
    step: str
    channel: Channel
    recipients: Recipients
    message_id: str
    state: OutboxState
    attempt: int = 0
    owner: str = ""
    lease_until: datetime | None = None
    not_before: datetime | None = None
    about: tuple[About, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a message over, with what became of it (empty while under way)."""

    outbox_id: str
    attempt: int
    owner: str
    started_at: datetime
    outcome: str = ""
    phase: str = ""
    code: int = 0
    detail: str = ""
    ended_at: datetime | None = None


BACKOFF = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=15),
)


def next_attempt_at(attempt: int, now: datetime) -> datetime | None:
    """Return when to try again after ``attempt`` tries, or None when a person must look."""
    return now + BACKOFF[attempt - 1] if attempt <= len(BACKOFF) else None


def outbox_row(
    invoice_id: str,
    kind: MessageKind,
    step: str,
    recipients: Recipients,
    sender: str,
    *,
    channel: Channel = Channel.MAIL,
    about: tuple[About, ...] = (),
) -> OutboxRow:
    """Plan a message; its id follows from what it is about, so planning it twice plans it once."""
    row_id = fingerprint([invoice_id, kind, step, channel])[:32]
    return OutboxRow(
        row_id,
        invoice_id,
        kind,
        step,
        channel,
        recipients,
        message_id(row_id, sender),
        OutboxState.PENDING,
        about=about,
    )


def message_id(outbox_id: str, sender: str) -> str:
    """Derive the Message-ID from the outbox row, so that every attempt carries the same one."""
    return f"<{outbox_id}@{sender.rpartition('@')[2]}>"
