"""Drafts: every version of their content, where they stand, and the records they consume."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.errors import StateError
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState, check_draft_move
from invoicing.ledger.parcels import load_parcels
from invoicing.ledger.statements import Rows, chunks, in_order
from invoicing.ledger.tables import (
    consumption,
    draft_versions,
    drafts,
    obligations,
    parcel_items,
)

_RELEASABLE = (DraftState.DRAFT, DraftState.AWAITING_REVIEW, DraftState.APPROVED)
_IS_LIVE = drafts.c.state.not_in([DraftState.REJECTED, DraftState.EXPIRED])
_NEWEST = and_(
    draft_versions.c.draft_id == drafts.c.id, draft_versions.c.version == drafts.c.version
)
_RECORD_KEY = (consumption.c.source, consumption.c.record_id)
_RECORD: Select[Any] = select(drafts.c.state, draft_versions).join(draft_versions, _NEWEST)


class DraftRows(Rows):
    """Drafts, their versions, and the source records they consume (UNIQUE source, record)."""

    def add(self, draft: Draft, author: str, config_hash: str, state: DraftState) -> bool:
        """Store version 1; False when the draft exists."""
        row = {"id": draft.id, "version": 1, "state": state, "supplied_on": draft.supplied_on}
        if not self.inserted(drafts, row):
            return False
        self._add_content(draft, 1, author, config_hash)
        return True

    def add_version(self, draft: Draft, author: str, config_hash: str, before: DraftRecord) -> bool:
        """Store the next version, if nobody moved the draft since; free what it bills no more."""
        if before.state is DraftState.ISSUED:
            raise StateError(f"draft {draft.id} is issued; its content is frozen")
        version = before.version + 1
        change = {
            "version": version, "state": DraftState.DRAFT, "supplied_on": draft.supplied_on,
        }  # fmt: skip
        if not self._changed(ParcelItem(draft.id, before.version), before.state, change):
            return False
        mine = select(*_RECORD_KEY).where(consumption.c.draft_id == draft.id)
        bound = {(row.source, row.record_id) for row in self.connection.execute(mine)}
        self._release(bound - {(ref.source, ref.record_id) for ref in draft.records})
        self._add_content(draft, version, author, config_hash)
        return True

    def get(self, draft_ids: Collection[str]) -> list[DraftRecord]:
        """Return the newest version of each draft that exists, in the order asked for."""
        rows = self.rows_by(_RECORD, drafts.c.id, draft_ids)
        return in_order(draft_ids, {row.draft_id: _record(row) for row in rows})

    def move(self, item: ParcelItem, before: DraftState, after: DraftState) -> bool:
        """Compare-and-set on (id, state, version)."""
        check_draft_move(before, after)
        return self._changed(item, before, {"state": after})

    def claim(self, draft_ids: Collection[str]) -> None:
        """Wait until nobody else moves these drafts, and keep them until this unit of work ends."""
        for chunk in chunks(sorted(draft_ids)):
            query = select(drafts.c.id).where(drafts.c.id.in_(chunk)).order_by(drafts.c.id)
            self.connection.execute(query.with_for_update(key_share=True))

    def claim_releasable(self, model: Model) -> None:
        """Wait until nobody else plans these drafts, and keep them until this unit of work ends."""
        query = select(drafts.c.id).where(_may_go_on(model))
        in_order = query.order_by(drafts.c.supplied_on, drafts.c.id)
        self.connection.execute(in_order.with_for_update(key_share=True))

    def releasable(self, model: Model) -> list[tuple[DraftRecord, Parcel | None]]:
        """Return drafts of ``model`` that may go on, with the parcel that holds their version."""
        held = and_(
            parcel_items.c.draft_id == drafts.c.id, parcel_items.c.version == drafts.c.version
        )
        query = (
            _RECORD.add_columns(parcel_items.c.parcel_id)
            .outerjoin(parcel_items, held)
            .where(_may_go_on(model))
            .order_by(drafts.c.supplied_on, drafts.c.id)
        )
        rows = self.connection.execute(query).all()
        parcels = load_parcels(self, {row.parcel_id for row in rows if row.parcel_id})
        return [(_record(row), parcels.get(row.parcel_id)) for row in rows]

    def consume(self, draft: Draft) -> list[tuple[str, str]]:
        """Bind all of the draft's records to it, or none when another draft has some of them."""
        keys = {(ref.source, ref.record_id) for ref in draft.records}
        rows = [
            {"source": source, "record_id": record, "draft_id": draft.id}
            for source, record in sorted(keys)
        ]
        if not rows:
            return []
        statement = self.insert_or_nothing(consumption).returning(*_RECORD_KEY)
        new = {(row[0], row[1]) for row in self.connection.execute(statement, rows)}
        others = [
            (record, owner) for _, record, owner in self._owned(keys - new) if owner != draft.id
        ]
        if others:
            self._release(new)
        return others

    def of_agreements(self, agreements: Collection[str]) -> dict[str, list[DraftRecord]]:
        """Return the live drafts of each agreement, the oldest first."""
        query = (
            _RECORD.join(obligations, obligations.c.draft_id == drafts.c.id)
            .add_columns(obligations.c.agreement)
            .where(_IS_LIVE)
            .order_by(drafts.c.supplied_on, drafts.c.id)
        )
        found: dict[str, dict[str, DraftRecord]] = {key: {} for key in agreements}
        for row in self.rows_by(query, obligations.c.agreement, set(agreements)):
            mine = found[row.agreement]
            if row.draft_id not in mine:  # it covers several obligations
                mine[row.draft_id] = _record(row)
        return {key: list(records.values()) for key, records in found.items()}

    def versions_of(
        self, agreements: Collection[str]
    ) -> dict[str, frozenset[tuple[ParcelItem, bool]]]:
        """Return which versions `of_agreements` would return, and whether each is issued."""
        query = (
            select(obligations.c.agreement, drafts.c.id, drafts.c.version, drafts.c.state)
            .join(drafts, obligations.c.draft_id == drafts.c.id)
            .where(_IS_LIVE)
        )
        found: dict[str, set[tuple[ParcelItem, bool]]] = {key: set() for key in agreements}
        for row in self.rows_by(query, obligations.c.agreement, set(agreements)):
            item = ParcelItem(row.id, row.version)
            found[row.agreement].add((item, row.state is DraftState.ISSUED))
        return {key: frozenset(items) for key, items in found.items()}

    def per_day(self, agreements: Collection[str]) -> dict[tuple[str, date], int]:
        """Count the live drafts by agreement and tax point."""
        day = (obligations.c.agreement, drafts.c.supplied_on)
        query = (
            select(*day, func.count(drafts.c.id.distinct()).label("drafts"))
            .join(drafts, obligations.c.draft_id == drafts.c.id)
            .where(_IS_LIVE)
            .group_by(*day)
        )
        rows = self.rows_by(query, obligations.c.agreement, set(agreements))
        return {(row.agreement, row.supplied_on): row.drafts for row in rows}

    def in_state(self, state: DraftState, limit: int) -> list[DraftRecord]:
        """Return drafts in ``state``, newest first."""
        query = _RECORD.where(drafts.c.state == state)
        newest = query.order_by(drafts.c.supplied_on.desc(), drafts.c.id).limit(limit)
        return [_record(row) for row in self.connection.execute(newest)]

    def _owned(self, keys: set[tuple[str, str]]) -> list[tuple[str, str, str]]:
        query = select(*_RECORD_KEY, consumption.c.draft_id)
        rows = self.rows_by(query, consumption.c.record_id, {record for _, record in keys})
        found = [(row.source, row.record_id, row.draft_id) for row in rows]
        return sorted(one for one in found if one[:2] in keys)

    def _release(self, keys: set[tuple[str, str]]) -> None:
        for chunk in chunks(sorted(keys)):
            here = tuple_(*_RECORD_KEY).in_(chunk)
            self.connection.execute(delete(consumption).where(here))

    def _add_content(self, draft: Draft, version: int, author: str, config_hash: str) -> None:
        row = {
            "draft_id": draft.id,
            "version": version,
            "author": author,
            "config_hash": config_hash,
            "content_hash": draft.content_hash,
            "content": draft,
        }
        self.connection.execute(insert(draft_versions), row)

    def _changed(self, item: ParcelItem, before: DraftState, values: dict[str, object]) -> bool:
        here = and_(
            drafts.c.id == item.draft_id,
            drafts.c.version == item.version,
            drafts.c.state == before,
        )
        return self.connection.execute(update(drafts).where(here).values(values)).rowcount == 1


def _may_go_on(model: Model) -> ColumnElement[bool]:
    of_model = select(obligations.c.draft_id).where(obligations.c.model == model)
    return and_(drafts.c.state.in_(_RELEASABLE), drafts.c.id.in_(of_model))


def _record(row: Row[Any]) -> DraftRecord:
    return DraftRecord(
        row.content, row.version, row.state, row.author, row.config_hash, row.content_hash
    )
