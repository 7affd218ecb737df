"""A ledger in a file changes as a whole: killed anywhere, in use, or beside another migration."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from invoicing.domain.errors import SettingsError, StateError, TransientError
from invoicing.domain.events import EventKind
from invoicing.ledger import replace
from invoicing.ledger.engine import WANTED, ledger_url
from invoicing.ledger.migrate import REVISIONS, migrate, schema_problem
from invoicing.ledger.replace import change_copy
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.older import make_0002, revision_in, rows_of
from tests.support.builders import NOW, an_event
from tests.support.killing import calls_of_files, killed, spread, visits

PLACES = 40  # of about a thousand; the slow test takes all of them


@pytest.fixture(scope="module")
def file_0002(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the second revision, to copy from."""
    path = tmp_path_factory.mktemp("older") / "ledger.db"
    make_0002(f"sqlite:///{path}")
    return path


@pytest.fixture
def old(file_0002: Path, tmp_path: Path) -> Path:
    """A used ledger of the second revision."""
    return Path(shutil.copy(file_0002, tmp_path / "ledger.db"))


@pytest.fixture
def busy(url: str) -> Iterator[SqlLedger]:
    """A ledger of the newest revision that this process has open."""
    ledger = SqlLedger(url)
    yield ledger
    ledger.close()


@pytest.fixture
def kind() -> str:
    """Only files are replaced."""
    return "sqlite"


def _kill_at(places: list[int], file_0002: Path, folder: Path) -> None:
    path = folder / "ledger.db"
    url = f"sqlite:///{path}"
    shutil.copy(file_0002, path)
    before = rows_of(url)
    for place in places:
        shutil.copy(file_0002, path)

        assert killed(lambda: migrate(url), place, calls_of_files)

        assert revision_in(path) in {"0002", "0004"}
        assert rows_of(url) == before, place
        migrate(url)
        assert rows_of(url) == before, place
        assert len(rows_of(url, "taxes")["taxes"]) == 4, place
        assert [one.name for one in folder.iterdir()] == [path.name], place


def test_killed_at_many_places_it_leaves_the_old_or_the_new_file(
    file_0002: Path, tmp_path: Path
) -> None:
    shutil.copy(file_0002, tmp_path / "ledger.db")
    count = visits(lambda: migrate(f"sqlite:///{tmp_path}/ledger.db"), calls_of_files)
    around_the_end = range(count - 30, count + 1)  # the copy is complete and takes its place
    _kill_at(sorted({*spread(count, PLACES), *around_the_end}), file_0002, tmp_path)


@pytest.mark.slow
def test_killed_at_every_place_it_leaves_the_old_or_the_new_file(
    file_0002: Path, tmp_path: Path
) -> None:
    shutil.copy(file_0002, tmp_path / "ledger.db")
    count = visits(lambda: migrate(f"sqlite:///{tmp_path}/ledger.db"), calls_of_files)
    _kill_at(list(range(1, count + 1)), file_0002, tmp_path)


def test_killed_while_a_new_ledger_is_made_it_can_be_made_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state/ledger.db"
    count = visits(lambda: migrate(url), calls_of_files)
    for place in spread(count, 10):
        shutil.rmtree(tmp_path / "state")
        assert killed(lambda: migrate(url), place, calls_of_files)
        migrate(url)
        assert schema_problem(url) == ""


