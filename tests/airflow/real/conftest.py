"""One real Airflow per module, with the example company in it."""

from collections.abc import Iterator

import pytest

from sandbox.airflow_house import AirflowHouse
from tests.support.company import Company, company_in


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Boot once for all tests of a module; ledger and metadata are SQLite."""
    with company_in(tmp_path_factory.mktemp("airflow")) as company:
        yield company


@pytest.fixture
def airflow_house(company: Company) -> AirflowHouse:
    """The real Airflow of this module."""
    return company.airflow
