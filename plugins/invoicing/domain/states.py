"""The only states and the only transitions; a late event never moves a state back."""

from enum import StrEnum

from invoicing.domain.errors import StateError


class DraftState(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    AWAITING_REVIEW = "awaiting_review"
    APPROVED = "approved"
    ISSUED = "issued"
    HELD = "held"
    REJECTED = "rejected"
    EXPIRED = "expired"


class InvoiceState(StrEnum):
    """Where an invoice stands; its content never changes."""

    ISSUED = "issued"
    VOID = "void"


class MoneyState(StrEnum):
    """Derived from allocations; overdue is a date, not a state."""

    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"


class OutboxState(StrEnum):
    """Where a message stands; uncertain and bounced wait for a person."""

    PENDING = "pending"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"


_ANY_END = frozenset({DraftState.HELD, DraftState.REJECTED, DraftState.EXPIRED})

DRAFT_MOVES: dict[DraftState, frozenset[DraftState]] = {
    DraftState.DRAFT: _ANY_END | {DraftState.AWAITING_REVIEW, DraftState.APPROVED},
    DraftState.AWAITING_REVIEW: _ANY_END | {DraftState.APPROVED},
    DraftState.APPROVED: _ANY_END | {DraftState.ISSUED},
    DraftState.ISSUED: frozenset(),
    DraftState.HELD: frozenset({DraftState.DRAFT, DraftState.REJECTED, DraftState.EXPIRED}),
    DraftState.REJECTED: frozenset(),
    DraftState.EXPIRED: frozenset(),
}

OUTBOX_MOVES: dict[OutboxState, frozenset[OutboxState]] = {
    OutboxState.PENDING: frozenset({OutboxState.SENDING, OutboxState.FAILED}),
    OutboxState.SENDING: frozenset(
        {OutboxState.PENDING, OutboxState.DONE, OutboxState.FAILED, OutboxState.UNCERTAIN}
    ),
    OutboxState.DONE: frozenset({OutboxState.BOUNCED}),  # the other side took it and gave it back
    # Only a person moves these on, from the queue; or a mailbox in which the mail was found.
    OutboxState.FAILED: frozenset({OutboxState.PENDING, OutboxState.DONE}),
    OutboxState.UNCERTAIN: frozenset({OutboxState.PENDING, OutboxState.DONE, OutboxState.BOUNCED}),
    OutboxState.BOUNCED: frozenset({OutboxState.PENDING, OutboxState.DONE}),
}


def check_draft_move(before: DraftState, after: DraftState) -> None:
    """Refuse a step of a draft that is not in the table."""
    if after not in DRAFT_MOVES[before]:
        raise StateError(f"a draft cannot go from {before} to {after}")


def check_outbox_move(before: OutboxState, after: OutboxState) -> None:
    """Refuse a step of a message that is not in the table."""
    if after not in OUTBOX_MOVES[before]:
        raise StateError(f"a message cannot go from {before} to {after}")
