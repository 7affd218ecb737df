"""Things owed: each once, from the decision until a draft covers it."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update

from invoicing.domain.decide import Obligation, ObligationKey
from invoicing.domain.errors import NotFoundError
from invoicing.domain.rules import Model
from invoicing.ledger.statements import Rows, chunks
from invoicing.ledger.tables import obligations as obligations_table
from invoicing.services.ports import ObligationState

_CONTENT = select(obligations_table.c.content).order_by(
    obligations_table.c.occurred_on, obligations_table.c.id
)


class ObligationRows(Rows):
    """Things owed, UNIQUE (entity, agreement, unit, revision)."""

    def owed(self, keys: Collection[ObligationKey]) -> dict[ObligationKey, Obligation]:
        """Return those of ``keys`` that are in the ledger already."""
        query = select(obligations_table.c.content)
        found = self.rows_by(query, obligations_table.c.id, {key.id for key in keys})
        return {row.content.key: row.content for row in found}

    def add(self, obligations: Sequence[Obligation]) -> list[str]:
        """Store obligations; those that are known stay as they are."""
        return self.insert_new(
            obligations_table, [_row(one) for one in obligations], obligations_table.c.id
        )

    def open(self, model: Model, limit: int) -> list[Obligation]:
        """Return obligations that have no draft yet, the oldest first."""
        query = _CONTENT.where(
            obligations_table.c.model == model, obligations_table.c.state == ObligationState.OPEN
        )
        return list(self.connection.scalars(query.limit(limit)))

    def of_draft(self, draft_id: str) -> list[Obligation]:
        """Return the obligations a draft covers."""
        return list(
            self.connection.scalars(_CONTENT.where(obligations_table.c.draft_id == draft_id))
        )

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
