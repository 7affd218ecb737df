"""Draft: obligations become drafts with a preview; what cannot be computed is held."""

from collections.abc import Iterator, Sequence
from itertools import islice

from invoicing.domain.decide import Hold, Obligation
from invoicing.domain.draft import Draft, build_draft
from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.parties import Mode
from invoicing.domain.render import DocumentKind, preview_page
from invoicing.domain.review import SYSTEM
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services.ports import ObligationState, Rendered, Services, UnitOfWork
from invoicing.services.report import facts_today

BATCH = 125  # drafts rendered and committed together: a crash repeats at most these


def draft_obligations(
    s: Services, model: Model, limit: int = 5000, author: str = SYSTEM
) -> list[str]:
    """Draft every open obligation of a billing model; return the ids of the new drafts."""
    with s.ledger.read() as work:
        waiting = iter(work.obligations.open(model, limit))
    drafted: list[str] = []
    while batch := list(islice(waiting, BATCH)):
        drafted += _draft_batch(s, batch, author)
    return drafted


def draft_again(s: Services, subject: str, actor: str) -> None:
    """Compute a held draft or obligation anew from today's facts and config.

    Whoever asks for it is its author and may not approve it.
    """
    with s.ledger.read() as work:
        records = work.drafts.get([subject])
        owed = work.obligations.of_draft(subject) if records else [work.obligations.get(subject)]
    obligation = facts_today(s, owed[0])
    if records:
        _new_version(s, obligation, subject, actor)
    else:
        _reopen(s, obligation, actor)


def _new_version(s: Services, obligation: Obligation, draft_id: str, actor: str) -> None:
    result = build_draft(obligation, s.book)
    if isinstance(result, Hold):
        raise StateError(f"the draft still cannot be computed: {result.reason}")
    preview = s.renderer.render([preview_page(result)])[0]
    if preview.document is None:
        raise StateError(f"the preview still cannot be rendered: {preview.error}")
    with s.ledger.write() as work:
        before = work.drafts.get([draft_id])[0]
        if before.state is not DraftState.HELD:
            raise StateError(f"draft {draft_id} is {before.state}, not held")
        if taken := work.drafts.consume(result):
            records = ", ".join(record for record, _ in taken)
            raise StateError(f"already on another draft: {records}")
        if not work.drafts.add_version(result, actor, s.book.config_hash, before):
            raise StateError(f"draft {draft_id} was changed by somebody else; look again")
        item, now = ParcelItem(draft_id, before.version + 1), s.clock.now()
        work.obligations.rewrite(obligation)
        work.documents.put(draft_id, item.version, DocumentKind.PREVIEW, preview.document)
        work.exceptions.settle(Action.DRAFT_AGAIN, draft_id, actor, now)
        work.trail.add(draft_id, "drafted", now, _facts(result, item.version), actor)
        _close_shadow(s, work, item)


def _reopen(s: Services, obligation: Obligation, actor: str) -> None:
    obligation_id, now = obligation.key.id, s.clock.now()
    with s.ledger.write() as work:
        held, opened = ObligationState.HELD, ObligationState.OPEN
        if not work.obligations.move([obligation_id], held, opened, ""):
            raise NotFoundError(f"{obligation_id} is neither a draft nor a held obligation")
        work.obligations.rewrite(obligation)
        work.exceptions.settle(Action.DRAFT_AGAIN, obligation_id, actor, now)
        work.trail.add(obligation_id, "draft_again", now, {}, actor)


def _draft_batch(s: Services, batch: Sequence[Obligation], author: str) -> list[str]:
    results = [(obligation, build_draft(obligation, s.book)) for obligation in batch]
    drafts = [result for _, result in results if isinstance(result, Draft)]
    previews = iter(s.renderer.render([preview_page(draft) for draft in drafts]))
    with s.ledger.write() as work:
        return list(_record_batch(s, work, results, previews, author))


def _record_batch(
    s: Services,
    work: UnitOfWork,
    results: Sequence[tuple[Obligation, Draft | Hold]],
    previews: Iterator[Rendered],
    author: str,
) -> Iterator[str]:
    for obligation, result in results:
        if isinstance(result, Hold):
            _hold(s, work, obligation, result)
        elif _record(s, work, obligation, result, next(previews), author):
            yield result.id


def _hold(s: Services, work: UnitOfWork, obligation: Obligation, hold: Hold) -> None:
    key = obligation.key.id
    if work.obligations.move([key], ObligationState.OPEN, ObligationState.HELD, ""):
        work.exceptions.open(hold.code, key, hold.reason, s.clock.now())


def _record(
    s: Services,
    work: UnitOfWork,
    obligation: Obligation,
    draft: Draft,
    preview: Rendered,
    author: str,
) -> bool:
    """Store one draft; False when another worker was first."""
    now = s.clock.now()
    if not work.drafts.add(draft, author, s.book.config_hash, DraftState.DRAFT):
        return False
    work.obligations.move(
        [obligation.key.id], ObligationState.OPEN, ObligationState.DRAFTED, draft.id
    )
    work.trail.add(draft.id, "drafted", now, _facts(draft, 1), author)
    taken = work.drafts.consume(draft)
    if taken:
        records = ", ".join(f"{record} (in {other})" for record, other in taken)
        _hold_draft(s, work, draft, "already_billed", f"already on another draft: {records}")
    if preview.document is None:
        _hold_draft(s, work, draft, "preview_failed", preview.error)
    else:
        work.documents.put(draft.id, 1, DocumentKind.PREVIEW, preview.document)
    _close_shadow(s, work, ParcelItem(draft.id, 1))
    return True


def _close_shadow(s: Services, work: UnitOfWork, item: ParcelItem) -> None:
    """End a draft that was only computed to be compared; going live must not bill it later."""
    (record,) = work.drafts.get([item.draft_id])
    client = s.book.clients.get(record.draft.client.key)
    if client is None or client.mode is not Mode.SHADOW or record.state is not DraftState.DRAFT:
        return
    if work.drafts.move(item, DraftState.DRAFT, DraftState.EXPIRED):
        work.trail.add(record.id, "shadowed", s.clock.now(), {"client": client.key})


def _hold_draft(s: Services, work: UnitOfWork, draft: Draft, code: str, cause: str) -> None:
    work.drafts.move(ParcelItem(draft.id, 1), DraftState.DRAFT, DraftState.HELD)
    work.exceptions.open(code, draft.id, cause, s.clock.now())


def _facts(draft: Draft, version: int) -> dict[str, str]:
    return {
        "version": str(version),
        "content_hash": draft.content_hash,
        "gross": str(draft.totals.gross),
        "obligations": ", ".join(str(key) for key in draft.obligations),
    }
