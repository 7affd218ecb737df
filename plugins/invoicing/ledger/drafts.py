"""Drafts: every version of their content, where they stand, and the records they consume."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    exists,
    insert,
    select,
    tuple_,
    update,
)

from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.errors import StateError
from invoicing.domain.money import Money
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState, InvoiceState, check_draft_move
from invoicing.domain.work import RecordRef
from invoicing.ledger.statements import Rows, chunks, in_order
from invoicing.ledger.tables import (
    consumption,
    draft_versions,
    drafts,
    invoices,
    obligations,
    parcel_items,
    parcels,
)
from invoicing.services.ledger_ports import Releasable

_RELEASABLE = (DraftState.DRAFT, DraftState.AWAITING_REVIEW, DraftState.APPROVED)
IS_VOID = exists().where(invoices.c.id == drafts.c.id, invoices.c.state == InvoiceState.VOID)
_IS_LIVE = and_(drafts.c.state.not_in([DraftState.REJECTED, DraftState.EXPIRED]), ~IS_VOID)
_NEWEST = and_(
    draft_versions.c.draft_id == drafts.c.id, draft_versions.c.version == drafts.c.version
)
_VERSION = (drafts.c.id, drafts.c.version)
_RECORD_KEY = (consumption.c.source, consumption.c.record_id)
_RECORD: Select[Any] = select(drafts.c.state, draft_versions).join(draft_versions, _NEWEST)


_Record: TypeAlias = tuple[str, str]  # the source and its own id


class DraftRows(Rows):
    """Drafts, their versions, and the source records they consume (UNIQUE source, record)."""

    def add(self, draft: Draft, author: str, config_hash: str, state: DraftState) -> bool:
        """Store version 1; False when the draft exists."""
        return bool(self.add_all([(draft, author)], config_hash, state))

    def add_all(
        self, found: Sequence[tuple[Draft, str]], config_hash: str, state: DraftState
    ) -> set[str]:
        """Store version 1 of drafts, each with its author; return the ids of the new ones."""
        rows = [
            {"id": one.id, "version": 1, "state": state, "supplied_on": one.supplied_on}
            for one, _ in found
        ]
        new = set(self.insert_new(drafts, rows, drafts.c.id))
        contents = [_content(one, 1, author, config_hash) for one, author in found if one.id in new]
        if contents:
            self.connection.execute(insert(draft_versions), contents)
        return new

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
        row = _content(draft, version, author, config_hash)
        self.connection.execute(insert(draft_versions), row)
        return True

    def get(self, draft_ids: Collection[str]) -> list[DraftRecord]:
        """Return the newest version of each draft that exists, in the order asked for."""
        rows = self.rows_by(_RECORD, drafts.c.id, draft_ids)
        return in_order(draft_ids, {row.draft_id: _record(row) for row in rows})

    def move(self, item: ParcelItem, before: DraftState, after: DraftState) -> bool:
        """Compare-and-set on (id, state, version)."""
        check_draft_move(before, after)
        return self._changed(item, before, {"state": after})

    def move_all(
        self, items: Collection[ParcelItem], before: DraftState, after: DraftState
    ) -> set[ParcelItem]:
        """Compare-and-set on each (id, state, version); return those that moved."""
        check_draft_move(before, after)
        self.claim({item.draft_id for item in items})  # an UPDATE locks in any order
        moved: set[ParcelItem] = set()
        for chunk in chunks(items):
            wanted = [(item.draft_id, item.version) for item in chunk]
            here = and_(tuple_(*_VERSION).in_(wanted), drafts.c.state == before)
            change = update(drafts).where(here).values(state=after).returning(*_VERSION)
            moved.update(ParcelItem(row.id, row.version) for row in self.connection.execute(change))
        return moved

    def claim(self, draft_ids: Collection[str]) -> None:
        """Wait until nobody else moves these drafts, and keep them until this unit of work ends."""
        for chunk in chunks(sorted(draft_ids)):
            query = select(drafts.c.id).where(drafts.c.id.in_(chunk)).order_by(drafts.c.id)
            self.connection.execute(query.with_for_update(key_share=True))

    def claim_releasable(self, model: Model) -> None:
        """Wait until nobody else plans these drafts, and keep them until this unit of work ends."""
        query = select(drafts.c.id).where(_may_go_on(model)).order_by(drafts.c.id)  # as `claim`
        self.connection.execute(query.with_for_update(key_share=True))

    def releasable(self, model: Model) -> list[Releasable]:
        """Return drafts of ``model`` that may go on, with the run that carries their version."""
        held = and_(
            parcel_items.c.draft_id == drafts.c.id, parcel_items.c.version == drafts.c.version
        )
        query = (
            select(*_VERSION, drafts.c.state, parcels.c.run_id)
            .outerjoin(parcel_items, held)
            .outerjoin(parcels, parcels.c.id == parcel_items.c.parcel_id)
            .where(_may_go_on(model))
            .order_by(drafts.c.supplied_on, drafts.c.id)
        )
        return [
            Releasable(ParcelItem(row.id, row.version), row.state, row.run_id or "")
            for row in self.connection.execute(query)
        ]

    def consume(self, draft: Draft) -> list[tuple[str, str]]:
        """Bind all of the draft's records to it, or none when another draft has some of them."""
        keys = _wanted([draft]).keys()
        new = self._bind(dict.fromkeys(keys, draft.id))
        others = [
            (record, owner) for _, record, owner in self._owned(keys - new) if owner != draft.id
        ]
        if others:
            self._release(new)
        return others

    def free(self, draft_id: str) -> None:
        """Let other drafts bill the source records of a draft whose invoice is void."""
        self.connection.execute(delete(consumption).where(consumption.c.draft_id == draft_id))

    def bound_to(self, record: RecordRef) -> str:
        """Return the id of the draft that uses a record up, or nothing."""
        here = and_(
            consumption.c.source == record.source, consumption.c.record_id == record.record_id
        )
        return self.connection.scalar(select(consumption.c.draft_id).where(here)) or ""

    def consume_all(self, found: Sequence[Draft]) -> dict[str, list[tuple[str, str]]]:
        """Bind the records of several drafts; return what others have of them, by draft id."""
        wanted = _wanted(found)
        new = self._bind({key: ids[0] for key, ids in wanted.items()})
        if len(new) == sum(map(len, wanted.values())):
            return {}
        self._release(new)  # seldom: one at a time, so that the first one gets its records
        return {draft.id: taken for draft in found if (taken := self.consume(draft))}

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

    def gross_per_day(
        self, agreements: Collection[str], days: Collection[date]
    ) -> dict[tuple[str, date], tuple[Money, ...]]:
        """Return the gross of each live draft by agreement and tax point, one of ``days``."""
        amount, currency = self.gross_in(draft_versions.c.content)
        query = (
            select(obligations.c.agreement, drafts.c.supplied_on, drafts.c.id)
            .add_columns(amount.label("amount"), currency.label("currency"))
            .join(drafts, obligations.c.draft_id == drafts.c.id)
            .join(draft_versions, _NEWEST)
            .where(_IS_LIVE)
            .distinct()  # a draft covers several obligations
        )
        found: dict[tuple[str, date], list[Money]] = {}
        for chunk in chunks(sorted(set(days))):
            here = query.where(drafts.c.supplied_on.in_(chunk))
            for row in self.rows_by(here, obligations.c.agreement, set(agreements)):
                gross = Money(Decimal(row.amount), row.currency)
                found.setdefault((row.agreement, row.supplied_on), []).append(gross)
        return {key: tuple(amounts) for key, amounts in found.items()}

    def in_state(self, state: DraftState, limit: int) -> list[DraftRecord]:
        """Return drafts in ``state``, newest first."""
        query = _RECORD.where(drafts.c.state == state)
        newest = query.order_by(drafts.c.supplied_on.desc(), drafts.c.id).limit(limit)
        return [_record(row) for row in self.connection.execute(newest)]

    def _bind(self, owners: Mapping[_Record, str]) -> set[_Record]:
        """Bind records that are free, in one order everywhere, and return them."""
        if not owners:
            return set()
        rows = [
            {"source": source, "record_id": record, "draft_id": owners[source, record]}
            for source, record in sorted(owners)
        ]
        statement = self.insert_or_nothing(consumption).returning(*_RECORD_KEY)
        return {(row[0], row[1]) for row in self.connection.execute(statement, rows)}

    def _owned(self, keys: set[tuple[str, str]]) -> list[tuple[str, str, str]]:
        query = select(*_RECORD_KEY, consumption.c.draft_id)
        rows = self.rows_by(query, consumption.c.record_id, {record for _, record in keys})
        found = [(row.source, row.record_id, row.draft_id) for row in rows]
        return sorted(one for one in found if one[:2] in keys)

    def _release(self, keys: set[tuple[str, str]]) -> None:
        for chunk in chunks(sorted(keys)):
            here = tuple_(*_RECORD_KEY).in_(chunk)
            self.connection.execute(delete(consumption).where(here))

    def _changed(self, item: ParcelItem, before: DraftState, values: dict[str, object]) -> bool:
        here = and_(
            drafts.c.id == item.draft_id,
            drafts.c.version == item.version,
            drafts.c.state == before,
        )
        return self.connection.execute(update(drafts).where(here).values(values)).rowcount == 1


def _wanted(found: Sequence[Draft]) -> dict[_Record, list[str]]:
    """Return which drafts bill each record, by id, in the order they came."""
    wanted: dict[_Record, list[str]] = {}
    for draft in found:
        for ref in draft.records:
            wanted.setdefault((ref.source, ref.record_id), []).append(draft.id)
    return wanted


def _content(draft: Draft, version: int, author: str, config_hash: str) -> dict[str, object]:
    return {
        "draft_id": draft.id,
        "version": version,
        "author": author,
        "config_hash": config_hash,
        "content_hash": draft.content_hash,
        "content": draft,
    }


def _may_go_on(model: Model) -> ColumnElement[bool]:
    # Asked draft by draft: there are few of them, and more things owed with every month.
    of_model = exists().where(obligations.c.draft_id == drafts.c.id, obligations.c.model == model)
    return and_(drafts.c.state.in_(_RELEASABLE), of_model)


def _record(row: Row[Any]) -> DraftRecord:
    return DraftRecord(
        row.content, row.version, row.state, row.author, row.config_hash, row.content_hash
    )
