"""Case: an event with the one rule and the one agreement that bill it, and the work that counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.agreements import Agreement
from invoicing.domain.bounds import RELEASED
from invoicing.domain.events import BillingEvent
from invoicing.domain.money import Money, Rounding
from invoicing.domain.obligations import Bill, Ignore, Obligation, ObligationKey, Owed
from invoicing.domain.parties import Client
from invoicing.domain.periods import Period
from invoicing.domain.rules import BillingRule
from invoicing.domain.work import Work, WorkItem


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision rests on.

    ``work`` may be billed; ``left_out`` says how much may not, and why.
    """

    event: BillingEvent
    rule: BillingRule
    agreement: Agreement
    client: Client
    owed: Owed
    rounding: Rounding
    work: tuple[Work, ...]
    left_out: str

    @property
    def items(self) -> tuple[WorkItem, ...]:
        """The lines with a price of their own."""
        return items_of(self.event.work)

    def key(self, unit: str) -> ObligationKey:
        """Name a thing owed under this agreement, in its newest revision."""
        first = ObligationKey(self.agreement.entity, self.agreement.key, unit)
        return self.owed.revised.get(first, first)

    def is_owed(self, unit: str) -> bool:
        """Tell whether the ledger has this thing already."""
        return self.key(unit) in self.owed.obligations

    def newest(self, prefix: str) -> int:
        """Return the highest number of what is owed as ``prefix`` and a number, or 0."""
        units = (one.key.unit for one in self.owed.of(self.agreement.key))
        tails = (unit.removeprefix(prefix) for unit in units if unit.startswith(prefix))
        return max((int(tail) for tail in tails if tail.isascii() and tail.isdigit()), default=0)


@dataclass(frozen=True, slots=True)
class Owing:
    """One thing that a case makes owed, as far as the event itself does not say it."""

    unit: str
    work: tuple[Work, ...] = ()
    title: str = ""
    subject: str = ""
    period: Period | None = None
    share: Decimal | None = None
    fixed: Money | None = None
    is_deposit: bool = False
    bundle: str = ""


def bill(case: Case, *owings: Owing) -> Bill:
    """Make the obligations of a case, with the reason that stays on record."""
    units = ", ".join(owing.unit for owing in owings)
    reason = f"rule {case.rule.name} bills {units} under {case.agreement.key}{case.left_out}"
    made = (_obligation(case, owing, is_first=owing is owings[0]) for owing in owings)
    return Bill(tuple(made), reason)


def known(case: Case, unit: str) -> Ignore:
    """Say that an event is about something that is owed already."""
    key, what = case.key(unit), f"{unit} of {case.agreement.key}"
    if key in case.owed.void:
        text = f"the invoice about {what} is void; only a person lets it be owed again"
        return Ignore(text, key)
    return Ignore(f"{what} is billed already; this tells of the same thing", key)


def items_of(work: Iterable[Work]) -> tuple[WorkItem, ...]:
    """Return the lines with a price of their own."""
    return tuple(one for one in work if isinstance(one, WorkItem))


def _obligation(case: Case, owing: Owing, *, is_first: bool) -> Obligation:
    event = case.event
    return Obligation(
        key=case.key(owing.unit),
        client=case.client.key,
        model=case.rule.model,
        rule=case.rule.name,
        source=event.source,
        event_id=event.event_id,
        occurred_on=event.occurred_on,
        title=event.title or owing.title or case.agreement.description,
        work=owing.work,
        kind=event.kind,
        subject=owing.subject or event.subject,
        period=owing.period,
        share=owing.share,
        fixed=owing.fixed,
        is_deposit=owing.is_deposit,
        bundle=owing.bundle,
        claims=event.claims,
        # Taken off the whole, so off one of several only.
        discounts=event.discounts if is_first else (),
        references=event.references,
        # No source lets its own events pass the safety bounds.
        flags=tuple(flag for flag in event.flags if flag != RELEASED),
        category=event.category or case.agreement.category,
        reported_by=event.reported_by,
    )