def test_whoever_has_the_file_open_keeps_a_migration_out_and_loses_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replace, "WAIT_SECONDS", 0.2)
    code = (
        "import sqlite3, sys; there = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "there.execute('SELECT * FROM invoices'); print('open', flush=True); input()\n"
        "there.execute('INSERT INTO clock VALUES (1, 77)')"
    )
    command = [sys.executable, "-c", code, str(old)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        with pytest.raises(TransientError, match=rf"process {other.pid} .*nothing was changed"):
            migrate(f"sqlite:///{old}")
        assert revision_in(old) == "0002"
        other.communicate("now\n")

    migrate(f"sqlite:///{old}")

    assert rows_of(f"sqlite:///{old}", "clock") == {"clock": [(1, 77)]}
    assert revision_in(old) == REVISIONS[-1]


def test_who_opens_the_old_file_meanwhile_can_neither_read_nor_ever_write_it(old: Path) -> None:
    late = sqlite3.connect(old, isolation_level=None, timeout=0)

    def look_in(point: str) -> None:
        if point == "migrate.mid":
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                late.execute("SELECT * FROM invoices")

    migrate(f"sqlite:///{old}", look_in)

    for change in ("INSERT INTO clock VALUES (1, 77)", "PRAGMA journal_mode = WAL"):
        with pytest.raises(sqlite3.OperationalError) as caught:
            late.execute(change)
        assert caught.value.sqlite_errorname == "SQLITE_READONLY_DBMOVED"
    late.close()
    assert revision_in(old) == REVISIONS[-1]


def test_who_opens_the_ledger_meanwhile_gets_the_new_one(old: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        opening: list[Future[SqlLedger]] = []

        def open_it(point: str) -> None:
            if point == "migrate.mid":
                opening.extend(pool.submit(SqlLedger, f"sqlite:///{old}") for _ in range(2))

        migrate(f"sqlite:///{old}", open_it)
        for ledger in [one.result() for one in opening]:
            with ledger.write() as work:
                work.inbox.add_events([an_event(f"D-{id(ledger)}")], NOW)
            ledger.close()
    assert len(rows_of(f"sqlite:///{old}", "billing_events")["billing_events"]) == 10


def test_workers_that_write_all_the_time_let_go_and_lose_nothing(url: str) -> None:
    code = (
        "import sys\n"
        "from invoicing.domain.errors import TransientError\n"
        "from invoicing.ledger.unit_of_work import SqlLedger\n"
        "from tests.support.builders import NOW, an_event\n"
        "ledger, kept = SqlLedger(sys.argv[1]), 0\n"
        "while True:\n"
        "    try:\n"
        "        with ledger.write() as work:\n"
        "            work.inbox.add_events([an_event(f'{sys.argv[2]}-{kept}')], NOW)\n"
        "    except TransientError:\n"
        "        continue\n"
        "    kept += 1\n"
        "    print(kept, flush=True)\n"
    )
    changes = 2
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, url, name],
            stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": f"plugins{os.pathsep}."},
        )
        for name in ("one", "other")
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "1\n"  # it is at work
    for number in range(changes):
        change_copy(ledger_url(url), lambda _: True, _one_more_table(number))
    told = []
    for worker in workers:
        worker.kill()
        told.append(int(worker.communicate()[0].splitlines()[-1]))

    with closing(SqlLedger(url)) as ledger, ledger.read() as work:
        found = len(work.inbox.ready([EventKind.DEAL_WON], 100_000))
        for number in range(changes):
            work.clock.connection.execute(text(f"SELECT * FROM more_{number}"))  # noqa: S608
    assert sum(told) <= found <= sum(told) + len(workers)  # a killed one may not have told its last


def _one_more_table(number: int) -> Callable[[Connection], None]:
    def change(connection: Connection) -> None:
        connection.execute(text(f"CREATE TABLE more_{number} (x INTEGER)"))

    return change


def test_an_open_ledger_goes_on_with_a_restored_file(busy: SqlLedger, url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    with busy.write() as work:
        work.inbox.add_events([an_event("D-1")], NOW)
    for side in ("-wal", "-shm"):
        Path(f"{path}{side}").unlink()
    migrate(f"sqlite:///{path}.restored")
    Path(f"{path}.restored").replace(path)

    with busy.write() as work:
        work.inbox.add_events([an_event("D-2")], NOW)

    with closing(SqlLedger(url)) as other, other.read() as work:
        assert len(work.inbox.ready([EventKind.DEAL_WON], 10)) == 1


def test_a_ledger_whose_file_is_gone_is_not_begun_anew(busy: SqlLedger, url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    path.rename(f"{path}.away")
    with pytest.raises(SettingsError, match="cannot be opened"), busy.write():
        pass
    assert not path.exists()


def test_the_new_file_belongs_to_whom_the_old_one_belonged(old: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(old, 65534, 65534)
    old.chmod(0o640)

    migrate(f"sqlite:///{old}")

    found = old.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (65534, 65534, 0o640)


def test_a_link_to_the_file_stays_a_link(old: Path, tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    link = tmp_path / "named" / "ledger.db"
    link.symlink_to(old)

    migrate(f"sqlite:///{link}")

    assert link.is_symlink()
    assert revision_in(old) == REVISIONS[-1]


def test_a_damaged_file_is_neither_copied_nor_touched(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DELETE FROM draft_versions")  # without foreign keys
        connection.commit()
    before = rows_of(f"sqlite:///{old}")

    with pytest.raises(StateError, match=r"is damaged .*stays as it is"):
        migrate(f"sqlite:///{old}")

    assert rows_of(f"sqlite:///{old}") == before
    assert revision_in(old) == "0002"


def test_something_else_under_the_name_of_a_ledger_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("these are not the rows you are looking for\n" * 100)
    with pytest.raises(StateError, match="restore the newest backup"):
        migrate(f"sqlite:///{path}")
    assert path.read_text().startswith("these are not")


def test_a_sign_that_was_left_behind_does_not_matter(busy: SqlLedger, url: str) -> None:
    sign = Path(url.removeprefix("sqlite:///") + WANTED)
    sign.touch()
    for name in ("D-1", "D-2"):
        with busy.write() as work:  # each opens the file anew while the sign is fresh
            work.inbox.add_events([an_event(name)], NOW)
    os.utime(sign, (0, 0))
    with busy.read() as work:
        assert len(work.inbox.ready([EventKind.DEAL_WON], 10)) == 2
