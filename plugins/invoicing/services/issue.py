"""Issue: number, dates, frozen content and planned messages, all in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from invoicing.domain.dispatch import (
    ISSUED,
    MessageKind,
    OutboxRow,
    Recipients,
    client_messages,
    outbox_row,
)
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.follow_up import (
    DEFAULT_PLAN,
    PlannedReminder,
    ReminderPlan,
    plan_reminders,
    timed,
)
from invoicing.domain.issue import Invoice, dates_at, issue_draft, series_key
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import DraftState
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import ObligationState, Reviewed, UnitOfWork
from invoicing.services.parcels import agreement_of
from invoicing.services.ports import Services


def issue_parcel(s: Services, parcel_id: str) -> list[str]:
    """Issue the approved drafts of a parcel; return the ids of its invoices, old and new."""
    with s.ledger.read() as work:
        items = work.parcels.get(parcel_id).items
    return issue_drafts(s, items)


def issue_drafts(s: Services, items: Sequence[ParcelItem]) -> list[str]:
    """Issue drafts that the ledger holds an approval for; the word of a task counts for nothing.

    Issuing an issued draft succeeds without change.
    """
    now = s.clock.now()
    with s.write("issue") as work:
        records = work.drafts.get([item.draft_id for item in items])
        reviewed = work.reviews.of_versions(items)
        free = _let_through(s, work, records, items)
        ready = [r for r in free if _may_issue(s, work, r, items, reviewed[r.id])]
        claimed = _claimed(work, ready)
        issued = {record.id for record in claimed}
        issued.update(work.invoices.known([r.id for r in records if r.id not in issued]))
        _issue(s, work, claimed, now)
        return [record.id for record in records if record.id in issued]


def _let_through(
    s: Services, work: UnitOfWork, records: Sequence[DraftRecord], items: Sequence[ParcelItem]
) -> list[DraftRecord]:
    """Leave out the drafts of clients that are parked or not live, in the issuing transaction.

    Once such a client may go on, the next run plans its drafts; this one may live on for others.
    """
    gate = Gate(s, work, {record.draft.client.key for record in records})
    stopped = {record.id for record in records if not gate.lets(record.draft.client.key)}
    for item in items:
        if item.draft_id in stopped:
            work.parcels.let_go(item)
    return [record for record in records if record.id not in stopped]


def _may_issue(
    s: Services,
    work: UnitOfWork,
    record: DraftRecord,
    items: Sequence[ParcelItem],
    reviewed: Reviewed,
) -> bool:
    decided = {DraftState.ISSUED, DraftState.REJECTED, DraftState.HELD, DraftState.EXPIRED}
    if record.state in decided:
        return False
    if record.state is DraftState.AWAITING_REVIEW and not reviewed.has_open_question:
        return False  # a step of the chain is done, the next run asks the next one
    problem = _problem(record, items, reviewed)
    if problem:
        now = s.clock.now()
        work.exceptions.open("not_approved", record.id, problem, now)
        work.trail.add(record.id, "issue_refused", now, {"reason": problem})
        # Whoever skipped the review ended its question, and this run may live on for others.
        for item in items:
            if item.draft_id == record.id:
                work.parcels.let_go(item)
    return not problem


def _problem(record: DraftRecord, items: Sequence[ParcelItem], reviewed: Reviewed) -> str:
    """Say what speaks against issuing, or nothing."""
    if ParcelItem(record.id, record.version) not in items:
        return f"version {record.version} is newer than the one this run carries"
    if not reviewed.approvals:
        return "issuing was asked for, but nobody approved this version"
    if record.state is not DraftState.APPROVED:
        return f"the draft is {record.state}, not approved"
    if record.content_hash != record.draft.content_hash:
        return "the content is not the one that was drafted"
    if not reviewed.approves(record.content_hash):
        return "not every step of the chain approved exactly this content"
    return ""


def _claimed(work: UnitOfWork, records: Sequence[DraftRecord]) -> list[DraftRecord]:
    items = {ParcelItem(record.id, record.version): record for record in records}
    moved = work.drafts.move_all(items, DraftState.APPROVED, DraftState.ISSUED)
    return [record for item, record in items.items() if item in moved]


def _issue(s: Services, work: UnitOfWork, records: Sequence[DraftRecord], now: datetime) -> None:
    """Take one block of numbers per series, last of all locks and in one order.

    What needs no number is written before: everybody who issues waits for the counter.
    """
    keys = [series_key(record.draft.entity, now) for record in records]
    s.fault("issue.begin")
    _announce(s, work, [record.draft for record in records], now)
    for key in sorted(set(keys), key=str):
        mine = [record for record, other in zip(records, keys, strict=True) if other == key]
        first = work.invoices.take_numbers(key, len(mine))
        s.fault("issue.number_taken")
        invoices = [
            issue_draft(
                record.draft,
                version=record.version,
                config_hash=record.config_hash,
                key=key,
                sequence=sequence,
                now=now,
            )
            for sequence, record in enumerate(mine, start=first)
        ]
        s.fault("issue.numbered")
        work.invoices.add(invoices)
        for invoice in invoices:
            _tell(work, invoice, now)
            if invoice.content.is_deposit:
                _let_go_on(work, invoice, now)


def _announce(s: Services, work: UnitOfWork, drafts: Sequence[Draft], now: datetime) -> None:
    """Plan the mails and the reminders of invoices in the transaction that issues them."""
    work.outbox.add([row for draft in drafts for row in _messages(s, draft)])
    work.reminders.plan_all({draft.id: _reminders(s, draft, now) for draft in drafts})
    ids = [draft.id for draft in drafts]
    work.exceptions.close_all("not_approved", ids, SYSTEM, "approved and issued", now)


def _messages(s: Services, draft: Draft) -> list[OutboxRow]:
    """Plan the invoice itself, each way its client gets it, and the word to our own people."""
    client, sender = draft.client, s.sender_for(draft.entity)
    rows = client_messages(draft.id, MessageKind.INVOICE, "issue", client, sender)
    if client.tell_account_manager and client.account_manager:
        manager = Recipients((client.account_manager,))
        rows.append(outbox_row(draft.id, MessageKind.NOTICE, ISSUED, manager, sender))
    return rows


def _tell(work: UnitOfWork, invoice: Invoice, now: datetime) -> None:
    detail = {
        "number": invoice.number,
        "version": str(invoice.version),
        "content_hash": invoice.content_hash,
        "config_hash": invoice.config_hash,
        "due_on": str(invoice.due_on),
        "gross": str(invoice.content.totals.gross),
    }
    work.trail.add(invoice.id, "issued", now, detail)


def _let_go_on(work: UnitOfWork, deposit: Invoice, now: datetime) -> None:
    """Open what was held because it settles this deposit; the next run drafts it."""
    agreement = agreement_of(deposit.content)
    owed = work.obligations.of_agreements({agreement}).of(agreement)
    entries = work.exceptions.of_subjects([one.key.id for one in owed])
    # The newest entry tells why it is held; a person may have closed it with a look.
    newest = {entry.subject: entry.code for entry in entries}
    for one in owed:
        if newest.get(one.key.id) != "deposit_not_issued":
            continue
        decision = f"{deposit.number} is issued"
        work.exceptions.close("deposit_not_issued", one.key.id, SYSTEM, decision, now)
        ids = [other.key.id for other in owed if other.bundle == one.bundle != ""]
        held, opened = ObligationState.HELD, ObligationState.OPEN
        if work.obligations.move(ids or [one.key.id], held, opened, ""):
            work.trail.add(one.key.id, "deposit_issued", now, {"deposit": deposit.id})


def plan_of(s: Services, content: Draft) -> ReminderPlan:
    """Return the cadence of an invoice; one whose agreement left the book keeps its client's."""
    agreement = s.book.agreements.get(agreement_of(content))
    if agreement is not None:
        return s.book.reminder_plan(agreement)
    return s.book.reminders.get(content.client.reminder_plan, DEFAULT_PLAN)


def _reminders(s: Services, draft: Draft, now: datetime) -> tuple[PlannedReminder, ...]:
    issued_on, due_on = dates_at(draft, now)
    plan = plan_of(s, draft)
    planned = plan_reminders(
        plan,
        issued_on=issued_on,
        due_on=due_on,
        cycle_on=draft.period.starts_on if draft.period else None,
        holidays=draft.entity.holidays,
    )
    return timed(planned, plan, draft.client.zone, draft.entity.zone)
