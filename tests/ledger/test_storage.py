"""Disks that are full or for reading only, a server that is away: nothing is lost, all is told."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from invoicing.domain.dispatch import Message
from invoicing.domain.errors import InvoicingError, SettingsError, TransientError
from invoicing.domain.render import DocumentKind
from invoicing.domain.rules import Model
from invoicing.domain.states import OutboxState
from invoicing.ledger.migrate import REVISIONS, migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import dispatch, render
from invoicing.services.verify import verify
from sandbox.postgres import missing, shared_cluster, start_cluster
from tests.ledger.given import a_document
from tests.ledger.older import make_0002, revision_in, rows_of
from tests.support.disks import Disk, small_disk
from tests.support.services import House, open_house


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of four megabytes."""
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


@pytest.fixture
def here(disk: Disk) -> str:
    """The address of an empty ledger on the small disk."""
    url = f"sqlite:///{disk.folder}/ledger.db"
    migrate(url)
    return url


def _put(ledger: SqlLedger, number: int) -> None:
    with ledger.write() as work:
        document = a_document(f"{number} " + "x" * 40_000)
        work.documents.put(f"invoice-{number}", 1, DocumentKind.INVOICE, document)


def _kept(ledger: SqlLedger, count: int) -> bool:
    """Tell whether there are exactly the first ``count`` documents, whole."""
    with ledger.read() as work:
        found = [work.documents.find(f"invoice-{n}", 1, DocumentKind.INVOICE) for n in range(count)]
        more = work.documents.find(f"invoice-{count}", 1, DocumentKind.INVOICE)
    bytes_of = [document and document.content.split()[0] for document in found]
    return more is None and bytes_of == [b"%d" % n for n in range(count)]


def _put_until_it_fails(ledger: SqlLedger) -> tuple[int, InvoicingError]:
    for number in range(1000):
        try:
            _put(ledger, number)
        except InvoicingError as error:
            return number, error
    raise AssertionError("the disk was never full")


def test_a_full_disk_keeps_every_document_that_was_committed(disk: Disk, here: str) -> None:
    with closing(SqlLedger(here)) as ledger:
        put, error = _put_until_it_fails(ledger)

        assert isinstance(error, TransientError)
        assert "is full; free space there and try again" in str(error)
        assert put > 10
        assert _kept(ledger, put)
        disk.remount("size=8m")
        _put(ledger, put)
        assert _kept(ledger, put + 1)
    assert revision_in(disk.folder / "ledger.db") == REVISIONS[-1]


