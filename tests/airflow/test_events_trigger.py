"""The trigger wakes up and takes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import import_module

import pytest
from airflow.triggers.base import TriggerEvent

from invoicing.domain.events import EventKind
from invoicing.domain.rules import Model
from invoicing.services import decide, report
from invoicing.triggers import events
from invoicing.triggers.events import UndecidedEventsTrigger
from tests.support.services import House


@pytest.fixture(autouse=True)
def _new_window() -> None:
    """Each test has a ledger of its own."""
    events.WINDOW.forget()


def trigger(nag_seconds: float = 300) -> UndecidedEventsTrigger:
    return UndecidedEventsTrigger(kind="deal_won", poll_seconds=0.01, nag_seconds=nag_seconds)


async def wake_ups(trigger: UndecidedEventsTrigger, at_most: int, seconds: float) -> list[str]:
    """Collect the wake-ups of a while; returns early once there are ``at_most``."""
    heard: list[str] = []

    async def listen(stream: AsyncIterator[TriggerEvent]) -> None:
        async for event in stream:
            heard.append(event.payload["kind"])
            if len(heard) == at_most:
                return

    with suppress(TimeoutError):
        await asyncio.wait_for(listen(trigger.run()), seconds)
    return heard


def test_it_survives_the_trip_to_the_triggerer() -> None:
    path, arguments = trigger(nag_seconds=7).serialize()

    module, _, name = path.rpartition(".")
    arrived = getattr(import_module(module), name)(**arguments)
    assert arrived.serialize() == (path, arguments)


def test_a_waiting_event_wakes_up_once_and_stays_where_it_is(house: House) -> None:
    house.win_deal("D-1")

    assert asyncio.run(wake_ups(trigger(), at_most=2, seconds=0.5)) == ["deal_won"]

    with house.s.ledger.read() as work:
        assert len(work.inbox.hinted([EventKind.DEAL_WON], 10)) == 1


def test_nothing_waits_nothing_wakes(house: House) -> None:
    house.pay("P-1", "10.00 EUR", "INV-2026-00001")
    house.win_deal("D-1")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.s, Model.DEAL)

    assert asyncio.run(wake_ups(trigger(), at_most=1, seconds=0.3)) == []


def test_an_event_that_stays_is_mentioned_again(house: House) -> None:
    house.win_deal("D-1")

    assert len(asyncio.run(wake_ups(trigger(nag_seconds=0.02), at_most=3, seconds=30))) == 3


def test_a_ledger_that_is_away_does_not_end_the_watch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.win_deal("D-1")
    failures = iter([ConnectionError("away")])

    def sometimes() -> object:
        if failure := next(failures, None):
            raise failure
        return house.s

    monkeypatch.setattr(events, "services_from_airflow", sometimes)

    assert asyncio.run(wake_ups(trigger(), at_most=1, seconds=30)) == ["deal_won"]
