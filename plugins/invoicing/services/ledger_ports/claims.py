"""Groups of tables up to the decision to issue: events, things owed, drafts, parcels, reviews."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.events import BillingEvent, EventKind, Hint
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation, Owed
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.reconcile import Payment
from invoicing.domain.review import SYSTEM, Answer, Approval, ReviewRequest
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.domain.work import RecordRef


class Receipt(StrEnum):
    """What the inbox says to a hint or an event."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"


class EventState(StrEnum):
    """Where an event stands: a hint is fetched, then decided; a fact comes complete."""

    HINTED = "hinted"
    READY = "ready"
    BILLED = "billed"
    MERGED = "merged"
    HELD = "held"
    IGNORED = "ignored"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of the inbox with its id; ``event`` or ``payment`` is set once it was fetched."""

    id: str
    hint: Hint
    state: EventState
    event: BillingEvent | None = None
    payment: Payment | None = None


class Inbox(Protocol):
    """Billing events, UNIQUE (source, event id)."""

    def add_hint(self, hint: Hint, at: datetime) -> tuple[str, Receipt]:
        """Store a hint and return its row id; the same id with another hash is CHANGED."""

    def add_events(self, events: Sequence[BillingEvent], at: datetime) -> list[str]:
        """Store complete events (state READY); return the ids of the new ones only."""

    def known(self, row_ids: Collection[str]) -> set[str]:
        """Return those of ``row_ids`` that are in the inbox already."""

    def hinted(self, kinds: Collection[EventKind], limit: int) -> list[EventRow]:
        """Return the oldest hints whose object was not fetched yet."""

    def ready(self, kinds: Collection[EventKind], limit: int) -> list[EventRow]:
        """Claim the oldest undecided events for this unit of work (locked where rows can be)."""

    def get(self, row_id: str) -> EventRow:
        """Return one event; NotFoundError if unknown."""

    def fetched(self, row_id: str, fact: BillingEvent | Payment) -> bool:
        """Attach the fetched fact: HINTED -> READY by compare-and-set."""

    def rewrite(self, row_id: str, event: BillingEvent) -> None:
        """Keep today's facts of an event that nobody fetches: our own calendar's."""

    def settle(self, row_id: str, before: EventState, after: EventState, reason: str) -> bool:
        """Move an event on, with the reason; False when it was not in ``before``."""

    def settle_all(self, before: EventState, settled: Mapping[str, tuple[EventState, str]]) -> None:
        """Move events on, each with its reason; those that are not in ``before`` stay."""

    def newest_waiting(self, kind: EventKind) -> str:
        """Return a mark of the newest HINTED or READY event of ``kind``, or nothing (peek)."""


class ObligationState(StrEnum):
    """Where a thing owed stands."""

    OPEN = "open"
    DRAFTED = "drafted"
    HELD = "held"


class Obligations(Protocol):
    """Things owed, UNIQUE (entity, agreement, unit, revision)."""

    def claim(self, agreements: Collection[str]) -> None:
        """Keep everybody else from deciding and drafting about ``agreements`` until this ends."""

    def of_agreements(self, agreements: Collection[str]) -> Owed:
        """Return what is owed under ``agreements``, the oldest first, and what is unpaid of it.

        Of a thing that is owed again it is the newest revision.
        """

    def units(self, agreements: Collection[str]) -> dict[str, frozenset[str]]:
        """Return the units that are owed under each agreement, but for those whose draft was
        rejected or expired, or whose invoice is void."""

    def add(self, obligations: Sequence[Obligation]) -> list[str]:
        """Store obligations; return the ids of the new ones only."""

    def open(self, model: Model, limit: int, without: Collection[str] = ()) -> list[Obligation]:
        """Return obligations that have no draft yet, agreement by agreement, the oldest first; none
        of the agreements ``without``."""

    def of_draft(self, draft_id: str) -> list[Obligation]:
        """Return the obligations a draft covers."""

    def where(self, ids: Collection[str]) -> dict[str, tuple[ObligationState, str]]:
        """Return where each obligation stands and the id of the draft that covers it, if any."""

    def get(self, obligation_id: str) -> Obligation:
        """Return one obligation; NotFoundError if unknown."""

    def rewrite(self, obligation: Obligation) -> None:
        """Keep today's facts about a thing owed, read again on a person's word."""

    def cover(self, drafts: Mapping[str, str]) -> set[str]:
        """Link open obligations to their drafts, by id, and return those that were open.

        One that is not open stays as it is, and keeps the others of its draft open.
        """

    def move(
        self, ids: Sequence[str], before: ObligationState, after: ObligationState, draft_id: str
    ) -> list[str]:
        """Move obligations by compare-and-set and link their draft; return the ids moved."""


@dataclass(frozen=True, slots=True)
class Releasable:
    """A version of a draft that may go on; ``run_id`` is the run whose parcel holds it, if any."""

    item: ParcelItem
    state: DraftState
    run_id: str = ""


class Drafts(Protocol):
    """Drafts, their versions, and the source records they consume (UNIQUE source, record)."""

    def add(self, draft: Draft, author: str, config_hash: str, state: DraftState) -> bool:
        """Store version 1; False when the draft exists."""

    def add_all(
        self, drafts: Sequence[tuple[Draft, str]], config_hash: str, state: DraftState
    ) -> set[str]:
        """Store version 1 of drafts, each with its author; return the ids of the new ones only."""

    def add_version(self, draft: Draft, author: str, config_hash: str, before: DraftRecord) -> bool:
        """Store the next version and set the state to DRAFT, by compare-and-set on ``before``.

        Records that it does not bill any more are free for other drafts.
        """

    def get(self, draft_ids: Collection[str]) -> list[DraftRecord]:
        """Return the newest version of each draft that exists, in the order asked for."""

    def move(self, item: ParcelItem, before: DraftState, after: DraftState) -> bool:
        """Compare-and-set on (id, state, version)."""

    def move_all(
        self, items: Collection[ParcelItem], before: DraftState, after: DraftState
    ) -> set[ParcelItem]:
        """Compare-and-set on each (id, state, version); return those that moved."""

    def claim(self, draft_ids: Collection[str]) -> None:
        """Keep these drafts from everybody else until this ends."""

    def claim_releasable(self, model: Model) -> None:
        """Keep the drafts that may go on from everybody else who plans, until this ends."""

    def releasable(self, model: Model) -> list[Releasable]:
        """Return drafts of a billing model in DRAFT, AWAITING_REVIEW or APPROVED."""

    def consume(self, draft: Draft) -> list[tuple[str, str]]:
        """Bind the draft's source records to it; return (record, other draft) of those taken."""

    def consume_all(self, drafts: Sequence[Draft]) -> dict[str, list[tuple[str, str]]]:
        """Do the same for several, the first one first; return what was taken by draft id."""

    def free(self, draft_id: str) -> None:
        """Let other drafts bill the source records of a draft whose invoice is void."""

    def bound_to(self, record: RecordRef) -> str:
        """Return the id of the draft that uses a record up, or nothing."""

    def of_agreements(self, agreements: Collection[str]) -> dict[str, list[DraftRecord]]:
        """Return the drafts of each agreement that were not rejected, did not expire and are no
        void invoice, the oldest first."""

    def versions_of(
        self, agreements: Collection[str]
    ) -> dict[str, frozenset[tuple[ParcelItem, bool]]]:
        """Return which versions `of_agreements` would return and whether each is issued, to see
        whether they changed."""

    def gross_per_day(
        self, agreements: Collection[str], days: Collection[date]
    ) -> dict[tuple[str, date], tuple[Money, ...]]:
        """Return the gross of each of those drafts by agreement and tax point, one of ``days``."""

    def in_state(self, state: DraftState, limit: int) -> list[DraftRecord]:
        """Return drafts in ``state``, newest first."""


