"""Plan parcels: pack the drafts that may go on into what the tasks of one run carry."""

from collections.abc import Sequence
from datetime import timedelta

from invoicing.domain.bounds import RELEASED
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.parcels import Parcel, ParcelItem, make_parcels
from invoicing.domain.reasons import review_reasons
from invoicing.domain.review import SYSTEM, ReviewFacts, ReviewReason
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import Releasable, UnitOfWork
from invoicing.services.ports import RunIsOver, Services

# Longer than a parcel's tasks and all their retries take, even behind a long queue of others.
LEFT_BEHIND = timedelta(hours=1)
BATCH = 500  # drafts read together: their contents are long


def plan_parcels(s: Services, model: Model, run_id: str, run_is_over: RunIsOver) -> list[str]:
    """Pack every draft that no living run carries; return the ids of this run's parcels.

    What a run left behind is planned again: all that a run that is over carried, and what stood
    still for too long. Both are only hints, because carrying a draft twice does nothing twice.
    """
    with s.ledger.read() as work:
        runs = {one.run_id for one in work.drafts.releasable(model) if one.run_id}
    over = {run for run in runs if run != run_id and run_is_over(run)}
    with s.write("plan") as work:
        work.drafts.claim_releasable(model)
        planned = work.parcels.of_run(run_id)
        if planned:
            return [parcel.id for parcel in planned]
        waiting = work.drafts.releasable(model)
        left = _left_behind(s, work, [one for one in waiting if one.run_id])
        free = [
            one.item
            for one in waiting
            if not one.run_id or one.run_id in over or one.item.draft_id in left
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
    """Return the people who made this version of a draft or an earlier one, asked for it or for the
    correction it comes from, or let it pass the safety bounds."""
    others = _who_released(work, record) | _who_asked_again(work, record)
    if record.version == 1:
        return frozenset((others | {record.author}) - {SYSTEM})
    made = {entry.actor for entry in work.trail.of(record.id) if entry.action == "drafted"}
    asked = {one.reported_by for one in work.obligations.of_draft(record.id)}
    return frozenset((made | asked | others | {record.author}) - {SYSTEM, ""})


def _who_released(work: UnitOfWork, record: DraftRecord) -> set[str]:
    """Return who let a draft pass the safety bounds: it is theirs, so another one approves it."""
    if RELEASED not in record.draft.flags:
        return set()
    entries = (entry for key in record.draft.obligations for entry in work.trail.of(key.id))
    return {entry.actor for entry in entries if entry.action == "released"}


def _who_asked_again(work: UnitOfWork, record: DraftRecord) -> set[str]:
    """Return who asked for the correction that a draft comes from, whoever reported it at first."""
    again = [key.id for key in record.draft.obligations if key.revision]
    entries = (entry for key in again for entry in work.trail.of(key))
    return {dict(entry.detail)["asked_by"] for entry in entries if entry.action == "owed_again"}


def agreement_of(draft: Draft) -> str:
    """Return the key of the one agreement that a draft is about."""
    return draft.obligations[0].agreement


def _left_behind(s: Services, work: UnitOfWork, carried: Sequence[Releasable]) -> set[str]:
    """Return those whose tasks gave up on them, of drafts that wait for nobody.

    Their run may live on for days, because it waits for a person's answer about another draft.
    """
    ids = [one.item.draft_id for one in carried if one.state is not DraftState.AWAITING_REVIEW]
    newest, now = work.trail.newest(ids), s.clock.now()
    return {one for one in ids if now - newest[one].at > LEFT_BEHIND}


def _pack(
    s: Services, work: UnitOfWork, run_id: str, items: Sequence[ParcelItem]
) -> tuple[Parcel, ...]:
    automatic: list[ParcelItem] = []
    reviews: list[ParcelItem] = []
    for start in range(0, len(items), BATCH):
        ids = [item.draft_id for item in items[start : start + BATCH]]
        _sort(s, work, work.drafts.get(ids), automatic, reviews)
    return make_parcels(run_id, automatic, reviews)


def _sort(
    s: Services,
    work: UnitOfWork,
    records: Sequence[DraftRecord],
    automatic: list[ParcelItem],
    reviews: list[ParcelItem],
) -> None:
    """Put what may go on among those that pass by themselves or those a person must see."""
    gate = Gate(s, work, {record.draft.client.key for record in records})
    free = [record for record in records if gate.lets(record.draft.client.key)]
    reasons = reasons_to_review(s, work, free)
    for record in free:
        asks = _is_asked(record, bool(reasons[record.id]))
        (reviews if asks else automatic).append(ParcelItem(record.id, record.version))


def _is_asked(record: DraftRecord, has_reasons: bool) -> bool:
    """Tell whether a person decides; a question once asked is answered, whatever changed since."""
    asked = record.state is DraftState.AWAITING_REVIEW
    return asked or (has_reasons and record.state is DraftState.DRAFT)
