"""Draft: things owed become drafts with a preview; what cannot be computed is held."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from invoicing.domain.book import Book
from invoicing.domain.bounds import breaches
from invoicing.domain.draft import Draft, DraftRecord, Standing
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.parties import Mode
from invoicing.domain.render import DocumentKind, preview_page
from invoicing.domain.review import SYSTEM
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services.ledger_ports import ObligationState, UnitOfWork
from invoicing.services.parcels import agreement_of
from invoicing.services.ports import Rendered, Services
from invoicing.services.report import facts_today

BATCH = 125  # drafts rendered and committed together: a crash repeats at most these


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Things owed under one agreement that go on one invoice."""

    owed: tuple[Obligation, ...]

    @property
    def agreement(self) -> str:
        """The key of the agreement."""
        return self.owed[0].key.agreement

    @property
    def ids(self) -> list[str]:
        """The ids of the things owed."""
        return [one.key.id for one in self.owed]

    @property
    def order(self) -> tuple[str, date, bool, str]:
        """Agreement by agreement, day by day; a deposit comes before what it is deducted from."""
        last = max(one.occurred_on for one in self.owed)
        return self.agreement, last, not self.owed[0].is_deposit, self.owed[0].key.unit

    def author(self, user: str) -> str:
        """Return who made the draft: whoever asked for the invoice, else the user of the run."""
        return next((one.reported_by for one in self.owed if one.reported_by), user)


class _Standings:
    """What the ledger holds about the agreements of a batch, and what the batch puts beside it."""

    def __init__(
        self, work: UnitOfWork, book: Book, agreements: frozenset[str], without: str = ""
    ) -> None:
        self._book = book
        self._drafts = {
            key: [record for record in records if record.id != without]
            for key, records in work.drafts.of_agreements(agreements).items()
        }
        self._units = work.obligations.units(agreements)
        self._deposits = _deposits(work, agreements)
        self._of_client: dict[str, list[str]] = {}
        for agreement in book.agreements.values():
            self._of_client.setdefault(agreement.client, []).append(agreement.key)
        siblings = {other for key in agreements for other in self._siblings(key)}
        self._per_day = Counter(work.drafts.per_day(siblings))
        self.versions = work.drafts.versions_of(agreements)

    def of(self, agreement: str) -> Standing:
        """Return what `build_draft` must know of one agreement."""
        units = self._units[agreement]
        deposits = frozenset(self._deposits.get(agreement, ()))
        return Standing(tuple(self._drafts[agreement]), units, deposits & units)

    def breach(self, draft: Draft) -> Hold | None:
        """Return why the safety bounds stop a draft, if they do."""
        agreement = agreement_of(draft)
        others = sum(self._per_day[key, draft.supplied_on] for key in self._siblings(agreement))
        history = tuple(
            record.draft.totals.gross
            for record in self._drafts[agreement]
            if record.state is DraftState.ISSUED
        )
        return breaches(draft, self._book.bounds, others, history)

    def add(self, draft: Draft, author: str) -> None:
        """Take in a draft of this batch."""
        record = DraftRecord(
            draft, 1, DraftState.DRAFT, author, self._book.config_hash, draft.content_hash
        )
        self._drafts[agreement_of(draft)].append(record)
        self._per_day[agreement_of(draft), draft.supplied_on] += 1

    def _siblings(self, agreement: str) -> list[str]:
        """Return all agreements with the client of this one."""
        known = self._book.agreements.get(agreement)
        return self._of_client[known.client] if known else []


def _deposits(work: UnitOfWork, agreements: frozenset[str]) -> dict[str, set[str]]:
    """Return the units of deposits that are owed, by agreement."""
    found: dict[str, set[str]] = {}
    for key, one in work.obligations.of_agreements(agreements).obligations.items():
        if one.is_deposit:
            found.setdefault(key.agreement, set()).add(key.unit)
    return found


def draft_obligations(
    s: Services, model: Model, limit: int = 5000, author: str = SYSTEM
) -> list[str]:
    """Draft every open obligation of a billing model; return the ids of the new drafts."""
    with s.ledger.read() as work:
        waiting = work.obligations.open(model, limit)
    bundles = iter(_bundled(waiting, limit))
    drafted: list[str] = []
    while batch := list(islice(bundles, BATCH)):
        drafted += _draft_batch(s, batch, author)
    return drafted