class Parcels(Protocol):
    """Parcels and their items, UNIQUE (draft, version)."""

    def put(self, parcels: Sequence[Parcel]) -> None:
        """Store parcels; an item that is in an older parcel moves over to the new one."""

    def get(self, parcel_id: str) -> Parcel:
        """Return a parcel with its items; NotFoundError if unknown."""

    def let_go(self, item: ParcelItem) -> None:
        """Take an item out of its parcel, so that the next run may plan it."""

    def of_run(self, run_id: str) -> list[Parcel]:
        """Return the parcels of a run, for a task that is tried again."""

    def carrying(self, item: ParcelItem) -> str:
        """Return the id of the parcel that an item is in, or nothing."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The questions about one version of a draft and the answers to them, in the chain's order."""

    requests: tuple[ReviewRequest, ...] = ()
    approvals: tuple[Approval, ...] = ()

    @property
    def has_open_question(self) -> bool:
        """Tell whether somebody was asked and has not answered yet."""
        answered = {one.step for one in self.approvals}
        return any(request.step not in answered for request in self.requests)

    def approves(self, content_hash: str) -> bool:
        """Tell whether a rule, or each step of a chain in another person, approved this content."""
        if any(
            one.answer is not Answer.APPROVE or one.content_hash != content_hash
            for one in self.approvals
        ):
            return False
        if any(one.rule and one.decided_by == SYSTEM for one in self.approvals):
            return True
        by = {one.step: one.decided_by for one in self.approvals}
        return any(
            by.keys() >= set(request.chain)
            and len({by[step] for step in request.chain}) == len(request.chain)
            for request in self.requests
        )


class Reviews(Protocol):
    """Questions to people and their answers, UNIQUE (draft, version, step) each."""

    def ask(self, request: ReviewRequest, at: datetime) -> ReviewRequest:
        """Store the question, or return the one that was asked before about this step."""

    def approve(self, approvals: Sequence[Approval], at: datetime) -> None:
        """Store what a rule approved; a step that was answered before keeps its answer."""

    def decide(self, approval: Approval, at: datetime, parcel_id: str = "") -> Approval:
        """Store an answer, or return the one that was given before to this step."""

    def answered(self, parcel_id: str) -> Approval | None:
        """Return the answer that came through this parcel, if any."""

    def of_versions(self, items: Collection[ParcelItem]) -> dict[str, Reviewed]:
        """Return what was asked and answered about each of these versions, by draft id."""

    def asked(self, draft_id: str, version: int) -> ReviewRequest | None:
        """Return the newest question about this version, if any."""

    def decision(self, draft_id: str, version: int) -> Approval | None:
        """Return the newest answer about this version, if any."""
