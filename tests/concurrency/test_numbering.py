"""Sixteen processes take numbers at once, a fifth of them gives up: no gap, none twice."""

import pytest
from sqlalchemy import text

from invoicing.ledger.unit_of_work import SqlLedger
from tests.concurrency.numbering import EACH, PROCESSES, race


def _assert_gapless(url: str, each: int) -> None:
    done = race(url, PROCESSES, each)

    count = PROCESSES * each
    ledger = SqlLedger(url)
    with ledger.read() as work:
        run = work.clock.connection.execute
        numbers = list(run(text("SELECT number FROM invoices ORDER BY sequence")).scalars())
        assert run(text("SELECT last FROM series")).scalars().all() == [count]
        messages = run(text("SELECT count(DISTINCT invoice_id), count(*) FROM outbox")).one()
    ledger.close()
    assert numbers == [f"INV-2026-{n:05d}" for n in range(1, count + 1)]
    assert tuple(messages) == (count, count)
    assert done.aborted > count * 0.1


def test_numbers_are_gapless_although_a_fifth_of_the_tries_is_broken_off(url: str) -> None:
    _assert_gapless(url, 6)


@pytest.mark.slow
def test_thousands_of_numbers_are_gapless(url: str) -> None:
    _assert_gapless(url, EACH)
