"""A unit of work is whole or it never was, and failures of the database have our names."""

import os
import sqlite3
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from invoicing.domain.errors import SettingsError, StateError, TransientError
from invoicing.domain.events import EventKind
from invoicing.domain.states import DraftState
from invoicing.ledger import engine as engine_module
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ports import Ledger
from sandbox.postgres import missing, start_cluster
from tests.ledger.given import drafted, issued
from tests.support.builders import CONFIG, NOW, a_draft, a_message, an_event, an_invoice


def test_the_ledger_is_what_the_use_cases_ask_for(ledger: SqlLedger) -> None:
    asked: Ledger = ledger  # mypy compares every method
    with asked.read() as work:
        assert work.configs.active() is None


def test_an_error_leaves_nothing_behind(ledger: SqlLedger) -> None:
    def half() -> None:
        with ledger.write() as work:
            work.inbox.add_events([an_event()], NOW)
            work.trail.add("D-1", "reported", NOW, {})
            work.trail.of("D-1")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        half()

    with ledger.read() as work:
        assert work.inbox.ready([EventKind.DEAL_WON], 10) == []
        assert work.trail.of("D-1") == []


def test_a_reader_sees_one_state_while_others_write(ledger: SqlLedger) -> None:
    with ledger.read() as before:
        assert before.inbox.ready([EventKind.DEAL_WON], 10) == []
        with ledger.write() as work:
            work.inbox.add_events([an_event()], NOW)
        assert before.inbox.ready([EventKind.DEAL_WON], 10) == []
    with ledger.read() as after:
        assert len(after.inbox.ready([EventKind.DEAL_WON], 10)) == 1


def test_a_reader_changes_nothing(ledger: SqlLedger) -> None:
    with pytest.raises(StateError, match="reading only"), ledger.read() as work:
        work.inbox.add_events([an_event()], NOW)
    with pytest.raises(StateError, match="only reads"), ledger.read() as work:
        work.trail.add("D-1", "reported", NOW, {})
    with ledger.write() as work:  # the connection writes again
        assert work.inbox.add_events([an_event()], NOW)


