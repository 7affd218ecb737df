"""Draft: things owed become drafts with a preview; what cannot be computed is held."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NoReturn

from invoicing.domain.bounds import BROKEN, floods
from invoicing.domain.draft import Draft
from invoicing.domain.einvoicing.outcome import missing
from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.parties import Mode
from invoicing.domain.render import DocumentKind, preview_page
from invoicing.domain.review import SYSTEM
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services.gate import Gate, park
from invoicing.services.ledger_ports import ObligationState, UnitOfWork
from invoicing.services.ports import Rendered, Services
from invoicing.services.report import facts_today
from invoicing.services.standings import Bundle, Standings, bundled, by_client

BATCH = 125  # drafts rendered and committed together: a crash repeats at most these


def draft_obligations(
    s: Services, model: Model, limit: int = 5000, author: str = SYSTEM
) -> list[str]:
    """Draft every open obligation of a billing model; return the ids of the new drafts.

    Nothing of a parked client is drafted, nor anything more of one that breaks a safety bound.
    """
    with s.ledger.read() as work:
        parked = work.parking.parked()
        stopped = {one.key for client in parked for one in s.book.agreements_with(client)}
        waiting = work.obligations.open(model, limit, stopped)
    run = _Run(s, author, set(parked))
    bundles = iter(run.without_floods(bundled(waiting, limit)))
    drafted: list[str] = []
    while batch := list(islice(bundles, BATCH)):
        drafted += run.draft(batch)
    return drafted


def draft_again(s: Services, subject: str, actor: str) -> None:
    """Compute a held draft or obligation anew from today's facts and config.

    Whoever asks for it is its author and may not approve it.
    """
    with s.ledger.read() as work:
        is_draft = bool(work.drafts.get([subject]))
        owed = work.obligations.of_draft(subject) if is_draft else held_with(work, subject)
    bundle = Bundle(tuple(facts_today(s, owed)))
    if is_draft:
        _new_version(s, bundle, subject, actor)
    else:
        _reopen(s, bundle, subject, actor)


def held_with(work: UnitOfWork, obligation_id: str) -> list[Obligation]:
    """Return a held obligation with those that were to be on its invoice and are held as well."""
    one = work.obligations.get(obligation_id)
    if not one.bundle:
        return [one]
    owed = work.obligations.of_agreements({one.key.agreement}).of(one.key.agreement)
    bundle = [other for other in owed if other.bundle == one.bundle]
    where = work.obligations.where([other.key.id for other in bundle])
    return [other for other in bundle if where[other.key.id][0] is ObligationState.HELD] or [one]


def _new_version(s: Services, bundle: Bundle, draft_id: str, actor: str) -> None:
    with s.ledger.read() as work:
        standings = Standings(work, s.book, [bundle], without=draft_id)
    result = standings.compute(bundle)
    if isinstance(result, Hold):
        _refuse_redraft(s, draft_id, result)
    preview = s.renderer.render([preview_page(result)])[0]
    if preview.document is None:
        raise StateError(f"the preview still cannot be rendered: {preview.error}")
    if lacking := missing(result):
        raise StateError(f"the e-invoice is still not complete: {lacking}")
    with s.write("redraft") as work:
        work.obligations.claim(standings.agreements)
        _refuse_if_stopped(s, work, standings, bundle)
        before = work.drafts.get([draft_id])[0]
        if before.state is not DraftState.HELD:
            raise StateError(f"draft {draft_id} is {before.state}, not held")
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


def _refuse_redraft(s: Services, draft_id: str, hold: Hold) -> NoReturn:
    """Say why it stays held; what breaks a safety bound gets an entry that may let it pass."""
    if hold.code == BROKEN:
        with s.write("refuse_redraft") as work:
            work.exceptions.open(BROKEN, draft_id, hold.reason, s.clock.now())
    raise StateError(f"the draft still cannot be computed: {hold.reason}")


def _refuse_if_stopped(s: Services, work: UnitOfWork, standings: Standings, bundle: Bundle) -> None:
    gate = Gate(s, work, [bundle.client])
    if stay := gate.parked(bundle.client):
        raise StateError(f"{bundle.client} is parked ({stay.cause}); un-park it first")
    if gate.is_outdated(bundle.client) or bundle.agreement not in standings.still_hold(work):
        raise StateError(f"{bundle.client} or its other drafts changed meanwhile; try again")


def _reopen(s: Services, bundle: Bundle, obligation_id: str, actor: str) -> None:
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


class _Run:
    """One look at all that is open: batch by batch, leaving out whoever breaks a safety bound."""

    def __init__(self, s: Services, author: str, stopped: set[str]) -> None:
        self._s, self._author, self._stopped = s, author, stopped

    def without_floods(self, bundles: Sequence[Bundle]) -> list[Bundle]:
        """Leave out the clients that would get more drafts than one run may make, and park them."""
        s, waiting = self._s, by_client(bundles)
        for client, theirs in waiting.items():
            flood = floods(client, len(theirs), s.book.bounds)
            if flood and client not in self._stopped:
                self._stopped.add(client)
                beyond = theirs[s.book.bounds.per_client_and_run]
                with s.write("flood") as work:
                    work.obligations.claim({beyond.agreement})
                    hold_bundle(s, work, beyond, flood)
        return [one for one in bundles if one.client not in self._stopped]

    def draft(self, batch: Sequence[Bundle]) -> list[str]:
        """Draft a batch and return the ids of the new drafts."""
        s, batch = self._s, [one for one in batch if one.client not in self._stopped]
        s.fault("draft.begin")
        with s.ledger.read() as work:
            standings = Standings(work, s.book, batch)
        s.fault("draft.source_read")
        results = list(self._compute(standings, batch))
        drafts = [result for _, result in results if isinstance(result, Draft)]
        previews = s.renderer.render([preview_page(draft) for draft in drafts])
        printed = {draft.id: preview for draft, preview in zip(drafts, previews, strict=True)}
        with s.write("draft") as work:
            work.obligations.claim(standings.agreements)
            fresh = _fresh(s, work, standings, results)
            return _record_batch(s, work, fresh, printed, self._author)

    def _compute(
        self, standings: Standings, batch: Sequence[Bundle]
    ) -> Iterator[tuple[Bundle, Draft | Hold]]:
        for bundle in batch:
            if bundle.client in self._stopped:
                continue
            result = standings.compute(bundle)
            if isinstance(result, Draft):
                standings.add(result, bundle.author(self._author))
            elif result.code == BROKEN:
                self._stopped.add(bundle.client)
            yield bundle, result
            self._s.fault("draft.mid_lines")


def _fresh(
    s: Services,
    work: UnitOfWork,
    standings: Standings,
    results: Sequence[tuple[Bundle, Draft | Hold]],
) -> list[tuple[Bundle, Draft | Hold]]:
    """Leave to the next run whatever was computed without what others did since.

    Caps, deposits and safety bounds count what others drafted; a client may be parked by now, or
    have another mode than the book of this process says.
    """
    unchanged = standings.still_hold(work)
    gate = Gate(s, work, {bundle.client for bundle, _ in results})
    return [
        (bundle, result)
        for bundle, result in results
        if bundle.agreement in unchanged
        and not gate.parked(bundle.client)
        and not gate.is_outdated(bundle.client)
    ]


def _record_batch(
    s: Services,
    work: UnitOfWork,
    results: Sequence[tuple[Bundle, Draft | Hold]],
    previews: Mapping[str, Rendered],
    user: str,
) -> list[str]:
    """Hold what makes no draft and store the others; return the ids of the new drafts."""
    made: list[tuple[Draft, str]] = []
    covered: dict[str, str] = {}
    for bundle, result in results:
        if isinstance(result, Hold):
            hold_bundle(s, work, bundle, result)
        else:
            made.append((result, bundle.author(user)))
            covered |= dict.fromkeys(bundle.ids, result.id)
    # Something that a draft covers may have been drafted or held meanwhile.
    moved = work.obligations.cover(covered)
    free = {draft for one, draft in covered.items() if one in moved}
    made = [(draft, author) for draft, author in made if draft.id in free]
    _store(s, work, made, previews)
    return [draft.id for draft, _ in made]


def hold_bundle(s: Services, work: UnitOfWork, bundle: Bundle, hold: Hold) -> None:
    """Hold things owed that make no draft; a bundle is shown once, under the first of them.

    Whoever breaks a safety bound is parked as well: what comes next may be as wrong.
    """
    now = s.clock.now()
    if moved := work.obligations.move(bundle.ids, ObligationState.OPEN, ObligationState.HELD, ""):
        work.exceptions.open(hold.code, moved[0], hold.reason, now)
        work.trail.add(moved[0], "held", now, {"code": hold.code, "reason": hold.reason})
        if hold.code == BROKEN:
            park(s, work, bundle.client, hold.reason)


def _store(
    s: Services,
    work: UnitOfWork,
    made: Sequence[tuple[Draft, str]],
    previews: Mapping[str, Rendered],
) -> None:
    """Store drafts with their authors and previews, and bind the records they bill."""
    now, drafts = s.clock.now(), [draft for draft, _ in made]
    new = work.drafts.add_all(made, s.book.config_hash, DraftState.DRAFT)
    for draft, author in made:
        if draft.id not in new:
            raise StateError(f"draft {draft.id} is in the ledger, but what it covers was open")
        work.trail.add(draft.id, "drafted", now, _facts(draft, 1), author)
    taken = work.drafts.consume_all(drafts)
    printed = {(one.id, 1): document for one in drafts if (document := previews[one.id].document)}
    work.documents.put_all(DocumentKind.PREVIEW, printed)
    for draft in drafts:
        if not _hold_broken(s, work, draft, taken.get(draft.id, []), previews[draft.id]):
            _close_shadow(s, work, draft, ParcelItem(draft.id, 1))


def _hold_broken(
    s: Services,
    work: UnitOfWork,
    draft: Draft,
    taken: Sequence[tuple[str, str]],
    preview: Rendered,
) -> bool:
    """Hold a draft that bills what another one bills, or that cannot be shown as agreed."""
    item = ParcelItem(draft.id, 1)
    if taken:
        records = ", ".join(f"{record} (in {other})" for record, other in taken)
        _hold_draft(s, work, item, "already_billed", f"on another draft: {records}")
    if preview.document is None:
        _hold_draft(s, work, item, "preview_failed", preview.error)
    lacking = missing(draft)
    if lacking:
        _hold_draft(s, work, item, "e_invoice_incomplete", lacking)
    return bool(taken) or preview.document is None or bool(lacking)


def _close_shadow(s: Services, work: UnitOfWork, draft: Draft, item: ParcelItem) -> None:
    """End a draft that was only computed to be compared; going live must not bill it later."""
    client = s.book.clients.get(draft.client.key)
    if client is None or client.mode is not Mode.SHADOW:
        return
    if work.drafts.move(item, DraftState.DRAFT, DraftState.EXPIRED):
        work.trail.add(draft.id, "shadowed", s.clock.now(), {"client": client.key})


def _hold_draft(s: Services, work: UnitOfWork, item: ParcelItem, code: str, cause: str) -> None:
    work.drafts.move(item, DraftState.DRAFT, DraftState.HELD)
    work.exceptions.open(code, item.draft_id, cause, s.clock.now())


def _facts(draft: Draft, version: int) -> dict[str, str]:
    return {
        "version": str(version),
        "content_hash": draft.content_hash,
        "gross": str(draft.totals.gross),
        "obligations": ", ".join(str(key) for key in draft.obligations),
    }
