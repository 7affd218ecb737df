"""Every race is run on both databases."""

import pytest

from invoicing.ledger.unit_of_work import SqlLedger
from tests.support.ledgers import kind, ledger, migrated_database, migrated_file, url
from tests.support.services import House, open_house

__all__ = ["house", "kind", "ledger", "migrated_database", "migrated_file", "url"]


@pytest.fixture
def house(ledger: SqlLedger) -> House:
    """Services over an empty ledger, with peers under the test's control."""
    return open_house(ledger)
