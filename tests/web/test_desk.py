"""The desk is opened once for many requests, and anew after some seconds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from invoicing.config.settings import Settings, SourceSettings
from invoicing.services.ports import Services
from invoicing.web import desk
from tests.support.services import House


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, house: House) -> list[Settings]:
    """The openings of the ledger, over settings of one source."""
    settings = Settings(
        Path(),
        "sqlite:///nowhere.db",
        sources={"crm": SourceSettings("crm", "http://crm.example", "token", ("s1", "s2"))},
    )
    openings: list[Settings] = []

    def open_services(given: Settings) -> Services:
        openings.append(given)
        return house.s

    monkeypatch.setattr(desk, "settings_from_airflow", lambda: settings)
    monkeypatch.setattr(desk, "open_services", open_services)
    monkeypatch.setattr(desk, "_cache", desk._Cache())
    return openings


def test_many_requests_at_once_share_one_opening(opened: list[Settings]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: desk.open_desk().services, range(40)))

    assert len(opened) == 1


def test_secrets_are_known_without_opening_the_ledger(opened: list[Settings]) -> None:
    assert desk.open_desk().secrets == {"crm": ("s1", "s2")}
    assert opened == []


def test_a_stale_desk_is_opened_anew_so_that_changes_are_seen(
    opened: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.open_desk()
    opened_first = first.services
    monkeypatch.setattr(desk, "FRESH_SECONDS", 0.0)
    desk._cache._stale_at = 0.0

    second = desk.open_desk()

    assert second is not first
    assert second.services == opened_first  # the same fake, opened a second time
    assert len(opened) == 2
