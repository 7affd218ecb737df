"""How figures, days and codes are written for people; every text is treated as hostile."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from invoicing.domain.dispatch import Attempt, MessageKind, OutboxRow
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money, plain
from invoicing.domain.parties import Channel
from invoicing.domain.review import Answer
from invoicing.domain.states import DraftState, InvoiceState, MoneyState, OutboxState
from invoicing.services.ledger_ports import MailSort
from invoicing.web.actions import ASKED, HELD, HOLD_STATES, LIFTED, words_of

FOLDER: Final = Path(__file__).parent

# Characters that reorder or hide the text around them: an amount must read as it is.
_INVISIBLE = {
    *range(0x09), *range(0x0B, 0x20), 0x7F, 0x061C, 0x200E, 0x200F,
    *range(0x202A, 0x202F), *range(0x2066, 0x206A),
}  # fmt: skip
_FINGERPRINT = re.compile(r"[0-9a-f]{32,64}")
_SCRUB = dict.fromkeys(_INVISIBLE, "\N{REPLACEMENT CHARACTER}")

# What a state is called, and the tone it is shown in.
STATES: Final[dict[str, tuple[str, str]]] = {
    MoneyState.OPEN: ("open", "plain"),
    MoneyState.PARTIALLY_PAID: ("partly paid", "warn"),
    MoneyState.PAID: ("paid", "good"),
    InvoiceState.VOID: ("void", "bad"),
    **{kind: (HOLD_STATES[kind], "warn") for kind in HoldKind},
    OutboxState.PENDING: ("waits to be sent", "plain"),
    OutboxState.SENDING: ("being sent", "plain"),
    OutboxState.DONE: ("sent", "good"),
    OutboxState.FAILED: ("not sent", "bad"),
    OutboxState.UNCERTAIN: ("unclear if sent", "bad"),
    OutboxState.BOUNCED: ("came back", "bad"),
    DraftState.AWAITING_REVIEW: ("waits for approval", "warn"),
    DraftState.APPROVED: ("approved", "good"),
    DraftState.HELD: ("held", "warn"),
    DraftState.REJECTED: ("rejected", "bad"),
    DraftState.EXPIRED: ("expired", "bad"),
    Answer.APPROVE: ("approved", "good"),
    Answer.REJECT: ("rejected", "bad"),
    Answer.SEND_BACK: ("sent back", "warn"),
}

# What a mail that came to us was.
SORTS: Final[dict[MailSort, str]] = {
    MailSort.BOUNCE: "Report of a mail server",
    MailSort.ANSWER: "Answer to a question",
    MailSort.DISPUTE: "The client wrote",
    MailSort.IGNORED: "Left aside",
    MailSort.UNKNOWN: "From an unknown address",
}
_TOPIC = re.compile("[a-z]+")  # the step of a notice begins with what it tells


def render(template: str, **values: object) -> str:
    """Fill a template of this folder."""
    return _environment.get_template(template).render(values)


def grouped(value: Decimal) -> str:
    """Write an amount with thousands separated: 12,345.00."""
    return f"{value:,f}"


def amount(money: Money) -> str:
    """Write money for people: 12,345.00 EUR."""
    return f"{grouped(money.amount)} {money.currency}"


def day(value: date) -> str:
    """Write a day so that nobody takes the month for the day: 2 Nov 2026."""
    return f"{value.day} {value:%b %Y}"


def instant(value: datetime) -> str:
    """Write an instant to the second, in UTC as the ledger keeps it."""
    return f"{day(value)}, {value:%H:%M:%S} UTC"


def age(value: timedelta) -> str:
    """Write how long something has been waiting, in the largest unit that says enough."""
    minutes = max(int(value.total_seconds()) // 60, 0)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def words(code: str) -> str:
    """Turn a code such as ``send_uncertain`` into words."""
    return code.replace("_", " ").capitalize()


def short(text: str) -> str:
    """Cut a fingerprint down to what people compare; leave every other text as it is."""
    return f"{text[:12]}…" if _FINGERPRINT.fullmatch(text) else text


def reply(attempt: Attempt) -> str:
    """Write what the other side said; many servers repeat their code in the text."""
    code = str(attempt.code or "")
    return attempt.detail if attempt.detail.startswith(code) else f"{code} {attempt.detail}"


def message_words(row: OutboxRow) -> str:
    """Say what a message of ours is: which reminder, a note of what."""
    if row.kind is MessageKind.NOTICE:
        topic = _TOPIC.match(row.step)
        name = "Note" if row.channel is Channel.SOURCE else "Notice"
        return f"{name}: {topic[0]}" if topic else name
    if row.kind in {MessageKind.REMINDER, MessageKind.ESCALATION}:
        step = words(row.plain_step).lower()
        return words(row.kind) if step == row.kind else f"{words(row.kind)}, {step}"
    return words(row.kind)


def state_words(code: str) -> str:
    """Say a state in plain words."""
    return STATES[code][0] if code in STATES else words(code).lower()


def tone(code: str) -> str:
    """Return the tone a state is shown in."""
    return STATES[code][1] if code in STATES else "plain"


def _scrubbed(value: object) -> object:
    """Make characters visible that would change how the text around them reads."""
    return value.translate(_SCRUB) if isinstance(value, str) else value


_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    finalize=_scrubbed,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    amount=amount, grouped=grouped, plain=plain, day=day, instant=instant, age=age,
    words=words, short=short, reply=reply, message_words=message_words,
    state_words=state_words, tone=tone,
)  # fmt: skip
_environment.globals.update(words_of=words_of, asked=ASKED, held=HELD, lifted=LIFTED, sorts=SORTS)
