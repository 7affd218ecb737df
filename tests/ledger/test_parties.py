"""Versions: what changed is appended, and an invoice finds the one its configuration had."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Table, delete, func, select, update

from invoicing.config.load import load_book, read_texts
from invoicing.domain.agreements import Agreement
from invoicing.domain.errors import StateError
from invoicing.domain.parties import Client, Mode
from invoicing.ledger.tables import agreement_versions, client_versions
from invoicing.ledger.unit_of_work import SqlLedger, SqlUnitOfWork
from tests.house.source import ROOT
from tests.support.builders import NOW, a_client
from tests.support.services import AGREEMENTS


def activate(
    work: SqlUnitOfWork, name: str, *clients: Client, agreements: tuple[Agreement, ...] = ()
) -> None:
    number = work.configs.activate(name, {"company.yaml": name}, NOW)
    work.parties.keep(clients, agreements, number)


def count(work: SqlUnitOfWork, table: Table) -> object:
    return work.clock.connection.scalar(select(func.count()).select_from(table))


def test_only_what_changed_is_appended(ledger: SqlLedger) -> None:
    one, other = a_client(), a_client("aurora")
    renamed = replace(one, name="Nordwind AG")
    with ledger.write() as work:
        assert work.parties.is_empty()
        activate(work, "a", one, other)
        activate(work, "a", one, other)
        activate(work, "b", renamed, other)
        assert not work.parties.is_empty()
        assert count(work, client_versions) == 3
    with ledger.read() as work:
        before, after = (work.parties.client_at("nordwind", name) for name in ("a", "b"))
        assert before is not None
        assert after is not None
        assert (before.version, before.content) == (1, one)
        assert (after.version, after.content) == (2, renamed)
        untouched = work.parties.client_at("aurora", "b")
        assert untouched is not None
        assert untouched.version == 1


def test_a_configuration_that_comes_back_has_its_own_content_again(ledger: SqlLedger) -> None:
    one = a_client()
    renamed = replace(one, name="Nordwind AG")
    with ledger.write() as work:
        for name, content in (("a", one), ("b", renamed), ("a", one)):
            activate(work, name, content)
        found = {name: work.parties.client_at("nordwind", name) for name in ("a", "b")}
    assert {name: kept.content for name, kept in found.items() if kept} == {"a": one, "b": renamed}


def test_what_was_not_kept_yet_or_is_unknown_has_no_version(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.configs.activate("old", {"company.yaml": "old"}, NOW)
        activate(work, "new", a_client())
        assert work.parties.client_at("nordwind", "old") is None
        assert work.parties.client_at("nordwind", "never") is None
        assert work.parties.client_at("harbor", "new") is None
        assert work.parties.agreement_at("harbor-support", "new") is None


def test_a_client_that_left_the_files_is_off_and_may_come_back(ledger: SqlLedger) -> None:
    one, other = a_client(), a_client("aurora", mode=Mode.SHADOW)
    clients = ["nordwind", "aurora", "nobody"]
    with ledger.write() as work:
        assert work.parties.modes(clients) == {}
        activate(work, "a", one, other)
        assert work.parties.modes(clients) == {"nordwind": Mode.LIVE, "aurora": Mode.SHADOW}
        activate(work, "b", other)
        activate(work, "c", other)
        assert work.parties.modes(clients) == {"nordwind": Mode.OFF, "aurora": Mode.SHADOW}
        assert count(work, client_versions) == 3
        activate(work, "d", one, other)
        assert work.parties.modes(["nordwind"]) == {"nordwind": Mode.LIVE}


def test_every_kind_of_agreement_and_client_is_read_back_as_it_was(ledger: SqlLedger) -> None:
    book = load_book(read_texts(ROOT))
    agreements = {one.key: one for one in (*book.agreements.values(), *AGREEMENTS)}
    with ledger.write() as work:
        activate(work, "a", *book.clients.values(), agreements=tuple(agreements.values()))
    with ledger.read() as work:
        for key, agreement in agreements.items():
            kept = work.parties.agreement_at(key, "a")
            assert kept is not None
            assert kept.content == agreement
        for key, client in book.clients.items():
            found = work.parties.client_at(key, "a")
            assert found is not None
            assert found.content == client
        assert count(work, agreement_versions) == len(agreements)


def test_a_version_is_never_changed(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        activate(work, "a", a_client(), agreements=AGREEMENTS)
    for table in (client_versions, agreement_versions):
        for change in (update(table).values(version=9), delete(table)):
            with pytest.raises(StateError, match=table.name), ledger.write() as work:
                work.clock.connection.execute(change)


def test_processes_that_activate_at_once_follow_each_other(ledger: SqlLedger) -> None:
    names = [f"config-{n}" for n in range(8)]

    def one(name: str) -> None:
        with ledger.write() as work:
            activate(work, name, a_client(name=name))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, names))

    with ledger.read() as work:
        kept = {name: work.parties.client_at("nordwind", name) for name in names}
    assert {name: one.content.name for name, one in kept.items() if one} == {n: n for n in names}
    assert sorted(one.version for one in kept.values() if one) == [*range(1, 9)]
