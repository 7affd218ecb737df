"""The configuration activated last is active, and none that was ever active is lost."""

from sqlalchemy import text

from invoicing.ledger.unit_of_work import SqlLedger
from tests.support.builders import NOW

OLD, NEW = {"company.yaml": "entity: \N{SNOWMAN}\n"}, {"company.yaml": "entity: other\n"}


def test_the_last_one_is_active_whatever_the_clock_says(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        assert work.configs.active() is None
        work.configs.activate("old", OLD, NOW)
        work.configs.activate("new", NEW, NOW.replace(year=2020))
        assert work.configs.active() == NEW
        work.configs.activate("new", NEW, NOW)
        work.configs.activate("old", OLD, NOW)
    with ledger.read() as work:
        assert work.configs.active() == OLD
        count = work.clock.connection.scalar(text("SELECT count(*) FROM config_versions"))
    assert count == 2
