"""Plan parcels: pack the drafts that may go on into what the tasks of one run carry."""

from collections.abc import Sequence
from datetime import timedelta

from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.parcels import Parcel, ParcelItem, make_parcels
from invoicing.domain.parties import Mode
from invoicing.domain.reasons import review_reasons
from invoicing.domain.review import SYSTEM, ReviewFacts, ReviewReason
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import RunIsOver, Services

# Longer than a parcel's tasks and all their retries take, even behind a long queue of others.
LEFT_BEHIND = timedelta(hours=1)


def plan_parcels(s: Services, model: Model, run_id: str, run_is_over: RunIsOver) -> list[str]:
    """Pack every draft that no living run carries; return the ids of this run's parcels.

    What a run left behind is planned again: all that a run that is over carried, and what stood
    still for too long. Both are only hints, because carrying a draft twice does nothing twice.
    """
    with s.ledger.read() as work:
        runs = {parcel.run_id for _, parcel in work.drafts.releasable(model) if parcel}
    over = {run for run in runs if run != run_id and run_is_over(run)}
    with s.write("plan") as work:
        work.drafts.claim_releasable(model)
        planned = work.parcels.of_run(run_id)
        if planned:
            return [parcel.id for parcel in planned]
        waiting = work.drafts.releasable(model)
        free = [
            record
            for record, parcel in waiting
            if parcel is None or parcel.run_id in over or _is_left_behind(s, work, record)
        ]
        parcels = _pack(s, work, run_id, free)
        work.parcels.put(parcels)
        return [parcel.id for parcel in parcels]


def reasons_to_review(
    s: Services, work: UnitOfWork, records: Sequence[DraftRecord]
) -> dict[str, tuple[ReviewReason, ...]]:
    """Say for each draft why a person must see it; an empty answer means nobody must."""
    clients = {record.draft.client.key for record in records}
    known = work.invoices.billed_clients(clients)
    history = work.invoices.gross_by_agreement({agreement_of(record.draft) for record in records})
    return {
        record.id: review_reasons(
            record.draft,
            s.book.review,
            ReviewFacts(
                not record.draft.client.established and record.draft.client.key not in known,
                history[agreement_of(record.draft)],
                record.author,
                authors_of(work, record),
            ),
        )
        for record in records
    }


def authors_of(work: UnitOfWork, record: DraftRecord) -> frozenset[str]:
    """Return the people who made this version of a draft or an earlier one, or asked for it."""
    if record.version == 1:
        return frozenset({record.author} - {SYSTEM})
    made = {entry.actor for entry in work.trail.of(record.id) if entry.action == "drafted"}
    asked = {one.reported_by for one in work.obligations.of_draft(record.id)}
    return frozenset((made | asked | {record.author}) - {SYSTEM, ""})


def agreement_of(draft: Draft) -> str:
    """Return the key of the one agreement that a draft is about."""
    return draft.obligations[0].agreement


def is_live(s: Services, record: DraftRecord) -> bool:
    """Tell whether the client may be invoiced for real today."""
    client = s.book.clients.get(record.draft.client.key)
    return client is not None and client.mode is Mode.LIVE


def _is_left_behind(s: Services, work: UnitOfWork, record: DraftRecord) -> bool:
    """Tell whether the tasks of a draft that waits for nobody gave up on it.

    Its run may live on for days, because it waits for a person's answer about another draft.
    """
    if record.state is DraftState.AWAITING_REVIEW:
        return False
    return s.clock.now() - work.trail.of(record.id)[-1].at > LEFT_BEHIND


def _pack(
    s: Services, work: UnitOfWork, run_id: str, records: Sequence[DraftRecord]
) -> tuple[Parcel, ...]:
    live = [record for record in records if is_live(s, record)]
    reasons = reasons_to_review(s, work, live)
    automatic: list[ParcelItem] = []
    reviews: list[ParcelItem] = []
    for record in live:
        asks = _is_asked(record, bool(reasons[record.id]))
        (reviews if asks else automatic).append(ParcelItem(record.id, record.version))
    return make_parcels(run_id, automatic, reviews)


def _is_asked(record: DraftRecord, has_reasons: bool) -> bool:
    """Tell whether a person decides; a question once asked is answered, whatever changed since."""
    asked = record.state is DraftState.AWAITING_REVIEW
    return asked or (has_reasons and record.state is DraftState.DRAFT)
