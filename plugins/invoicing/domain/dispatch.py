"""Dispatch: a message to hand over once, the true outcome of trying, and when to try again."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from invoicing.domain.canonical import fingerprint
from invoicing.domain.parties import Channel, Client
from invoicing.domain.states import OutboxState

ISSUED = "issued"  # the step of a notice to our own people that an invoice left
_MARK = re.compile(r"~to[0-9]+$")  # see `step_to_other`


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


GOES_TO_CLIENT = frozenset(
    {MessageKind.INVOICE, MessageKind.CREDIT_NOTE, MessageKind.REMINDER, MessageKind.RECEIPT}
)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a message; taken from the client's verified addresses."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()


class Purpose(StrEnum):
    """What a client is written to for; some of its people want one thing and not another."""

    BILLING = "billing"
    REMINDERS = "reminders"
    RECEIPTS = "receipts"


def recipients_for(client: Client, purpose: Purpose) -> Recipients:
    """Return who of a client gets a message, each address once and where it is seen most.

    Reminders go to the addresses given for them, where there are any; a receipt goes to those who
    get the invoices, without their copies. The account manager is on copy if the client says so.
    """
    to, cc, bcc = client.billing_to, client.billing_cc, client.billing_bcc
    if purpose is Purpose.RECEIPTS:
        cc, bcc = (), ()
    elif purpose is Purpose.REMINDERS:
        # Whoever is named for reminders alone did not ask for the copies of invoices.
        cc = client.reminders_cc or (() if client.reminders_to else cc)
        bcc = client.reminders_bcc or (() if client.reminders_to else bcc)
        to = client.reminders_to or to
    if client.copy_account_manager and client.account_manager:
        cc = (*cc, client.account_manager)
    return _each_once(to, cc, bcc)


def _each_once(*groups: tuple[str, ...]) -> Recipients:
    seen: set[str] = set()
    kept: list[tuple[str, ...]] = []
    for group in groups:
        first = {one.casefold(): one for one in reversed(group)}
        new = [each for each in dict.fromkeys(map(str.casefold, group)) if each not in seen]
        seen.update(new)
        kept.append(tuple(first[each] for each in new))
    return Recipients(*kept)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A complete mail; its Message-ID was fixed before the first attempt.

    ``sender_name`` stands beside the sender where that is safe. Answers go to ``reply_to``, or to
    the sender. ``follows`` are the Message-IDs of the mails that it belongs to, the first one
    first.
    """

    message_id: str
    sender: str
    recipients: Recipients
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    sender_name: str = ""
    reply_to: str = ""
    follows: tuple[str, ...] = ()


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
    of a request for approval it is the draft that will have this id as an invoice. ``owner`` and
    ``lease_until`` are set while somebody is sending; ``not_before`` delays a further attempt.
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

    @property
    def invoice_ids(self) -> tuple[str, ...]:
        """Every invoice that it is about, the first one first."""
        return (self.invoice_id, *(one.invoice_id for one in self.about))

    @property
    def plain_step(self) -> str:
        """The step without the mark of a message that goes to another address."""
        return _MARK.sub("", self.step) if self.kind in GOES_TO_CLIENT else self.step

    @property
    def may_be_repeated(self) -> bool:
        """Tell whether handing it over twice does no harm: the other side keeps it once."""
        return self.channel is not Channel.MAIL

    @property
    def ends_with_invoice(self) -> bool:
        """Tell whether there is no point in it any more once all its invoices are void."""
        outlives = {MessageKind.CREDIT_NOTE, MessageKind.APPROVAL}
        return self.kind not in outlives and self.channel is not Channel.SOURCE


def copies_of(row: OutboxRow, others: Iterable[OutboxRow]) -> list[OutboxRow]:
    """Return the same message to each address it was planned for; ``others`` are its invoice's."""
    message = row.kind, row.channel, row.plain_step
    return [one for one in others if (one.kind, one.channel, one.plain_step) == message]


def step_to_other(row: OutboxRow, copies: Sequence[OutboxRow]) -> str:
    """Name the step of a message that goes to a further address."""
    return f"{row.plain_step}~to{len(copies) + 1}"


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


def client_messages(
    invoice_id: str, kind: MessageKind, step: str, client: Client, sender: str
) -> list[OutboxRow]:
    """Plan a message in each way that a client gets its documents: by mail, in its portal."""
    nobody, people = Recipients(()), recipients_for(client, Purpose.BILLING)
    ways = [channel for channel in client.channels if channel is not Channel.SOURCE]
    return [
        outbox_row(
            invoice_id,
            kind,
            step,
            people if channel is Channel.MAIL else nobody,
            sender,
            channel=channel,
        )
        for channel in ways
    ]


def message_id(outbox_id: str, sender: str) -> str:
    """Derive the Message-ID from the outbox row, so that every attempt carries the same one."""
    return f"<{outbox_id}@{sender.rpartition('@')[2]}>"
