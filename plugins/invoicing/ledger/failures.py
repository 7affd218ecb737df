"""Turn what a database says when it fails into our errors, sorted by whether a retry helps."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from invoicing.domain.errors import InvoicingError, SettingsError, StateError, TransientError

# Classes of SQLSTATE: connection, rolled back (deadlock), resources, in use, stopped by hand.
_PASSING = ("08", "40", "53", "55", "57")
_READ_ONLY_STATE = "25006"
_DISK_FULL_STATE = "53100"
_KEPT = "what was committed before is kept"
_FREE_SPACE = f"free space there and try again; {_KEPT}"
_DAMAGED = (
    "the file at {place} is damaged or no ledger: {said}; stop everything that uses it, keep the"
    " file, and restore the newest backup"
)
_NO_ANSWER = "the ledger at {place} did not answer: {said}; try again"
# Families of SQLite's result codes: what they mean, and what to do about it.
_SQLITE: dict[str, tuple[type[InvoicingError], str]] = {
    "FULL": (TransientError, "the disk of the ledger at {place} is full; " + _FREE_SPACE),
    "IOERR": (
        TransientError,
        (
            "the disk of the ledger at {place} failed ({said}): look for a full disk, a quota or a"
            " broken device, and try again; " + _KEPT
        ),
    ),
    "CANTOPEN": (
        SettingsError,
        (
            "the ledger at {place} cannot be opened: {said}; check that its folder is there,"
            " belongs to this user, and is not mounted for reading only"
        ),
    ),
    "CORRUPT": (StateError, _DAMAGED),
    "NOTADB": (StateError, _DAMAGED),
}
_MISTAKES = {"ERROR", "MISUSE", "RANGE", "CONSTRAINT", "MISMATCH", "TOOBIG"}  # in a statement


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raise the failures of the database at ``place`` as our errors, without parameters."""
    try:
        yield
    except PoolTimeoutError as error:
        raise TransientError(
            f"all connections of this process to the ledger at {place} are in use; try again"
        ) from error
    except (DBAPIError, sqlite3.Error) as error:
        known = _ours(error, place)
        if known is None:
            raise
        raise known from error


def _ours(error: DBAPIError | sqlite3.Error, place: str) -> InvoicingError | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    said = str(origin).strip().partition("\n")[0]
    if isinstance(error, IntegrityError):
        return StateError(f"the ledger at {place} refuses a change that breaks its keys: {said}")
    if name := getattr(origin, "sqlite_errorname", ""):
        return _of_sqlite(name, place, said)
    state = getattr(origin, "sqlstate", None) or ""  # psycopg has none where no server answered
    if state == _READ_ONLY_STATE:
        return _read_only(place, said)
    if state == _DISK_FULL_STATE:
        return TransientError(f"the server of the ledger at {place}: {said}; {_FREE_SPACE}")
    return (
        TransientError(_NO_ANSWER.format(place=place, said=said)) if _passes(error, state) else None
    )


def _of_sqlite(name: str, place: str, said: str) -> InvoicingError | None:
    """Tell what to do about a failure of SQLite, by its own name for it."""
    if name == "SQLITE_READONLY_DBMOVED":
        return TransientError(
            f"the file at {place} was replaced by a migration or a restored copy while it was"
            " being opened; nothing was written to the old one; try again"
        )
    family = name.split("_")[1]
    if family == "READONLY":
        return _read_only(place, said)
    if family in _MISTAKES:
        return None
    kind, words = _SQLITE.get(family, (TransientError, _NO_ANSWER))
    return kind(words.format(place=place, said=said))


def _read_only(place: str, said: str) -> StateError:
    return StateError(
        f"the ledger at {place} is open for reading only ({said}); open a unit of work that"
        " writes, and check the rights on the file and its folder and that the file system is"
        f" mounted for writing; {_KEPT}"
    )


def _passes(error: DBAPIError | sqlite3.Error, state: str) -> bool:
    if isinstance(error, InterfaceError) or getattr(error, "connection_invalidated", False):
        return True
    return isinstance(error, OperationalError) and (not state or state.startswith(_PASSING))
