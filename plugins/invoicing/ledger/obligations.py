"""Things owed: each once, from the decision until a draft covers it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from sqlalchemy import and_, bindparam, exists, or_, select, text, update

from invoicing.domain.errors import NotFoundError
from invoicing.domain.obligations import Obligation, ObligationKey, Owed
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState, InvoiceState
from invoicing.ledger.reconcile import BALANCE
from invoicing.ledger.statements import Rows, chunks
from invoicing.ledger.tables import drafts, invoices
from invoicing.ledger.tables import obligations as obligations_table
from invoicing.services.ledger_ports import ObligationState

_CONTENT = select(obligations_table.c.content).order_by(
    obligations_table.c.occurred_on, obligations_table.c.id
)

_ENDED = [DraftState.REJECTED, DraftState.EXPIRED]
# Without an invoice nothing was paid; nobody has to pay a void one.
_UNPAID = or_(invoices.c.id.is_(None), and_(invoices.c.state == InvoiceState.ISSUED, BALANCE > 0))
_IS_VOID = exists().where(
    invoices.c.id == obligations_table.c.draft_id, invoices.c.state == InvoiceState.VOID
)
# Several agreements share a lock: a server holds some ten thousand for everybody, and one batch of
# events may be about more agreements than that.
_LOCKS = 4096
_FAMILY = int.from_bytes(sha256(b"invoicing agreements").digest()[:4], signed=True)
_TAKE = text(
    "SELECT pg_advisory_xact_lock(CAST(:family AS integer), key)"
    " FROM unnest(CAST(:keys AS integer[])) AS key"
)


class ObligationRows(Rows):
    """Things owed, UNIQUE (entity, agreement, unit, revision)."""

    def claim(self, agreements: Collection[str]) -> None:
        """Keep everybody else from deciding and drafting about ``agreements`` until this ends.

        What is not written yet has no row that could be locked. SQLite has one writer anyway.
        """
        if self.connection.dialect.name != "postgresql":
            return
        keys = sorted({_lock_of(agreement) for agreement in agreements})
        for chunk in chunks(keys):
            self.connection.execute(_TAKE, {"family": _FAMILY, "keys": chunk})

    def of_agreements(self, agreements: Collection[str]) -> Owed:
        """Return what is owed under ``agreements``, the oldest first, and what is unpaid of it."""
        query = (
            select(
                obligations_table.c.content,
                _UNPAID.label("unpaid"),
                (invoices.c.state == InvoiceState.VOID).label("void"),
            )
            .outerjoin(invoices, invoices.c.id == obligations_table.c.draft_id)
            .order_by(obligations_table.c.occurred_on, obligations_table.c.id)
        )
        rows = list(self.rows_by(query, obligations_table.c.agreement, set(agreements)))
        revised = _newest_of([row.content.key for row in rows])
        newest = [
            row
            for row in rows
            if revised.get(first := _first(row.content.key), first) == row.content.key
        ]
        return Owed(
            {row.content.key: row.content for row in newest},
            frozenset(row.content.key for row in newest if row.unpaid),
            revised,
            frozenset(row.content.key for row in newest if row.void),
        )

    def units(self, agreements: Collection[str]) -> dict[str, frozenset[str]]:
        """Return the units owed under each agreement whose draft, if any, may become an invoice."""
        query = (
            select(obligations_table.c.agreement, obligations_table.c.unit)
            .outerjoin(drafts, drafts.c.id == obligations_table.c.draft_id)
            .where(or_(drafts.c.id.is_(None), drafts.c.state.not_in(_ENDED)), ~_IS_VOID)
        )
        found: dict[str, set[str]] = {key: set() for key in agreements}
        for row in self.rows_by(query, obligations_table.c.agreement, set(agreements)):
            found[row.agreement].add(row.unit)
        return {key: frozenset(units) for key, units in found.items()}

    def add(self, obligations: Sequence[Obligation]) -> list[str]:
        """Store obligations; those that are known stay as they are."""
        return self.insert_new(
            obligations_table, [_row(one) for one in obligations], obligations_table.c.id
        )

    def open(self, model: Model, limit: int, without: Collection[str] = ()) -> list[Obligation]:
        """Return obligations that have no draft yet, agreement by agreement, the oldest first."""
        query = select(obligations_table.c.content).where(
            obligations_table.c.model == model,
            obligations_table.c.state == ObligationState.OPEN,
            obligations_table.c.agreement.not_in(sorted(without)),
        )
        in_order = query.order_by(
            obligations_table.c.agreement, obligations_table.c.occurred_on, obligations_table.c.id
        )
        return list(self.connection.scalars(in_order.limit(limit)))

    def of_draft(self, draft_id: str) -> list[Obligation]:
        """Return the obligations a draft covers."""
        return list(
            self.connection.scalars(_CONTENT.where(obligations_table.c.draft_id == draft_id))
        )

    def where(self, ids: Collection[str]) -> dict[str, tuple[ObligationState, str]]:
        """Return where each obligation stands and the id of the draft that covers it, if any."""
        query = select(
            obligations_table.c.id, obligations_table.c.state, obligations_table.c.draft_id
        )
        rows = self.rows_by(query, obligations_table.c.id, ids)
        return {row.id: (row.state, row.draft_id or "") for row in rows}

    def get(self, obligation_id: str) -> Obligation:
        """Return one obligation."""
        query = select(obligations_table.c.content).where(obligations_table.c.id == obligation_id)
        found: Obligation | None = self.connection.scalar(query)
        if found is None:
            raise NotFoundError(f"the ledger has no obligation {obligation_id!r}")
        return found

    def rewrite(self, obligation: Obligation) -> None:
        """Keep today's facts about a thing owed; its key stays what it is."""
        here = obligations_table.c.id == obligation.key.id
        values = {"content": obligation, "occurred_on": obligation.occurred_on}
        self.connection.execute(update(obligations_table).where(here).values(values))

    def cover(self, drafts: Mapping[str, str]) -> set[str]:
        """OPEN -> DRAFTED for all that a draft covers, or for none of it; return those moved."""
        query = select(obligations_table.c.id).where(
            obligations_table.c.state == ObligationState.OPEN
        )
        if self.writing:
            query = query.with_for_update()
        still = {row.id for row in self.rows_by(query, obligations_table.c.id, sorted(drafts))}
        broken = {draft for one, draft in drafts.items() if one not in still}
        rows = [
            {"row_id": one, "draft_id": draft}
            for one, draft in drafts.items()
            if draft not in broken
        ]
        if rows:
            here = obligations_table.c.id == bindparam("row_id")
            change = update(obligations_table).where(here).values(state=ObligationState.DRAFTED)
            self.connection.execute(change, rows)
        return {str(row["row_id"]) for row in rows}

    def move(
        self, ids: Sequence[str], before: ObligationState, after: ObligationState, draft_id: str
    ) -> list[str]:
        """Move those that are still in ``before``; an empty ``draft_id`` unlinks their draft."""
        moved: set[str] = set()
        for chunk in chunks(ids):
            here = obligations_table.c.id.in_(chunk) & (obligations_table.c.state == before)
            change = (
                update(obligations_table).where(here).values(state=after, draft_id=draft_id or None)
            )
            moved.update(self.connection.scalars(change.returning(obligations_table.c.id)))
        return [one for one in ids if one in moved]


def _first(key: ObligationKey) -> ObligationKey:
    return replace(key, revision=0) if key.revision else key


def _newest_of(keys: Collection[ObligationKey]) -> dict[ObligationKey, ObligationKey]:
    """Lead from the first revision of a thing to its newest, where there are several."""
    again = sorted((key for key in keys if key.revision), key=lambda key: key.revision)
    return {_first(key): key for key in again}


def _lock_of(agreement: str) -> int:
    digest = sha256(f"invoicing agreement {agreement}".encode()).digest()
    return int.from_bytes(digest[:8]) % _LOCKS


def _row(owed: Obligation) -> dict[str, object]:
    return {
        "id": owed.key.id,
        "entity": owed.key.entity,
        "agreement": owed.key.agreement,
        "unit": owed.key.unit,
        "revision": owed.key.revision,
        "model": owed.model,
        "occurred_on": owed.occurred_on,
        "state": ObligationState.OPEN,
        "draft_id": None,
        "content": owed,
    }