def draft_again(s: Services, subject: str, actor: str) -> None:
    """Compute a held draft or obligation anew from today's facts and config.

    Whoever asks for it is its author and may not approve it.
    """
    with s.ledger.read() as work:
        is_draft = bool(work.drafts.get([subject]))
        owed = work.obligations.of_draft(subject) if is_draft else _held_with(work, subject)
    bundle = _Bundle(tuple(facts_today(s, owed)))
    if is_draft:
        _new_version(s, bundle, subject, actor)
    else:
        _reopen(s, bundle, subject, actor)


def _bundled(owed: Sequence[Obligation], limit: int) -> list[_Bundle]:
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
    found = [_Bundle(tuple(bundle)) for bundle in bundles.values()]
    return sorted(found, key=lambda bundle: bundle.order)


def _held_with(work: UnitOfWork, obligation_id: str) -> list[Obligation]:
    """Return a held obligation with those that were to be on its invoice and are held as well."""
    one = work.obligations.get(obligation_id)
    if not one.bundle:
        return [one]
    owed = work.obligations.of_agreements({one.key.agreement}).of(one.key.agreement)
    bundle = [other for other in owed if other.bundle == one.bundle]
    where = work.obligations.where([other.key.id for other in bundle])
    return [other for other in bundle if where[other.key.id][0] is ObligationState.HELD] or [one]


def _new_version(s: Services, bundle: _Bundle, draft_id: str, actor: str) -> None:
    agreements = frozenset({bundle.agreement})
    with s.ledger.read() as work:
        standings = _Standings(work, s.book, agreements, without=draft_id)
    result = _compute(s, standings, bundle)
    if isinstance(result, Hold):
        raise StateError(f"the draft still cannot be computed: {result.reason}")
    preview = s.renderer.render([preview_page(result)])[0]
    if preview.document is None:
        raise StateError(f"the preview still cannot be rendered: {preview.error}")
    with s.write("redraft") as work:
        work.obligations.claim(agreements)
        before = work.drafts.get([draft_id])[0]
        if before.state is not DraftState.HELD:
            raise StateError(f"draft {draft_id} is {before.state}, not held")
        if work.drafts.versions_of(agreements) != standings.versions:
            raise StateError(f"other drafts of {bundle.agreement} changed meanwhile; try again")
        if taken := work.drafts.consume(result):
            records = ", ".join(record for record, _ in taken)
            raise StateError(f"already on another draft: {records}")
        if not work.drafts.add_version(result, actor, s.book.config_hash, before):
            raise StateError(f"draft {draft_id} was changed by somebody else; look again")
        item, now = ParcelItem(draft_id, before.version + 1), s.clock.now()
        for one in bundle.owed:
            work.obligations.rewrite(one)
        work.documents.put(draft_id, item.version, DocumentKind.PREVIEW, preview.document)
        work.exceptions.settle(Action.DRAFT_AGAIN, draft_id, actor, now)
        work.trail.add(draft_id, "drafted", now, _facts(result, item.version), actor)
        _close_shadow(s, work, result, item)


def _reopen(s: Services, bundle: _Bundle, obligation_id: str, actor: str) -> None:
    now = s.clock.now()
    with s.write("reopen") as work:
        moved = work.obligations.move(bundle.ids, ObligationState.HELD, ObligationState.OPEN, "")
        if obligation_id not in moved:
            raise NotFoundError(f"{obligation_id} is neither a draft nor a held obligation")
        for one in bundle.owed:
            if one.key.id in moved:
                work.obligations.rewrite(replace(one, reported_by=one.reported_by or actor))
                work.exceptions.settle(Action.DRAFT_AGAIN, one.key.id, actor, now)
                work.trail.add(one.key.id, "draft_again", now, {}, actor)