def test_a_limit_of_size_is_told_and_loses_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
        put, error = _put_until_it_fails(SqlLedger(url))
        os.write(writer, f"{put} {type(error).__name__} {error}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        kept, kind, said = told.read().split(" ", 2)

    assert kind == "TransientError"
    assert "look for a full disk, a quota" in said
    assert int(kept) > 10
    with closing(SqlLedger(url)) as ledger:
        assert _kept(ledger, int(kept))
        _put(ledger, int(kept))
    assert revision_in(tmp_path / "ledger.db") == REVISIONS[-1]


class KilledError(BaseException):
    """The end of a process that waits to write down what it did."""


def _die(_seconds: float) -> None:
    raise KilledError


@pytest.mark.parametrize("left_over", range(0, 400_000, 50_000))
def test_the_way_of_an_invoice_goes_on_where_a_full_disk_stopped_it(
    disk: Disk, here: str, left_over: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqlLedger(here)) as ledger:
        house = open_house(ledger)
        house.invoice_of("D-0")
        disk.fill(left_over)
        with monkeypatch.context() as patch:
            patch.setattr("invoicing.services.dispatch.time.sleep", _die)
            told = _invoice_until_full(house)
        disk.free()

        house.win_deal(f"D-{told}")
        runs = [f"run-D-{n}" for n in range(told + 1)]
        for parcel in house.plan("run-again", Model.DEAL, *runs):
            house.release(parcel)
        house.clock.pass_by(hours=1)  # and nobody is at it any more
        house.lease_clock.pass_by(seconds=601)
        render.render_pending(house.s)
        dispatch.dispatch_due(house.s)

        with ledger.read() as work:
            invoices = work.invoices.recent(2000)
            states = [row.state for one in invoices for row in work.outbox.of_invoices([one.id])]
        numbers = [f"INV-2026-{n:05d}" for n in range(1, told + 2)]
        assert sorted(one.number for one in invoices) == numbers
        sent = [one.message_id for one in house.mailer.sent]
        unknown = states.count(OutboxState.UNCERTAIN)
        assert set(states) <= {OutboxState.DONE, OutboxState.UNCERTAIN}
        assert unknown <= 1
        assert len(sent) == len(set(sent)) >= len(invoices) - unknown
        assert verify(house.s) == []


def _invoice_until_full(house: House) -> int:
    """Return the number of the deal whose invoice was stopped."""
    for number in range(1, 1000):
        try:
            house.invoice_of(f"D-{number}")
        except (TransientError, KilledError):
            return number
    raise AssertionError("the disk was never full")


def test_a_result_waits_until_there_is_space_to_write_it(
    disk: Disk, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqlLedger(here)) as ledger:
        house = open_house(ledger)
        house.mailer.on_send = lambda _message: _fill_all(disk, ledger)
        monkeypatch.setattr("invoicing.services.dispatch.time.sleep", lambda _seconds: disk.free())

        invoice = house.invoice_of("D-1")

        assert _states(house, invoice.id) == [OutboxState.DONE]
        assert len(house.mailer.sent) == 1


def _fill_all(disk: Disk, ledger: SqlLedger) -> None:
    """Leave no space, not even in the file of the journal that exists already."""
    disk.fill()
    for number in range(1000):
        try:
            _put(ledger, number)
        except TransientError:
            return


def _states(house: House, invoice_id: str) -> list[OutboxState]:
    with house.s.ledger.read() as work:
        return [row.state for row in work.outbox.of_invoices([invoice_id])]


def test_a_disk_for_reading_only_is_told_and_can_be_mended(disk: Disk, here: str) -> None:
    with closing(SqlLedger(here)) as ledger:
        _put(ledger, 0)
    disk.remount("ro")
    with pytest.raises(SettingsError, match="not mounted for reading only"):
        SqlLedger(here)
    disk.remount("rw")
    with closing(SqlLedger(here)) as ledger:
        assert _kept(ledger, 1)


@pytest.mark.parametrize(("folder", "file"), [(0o555, 0o444), (0o555, 0o666), (0o777, 0o444)])
def test_a_user_without_rights_is_told_which_ones_are_missing(folder: int, file: int) -> None:
    if os.geteuid():
        pytest.skip("only root becomes another user")
    with _open_to_all() as path:
        url = f"sqlite:///{path}"
        migrate(url)
        path.chmod(file)
        path.parent.chmod(folder)

        said = _as_nobody(lambda: _put(SqlLedger(url), 0))

        assert said.startswith(("StateError", "SettingsError"))
        assert "check" in said
        path.parent.chmod(0o755)
        with closing(SqlLedger(url)) as ledger:
            assert _kept(ledger, 0)


@contextmanager
def _open_to_all() -> Iterator[Path]:
    """Yield the name of a ledger in a folder whose parents anybody may enter."""
    with tempfile.TemporaryDirectory(prefix="ledger-rights-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "state").mkdir()
        yield Path(name) / "state" / "ledger.db"


def _as_nobody(step: Callable[[], None]) -> str:
    """Return the error a step ends with when it is run by a user of no rights."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.setgid(65534)
        os.setuid(65534)
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        return told.read()


def test_a_migration_without_space_leaves_the_old_ledger(disk: Disk) -> None:
    path = disk.folder / "ledger.db"
    url = f"sqlite:///{path}"
    make_0002(url)
    before, refused = rows_of(url), 0
    for left_over in range(0, 2_000_000, 50_000):
        disk.fill(left_over)
        try:
            migrate(url)
        except TransientError as error:
            assert "full" in str(error)  # noqa: PT017 - not every size is refused
            refused += 1
            disk.free()  # not even a reader can open a ledger without any space
            assert revision_in(path) == "0002"
            assert rows_of(url) == before
            assert {one.name for one in disk.folder.iterdir()} == {path.name}
        else:
            break
    assert refused > 3
    assert revision_in(path) == REVISIONS[-1]
    assert rows_of(url) == before


def test_a_file_that_is_mounted_by_itself_cannot_be_replaced_and_stays(
    disk: Disk, tmp_path: Path
) -> None:
    make_0002(f"sqlite:///{disk.folder}/ledger.db")
    mounted = tmp_path / "mounted.db"
    mounted.touch()
    bind = ["mount", "--bind", f"{disk.folder}/ledger.db", str(mounted)]
    subprocess.run(bind, check=True)
    try:
        with pytest.raises(SettingsError, match="mounted single file; nothing was changed"):
            migrate(f"sqlite:///{mounted}")
        assert revision_in(mounted) == "0002"
    finally:
        subprocess.run(["umount", str(mounted)], check=True)
    assert [one.name for one in tmp_path.iterdir() if "mounted" in one.name] == ["mounted.db"]


def test_a_result_waits_until_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    if missing():
        pytest.skip(missing())
    cluster = start_cluster()
    migrate(cluster.url())
    with closing(SqlLedger(cluster.url())) as ledger:
        house = open_house(ledger)
        tried = []

        def stop(_message: Message) -> None:
            cluster.stop()

        def look_again(_seconds: float) -> None:
            tried.append(True)
            if len(tried) == 3:
                cluster.start()

        house.mailer.on_send = stop
        monkeypatch.setattr("invoicing.services.dispatch.time.sleep", look_again)

        invoice = house.invoice_of("D-1")

        assert len(tried) == 3
        assert _states(house, invoice.id) == [OutboxState.DONE]
        assert len(house.mailer.sent) == 1
        cluster.stop()
        with pytest.raises(TransientError, match="did not answer"):
            house.win_deal("D-2")
        cluster.start()
        house.win_deal("D-2")
    cluster.stop()


def test_a_full_disk_of_the_server_is_told_as_one() -> None:
    if missing():
        pytest.skip(missing())
    full = "DO $$ BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$"
    with shared_cluster().database() as url:
        migrate(url)
        with closing(SqlLedger(url)) as ledger:
            said = r"No space left on device; free space there and try again"
            with pytest.raises(TransientError, match=said), ledger.write() as work:
                work.clock.connection.execute(text(full))
