"""Business time moves for every process of a sandbox, and never in production."""

from datetime import UTC, datetime, timedelta

import pytest

from invoicing.domain.errors import RefusedError, SettingsError
from invoicing.ledger.clocks import DatabaseLeaseClock, LedgerClock, move_clock, set_offset
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ports import Clock, LeaseClock

MIDNIGHT = datetime(2031, 1, 1, tzinfo=UTC)


def test_a_clock_that_was_not_moved_tells_the_time(ledger: SqlLedger) -> None:
    for clock in (LedgerClock(ledger, movable=True), LedgerClock(ledger, movable=False)):
        before, told, after = datetime.now(UTC), clock.now(), datetime.now(UTC)
        assert before <= told <= after
        assert told.utcoffset() == timedelta()


def test_a_moved_clock_is_moved_for_everybody(url: str, ledger: SqlLedger) -> None:
    move_clock(ledger, MIDNIGHT, movable=True)
    other = SqlLedger(url)
    for seen in (ledger, other):
        clock: Clock = LedgerClock(seen, movable=True)
        assert MIDNIGHT <= clock.now() < MIDNIGHT + timedelta(hours=1)
    other.close()


def test_a_clock_may_go_back(ledger: SqlLedger) -> None:
    move_clock(ledger, MIDNIGHT, movable=True)
    set_offset(ledger, 0, movable=True)
    assert LedgerClock(ledger, movable=False).now() < MIDNIGHT


def test_leases_know_only_the_real_time(ledger: SqlLedger) -> None:
    move_clock(ledger, MIDNIGHT, movable=True)
    clock: LeaseClock = DatabaseLeaseClock(ledger)
    # The database runs on this machine, so both clocks are one.
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.now().utcoffset() == timedelta()


def test_production_neither_moves_the_clock_nor_uses_a_moved_one(ledger: SqlLedger) -> None:
    with pytest.raises(RefusedError, match="only in a sandbox"):
        move_clock(ledger, MIDNIGHT, movable=False)
    move_clock(ledger, MIDNIGHT, movable=True)
    with pytest.raises(SettingsError, match="belongs to a sandbox"):
        LedgerClock(ledger, movable=False)


def test_a_time_without_zone_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="time zone"):
        move_clock(ledger, MIDNIGHT.replace(tzinfo=None), movable=True)
