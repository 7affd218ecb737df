"""Obligations: what a client owes, each once, and the answers that a decision can have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from invoicing.domain.canonical import fingerprint
from invoicing.domain.discounts import Discount
from invoicing.domain.events import Claim, EventKind, Reference
from invoicing.domain.money import Money
from invoicing.domain.periods import Period
from invoicing.domain.rules import Model
from invoicing.domain.work import RecordRef, Work, ref_of


@dataclass(frozen=True, slots=True)
class ObligationKey:
    """The thing owed, once: no billing model in it, so that two events about it meet here."""

    entity: str
    agreement: str
    unit: str
    revision: int = 0

    @property
    def id(self) -> str:
        """A stable id made of the key itself."""
        return fingerprint(self)[:32]

    def __str__(self) -> str:
        return f"{self.entity}/{self.agreement}/{self.unit}/r{self.revision}"


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something owed by a client, with the rule that says so and the work it is about.

    ``share`` is the percentage of the work that is billed now (a deposit), None for all of it;
    ``fixed`` is an amount instead. Obligations with the same ``bundle`` go on one invoice.
    ``period`` is the stretch of days a retainer is about.
    """

    key: ObligationKey
    client: str
    model: Model
    rule: str
    source: str
    event_id: str
    occurred_on: date
    title: str
    work: tuple[Work, ...]
    kind: EventKind = EventKind.DEAL_WON
    subject: str = ""
    period: Period | None = None
    share: Decimal | None = None
    fixed: Money | None = None
    is_deposit: bool = False
    bundle: str = ""
    claims: tuple[Claim, ...] = ()
    discounts: tuple[Discount, ...] = ()
    references: tuple[Reference, ...] = ()
    flags: tuple[str, ...] = ()
    category: str = ""
    reported_by: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """What the ledger has already about the agreements an event may be about.

    ``obligations`` by key, each thing once, in its newest revision; ``unpaid`` are those that have
    no paid invoice yet. ``revised`` leads from the first revision to the newest where there are
    several. ``void`` are those whose invoice was taken back and that are not owed again: an event
    about them bills nothing, and nothing of them counts as bought or done.
    """

    obligations: Mapping[ObligationKey, Obligation] = field(default_factory=dict)
    unpaid: frozenset[ObligationKey] = frozenset()
    revised: Mapping[ObligationKey, ObligationKey] = field(default_factory=dict)
    void: frozenset[ObligationKey] = frozenset()

    def of(self, agreement: str) -> tuple[Obligation, ...]:
        """Return what is owed under one agreement, the oldest first."""
        return tuple(one for key, one in self.obligations.items() if key.agreement == agreement)

    def without(self, keys: Collection[ObligationKey]) -> "Owed":
        """Return what is owed besides ``keys``."""
        return Owed(
            {key: one for key, one in self.obligations.items() if key not in keys},
            self.unpaid.difference(keys),
            {first: newest for first, newest in self.revised.items() if newest not in keys},
            self.void.difference(keys),
        )

    def records(self) -> Mapping[RecordRef, Obligation]:
        """Return every record that is spoken for, with the first thing owed that it is part of."""
        found: dict[RecordRef, Obligation] = {}
        for one in self.obligations.values():
            for work in one.work:
                found.setdefault(ref_of(work), one)
        return found


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person must know besides the decision, which stands without it.

    ``code`` names the kind of exception, ``about`` the thing owed that it is about; None when it is
    about the event itself.
    """

    code: str
    about: ObligationKey | None
    text: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The event becomes (part of) one or several invoices."""

    obligations: tuple[Obligation, ...]
    reason: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must look first; ``code`` names the kind of exception.

    ``about`` are things owed that must not be issued meanwhile, because sources contradict each
    other about them.
    """

    code: str
    reason: str
    about: tuple[ObligationKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing new is owed, for a reason that stays on record.

    ``owed`` is set when the event speaks of something that is owed already.
    """

    reason: str
    owed: ObligationKey | None = None
    notes: tuple[Note, ...] = ()


Decision: TypeAlias = Bill | Hold | Ignore
