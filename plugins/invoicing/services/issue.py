"""Issue: number, dates, frozen content and planned messages, all in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from invoicing.domain.dispatch import MessageKind, Recipients, outbox_row
from invoicing.domain.draft import DraftRecord
from invoicing.domain.follow_up import plan_reminders
from invoicing.domain.issue import Invoice, issue_draft, series_key
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import Answer, Approval
from invoicing.domain.states import DraftState
from invoicing.services.parcels import is_live
from invoicing.services.ports import Services, UnitOfWork


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
    with s.ledger.write() as work:
        records = work.drafts.get([item.draft_id for item in items])
        decisions = work.reviews.decisions(items)
        ready = [r for r in records if _may_issue(s, work, r, items, decisions.get(r.id))]
        _issue(s, work, [record for record in ready if _claim(work, record)], now)
        return [invoice.id for invoice in work.invoices.get([record.id for record in records])]


def _may_issue(
    s: Services,
    work: UnitOfWork,
    record: DraftRecord,
    items: Sequence[ParcelItem],
    decision: Approval | None,
) -> bool:
    decided = {DraftState.ISSUED, DraftState.REJECTED, DraftState.HELD, DraftState.EXPIRED}
    if record.state in decided or not is_live(s, record):
        return False
    problem = _problem(record, items, decision)
    if problem:
        now = s.clock.now()
        work.exceptions.open("not_approved", record.id, problem, now)
        work.trail.add(record.id, "issue_refused", now, {"reason": problem})
        # Whoever skipped the review ended its question, and this run may live on for others.
        for item in items:
            if item.draft_id == record.id:
                work.parcels.let_go(item)
    return not problem


def _problem(record: DraftRecord, items: Sequence[ParcelItem], decision: Approval | None) -> str:
    """Say what speaks against issuing, or nothing."""
    if ParcelItem(record.id, record.version) not in items:
        return f"version {record.version} is newer than the one this run carries"
    if decision is None or decision.answer is not Answer.APPROVE:
        return "issuing was asked for, but nobody approved this version"
    if record.state is not DraftState.APPROVED:
        return f"the draft is {record.state}, not approved"
    if not decision.content_hash == record.content_hash == record.draft.content_hash:
        return "the content is not the one that was approved"
    return ""


def _claim(work: UnitOfWork, record: DraftRecord) -> bool:
    item = ParcelItem(record.id, record.version)
    return work.drafts.move(item, DraftState.APPROVED, DraftState.ISSUED)


def _issue(s: Services, work: UnitOfWork, records: Sequence[DraftRecord], now: datetime) -> None:
    """Take one block of numbers per series, last of all locks and in one order."""
    keys = [series_key(record.draft.entity, now) for record in records]
    s.fault("issue.before_number")
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
        work.invoices.add(invoices)
        for invoice in invoices:
            _announce(s, work, invoice, now)


def _announce(s: Services, work: UnitOfWork, invoice: Invoice, now: datetime) -> None:
    """Plan the mail and the reminders of an invoice in the transaction that issues it."""
    client = invoice.content.client
    recipients = Recipients(client.billing_to, client.billing_cc)
    work.outbox.add(
        [
            outbox_row(
                invoice.id,
                MessageKind.INVOICE,
                "issue",
                recipients,
                s.sender_for(invoice.content.entity),
            )
        ]
    )
    work.reminders.plan(invoice.id, plan_reminders(invoice.due_on))
    work.exceptions.close("not_approved", invoice.id, "system", "approved and issued", now)
    detail = {
        "number": invoice.number,
        "version": str(invoice.version),
        "content_hash": invoice.content_hash,
        "config_hash": invoice.config_hash,
        "due_on": str(invoice.due_on),
        "gross": str(invoice.content.totals.gross),
    }
    work.trail.add(invoice.id, "issued", now, detail)
