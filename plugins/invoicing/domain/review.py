"""Review: which drafts a person must see, who may answer, and what an answer is bound to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.errors import RefusedError
from invoicing.domain.money import Money
from invoicing.domain.periods import Period

SYSTEM = "system"  # author of every automatic draft
AUTO_RULE = "below_every_review_rule"


class Answer(StrEnum):
    """What a person may say to a draft under review."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send_back"


LABELS = {Answer.APPROVE: "Approve", Answer.REJECT: "Reject", Answer.SEND_BACK: "Send back"}


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who may approve: up to a gross amount per currency (none given: any amount).

    On a day of ``away`` the delegate is asked; the delegate's own limits then count. ``email`` is
    where questions are mailed to, ``mail_limits`` is up to which gross amount per currency an
    answer from there counts (none given: never).
    """

    login: str
    limits: Mapping[str, Money] = field(default_factory=dict)
    delegate: str = ""
    away: tuple[Period, ...] = ()
    email: str = ""
    mail_limits: Mapping[str, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One link of the chain: who is asked, and for which reasons (none named: for every one)."""

    name: str
    approvers: tuple[str, ...]
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """When to ask and whom.

    ``thresholds`` are gross amounts by currency; a currency without one always means review. A
    discount above ``discount_limit_percent`` that nobody granted, a client of ``client_types``, a
    project of ``categories``, an amount more than ``unusual_factor`` times (or less than one
    ``unusual_factor``-th of) the median of at least ``unusual_after`` invoices of the same
    agreement: each alone is a reason. The chain's steps are asked in order; each needs another
    person.
    """

    thresholds: Mapping[str, Money]
    approvers: Mapping[str, Approver]
    chain: tuple[ReviewStep, ...]
    discount_limit_percent: Decimal = Decimal(0)
    client_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    unusual_factor: Decimal | None = None
    unusual_after: int = 3


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What the ledger knows besides the draft: the gross of its agreement's earlier invoices, too.

    ``author`` made the draft, ``authors`` its earlier versions; a discount that one of them granted
    is granted by nobody.
    """

    first_invoice: bool
    history: tuple[Money, ...] = ()
    author: str = SYSTEM
    authors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """Why a person is asked, as code and as a sentence for that person."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """A question put to a person: bound to one version and its content, never changed later.

    ``step`` is the link of the chain that is asked, ``chain`` all the links that must approve.
    """

    parcel_id: str
    draft_id: str
    version: int
    content_hash: str
    subject: str
    body: str
    options: tuple[str, ...]
    step: str = ""
    chain: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Approval:
    """A decision about one version of a draft, by a person or by a named rule."""

    draft_id: str
    version: int
    content_hash: str
    answer: Answer
    decided_by: str
    rule: str = ""
    comment: str = ""
    step: str = ""


def option(answer: Answer, version: int, content_hash: str) -> str:
    """Label an answer with the version it is about: ``Approve v3-9f2c1a``."""
    return f"{LABELS[answer]} v{version}-{content_hash[:6]}"


def options(version: int, content_hash: str) -> tuple[str, ...]:
    """Return the labels of all answers to one version."""
    return tuple(option(answer, version, content_hash) for answer in Answer)


def answer_of(label: str, version: int, content_hash: str) -> Answer:
    """Read a chosen label; one that names another version or content is refused."""
    for answer in Answer:
        if label == option(answer, version, content_hash):
            return answer
    raise RefusedError(
        f"the answer {label!r} is not about version {version} ({content_hash[:6]});"
        " open the newest request"
    )


_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|<>~&")
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|@", re.IGNORECASE)
_JOINER = "\u2060"  # invisible
_LONGEST = 200


def as_markdown(text: str) -> str:
    """Write somebody else's text so that it shows as it is and can do nothing.

    Line breaks would end a table row, bidi controls (not printable) would reorder an amount, an
    image would be fetched by the approver's browser, and Airflow makes a link of every bare
    address, escaped or not; an invisible joiner inside the address keeps it text.
    """
    visible = "".join(
        " " if char.isspace() else char for char in text if char.isprintable() or char.isspace()
    ).strip()
    if len(visible) > _LONGEST:
        visible = visible[: _LONGEST - 1] + "…"
    disarmed = _ADDRESS.sub(rf"\g<0>{_JOINER}", visible)
    return "".join(f"\\{char}" if char in _MARKDOWN else char for char in disarmed)
