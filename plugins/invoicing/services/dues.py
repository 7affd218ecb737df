"""Dues: what our own calendar says is due, complete with its work, becomes facts in the inbox."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count, islice

from invoicing.domain.agreements import Agreement
from invoicing.domain.errors import (
    NotFoundError,
    SettingsError,
    TerminalError,
    TransientError,
)
from invoicing.domain.events import BillingEvent, event_key
from invoicing.domain.parties import Mode
from invoicing.domain.periods import local_date
from invoicing.domain.report import Due, cutoff, due_event, due_of, dues, settlement_unit
from invoicing.domain.work import Work, is_approved, worked_on
from invoicing.services.ledger_ports import EventRow, UnitOfWork
from invoicing.services.ports import Services

# How long after the end of an agreement its source is asked for work that was approved late.
BATCH = 500  # agreements reported together: all of them at once may not fit into memory
LATE_APPROVALS = timedelta(days=400)
_CALENDAR_ERRORS = (ArithmeticError, ValueError, LookupError, TerminalError)


@dataclass
class _Asked:
    """What one sweep met: by source, by source and agreement, and by agreement."""

    failed: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    unusable: dict[str, str] = field(default_factory=dict)
    usable: set[str] = field(default_factory=set)

    def show(self, work: UnitOfWork, now: datetime) -> None:
        """Show what failed to a person, and close what works again."""
        for subject, cause in self.failed.items():
            work.exceptions.open("source_unreachable", subject, cause, now)
        again, well = "it answers again", sorted(self.answered - self.failed.keys())
        work.exceptions.close_all("source_unreachable", well, "system", again, now)
        for subject, cause in self.unusable.items():
            work.exceptions.open("agreement_unusable", subject, cause, now)
        for entry in work.exceptions.of_subjects(sorted(self.usable)):
            code = "agreement_unusable"
            if entry.code == code and entry.closed_at is None:
                work.exceptions.close(code, entry.subject, "system", "it works again", now)


def report_dues(s: Services) -> list[str]:
    """Report what became due; what a source has to complete waits for it, and holds up no other."""
    asked, agreements = _Asked(), iter(s.book.agreements.values())
    reported: list[str] = []
    while batch := list(islice(agreements, BATCH)):
        reported += _report(s, batch, asked)
    with s.write("dues_asked") as work:
        asked.show(work, s.clock.now())
    return reported


def _report(s: Services, agreements: Sequence[Agreement], asked: _Asked) -> list[str]:
    """Report what became due under some agreements, and commit it."""
    found = {one.key: _dues_of(s, one, asked) for one in agreements}
    new = _new_dues(s, found)
    events = [
        event
        for key, waiting in new.items()
        for event in _complete(s, s.book.agreement(key), waiting, asked)
    ]
    for key, rows in found.items():
        # A first settlement that is new brings all there is.
        if (first := _settled(rows)) and first not in new.get(key, ()):
            events += _settle_again(s, s.book.agreement(key), first, asked)
    s.fault("dues.source_read")
    if not events:
        return []
    with s.write("dues") as work:
        return work.inbox.add_events(events, s.clock.now())


def due_today(s: Services, row: EventRow) -> BillingEvent:
    """Read a fact of our calendar again, with the work that its source knows today."""
    if row.event is None:
        raise NotFoundError(f"event {row.id} of our calendar has no content")
    agreement = s.book.agreement(row.event.agreement)
    today = local_date(s.clock.now(), s.book.client(agreement.client).zone)
    due = due_of(agreement, row.event.subject, today)
    if due is None:
        raise NotFoundError(f"nothing named {row.event.subject} is due under {agreement.key}")
    last = cutoff(agreement, due)
    return due_event(agreement, due, _up_to(_work_of(s, agreement, last), last))


def _dues_of(s: Services, agreement: Agreement, asked: _Asked) -> dict[str, Due]:
    """Return what became due, by its id in the inbox; an agreement that fails fails alone."""
    subject = f"agreement:{agreement.key}"
    try:
        client = s.book.client(agreement.client)
        today = local_date(s.clock.now(), client.zone)
        due_by = dues(agreement, today) if client.mode is not Mode.OFF else ()
        found = {_row_id(agreement, due): due for due in due_by}
    except _CALENDAR_ERRORS as error:
        why = f"what is due under agreement {agreement.key} cannot be told: {error}"
        asked.unusable[subject] = why
        return {}
    asked.usable.add(subject)
    return found


def _row_id(agreement: Agreement, due: Due) -> str:
    event = due_event(agreement, due, ())
    return event_key(event.source, event.event_id)


def _new_dues(s: Services, found: Mapping[str, Mapping[str, Due]]) -> Mapping[str, list[Due]]:
    """Return what is not in the inbox yet, by agreement."""
    with s.ledger.read() as work:
        known = work.inbox.known([row_id for rows in found.values() for row_id in rows])
    new = {
        key: [due for row_id, due in rows.items() if row_id not in known]
        for key, rows in found.items()
    }
    return {key: waiting for key, waiting in new.items() if waiting}


def _settled(rows: Mapping[str, Due]) -> Due | None:
    return next((due for due in rows.values() if due.is_settlement), None)


def _settle_again(
    s: Services, agreement: Agreement, first: Due, asked: _Asked
) -> Iterator[BillingEvent]:
    """Report work that was approved or corrected after an ended agreement was settled.

    Only what no settlement has told yet makes another one, so asking again costs no event.
    """
    last = cutoff(agreement, first)
    if local_date(s.clock.now(), s.book.client(agreement.client).zone) - last > LATE_APPROVALS:
        return
    told, number = _told_by_settlements(s, agreement, first, last)
    again = replace(first, unit=settlement_unit(last, number))
    for event in _complete(s, agreement, [again], asked):
        if any(_is_news(one, agreement, told) for one in event.work):
            yield event


def _told_by_settlements(
    s: Services, agreement: Agreement, first: Due, last: date
) -> tuple[set[Work], int]:
    """Return the approved work that settlements told before, and the number of the next one."""
    told: set[Work] = set()
    for number in count(1):
        row_id = _row_id(agreement, replace(first, unit=settlement_unit(last, number)))
        with s.ledger.read() as work:
            rows = [work.inbox.get(one) for one in work.inbox.known({row_id})]
        if not rows:
            break
        events = (row.event for row in rows if row.event is not None)
        told.update(one for event in events for one in event.work if is_approved(one))
    return told, number


def _is_news(work: Work, agreement: Agreement, told: Collection[Work]) -> bool:
    day = worked_on(work)
    is_ours = day is None or day >= agreement.bill_from
    return is_ours and is_approved(work) and work not in told


def _complete(
    s: Services, agreement: Agreement, waiting: Sequence[Due], asked: _Asked
) -> Iterator[BillingEvent]:
    """Put what is due together with its work; a source that fails leaves it to the next sweep."""
    source, until = agreement.work_source, max(cutoff(agreement, due) for due in waiting)
    one = f"{source}:{agreement.key}"
    try:
        work = _work_of(s, agreement, until)
    except (TransientError, SettingsError) as error:
        asked.failed[source] = str(error)
    except TerminalError as error:
        asked.failed[one] = f"the work of agreement {agreement.key} cannot be read: {error}"
    else:
        asked.answered |= {source, one} if source else set()
        for due in waiting:
            yield due_event(agreement, due, _up_to(work, cutoff(agreement, due)))


def _work_of(s: Services, agreement: Agreement, until: date) -> tuple[Work, ...]:
    source = agreement.work_source
    return s.sources.work_of(source, agreement.key, until) if source else ()


def _up_to(work: Sequence[Work], last: date) -> tuple[Work, ...]:
    days = [(one, worked_on(one)) for one in work]
    return tuple(one for one, day in days if day is None or day <= last)
