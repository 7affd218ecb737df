"""Verify: look at the whole ledger and name every row that breaks what was promised.

All of it is seen in one state, and streamed: memory does not grow with the ledger.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from invoicing.domain.events import event_key
from invoicing.domain.periods import Period, local_date
from invoicing.domain.promises import NOT_BUILT, PROMISES, Finding, Promise
from invoicing.domain.report import Due, due_event, dues, is_settlement
from invoicing.services.checks import (
    approved_by_people,
    hole,
    overlapping,
    wrong_invoice,
    wrong_note,
    wrong_sums,
    wrong_trail,
)
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ledger_ports.audit import BilledPeriod, StoredInvoice
from invoicing.services.ports import Services

__all__ = ["NOT_BUILT", "PROMISES", "Finding", "Promise", "verify", "wrong_sums"]


def verify(s: Services) -> list[Finding]:
    """Check every promise over the whole ledger; an empty answer means that all of them hold."""
    with s.ledger.read() as work:
        found = list(_findings(s, work))
    order = list(PROMISES)
    return sorted(found, key=lambda one: order.index(one.promise))


def _findings(s: Services, work: UnitOfWork) -> Iterator[Finding]:
    yield from work.audit.findings()
    yield from work.audit.gaps()
    yield from _of_invoices(work)
    for note in work.audit.each_note():
        if isinstance(note, Finding):
            yield note
        else:
            yield from wrong_note(note)
    yield from _of_periods(s, work)
    yield from _with_clients(work, _of_trails(work))
    yield from _with_clients(work, work.anchors.findings())
    yield from _of_second_place(s, work)


@dataclass
class _Approvers:
    """The people who approved something, each with the first invoices that say so."""

    _named: dict[str, list[str]] = field(default_factory=dict)

    def note(self, stored: StoredInvoice) -> None:
        """Take in who approved an invoice."""
        for one in approved_by_people(stored.reviewed):
            numbers = self._named.setdefault(one.decided_by, [])
            if len(numbers) < 3:
                numbers.append(stored.invoice.number)

    def findings(self, work: UnitOfWork) -> Iterator[Finding]:
        """Name those whom no configuration ever listed."""
        for login in sorted(work.audit.never_named(self._named)):
            where = (
                f"{', '.join(self._named[login])}: {login!r} approved, and was never an approver"
            )
            yield Finding(Promise.APPROVED, where)


def _of_invoices(work: UnitOfWork) -> Iterator[Finding]:
    approvers = _Approvers()
    for stored in work.audit.each_invoice():
        if isinstance(stored, Finding):
            yield stored
            continue
        approvers.note(stored)
        yield from wrong_invoice(stored)
    yield from approvers.findings(work)


def _of_trails(work: UnitOfWork) -> Iterator[Finding]:
    for entries in work.audit.each_trail():
        if isinstance(entries, Finding):
            yield entries
        else:
            yield from wrong_trail(entries)


def _with_clients(work: UnitOfWork, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Put the client in the place of the subject, where there is one."""
    for one in findings:
        yield replace(one, client=work.audit.client_of(one.client) if one.client else "")


def _of_periods(s: Services, work: UnitOfWork) -> Iterator[Finding]:
    before: BilledPeriod | None = None
    for one in work.audit.billed_periods():
        if isinstance(one, Finding):
            yield one
            continue
        if before and (before.agreement, before.payer) == (one.agreement, one.payer):
            yield from overlapping(one, before)
            gap = hole(one, before)
            if gap:
                yield from _unsaid(s, work, one, gap)
            if one.period.ends_on < before.period.ends_on:
                continue
        before = one


def _unsaid(s: Services, work: UnitOfWork, one: BilledPeriod, gap: Period) -> Iterator[Finding]:
    """Name what was due between two billed periods and was never reported.

    What was reported ends with a reason, and a pause is part of the agreement.
    """
    agreement = s.book.agreements.get(one.agreement)
    client = s.book.clients.get(agreement.client) if agreement else None
    if agreement is None or client is None:
        return
    missed = [
        due_event(agreement, due, ())
        for due in dues(agreement, local_date(s.clock.now(), client.zone))
        if _lies_in(due, gap)
    ]
    known = work.inbox.known([event_key(event.source, event.event_id) for event in missed])
    for event in missed:
        if event_key(event.source, event.event_id) not in known:
            where = (
                f"{one.agreement}: {event.subject} was due before {one.number}, and is not billed"
            )
            yield Finding(Promise.PERIODS, where, one.client)


def _lies_in(due: Due, gap: Period) -> bool:
    begins: date = due.period.starts_on
    return not is_settlement(due.unit) and gap.starts_on <= begins <= gap.ends_on


def _of_second_place(s: Services, work: UnitOfWork) -> Iterator[Finding]:
    if s.second_place is None:
        return
    kept = s.second_place.anchors()
    ours = {anchor.day: anchor.hash for anchor in work.anchors.all()}
    newest = max(kept, default=date.min)
    for day in sorted(ours.keys() | kept.keys()):
        if day not in ours:
            yield _second(f"{s.second_place.name} has an anchor of {day}, the ledger has none")
        elif day in kept and kept[day] != {ours[day]}:
            yield _second(f"{s.second_place.name} has another anchor of {day} than the ledger")
        elif day not in kept and (day < newest or (not kept and len(ours) > 1)):
            yield _second(f"the anchor of {day} is missing in {s.second_place.name}")
    for line in s.second_place.unreadable():
        yield _second(f"{s.second_place.name}, line {line} is no anchor")


def _second(where: str) -> Finding:
    return Finding(Promise.TRAIL, where)
