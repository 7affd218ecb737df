"""Change a SQLite ledger in a copy that then takes its place: all of the change, or none of it.

SQLite's own locks make it safe. The old file is taken out of WAL mode first, which SQLite allows
only to the one process that has it open, and stays locked until the copy has its name. So there is
never a `-wal` of the old file beside the new one, and never anybody who could write to a file that
lost its name; who opens it in the meantime waits, and is then refused (SQLITE_READONLY_DBMOVED).
"""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection

from invoicing.domain.errors import SettingsError, StateError, TransientError
from invoicing.ledger.engine import WANTED, WRITES, identity, open_engine

WAIT_SECONDS = 30.0
_SIDES = ("", "-wal", "-shm", "-journal")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def change_copy(
    address: URL, needed: Callable[[sqlite3.Connection], bool], change: Callable[[Connection], None]
) -> None:
    """Let ``change`` work on a copy of the ledger in a file, then put the copy in its place.

    Whether it is ``needed`` is asked when nobody else has the file open. Killed at any point it
    leaves the old file or the new one, and perhaps a copy that the next one throws away.
    """
    path = Path(str(address.database)).resolve()  # a copy in the place of a link would part them
    copy = Path(f"{path}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path) as old:
            if not needed(old):
                return
            try:
                _copy(old, path, copy)
                _change(address.set(database=str(copy)), copy, change)
                _put_in_place(copy, path)
            finally:
                _throw_away(copy)
    except OSError as error:
        raise _explained(error, path) from error


@contextmanager
def _alone(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file when nobody else has it open, and keep all others out."""
    sign = Path(f"{path}{WANTED}")
    try:
        yield from _when_alone(path, sign)
    finally:
        sign.unlink(missing_ok=True)


def _when_alone(path: Path, sign: Path) -> Iterator[sqlite3.Connection]:
    ends = time.monotonic() + WAIT_SECONDS
    while True:
        before = _created(path)
        sign.touch(0o600)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as connection:
            # One who migrated before us may have replaced the file while we waited for it.
            if _taken(connection) and identity(path) == before:
                sign.unlink(missing_ok=True)
                yield connection
                return
        if time.monotonic() > ends:
            raise TransientError(
                f"the ledger at {path} is open in {_holders(path)}, and a migration needs it for"
                " itself: stop what uses it, or wait until its work is done, and run"
                " `invoicing migrate` again; nothing was changed"
            )
        time.sleep(0.05)


def _created(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        path.touch(0o644)  # an empty file is an empty ledger, which needs to be locked as well
    return identity(path)


def _taken(connection: sqlite3.Connection) -> bool:
    """Take the file out of WAL mode and lock it for good; False when somebody has it open."""
    try:
        if _said(connection, "PRAGMA journal_mode = DELETE") != "delete":
            return False
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # the lock outlives the transaction
        connection.execute("BEGIN EXCLUSIVE")
        alone = _said(connection, "PRAGMA journal_mode") == "delete"
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_READONLY_DBMOVED")):
            return False
        raise
    return alone


def _said(connection: sqlite3.Connection, pragma: str) -> str:
    return str(connection.execute(pragma).fetchone()[0])


def _copy(old: sqlite3.Connection, path: Path, copy: Path) -> None:
    _throw_away(copy)  # of one who was killed: an old -wal would spoil the new copy
    copy.touch(0o600)
    _keep_owner(path, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as new:
        new.execute("PRAGMA journal_mode = MEMORY")
        new.execute("PRAGMA synchronous = OFF")  # it is written to the disk as a whole later
        old.backup(new)


def _change(address: URL, copy: Path, change: Callable[[Connection], None]) -> None:
    """Change the copy, check it, and leave one file of it that is written to the disk."""
    engine = open_engine(address)
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                change(connection)
            with connection.begin():
                _check(connection)
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone() != (0, 0, 0)
    finally:
        engine.dispose()
    left = [side for side in _SIDES[1:] if Path(f"{copy}{side}").exists()]
    if busy or left:
        raise TransientError(f"the copy at {copy} could not be completed; try again")
    _sync(copy)


def _check(connection: Connection) -> None:
    """Refuse a copy with damage, which the old file must have had as well."""
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if found != "ok" or astray is not None:
        told = found if found != "ok" else f"a row of {astray[0]} points nowhere"  # type: ignore[index]
        raise StateError(
            f"the ledger is damaged ({told}), so it was not migrated and stays as it is; restore"
            " the newest backup, or have the damage looked at"
        )


def _put_in_place(copy: Path, path: Path) -> None:
    copy.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _keep_owner(path: Path, copy: Path) -> None:
    """Give the copy owner, mode and lists of access, so that who used the ledger still can."""
    there, here = path.stat(), copy.stat()
    if (there.st_uid, there.st_gid) != (here.st_uid, here.st_gid):
        os.chown(copy, there.st_uid, there.st_gid)
    shutil.copystat(path, copy)


def _throw_away(copy: Path) -> None:
    for side in _SIDES:
        Path(f"{copy}{side}").unlink(missing_ok=True)


def _explained(error: OSError, path: Path) -> SettingsError | TransientError:
    if error.errno in _FULL:
        return TransientError(
            f"the disk of the ledger at {path} is full; free space there (a migration needs as much"
            " as the ledger has) and try again; nothing was changed"
        )
    return SettingsError(
        f"the ledger at {path} cannot be migrated: {error.strerror}; run it as the user the file"
        " belongs to, in a folder that may be written to and is no mounted single file;"
        " nothing was changed"
    )


def _holders(path: Path) -> str:
    """Name the processes that have the file open, as far as this system tells."""
    wanted, found = identity(path), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            opened = {identity(one) for one in (process / "fd").iterdir()}
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # gone, or not ours to look at
        if wanted in opened and int(process.name) != os.getpid():
            found.append(f"process {process.name} ({words.strip()[:60]})")
    return " and ".join(sorted(found)) or "another place"