def test_a_broken_key_is_refused_without_the_data_of_the_row(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    with pytest.raises(StateError, match="breaks its keys") as caught, ledger.write() as work:
        work.invoices.add([invoice])
    assert invoice.content.client.name not in str(caught.value)
    assert invoice.content.client.name not in str(caught.value.__cause__)


def test_what_points_nowhere_is_refused_when_the_work_is_done(ledger: SqlLedger) -> None:
    with pytest.raises(StateError, match="breaks its keys"), ledger.write() as work:
        work.outbox.add([a_message(an_invoice())])


def test_the_order_inside_one_unit_of_work_is_free(ledger: SqlLedger) -> None:
    invoice = an_invoice()
    with ledger.write() as work:
        work.outbox.add([a_message(invoice)])
        work.drafts.consume(invoice.content)
        drafted(work, invoice.content)
        work.invoices.add([invoice])
    with ledger.read() as work:
        assert work.outbox.get(a_message(invoice).id).invoice_id == invoice.id


def test_threads_of_one_process_share_a_ledger(ledger: SqlLedger) -> None:
    def report(name: str) -> None:
        with ledger.write() as work:
            work.inbox.add_events([an_event(name)], NOW)

    threads = [Thread(target=report, args=(f"D-{at}",)) for at in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with ledger.read() as work:
        assert len(work.inbox.ready([EventKind.DEAL_WON], 100)) == 12


def test_a_forked_process_uses_connections_of_its_own(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.inbox.add_events([an_event("D-1")], NOW)
    child = os.fork()
    if not child:
        try:
            with ledger.write() as work:
                work.inbox.add_events([an_event("D-2")], NOW)
            ledger.close()
        except BaseException:  # noqa: BLE001 - the child must not return into pytest
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with ledger.write() as work:
        assert len(work.inbox.ready([EventKind.DEAL_WON], 10)) == 2


def test_a_lost_connection_is_a_matter_of_trying_again(ledger: SqlLedger) -> None:
    if "postgresql" not in ledger.place:
        pytest.skip("a file has no connection to lose")
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'invoicing' AND datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )

    def lose() -> None:
        with ledger.write() as work:
            with ledger.write() as other:
                other.clock.connection.execute(cut)
            work.inbox.add_events([an_event()], NOW)

    with pytest.raises(TransientError, match="try again"):
        lose()
    with ledger.write() as work:  # the pool notices and connects anew
        assert work.inbox.add_events([an_event()], NOW)


def test_two_that_wait_for_each_other_are_told_to_try_again(ledger: SqlLedger) -> None:
    if "postgresql" not in ledger.place:
        pytest.skip("SQLite has one writer at a time")
    with ledger.write() as work:
        work.inbox.add_events([an_event("D-1"), an_event("D-2")], NOW)
    failures: list[Exception] = []

    def settle(first: str, second: str) -> None:
        lock = text("SELECT 1 FROM billing_events WHERE event_id = :it FOR UPDATE")
        try:
            with ledger.write() as work:
                work.clock.connection.execute(lock, {"it": f"evt-{first}"})
                work.clock.connection.execute(text("SELECT pg_sleep(0.3)"))
                work.clock.connection.execute(lock, {"it": f"evt-{second}"})
        except Exception as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    pair = [Thread(target=settle, args=names) for names in (("D-1", "D-2"), ("D-2", "D-1"))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()

    assert [type(one) for one in failures] == [TransientError]


def test_a_file_that_stays_locked_is_a_matter_of_trying_again(
    url: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    ledger = SqlLedger(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientError, match="locked"), ledger.write():
        pass
    other.close()
    ledger.close()


def test_a_process_that_uses_up_its_connections_is_told_so(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 1)
    ledger = SqlLedger(url)
    with ExitStack() as stack, pytest.raises(TransientError, match="are in use; try again"):
        deque((stack.enter_context(ledger.read()) for _ in range(100)), maxlen=0)
    ledger.close()


def test_a_mistake_in_a_statement_is_not_hidden_as_something_passing(ledger: SqlLedger) -> None:
    with pytest.raises(DBAPIError, match="no_such_table"), ledger.read() as work:
        work.clock.connection.execute(text("SELECT * FROM no_such_table"))


def test_a_folder_that_cannot_hold_the_file_is_a_matter_of_settings(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(SettingsError, match="cannot be opened"):
        SqlLedger(f"sqlite:///{tmp_path}/ledger.db")


def test_sqlite_keeps_its_promises_on_every_connection(url: str, kind: str) -> None:
    if kind != "sqlite":
        pytest.skip("settings of SQLite")
    ledger = SqlLedger(url)
    with ledger.read() as work:
        run = work.clock.connection.exec_driver_sql
        assert run("PRAGMA journal_mode").scalar() == "wal"
        assert run("PRAGMA foreign_keys").scalar() == 1
        assert run("PRAGMA synchronous").scalar() == 2
        assert run("PRAGMA busy_timeout").scalar() == 10_000
    ledger.close()


def test_postgresql_is_asked_for_what_each_kind_of_work_needs(url: str, kind: str) -> None:
    if kind != "postgresql":
        pytest.skip("settings of PostgreSQL")
    ledger = SqlLedger(url)
    for opened, expected in (
        (ledger.read, ("repeatable read", "on")),
        (ledger.write, ("read committed", "off")),
        (ledger.read, ("repeatable read", "on")),
    ):
        with opened() as work:
            run = work.clock.connection.exec_driver_sql
            level = run("SHOW transaction_isolation").scalar()
            assert (level, run("SHOW transaction_read_only").scalar()) == expected
            assert run("SHOW application_name").scalar() == "invoicing"
    ledger.close()


def test_a_standby_is_read_and_never_written_to() -> None:
    if missing():
        pytest.skip(missing())
    cluster = start_cluster()
    migrate(cluster.url())
    cluster.become_standby()
    ledger = SqlLedger(cluster.url())
    with ledger.read() as work:
        assert work.inbox.ready([EventKind.DEAL_WON], 1) == []
    with pytest.raises(TransientError, match="is a standby"), ledger.write():
        pass
    with pytest.raises(TransientError, match="is a standby"):
        migrate(cluster.url())
    ledger.close()
    cluster.stop()


def test_a_lost_compare_and_set_changes_nothing_else(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        record = drafted(work, a_draft())
        assert work.drafts.add_version(record.draft, "lead", CONFIG, record)
        assert not work.drafts.add_version(record.draft, "lead", CONFIG, record)
    with ledger.read() as work:
        (now,) = work.drafts.get([record.id])
        assert (now.version, now.state) == (2, DraftState.DRAFT)
