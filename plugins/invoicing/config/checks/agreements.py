"""Agreements: days in order, one of two ways to say a price, hours that have a source."""

from collections import Counter
from collections.abc import Iterator, Sequence

from invoicing.config.agreement_parts import WrittenDeposit, WrittenDiscount, WrittenMilestone
from invoicing.config.agreements import (
    BlockAgreement,
    ProjectAgreement,
    RetainerAgreement,
    TimeAgreement,
    WrittenBase,
)
from invoicing.config.checks.entries import agreements_of, items_of, repeated
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.strict_yaml import Route
from invoicing.config.written import Written
from invoicing.domain.agreements import Proration

# Kind of entry -> two keys that say the same in two ways, and whether one of them is needed.
_ALTERNATIVES: Sequence[tuple[type[Written], str, str, bool]] = (
    (RetainerAgreement, "fee", "fees", True),
    (TimeAgreement, "rates", "tariff", True),
    (ProjectAgreement, "milestones", "steps", False),
    (WrittenMilestone, "value", "percent", True),
    (WrittenDeposit, "percent", "amount", True),
    (WrittenDiscount, "percent", "amount", True),
)


def check(desk: Desk) -> Iterator[Problem]:
    """Yield days out of order, prices that are said twice or not at all, cycles that do not fit."""
    for kind, one, other, is_needed in _ALTERNATIVES:
        for route, entry in desk.agreements.parts(kind).items():
            yield from _alternatives(desk, route, entry, (one, other), is_needed)
    for route, agreement in agreements_of(desk).items():
        yield from _days(desk, route, agreement)
        yield from _items(desk, route, agreement)
        if isinstance(agreement, RetainerAgreement):
            yield from _rounded_months(desk, route, agreement)
        if isinstance(agreement, BlockAgreement):
            yield from _block(desk, route, agreement)


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield agreements that wait for hours nobody reports, or name what has no effect."""
    yield from _mistyped_sources(desk)
    for route, agreement in agreements_of(desk).items():
        yield from _without_source(desk, route, agreement)
        if isinstance(agreement, TimeAgreement) and agreement.minimum and not agreement.cycle:
            text = "a minimum counts for each period, but without a cycle there are no periods"
            advice = "Write cycle: month, or remove the minimum."
            yield desk.agreements.at((*route, "minimum"), text, advice)
        yield from _ungranted(desk, route, agreement)


def _alternatives(
    desk: Desk, route: Route, entry: Written, names: tuple[str, str], is_needed: bool
) -> Iterator[Problem]:
    written = [name for name in names if getattr(entry, name) not in (None, (), 0)]
    one, other = names
    if len(written) == len(names):
        text = f"this {entry.noun} has {one!r} and {other!r}, which say the same in two ways"
        yield desk.agreements.at((*route, other), text, "Keep one of the two.")
    elif is_needed and not written:
        text = f"this {entry.noun} has neither {one!r} nor {other!r}"
        known = entry.keys()
        advice = "\n  ".join(f"{name}: {known[name].description}" for name in names)
        yield desk.agreements.at_key(route, text, advice)


def _days(desk: Desk, route: Route, agreement: WrittenBase) -> Iterator[Problem]:
    sheet, first, last = desk.agreements, agreement.starts_on, agreement.ends_on
    billed = agreement.bill_from or first
    if last is not None and last < first:
        text = f"ends_on {last} is before starts_on {first}"
        yield sheet.at((*route, "ends_on"), text, "Both days belong to the agreement.")
    elif billed < first:
        text = f"bill_from {billed} is before starts_on {first}"
        yield sheet.at((*route, "bill_from"), text, "Leave it out to bill from the first day.")
    elif last is not None and billed > last:
        text = f"bill_from {billed} is after ends_on {last}: nothing would ever be billed"
        yield sheet.at((*route, "bill_from"), text, "Check both days.")


def _items(desk: Desk, route: Route, agreement: WrittenBase) -> Iterator[Problem]:
    listed = items_of(agreement, route)
    for at, item in listed.items():
        if item.from_on and item.until_on and item.until_on < item.from_on:
            text = f"until {item.until_on} is before from {item.from_on}"
            yield desk.agreements.at((*at, "until"), text, "Both days belong to the item.")
    for again, first in repeated((at, item.key) for at, item in listed.items()):
        line = desk.agreements.document.key_at(first).line
        text = f"the item in line {line} has the key {listed[again].key!r} already"
        advice = "Give every item of an agreement its own key; of one written twice, remove one."
        yield desk.agreements.at((*again, "key"), text, advice)


def _rounded_months(desk: Desk, route: Route, agreement: RetainerAgreement) -> Iterator[Problem]:
    if agreement.proration is Proration.THIRTY_360 and not agreement.cycle.months:
        text = f"30/360 counts months of 30 days, but the cycle is {agreement.cycle}"
        advice = "Write proration: actual, or a cycle of months."
        yield desk.agreements.at((*route, "proration"), text, advice)


def _block(desk: Desk, route: Route, agreement: BlockAgreement) -> Iterator[Problem]:
    if agreement.reorder_at_hours >= agreement.hours:
        text = "the next block would be due as soon as one begins"
        advice = f"Write fewer hours than the {agreement.hours} of a block."
        yield desk.agreements.at((*route, "reorder_at_hours"), text, advice)


def _without_source(desk: Desk, route: Route, agreement: WrittenBase) -> Iterator[Problem]:
    if agreement.work_source:
        return
    match agreement:
        case RetainerAgreement(included=included) if included is not None:
            what = "it includes hours"
        case TimeAgreement(cycle=cycle) if cycle is not None:  # else hours come with the event
            what = "the hours of each period are billed"
        case _:
            return
    text = f"{what}, but no work_source says where the hours come from: none would be billed"
    advice = "Write work_source: psa, or whatever the system is called that knows them."
    yield desk.agreements.at_key(route, text, advice)


def _mistyped_sources(desk: Desk) -> Iterator[Problem]:
    """Yield a source that one agreement names, and that several others spell another way."""
    named = {at: one.work_source for at, one in agreements_of(desk).items() if one.work_source}
    counts = Counter(named.values())
    usual = [source for source, count in counts.items() if count > 1]
    for route, source in named.items():
        hint = did_you_mean(source, usual) if counts[source] == 1 else ""
        if hint:
            text = f"no other agreement has the source {source!r}{hint}"
            advice = "Its hours come from the Airflow connection of that name; check the spelling."
            yield desk.agreements.at((*route, "work_source"), text, advice)


def _ungranted(desk: Desk, route: Route, agreement: WrittenBase) -> Iterator[Problem]:
    people = {person.login for person in desk.review.whole.people} if desk.review.whole else set()
    for index, discount in enumerate(agreement.discounts):
        if discount.approved_by and discount.approved_by not in people:
            text = f"{discount.approved_by!r} is not among the people in config/review.yaml"
            advice = "Only a discount that one of them granted passes without being asked about."
            at = (*route, "discounts", index, "approved_by")
            yield desk.agreements.at(at, text, advice)