def _draft_batch(s: Services, batch: Sequence[_Bundle], author: str) -> list[str]:
    agreements = frozenset(bundle.agreement for bundle in batch)
    s.fault("draft.begin")
    with s.ledger.read() as work:
        standings = _Standings(work, s.book, agreements)
    s.fault("draft.source_read")
    results: list[tuple[_Bundle, Draft | Hold]] = []
    for bundle in batch:
        result = _compute(s, standings, bundle)
        results.append((bundle, result))
        if isinstance(result, Draft):
            standings.add(result, bundle.author(author))
        s.fault("draft.mid_lines")
    drafts = [result for _, result in results if isinstance(result, Draft)]
    previews = s.renderer.render([preview_page(draft) for draft in drafts])
    printed = {draft.id: preview for draft, preview in zip(drafts, previews, strict=True)}
    with s.write("draft") as work:
        work.obligations.claim(agreements)
        seen = work.drafts.versions_of(agreements)
        # Caps and deposits were counted without what others drafted since: the next run decides.
        fresh = [
            (bundle, result)
            for bundle, result in results
            if seen[bundle.agreement] == standings.versions[bundle.agreement]
        ]
        return list(_record_batch(s, work, fresh, printed, author))


def _compute(s: Services, standings: _Standings, bundle: _Bundle) -> Draft | Hold:
    result = build_draft(bundle.owed, s.book, standings.of(bundle.agreement))
    if isinstance(result, Hold):
        return result
    return standings.breach(result) or result


def _record_batch(
    s: Services,
    work: UnitOfWork,
    results: Sequence[tuple[_Bundle, Draft | Hold]],
    previews: Mapping[str, Rendered],
    author: str,
) -> Iterator[str]:
    for bundle, result in results:
        if isinstance(result, Hold):
            _hold(s, work, bundle, result)
        elif _record(s, work, bundle, result, previews[result.id], author):
            yield result.id


def _hold(s: Services, work: UnitOfWork, bundle: _Bundle, hold: Hold) -> None:
    """Hold things owed that make no draft; a bundle is shown once, under the first of them."""
    now = s.clock.now()
    if moved := work.obligations.move(bundle.ids, ObligationState.OPEN, ObligationState.HELD, ""):
        work.exceptions.open(hold.code, moved[0], hold.reason, now)
        work.trail.add(moved[0], "held", now, {"code": hold.code, "reason": hold.reason})


def _record(
    s: Services,
    work: UnitOfWork,
    bundle: _Bundle,
    draft: Draft,
    preview: Rendered,
    user: str,
) -> bool:
    """Store one draft; False when something it covers was drafted or held meanwhile."""
    now, author, item = s.clock.now(), bundle.author(user), ParcelItem(draft.id, 1)
    opened, drafted = ObligationState.OPEN, ObligationState.DRAFTED
    moved = work.obligations.move(bundle.ids, opened, drafted, draft.id)
    if len(moved) != len(bundle.ids):
        work.obligations.move(moved, drafted, opened, "")
        return False
    if not work.drafts.add(draft, author, s.book.config_hash, DraftState.DRAFT):
        raise StateError(f"draft {draft.id} is in the ledger, but what it covers was open")
    work.trail.add(draft.id, "drafted", now, _facts(draft, 1), author)
    held = ""
    if taken := work.drafts.consume(draft):
        records = ", ".join(f"{record} (in {other})" for record, other in taken)
        held = _hold_draft(s, work, item, "already_billed", f"on another draft: {records}")
    if preview.document is None:
        held = _hold_draft(s, work, item, "preview_failed", preview.error)
    else:
        work.documents.put(draft.id, 1, DocumentKind.PREVIEW, preview.document)
    if not held:
        _close_shadow(s, work, draft, item)
    return True


def _close_shadow(s: Services, work: UnitOfWork, draft: Draft, item: ParcelItem) -> None:
    """End a draft that was only computed to be compared; going live must not bill it later."""
    client = s.book.clients.get(draft.client.key)
    if client is None or client.mode is not Mode.SHADOW:
        return
    if work.drafts.move(item, DraftState.DRAFT, DraftState.EXPIRED):
        work.trail.add(draft.id, "shadowed", s.clock.now(), {"client": client.key})


def _hold_draft(s: Services, work: UnitOfWork, item: ParcelItem, code: str, cause: str) -> str:
    work.drafts.move(item, DraftState.DRAFT, DraftState.HELD)
    work.exceptions.open(code, item.draft_id, cause, s.clock.now())
    return code


def _facts(draft: Draft, version: int) -> dict[str, str]:
    return {
        "version": str(version),
        "content_hash": draft.content_hash,
        "gross": str(draft.totals.gross),
        "obligations": ", ".join(str(key) for key in draft.obligations),
    }
