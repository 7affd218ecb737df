"""The web part as Airflow mounts it, over a real ledger, seen by users of each role."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.airflow_env import prepare_airflow

prepare_airflow()

from airflow.api_fastapi.app import create_auth_manager  # noqa: E402 - after its environment
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser  # noqa: E402
from airflow.api_fastapi.core_api.security import get_user  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402

from invoicing.ledger.migrate import migrate  # noqa: E402
from invoicing.ledger.unit_of_work import SqlLedger  # noqa: E402
from invoicing.web.app import app  # noqa: E402
from invoicing.web.desk import Desk, open_desk  # noqa: E402
from tests.support.services import House, open_house  # noqa: E402

SECRETS = {"crm": ("crm-secret", "crm-next-secret"), "accounting": ("accounting-secret",)}
ROLES = {"finance": "user", "lead": "user", "viewer": "viewer"}

As = Callable[[str], TestClient]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Services over an empty ledger, with peers under the test's control."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    yield open_house(ledger)
    ledger.close()


@pytest.fixture
def as_user(house: House) -> Iterator[As]:
    """Browsers by login: `finance`, `lead` and `viewer` are logged in, `nobody` is not."""
    create_auth_manager()
    airflow = FastAPI()
    airflow.mount("/invoicing", app)
    app.dependency_overrides[open_desk] = lambda: Desk(SECRETS, lambda: house.s)

    def browser(login: str) -> TestClient:
        app.dependency_overrides.pop(get_user, None)
        if role := ROLES.get(login):
            user = SimpleAuthManagerUser(username=login, role=role)
            app.dependency_overrides[get_user] = lambda: user
        return TestClient(airflow, raise_server_exceptions=False, follow_redirects=False)

    yield browser
    app.dependency_overrides.clear()
