"""Standings: what goes on one invoice, and what the ledger holds beside it while it is computed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from invoicing.domain.book import Book
from invoicing.domain.bounds import RELEASED, breaches
from invoicing.domain.draft import Draft, DraftRecord, Standing
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.obligations import Hold, Obligation, ObligationKey
from invoicing.domain.states import DraftState
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.parcels import agreement_of


@dataclass(frozen=True, slots=True)
class Bundle:
    """Things owed under one agreement that go on one invoice."""

    owed: tuple[Obligation, ...]

    @property
    def agreement(self) -> str:
        """The key of the agreement."""
        return self.owed[0].key.agreement

    @property
    def client(self) -> str:
        """The key of the client."""
        return self.owed[0].client

    @property
    def ids(self) -> list[str]:
        """The ids of the things owed."""
        return [one.key.id for one in self.owed]

    @property
    def supplied_on(self) -> date:
        """The tax point that its draft will have."""
        return max(one.occurred_on for one in self.owed)

    @property
    def is_released(self) -> bool:
        """Tell whether a person let it pass the safety bounds."""
        return any(RELEASED in one.flags for one in self.owed)

    @property
    def order(self) -> tuple[str, date, bool, str]:
        """Agreement by agreement, day by day; a deposit comes before what it is deducted from."""
        first = self.owed[0]
        return self.agreement, self.supplied_on, not first.is_deposit, first.key.unit

    def author(self, user: str) -> str:
        """Return who made the draft: whoever asked for the invoice, else the user of the run."""
        return next((one.reported_by for one in self.owed if one.reported_by), user)


def bundled(owed: Sequence[Obligation], limit: int = 0) -> list[Bundle]:
    """Put together what goes on one invoice, in the order it must be computed in.

    Where the limit cut, the last agreement waits for the next run: a bundle may be cut in two.
    """
    agreements = {one.key.agreement for one in owed}
    cut = owed[-1].key.agreement if len(owed) == limit and len(agreements) > 1 else ""
    bundles: dict[tuple[str, str], list[Obligation]] = {}
    for one in owed:
        if one.key.agreement != cut:
            key = (one.key.agreement, one.bundle or one.key.id)
            bundles.setdefault(key, []).append(one)
    found = [Bundle(tuple(bundle)) for bundle in bundles.values()]
    return sorted(found, key=lambda bundle: bundle.order)


def by_client(bundles: Iterable[Bundle]) -> dict[str, list[Bundle]]:
    """Sort by client what the safety bounds are about: all but what a person released."""
    found: dict[str, list[Bundle]] = {}
    for one in bundles:
        if not one.is_released:
            found.setdefault(one.client, []).append(one)
    return found


class Standings:
    """What the ledger holds about the agreements of some bundles, and what is computed beside it.

    ``agreements`` are theirs and all others of the same clients, because some of the safety bounds
    count what a client gets as a whole. ``without`` is a draft that is computed anew.
    """

    def __init__(
        self, work: UnitOfWork, book: Book, bundles: Collection[Bundle], without: str = ""
    ) -> None:
        own = frozenset(bundle.agreement for bundle in bundles)
        self._book = book
        self._drafts = {
            key: [record for record in records if record.id != without]
            for key, records in work.drafts.of_agreements(own).items()
        }
        self._units = work.obligations.units(own)
        owed = work.obligations.of_agreements(own)
        self._deposits = _units_of(key for key, one in owed.obligations.items() if one.is_deposit)
        self._void = _units_of(owed.void)
        self._credited = self._credited_now(work)
        self._siblings = {bundle.agreement: self._with(bundle) for bundle in bundles}
        self.agreements = frozenset(key for keys in self._siblings.values() for key in keys)
        self._versions = work.drafts.versions_of(self.agreements)
        days = {bundle.supplied_on for bundle in bundles}
        found = work.drafts.gross_per_day(self.agreements, days)
        self._gross = {place: list(amounts) for place, amounts in found.items()}
        for record in work.drafts.get([without] if without else []):
            place = agreement_of(record.draft), record.draft.supplied_on
            if record.draft.totals.gross in self._gross.get(place, ()):
                self._gross[place].remove(record.draft.totals.gross)

    def compute(self, bundle: Bundle) -> Draft | Hold:
        """Return the draft of a bundle, within the safety bounds, or why there is none."""
        agreement = bundle.agreement
        units = self._units[agreement]
        deposits = frozenset(self._deposits.get(agreement, ()))
        standing = Standing(
            tuple(self._drafts[agreement]),
            units,
            deposits & units,
            self._credited,
            frozenset(self._void.get(agreement, ())),
        )
        result = build_draft(bundle.owed, self._book, standing)
        if isinstance(result, Hold):
            return result
        return self._breach(result) or result

    def add(self, draft: Draft, author: str) -> None:
        """Take in a draft that will stand beside the next ones."""
        record = DraftRecord(
            draft, 1, DraftState.DRAFT, author, self._book.config_hash, draft.content_hash
        )
        agreement = agreement_of(draft)
        self._drafts[agreement].append(record)
        self._gross.setdefault((agreement, draft.supplied_on), []).append(draft.totals.gross)

    def still_hold(self, work: UnitOfWork) -> set[str]:
        """Return the agreements of the bundles about whose clients nobody drafted or credited
        since."""
        seen = work.drafts.versions_of(self.agreements)
        since = self._credited_now(work) - self._credited
        return {
            agreement
            for agreement, keys in self._siblings.items()
            if all(seen[key] == self._versions[key] for key in keys)
            and since.isdisjoint(one.id for one in self._drafts[agreement])
        }

    def _credited_now(self, work: UnitOfWork) -> frozenset[str]:
        known = {one.id for records in self._drafts.values() for one in records}
        return frozenset(work.credits.credited(known))

    def _breach(self, draft: Draft) -> Hold | None:
        agreement = agreement_of(draft)
        same_day = [
            gross
            for key in self._siblings[agreement]
            for gross in self._gross.get((key, draft.supplied_on), ())
        ]
        history = tuple(
            record.draft.totals.gross
            for record in self._drafts[agreement]
            if record.state is DraftState.ISSUED
        )
        return breaches(draft, self._book.bounds, same_day, history)

    def _with(self, bundle: Bundle) -> frozenset[str]:
        """Return all agreements with the client of a bundle."""
        theirs = frozenset(one.key for one in self._book.agreements_with(bundle.client))
        return theirs | {bundle.agreement}


def _units_of(keys: Iterable[ObligationKey]) -> dict[str, set[str]]:
    """Sort the units of things owed by agreement."""
    found: dict[str, set[str]] = {}
    for key in keys:
        found.setdefault(key.agreement, set()).add(key.unit)
    return found
