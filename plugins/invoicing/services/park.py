"""Park: a person lets a stopped client go on, or lets one thing owed pass the safety bounds."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from invoicing.domain.bounds import BROKEN, RELEASED, floods
from invoicing.domain.draft import Draft
from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.review import SYSTEM
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services.draft import held_with, hold_bundle
from invoicing.services.ledger_ports import ObligationState, UnitOfWork
from invoicing.services.ports import Services
from invoicing.services.standings import Bundle, Standings, bundled, by_client

_INVARIANT = "invariant_broken"  # an engineer closes it before the client goes on


def unpark(s: Services, client: str, actor: str, reason: str = "") -> str:
    """Let a parked client go on if nothing of it breaks a safety bound of today's configuration.

    All that waits is computed again, what the bounds held and what was not drafted since. What
    still breaks a bound is named, and the client stays parked.
    """
    with s.ledger.read() as work:
        if client not in work.parking.parked([client]):
            return f"{client} is not parked"
        _refuse_if_unsound(work, client)
        waiting = _Waiting(s, work, client)
    if broken := waiting.first_breach():
        _refuse(s, client, *broken)
    with s.write("unpark") as work:
        work.obligations.claim(waiting.standings.agreements)
        if not waiting.still_holds(work):
            raise StateError(f"something about {client} changed meanwhile; try again")
        if work.parking.unpark(client, actor, s.clock.now()):
            _put_back(s, work, waiting, actor, reason)
    return f"{client} goes on"


def release(s: Services, subject: str, actor: str, reason: str = "") -> str:
    """Let a thing owed, with what goes on the same invoice, or a held draft pass the safety bounds.

    It is the draft of whoever says so: somebody else has to approve it. A held draft is computed
    with it when somebody drafts it again.
    """
    if not actor:
        raise RefusedError("nobody knows who lets this pass; it takes a person with a name")
    now = s.clock.now()
    with s.write("release") as work:
        stopped = _stopped(work, subject)
        if not stopped:
            return "it was released before"
        for one in stopped:
            flags = tuple(dict.fromkeys((*one.flags, RELEASED)))
            work.obligations.rewrite(
                replace(one, flags=flags, reported_by=one.reported_by or actor)
            )
            work.trail.add(one.key.id, "released", now, _told(reason), actor)
            work.exceptions.settle(Action.RELEASE, one.key.id, actor, now)
        work.exceptions.settle(Action.RELEASE, subject, actor, now)
    return "it passes the safety bounds; somebody else has to approve it"


def _stopped(work: UnitOfWork, subject: str) -> list[Obligation]:
    """Return what is to pass the bounds, things owed put back to be drafted; none if it may."""
    if drafted := work.drafts.get([subject]):
        work.drafts.claim([subject])
        state, owed = work.drafts.get([subject])[0].state, work.obligations.of_draft(subject)
        if state is not DraftState.HELD:
            raise StateError(f"draft {drafted[0].id} is {state}, so there is nothing to release")
        return [] if all(RELEASED in one.flags for one in owed) else owed
    one = work.obligations.get(subject)
    work.obligations.claim({one.key.agreement})
    owed = held_with(work, subject)
    ids = [one.key.id for one in owed]
    if subject in work.obligations.move(ids, ObligationState.HELD, ObligationState.OPEN, ""):
        return owed
    if RELEASED in work.obligations.get(subject).flags:
        return []
    raise StateError(f"{one.key} is not held, so there is nothing to release")


class _Waiting:
    """What a client waits for: held because of a safety bound, or open and not drafted since."""

    def __init__(self, s: Services, work: UnitOfWork, client: str) -> None:
        self._book, self.client = s.book, client
        self._agreements = {one.key for one in s.book.agreements_with(client)}
        self.held, self._open = _look(work, client, self._agreements)
        self._bundles = bundled([*self.held.values(), *self._open.values()])
        self.standings = Standings(work, s.book, self._bundles)

    def first_breach(self) -> tuple[Bundle, Hold] | None:
        """Return the first that breaks a safety bound, in the order in which runs draft."""
        for model in Model:
            mine = [one for one in self._bundles if one.owed[0].model is model]
            counted = by_client(mine).get(self.client, [])
            if flood := floods(self.client, len(counted), self._book.bounds):
                return counted[self._book.bounds.per_client_and_run], flood
            for bundle in mine:
                result = self.standings.compute(bundle)
                if isinstance(result, Draft):
                    self.standings.add(result, bundle.author(SYSTEM))
                elif result.code == BROKEN:
                    return bundle, result
        return None

    def still_holds(self, work: UnitOfWork) -> bool:
        """Tell whether nothing was drafted, held or let go since; new things owed may have come."""
        held, waiting = _look(work, self.client, self._agreements)
        before = {bundle.agreement for bundle in self._bundles}
        unchanged = before <= self.standings.still_hold(work)
        return unchanged and held == self.held and self._open.items() <= waiting.items()


def _look(
    work: UnitOfWork, client: str, agreements: Collection[str]
) -> tuple[dict[str, Obligation], dict[str, Obligation]]:
    """Return what a client owes that the bounds held, and what is open; both by id."""
    owed = work.obligations.of_agreements(agreements).obligations.values()
    theirs = {one.key.id: one for one in owed if one.client == client}
    where = work.obligations.where(list(theirs))
    held = {key for key, (state, _) in where.items() if state is ObligationState.HELD}
    waiting = {key for key, (state, _) in where.items() if state is ObligationState.OPEN}
    shown = {
        entry.subject
        for entry in work.exceptions.of_subjects(held)
        if entry.code == BROKEN and entry.closed_at is None
    }
    bound = {mate for key in shown for mate in _mates(theirs, key) if mate in held}
    return (
        {key: theirs[key] for key in theirs if key in bound},
        {key: theirs[key] for key in theirs if key in waiting},
    )


def _mates(theirs: dict[str, Obligation], key: str) -> Iterator[str]:
    """Yield what goes on the same invoice; only the first of a bundle has an entry of its own."""
    one = theirs[key]
    yield key
    for other in theirs.values():
        if one.bundle and (other.key.agreement, other.bundle) == (one.key.agreement, one.bundle):
            yield other.key.id


def _refuse_if_unsound(work: UnitOfWork, client: str) -> None:
    for entry in work.exceptions.of_subjects([client]):
        if entry.code == _INVARIANT and entry.closed_at is None:
            raise StateError(f"{client} stays parked: {entry.cause}; close that entry first")


def _refuse(s: Services, client: str, bundle: Bundle, hold: Hold) -> None:
    """Name what breaks a bound; what nobody held yet gets an entry that offers what to do."""
    with s.write("refuse_unpark") as work:
        hold_bundle(s, work, bundle, hold)
    raise StateError(f"{client} stays parked: {hold.reason}; it is about {bundle.owed[0].key}")


def _put_back(s: Services, work: UnitOfWork, waiting: _Waiting, actor: str, reason: str) -> None:
    now, client = s.clock.now(), waiting.client
    held, opened = ObligationState.HELD, ObligationState.OPEN
    for key in work.obligations.move(list(waiting.held), held, opened, ""):
        work.exceptions.close(BROKEN, key, actor, f"{Action.UN_PARK}: within the bounds", now)
        work.trail.add(key, "un_parked", now, {"decision": str(Action.UN_PARK)}, actor)
    work.exceptions.settle(Action.UN_PARK, client, actor, now)
    work.trail.add(client, "un_parked", now, _told(reason), actor)


def _told(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}
