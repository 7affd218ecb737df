"""Records: which of the work that an event brings may be billed, and what was changed meanwhile."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from invoicing.domain.money import plain
from invoicing.domain.obligations import Hold, Note, Obligation, ObligationKey
from invoicing.domain.work import (
    Cost,
    RecordRef,
    SlaBreach,
    TimeEntry,
    Work,
    WorkItem,
    is_approved,
    ref_of,
    worked_on,
)

WORK_CHANGED, WORK_LEFT_OVER = "work_changed", "work_left_over"


def ambiguous(work: Iterable[Work]) -> Hold | None:
    """Return the question to a person when one record is told twice with different contents."""
    seen: dict[RecordRef, Work] = {}
    for one in work:
        if seen.setdefault(ref_of(one), one) != one:
            return Hold(
                "records_disagree",
                f"{ref_of(one)} is in this event twice, with different contents; only one of them"
                " can be right",
            )
    return None


def billable(
    work: Iterable[Work], taken: Collection[RecordRef], bill_from: date, *, lines: bool = False
) -> tuple[tuple[Work, ...], str]:
    """Return what of ``work`` may be billed, and a clause that counts what may not.

    Lines with a price of their own are asked about only when ``lines`` says so: those of a deal or
    a change belong to a unit that is owed once.
    """
    kept: dict[RecordRef, Work] = {}
    reasons: Counter[str] = Counter()
    for one in work:
        reason = _reason_to_leave_out(one, taken, bill_from, lines=lines)
        if not reason and ref_of(one) in kept:
            reason = "told twice"
        if reason:
            reasons[reason] += 1
        else:
            kept[ref_of(one)] = one
    clauses = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    return tuple(kept.values()), f"; left out: {clauses}" if clauses else ""


def _reason_to_leave_out(
    work: Work, taken: Collection[RecordRef], bill_from: date, *, lines: bool
) -> str:
    day = worked_on(work)
    if day is None and not lines:
        return ""
    if ref_of(work) in taken:
        return "billed already"
    if day is not None and day < bill_from:
        return f"before {bill_from}"
    return "" if is_approved(work) else "not approved"


def changed(work: Iterable[Work], taken: Mapping[RecordRef, Obligation]) -> Iterator[Note]:
    """Yield a note for each thing owed whose records were changed after they were billed.

    Their words and their approval may change; what their price depends on may not.
    """
    told: dict[ObligationKey, dict[str, None]] = {}
    for one in work:
        owed = taken.get(ref_of(one))
        if owed is None or isinstance(one, WorkItem):  # lines are compared as a whole
            continue
        before = next(old for old in owed.work if ref_of(old) == ref_of(one))
        if _substance(before) != _substance(one):
            text = f"{ref_of(one)} was billed as {_figures(before)}, but is {_figures(one)} now"
            told.setdefault(owed.key, {})[text] = None
    for key, texts in told.items():
        said = "; ".join(texts)
        yield Note(
            WORK_CHANGED,
            key,
            f"{said}. What was billed with {key.unit} stays: bill or credit the difference",
        )


def _substance(work: Work) -> Work:
    if isinstance(work, TimeEntry | Cost):
        return replace(work, description="", approved=True)
    return replace(work, description="")


def _figures(work: Work) -> str:
    """Say in a few words what the price of a record depends on."""
    match work:
        case TimeEntry():
            return f"{plain(work.minutes)} min of {work.role} ({work.person}) on {work.worked_on}"
        case Cost():
            said = [str(work.amount), f"on {work.spent_on}", work.sort, work.tax_category]
            if work.fx is not None:
                said.append(f"at {plain(work.fx)}")
            if work.markup_percent is not None:
                said.append(f"plus {plain(work.markup_percent)} %")
            return " ".join(word for word in said if word)
        case SlaBreach(percent=percent, amount=amount):
            worth = f"{plain(percent)} %" if percent is not None else str(amount)
            return f"{worth} on {work.breached_on}"
        case _:  # a line with a price of its own
            return work.description


def left_over(work: Iterable[Work], billed: Collection[RecordRef], bill_from: date) -> list[Work]:
    """Return the outlays, credits and hours that no thing owed has; lines are no such records."""
    return [
        one
        for one in dict.fromkeys(work)
        if (day := worked_on(one)) is not None and day >= bill_from and ref_of(one) not in billed
    ]
