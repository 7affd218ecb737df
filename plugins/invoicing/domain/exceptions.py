"""Exceptions: what a person must look at, who owns it, and what that person may do about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What a person may do about an exception from the queue."""

    DRAFT_AGAIN = "draft_again"
    DECIDE_AGAIN = "decide_again"
    MARK_DELIVERED = "mark_delivered"
    SEND_AGAIN = "send_again"
    SEND_TO_OTHER = "send_to_other"
    RENDER_AGAIN = "render_again"
    ACKNOWLEDGE = "acknowledge"
    VOID = "void"
    CORRECT = "correct"
    WRITE_OFF = "write_off"
    LIFT_HOLD = "lift_hold"
    PLACE = "place"
    UN_PARK = "un_park"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exception: its owner and the actions that are allowed."""

    owner: str
    actions: tuple[Action, ...]


FINANCE, ENGINEER = "finance", "engineer"
_DECIDE = Kind(FINANCE, (Action.DECIDE_AGAIN, Action.ACKNOWLEDGE))
_CONFIG = Kind(ENGINEER, (Action.DECIDE_AGAIN, Action.ACKNOWLEDGE))
_DRAFT = Kind(FINANCE, (Action.DRAFT_AGAIN, Action.ACKNOWLEDGE))
_BOOK = Kind(ENGINEER, (Action.DRAFT_AGAIN, Action.ACKNOWLEDGE))
# Found by deciding as well as by drafting: the subject is an event or a draft.
_EITHER = (Action.DECIDE_AGAIN, Action.DRAFT_AGAIN, Action.ACKNOWLEDGE)
_LOOK = Kind(FINANCE, (Action.ACKNOWLEDGE,))
_MONEY = Kind(FINANCE, (Action.PLACE, Action.ACKNOWLEDGE))

KINDS: dict[str, Kind] = {
    # deciding
    "unknown_client": _CONFIG,
    "no_rule": _CONFIG,
    "several_rules": _CONFIG,
    "no_agreement": _CONFIG,
    "several_agreements": _CONFIG,
    "agreement_not_in_force": _DECIDE,
    "milestone_unknown": _CONFIG,
    "nothing_to_bill": _DECIDE,
    "amounts_disagree": Kind(FINANCE, _EITHER),
    "amount_unusable": _DECIDE,
    "records_disagree": _DECIDE,
    "deposit_too_late": _DECIDE,
    "work_changed": _LOOK,
    "work_left_over": _LOOK,
    "currency_differs": Kind(FINANCE, _EITHER),
    "exchange_rate_missing": Kind(ENGINEER, _EITHER),
    "rate_unknown": Kind(ENGINEER, _EITHER),
    # reporting
    "unknown_event": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    "event_changed": _LOOK,
    "event_differs": _LOOK,
    "object_missing": _DECIDE,
    "object_unreadable": _DECIDE,
    "source_unreachable": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    "agreement_unusable": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    "config_broken": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    # drafting
    "tax_unknown": _BOOK,
    "mixed_tax_codes": _BOOK,
    "reverse_charge_without_tax_id": _DRAFT,
    "not_computable": _BOOK,
    "nothing_due": _DRAFT,
    "over_total": _BOOK,
    "deposit_not_issued": _DRAFT,
    "deposit_credited": _DRAFT,
    "bound_broken": Kind(FINANCE, (Action.DRAFT_AGAIN, Action.RELEASE, Action.ACKNOWLEDGE)),
    "client_parked": Kind(FINANCE, (Action.UN_PARK,)),
    "already_billed": _DRAFT,
    "preview_failed": _BOOK,
    "e_invoice_incomplete": _BOOK,
    # review
    "sent_back": _DRAFT,
    "rejected": _LOOK,
    "answer_refused": _LOOK,
    "nobody_may_approve": _LOOK,
    "not_approved": _LOOK,
    # the way out, and the money back
    "render_failed": Kind(ENGINEER, (Action.RENDER_AGAIN, Action.ACKNOWLEDGE)),
    "archive_failed": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    "send_failed": Kind(FINANCE, (Action.SEND_AGAIN, Action.SEND_TO_OTHER, Action.MARK_DELIVERED)),
    "send_uncertain": Kind(FINANCE, (Action.MARK_DELIVERED, Action.SEND_AGAIN)),
    "mail_bounced": Kind(FINANCE, (Action.SEND_TO_OTHER, Action.SEND_AGAIN, Action.MARK_DELIVERED)),
    "payment_unmatched": _MONEY,
    "payment_currency_differs": _LOOK,
    "payment_not_positive": _LOOK,
    "overpaid": _MONEY,
    # what comes back by mail
    "client_replied": Kind(FINANCE, (Action.LIFT_HOLD, Action.ACKNOWLEDGE)),
    "mail_answer_refused": _LOOK,
    "mail_unknown": _LOOK,
    "mailbox_unreachable": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    # corrections of what is issued
    "correction_asked": Kind(FINANCE, (Action.VOID, Action.CORRECT, Action.ACKNOWLEDGE)),
    "write_off_asked": Kind(FINANCE, (Action.WRITE_OFF, Action.ACKNOWLEDGE)),
    "credit_left": _LOOK,
    # the ledger about itself
    "invariant_broken": Kind(ENGINEER, (Action.ACKNOWLEDGE,)),
    "disputed": Kind(FINANCE, (Action.LIFT_HOLD,)),
}


def codes_with(action: Action) -> tuple[str, ...]:
    """Return the kinds of exceptions that offer ``action``."""
    return tuple(code for code, kind in KINDS.items() if action in kind.actions)


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """An entry of the queue. It is closed only by a recorded decision of a person, or when its
    cause is gone."""

    id: str
    code: str
    subject: str
    cause: str
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    decision: str = ""

    @property
    def kind(self) -> Kind:
        """The owner and the allowed actions of this kind of exception."""
        return KINDS[self.code]
