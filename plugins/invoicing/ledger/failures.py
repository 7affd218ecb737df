"""Turn what a database says when it fails into our errors, sorted by whether a retry helps."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from invoicing.domain.errors import InvoicingError, SettingsError, StateError, TransientError

# Classes of SQLSTATE: connection, rolled back (deadlock), resources, in use, stopped by hand.
_PASSING = ("08", "40", "53", "55", "57")
_READ_ONLY_STATE = "25006"


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raise the failures of the database at ``place`` as our errors, without parameters."""
    try:
        yield
    except PoolTimeoutError as error:
        raise TransientError(
            f"all connections of this process to the ledger at {place} are in use; try again"
        ) from error
    except DBAPIError as error:
        known = _ours(error, place)
        if known is None:
            raise
        raise known from error


def _ours(error: DBAPIError, place: str) -> InvoicingError | None:
    said = str(error.orig).strip().partition("\n")[0]
    if isinstance(error, IntegrityError):
        return StateError(f"the ledger at {place} refuses a change that breaks its keys: {said}")
    name = getattr(error.orig, "sqlite_errorname", "")
    if getattr(error.orig, "sqlstate", "") == _READ_ONLY_STATE or name == "SQLITE_READONLY":
        return StateError(
            f"the ledger at {place} is open for reading only ({said}); open a unit of work that"
            " writes, and check the rights on the file"
        )
    if name == "SQLITE_CANTOPEN":
        return SettingsError(f"the ledger at {place} cannot be opened: {said}; check its folder")
    if _passes(error, name):
        return TransientError(f"the ledger at {place} did not answer: {said}; try again")
    return None


def _passes(error: DBAPIError, sqlite_name: str) -> bool:
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    if sqlite_name:
        return sqlite_name != "SQLITE_ERROR"  # that is a mistake in a statement, not a failure
    state = getattr(error.orig, "sqlstate", None)  # psycopg has none where no server answered
    return not state or state.startswith(_PASSING)
