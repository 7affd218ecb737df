"""A wake-up is an asset event of Airflow's; that it may fail is nobody's harm."""

import logging
from collections.abc import Iterator

import pytest
from airflow.models import import_all_models
from airflow.models.asset import AssetActive, AssetEvent, AssetModel
from airflow.models.base import Base
from airflow.utils.session import create_session
from sqlalchemy import func, select

from invoicing.domain.events import EventKind
from invoicing.web import wake_up as module
from invoicing.web.wake_up import wake_up

NAME = "invoicing_deal_won"


@pytest.fixture(autouse=True)
def no_assets() -> Iterator[None]:
    """Airflow knows no asset, whatever DAGs other tests of this process have run."""
    _forget_assets()
    yield
    _forget_assets()


@pytest.fixture
def asset(no_assets: None) -> str:
    """The asset that a DAG declared."""
    with create_session() as session:
        session.add(AssetModel(name=NAME, uri=NAME, group="asset"))
        session.flush()
        session.add(AssetActive(name=NAME, uri=NAME))
    return NAME


def _forget_assets() -> None:
    import_all_models()  # type: ignore[no-untyped-call]  # else their order is not known
    with create_session() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if "asset" in table.name:
                session.execute(table.delete())


def events() -> int:
    with create_session() as session:
        return session.scalar(select(func.count()).select_from(AssetEvent)) or 0


def test_a_wake_up_is_one_event_of_the_asset_of_its_kind(asset: str) -> None:
    wake_up(EventKind.DEAL_WON)
    wake_up(EventKind.PAYMENT_RECEIVED)

    assert events() == 1


def test_without_a_dag_there_is_a_word_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, module.__name__):
        wake_up(EventKind.DEAL_WON)

    assert "the sweep will find it" in caplog.text


def test_a_failing_airflow_is_no_failure_of_ours(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("database is locked")

    monkeypatch.setattr(module, "create_session", broken)

    wake_up(EventKind.DEAL_WON)

    assert "RuntimeError" in caplog.text
