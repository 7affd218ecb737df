"""The trail: the append-only, chained story of every subject, written with the fact itself."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, insert, select

from invoicing.domain.errors import StateError
from invoicing.domain.review import SYSTEM
from invoicing.domain.trail import TrailEntry, chained
from invoicing.ledger.columns import storable
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import trail

_LATER = trail.alias()
_NEWEST = select(trail).where(
    ~exists().where(_LATER.c.subject == trail.c.subject, _LATER.c.sequence > trail.c.sequence)
)


class _Told(NamedTuple):
    at: datetime
    actor: str
    action: str
    detail: dict[str, str]


class TrailRows(Rows):
    """The append-only story of every subject.

    Entries are kept until `flush`, so that a batch costs a few statements and not one look per
    subject; the unit of work flushes before it commits.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._told: dict[str, list[_Told]] = {}
        self._last: dict[str, TrailEntry] = {}  # entries of ours: nobody can come after them yet

    def add(
        self,
        subject: str,
        action: str,
        at: datetime,
        detail: Mapping[str, str],
        actor: str = SYSTEM,
    ) -> None:
        """Append an entry in the transaction of the fact; the actor is `system` unless told."""
        if not self.writing:
            raise StateError("this unit of work only reads; open one that writes for the trail")
        # In UTC, and as a database holds it: the hash covers the texts as they are read back.
        told = _Told(at.astimezone(UTC), storable(actor), action, dict(detail))
        self._told.setdefault(subject, []).append(told)

    def of(self, subject: str) -> list[TrailEntry]:
        """Return the entries of a subject, oldest first."""
        self.flush()
        query = select(trail).where(trail.c.subject == subject).order_by(trail.c.sequence)
        return [entry_of_row(row) for row in self.connection.execute(query)]

    def newest(self, subjects: Collection[str]) -> dict[str, TrailEntry]:
        """Return the last entry of each subject that has any."""
        self.flush()
        rows = self.rows_by(_NEWEST, trail.c.subject, set(subjects))
        return {row.subject: entry_of_row(row) for row in rows}

    def flush(self) -> None:
        """Write what was told since the last time.

        Two units of work may tell about one subject at once. The first entry of each subject
        settles who is first, by the key (subject, sequence); who comes second looks again.
        """
        while self._told:
            self._look({subject for subject in self._told if subject not in self._last})
            chains = {subject: self._chain(subject) for subject in sorted(self._told)}
            won = self._claim([chain[0] for chain in chains.values()])
            rest = [entry for subject in won for entry in chains[subject][1:]]
            if rest:
                self.connection.execute(insert(trail), [_values(entry) for entry in rest])
            for subject in chains:
                if subject in won:
                    self._last[subject] = chains[subject][-1]
                    del self._told[subject]
                else:
                    self._last.pop(subject, None)

    def _look(self, subjects: set[str]) -> None:
        for row in self.rows_by(_NEWEST, trail.c.subject, subjects):
            self._last[row.subject] = entry_of_row(row)

    def _chain(self, subject: str) -> list[TrailEntry]:
        entries: list[TrailEntry] = []
        last = self._last.get(subject)
        for told in self._told[subject]:
            last = chained(subject, last, told.at, told.actor, told.action, told.detail)
            entries.append(last)
        return entries

    def _claim(self, entries: list[TrailEntry]) -> set[str]:
        rows = [_values(entry) for entry in entries]
        return set(self.insert_new(trail, rows, trail.c.subject))


def _values(entry: TrailEntry) -> dict[str, object]:
    return {
        "subject": entry.subject,
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "detail": entry.detail,
        "before": entry.before,
        "hash": entry.hash,
    }


def entry_of_row(row: Row[Any]) -> TrailEntry:
    """Read an entry back as it was written."""
    return TrailEntry(
        row.subject, row.sequence, row.at, row.actor, row.action, row.detail, row.before, row.hash
    )
