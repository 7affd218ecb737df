"""The queue of what a person must look at."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, select, update

from invoicing.domain.errors import NotFoundError, TransientError
from invoicing.domain.exceptions import Action, ExceptionEntry, codes_with
from invoicing.ledger.statements import Rows, chunks
from invoicing.ledger.tables import exceptions

_ROUNDS = 3  # the open entry may be closed between our insert and our look


class ExceptionRows(Rows):
    """The queue of what a person must look at; at most one open entry per (code, subject)."""

    def open(self, code: str, subject: str, cause: str, at: datetime) -> str:
        """Open an entry, or return the open one about the same."""
        row = {
            "id": uuid4().hex,
            "code": code,
            "subject": subject,
            "cause": cause,
            "opened_at": at,
            "closed_at": None,
            "closed_by": "",
            "decision": "",
        }
        here = _is_open(code, subject)
        for _ in range(_ROUNDS):
            if self.inserted(exceptions, row):
                return str(row["id"])
            if found := self.connection.scalar(select(exceptions.c.id).where(here)):
                return str(found)
        raise TransientError(f"the exception {code} about {subject} is being closed; try again")

    def close(self, code: str, subject: str, by: str, decision: str, at: datetime) -> bool:
        """Close the open entry about this, if there is one."""
        change = update(exceptions).where(_is_open(code, subject))
        values = {"closed_at": at, "closed_by": by, "decision": decision}
        return self.connection.execute(change.values(values)).rowcount == 1

    def close_all(
        self, code: str, subjects: Collection[str], by: str, decision: str, at: datetime
    ) -> None:
        """Close the open entries of one kind about each of these."""
        for chunk in chunks(subjects):
            here = and_(
                exceptions.c.code == code,
                exceptions.c.subject.in_(chunk),
                exceptions.c.closed_at.is_(None),
            )
            change = update(exceptions).where(here)
            values = {"closed_at": at, "closed_by": by, "decision": decision}
            self.connection.execute(change.values(values))

    def settle(self, action: Action, subject: str, by: str, at: datetime) -> None:
        """Close every open entry about ``subject`` that offered ``action``, now carried out."""
        for code in codes_with(action):
            self.close(code, subject, by, str(action), at)

    def get(self, entry_id: str) -> ExceptionEntry:
        """Return one entry."""
        row = self.connection.execute(select(exceptions).where(exceptions.c.id == entry_id)).first()
        if row is None:
            raise NotFoundError(f"the queue has no exception {entry_id!r}")
        return _entry(row)

    def list_open(self, limit: int) -> list[ExceptionEntry]:
        """Return open entries, oldest first."""
        query = select(exceptions).where(exceptions.c.closed_at.is_(None))
        oldest = query.order_by(exceptions.c.opened_at, exceptions.c.id).limit(limit)
        return [_entry(row) for row in self.connection.execute(oldest)]

    def open_of(self, code: str) -> list[ExceptionEntry]:
        """Return the open entries of one code, oldest first."""
        here = and_(exceptions.c.code == code, exceptions.c.closed_at.is_(None))
        query = select(exceptions).where(here).order_by(exceptions.c.opened_at, exceptions.c.id)
        return [_entry(row) for row in self.connection.execute(query)]

    def all(self, limit: int) -> list[ExceptionEntry]:
        """Return entries, open and closed, the newest first."""
        newest = select(exceptions).order_by(exceptions.c.opened_at.desc(), exceptions.c.id)
        return [_entry(row) for row in self.connection.execute(newest.limit(limit))]

    def of_subjects(self, subjects: Collection[str]) -> list[ExceptionEntry]:
        """Return all entries about these subjects, open and closed, oldest first."""
        rows = self.rows_by(select(exceptions), exceptions.c.subject, set(subjects))
        return sorted((_entry(row) for row in rows), key=lambda one: (one.opened_at, one.id))


def _is_open(code: str, subject: str) -> ColumnElement[bool]:
    return and_(
        exceptions.c.code == code,
        exceptions.c.subject == subject,
        exceptions.c.closed_at.is_(None),
    )


def _entry(row: Row[Any]) -> ExceptionEntry:
    return ExceptionEntry(
        row.id, row.code, row.subject, row.cause, row.opened_at, row.closed_at, row.closed_by,
        row.decision,
    )  # fmt: skip
