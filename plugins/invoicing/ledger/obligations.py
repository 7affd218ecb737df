"""Things owed: each once, from the decision until a draft covers it."""

from collections.abc import Collection, Sequence
from hashlib import sha256

from sqlalchemy import or_, select, text, update

from invoicing.domain.errors import NotFoundError
from invoicing.domain.obligations import Obligation, Owed
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
# Without an issued invoice nothing was paid.
_UNPAID = or_(invoices.c.id.is_(None), invoices.c.state != InvoiceState.ISSUED, BALANCE > 0)


class ObligationRows(Rows):
    """Things owed, UNIQUE (entity, agreement, unit, revision)."""

    def claim(self, agreements: Collection[str]) -> None:
        """Keep everybody else from deciding and drafting about ``agreements`` until this ends.

        What is not written yet has no row that could be locked. SQLite has one writer anyway.
        """
        if self.connection.dialect.name != "postgresql":
            return
        keys = sorted(_lock_of(agreement) for agreement in set(agreements))
        for chunk in chunks(keys):
            wanted = "SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"
            self.connection.execute(text(wanted), {"keys": chunk})

    def of_agreements(self, agreements: Collection[str]) -> Owed:
        """Return what is owed under ``agreements``, the oldest first, and what is unpaid of it."""
        query = (
            select(obligations_table.c.content, _UNPAID.label("unpaid"))
            .outerjoin(invoices, invoices.c.id == obligations_table.c.draft_id)
            .order_by(obligations_table.c.occurred_on, obligations_table.c.id)
        )
        rows = list(self.rows_by(query, obligations_table.c.agreement, set(agreements)))
        return Owed(
            {row.content.key: row.content for row in rows},
            frozenset(row.content.key for row in rows if row.unpaid),
        )

    def units(self, agreements: Collection[str]) -> dict[str, frozenset[str]]:
        """Return the units owed under each agreement whose draft, if any, may become an invoice."""
        query = (
            select(obligations_table.c.agreement, obligations_table.c.unit)
            .outerjoin(drafts, drafts.c.id == obligations_table.c.draft_id)
            .where(or_(drafts.c.id.is_(None), drafts.c.state.not_in(_ENDED)))
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

    def open(self, model: Model, limit: int) -> list[Obligation]:
        """Return obligations that have no draft yet, agreement by agreement, the oldest first."""
        query = select(obligations_table.c.content).where(
            obligations_table.c.model == model, obligations_table.c.state == ObligationState.OPEN
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


def _lock_of(agreement: str) -> int:
    digest = sha256(f"invoicing agreement {agreement}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


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
