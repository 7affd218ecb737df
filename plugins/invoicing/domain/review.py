"""Review: which drafts a person must see, who may answer, and what an answer is bound to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from invoicing.domain.errors import RefusedError
from invoicing.domain.money import Money

SYSTEM = "system"  # author of every automatic draft
AUTO_RULE = "below_every_review_rule"


class Answer(StrEnum):
    """What a person may say to a draft under review."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send_back"


LABELS = {Answer.APPROVE: "Approve", Answer.REJECT: "Reject", Answer.SEND_BACK: "Send back"}


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """When to ask and whom: thresholds by currency, and the logins that may approve.

    A currency without a threshold always means review.
    """

    thresholds: Mapping[str, Money]
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """Why a person is asked, as code and as a sentence for that person."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """A question put to a person: bound to one version and its content, never changed later."""

    parcel_id: str
    draft_id: str
    version: int
    content_hash: str
    subject: str
    body: str
    options: tuple[str, ...]


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


def review_reasons(
    gross: Money, policy: ReviewPolicy, *, first_invoice: bool
) -> tuple[ReviewReason, ...]:
    """Return every reason to ask a person; none means the draft may pass by itself."""
    reasons: list[ReviewReason] = []
    threshold = policy.thresholds.get(gross.currency)
    if threshold is None:
        text = f"no review threshold is set for {gross.currency}"
        reasons.append(ReviewReason("no_threshold", text))
    elif gross >= threshold:
        text = f"{gross} is at or over the threshold of {threshold}"
        reasons.append(ReviewReason("amount", text))
    if first_invoice:
        reasons.append(ReviewReason("first_invoice", "first invoice to this client"))
    return tuple(reasons)


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


def check_approver(login: str, author: str, policy: ReviewPolicy) -> None:
    """Refuse an answer by somebody who is not listed, or by the author (four eyes)."""
    if not login:
        raise RefusedError("nobody answered; a time-out approves nothing")
    if login not in policy.approvers:
        raise RefusedError(f"{login} is not among the approvers in config/review.yaml")
    if login == author:
        raise RefusedError(f"{login} made this draft and may not decide about it")


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
