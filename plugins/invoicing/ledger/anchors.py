"""The daily anchors of the trail: what its heads were, chained from day to day."""

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import Date, Row, and_, func, insert, literal, or_, select, text

from invoicing.domain.promises import Finding, Promise
from invoicing.domain.trail import START, Anchor, Head, anchored
from invoicing.ledger.statements import BATCH, Rows
from invoicing.ledger.tables import anchored_heads, anchors, trail

_LOCK = int.from_bytes(sha256(b"invoicing anchors").digest()[:8], signed=True)
_STREAMED = {"yield_per": BATCH}
_HEADS = select(anchored_heads).order_by(anchored_heads.c.day, anchored_heads.c.hash)


class AnchorRows(Rows):
    """The daily anchors of the trail, each over the heads that moved since the one before."""

    def all(self) -> list[Anchor]:
        """Return every anchor, the oldest first."""
        rows = self.connection.execute(select(anchors).order_by(anchors.c.day))
        return [Anchor(row.day, row.anchored_at, row.heads, row.before, row.hash) for row in rows]

    def add(self, day: date, at: datetime) -> Anchor | None:
        """Anchor all that moved; None when this day, or a later one, has its anchor."""
        self._wait_for_others()
        newest = self.connection.execute(
            select(anchors).order_by(anchors.c.day.desc()).limit(1)
        ).first()
        if newest is not None and newest.day >= day:
            return None
        self._put_heads(day)
        anchor = anchored(day, at, self.heads_of(day), newest.hash if newest else START)
        self.connection.execute(
            insert(anchors).values(
                day=day, anchored_at=at, heads=anchor.heads, before=anchor.before, hash=anchor.hash
            )
        )
        return anchor

    def findings(self) -> Iterator[Finding]:
        """Name every anchor that does not agree with the trail or with the one before it."""
        yield from self._moved_heads()
        yield from self._broken_anchors()

    def _wait_for_others(self) -> None:
        """Let one process anchor at a time; SQLite has one writer anyway."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def _put_heads(self, day: date) -> None:
        """Store the heads that moved in one statement, which sees one state of the trail."""
        last = (
            select(trail.c.subject, func.max(trail.c.sequence).label("last"))
            .group_by(trail.c.subject)
            .subquery()
        )
        seen = (
            select(anchored_heads.c.subject, func.max(anchored_heads.c.sequence).label("seen"))
            .group_by(anchored_heads.c.subject)
            .subquery()
        )
        is_last = and_(last.c.subject == trail.c.subject, last.c.last == trail.c.sequence)
        moved = (
            select(literal(day, Date), trail.c.subject, trail.c.sequence, trail.c.hash)
            .join(last, is_last)
            .outerjoin(seen, seen.c.subject == trail.c.subject)
            .where(or_(seen.c.seen.is_(None), trail.c.sequence > seen.c.seen))
        )
        columns = ["day", "subject", "sequence", "hash"]
        self.connection.execute(insert(anchored_heads).from_select(columns, moved))

    def heads_of(self, day: date) -> Iterator[Head]:
        """Stream what was anchored on a day, in the order in which it was."""
        query = _HEADS.where(anchored_heads.c.day == day)
        return map(_head, self.connection.execute(query, execution_options=_STREAMED))

    def _moved_heads(self) -> Iterator[Finding]:
        same = and_(
            trail.c.subject == anchored_heads.c.subject,
            trail.c.sequence == anchored_heads.c.sequence,
        )
        query = (
            select(anchored_heads, trail.c.hash.label("found"))
            .outerjoin(trail, same)
            .where(or_(trail.c.hash.is_(None), trail.c.hash != anchored_heads.c.hash))
            .order_by(anchored_heads.c.day, anchored_heads.c.subject)
        )
        for row in self.connection.execute(query, execution_options=_STREAMED):
            what = "is gone" if row.found is None else "was written anew"
            where = f"{row.subject}, entry {row.sequence} {what} since it was anchored on {row.day}"
            yield Finding(Promise.TRAIL, where, row.subject)

    def _broken_anchors(self) -> Iterator[Finding]:
        rows = self.connection.execute(_HEADS, execution_options=_STREAMED)
        heads = groupby(rows, lambda row: row.day)
        day, mine = next(heads, (None, iter(())))
        before = START
        for kept in self.all():
            own = map(_head, mine) if day == kept.day else iter(())
            again = anchored(kept.day, kept.anchored_at, own, before)
            if day == kept.day:
                day, mine = next(heads, (None, iter(())))
            if again != kept:
                where = f"the anchor of {kept.day} does not agree with its heads"
                if kept.before != before:
                    where = f"the anchor of {kept.day} does not follow the one before it"
                yield Finding(Promise.TRAIL, where)
            before = kept.hash


def _head(row: Row[Any]) -> Head:
    return Head(row.subject, row.sequence, row.hash)
