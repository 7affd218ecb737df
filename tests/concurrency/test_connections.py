"""Connections to the server are cut at any statement, and nothing is lost, doubled or different."""

import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.verify import verify
from sandbox.postgres import missing, shared_cluster
from tests.concurrency.cuts import Places, carry
from tests.concurrency.shape import Shape, lasting, shape_of
from tests.support.killing import spread
from tests.support.services import House


@pytest.fixture(scope="module")
def template() -> Iterator[str]:
    """The name of an empty ledger on a server, to copy from."""
    if missing():
        pytest.skip(missing())
    cluster = shared_cluster()
    name = cluster.create()
    migrate(cluster.url(name))
    yield name
    cluster.drop(name)


def _carried(template: str, at: int = 0, *, after_commit: bool = False) -> tuple[House, Shape, int]:
    with shared_cluster().database(template) as url, closing(SqlLedger(url)) as ledger:
        places = Places(url, at, after_commit=after_commit)
        with places.watch(ledger):
            house = carry(ledger)
        assert places.cut == bool(at)
        assert verify(house.s) == [], at
        return house, shape_of(ledger), places.seen


def _mails(house: House) -> list[str]:
    return sorted(one.message_id for one in house.mailer.sent)


def _cut_at(places: list[int], template: str) -> None:
    calm, wanted, _ = _carried(template)
    for place in places:
        house, shape, _ = _carried(template, place)
        assert lasting(shape) == lasting(wanted), place
        assert _mails(house) == _mails(calm), place


def test_cut_at_any_statement_the_end_is_the_same(template: str) -> None:
    _, _, count = _carried(template)
    _cut_at(spread(count, 8), template)


@pytest.mark.slow
def test_cut_a_hundred_times_the_end_is_the_same(template: str) -> None:
    _, _, count = _carried(template)
    _cut_at(sorted(random.Random(0).sample(range(1, count + 1), 100)), template)


def _unheard(places: list[int], template: str) -> None:
    for place in places:
        house, shape, _ = _carried(template, place, after_commit=True)
        sent = [one.message_id for one in house.mailer.sent]
        assert len(sent) == len(set(sent)), place
        assert sorted(str(row[1]) for row in shape["invoices"]) == [
            f"INV-2026-{n:05d}" for n in (1, 2, 3)
        ], place


def test_a_commit_whose_answer_is_lost_is_found_out_and_not_repeated(template: str) -> None:
    _, _, count = _carried(template, after_commit=True)
    _unheard(spread(count, 5), template)


@pytest.mark.slow
def test_every_commit_whose_answer_is_lost_is_found_out(template: str) -> None:
    _, _, count = _carried(template, after_commit=True)
    _unheard(list(range(1, count + 1)), template)
