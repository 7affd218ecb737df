"""Groups of tables that go with the whole way: exceptions, trail, configurations."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.trail import TrailEntry


class Exceptions(Protocol):
    """The queue of what a person must look at; at most one open entry per (code, subject)."""

    def open(self, code: str, subject: str, cause: str, at: datetime) -> str:
        """Open an entry, or return the open one about the same."""

    def close(self, code: str, subject: str, by: str, decision: str, at: datetime) -> bool:
        """Close the open entry about this, if there is one."""

    def close_all(
        self, code: str, subjects: Collection[str], by: str, decision: str, at: datetime
    ) -> None:
        """Close the open entries of one kind about each of these."""

    def settle(self, action: Action, subject: str, by: str, at: datetime) -> None:
        """Close every open entry about ``subject`` that offered ``action``, now carried out."""

    def get(self, entry_id: str) -> ExceptionEntry:
        """Return one entry; NotFoundError if unknown."""

    def list_open(self, limit: int) -> list[ExceptionEntry]:
        """Return open entries, oldest first."""

    def open_of(self, code: str) -> list[ExceptionEntry]:
        """Return the open entries of one code, oldest first."""

    def all(self, limit: int) -> list[ExceptionEntry]:
        """Return entries, open and closed, the newest first."""

    def of_subjects(self, subjects: Collection[str]) -> list[ExceptionEntry]:
        """Return all entries about these subjects, open and closed, the oldest first."""


class Trail(Protocol):
    """The append-only story of every subject."""

    def add(
        self, subject: str, action: str, at: datetime, detail: Mapping[str, str], actor: str = ...
    ) -> None:
        """Append an entry in the transaction of the fact; the actor is `system` unless told."""

    def of(self, subject: str) -> list[TrailEntry]:
        """Return the entries of a subject, oldest first."""

    def newest(self, subjects: Collection[str]) -> dict[str, TrailEntry]:
        """Return the last entry of each subject that has any."""


class Configs(Protocol):
    """Configurations that were active once, by hash."""

    def activate(self, config_hash: str, texts: Mapping[str, str], at: datetime) -> int:
        """Store a configuration and make it the active one; harmless when it is. Returns the number
        of its activation; nobody else activates one until this ends."""

    def active(self) -> Mapping[str, str] | None:
        """Return the texts of the active configuration, if there ever was one."""
