"""Work: each kind of record names itself, its day, and whether it may be billed."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.money import Money
from invoicing.domain.work import (
    Cost,
    RecordRef,
    SlaBreach,
    TimeEntry,
    Work,
    WorkItem,
    is_approved,
    ref_of,
    worked_on,
)

DAY = date(2026, 11, 2)
PRICE = Money.parse("120.00 EUR")
ITEM = WorkItem("crm", "l-1", "Workshop", Decimal(1), "day", PRICE, "standard")
TIME = TimeEntry("psa", "t-1", "Analysis", "Ada", "senior", DAY, Decimal(90))
COST = Cost("psa", "c-1", "Train", PRICE, DAY)
BREACH = SlaBreach("psa", "b-1", "Down for 5 hours", DAY, percent=Decimal(10))


@pytest.mark.parametrize(
    ("work", "name", "day"),
    [
        (ITEM, "crm record l-1", None),
        (TIME, "psa record t-1", DAY),
        (COST, "psa record c-1", DAY),
        (BREACH, "psa record b-1", DAY),
    ],
)
def test_each_kind_of_work_names_its_record_and_day(
    work: Work, name: str, day: date | None
) -> None:
    assert ref_of(work) == RecordRef(work.source, work.record_id)
    assert str(ref_of(work)) == name
    assert worked_on(work) == day
    assert is_approved(work)


def test_time_and_outlays_need_somebodys_word() -> None:
    unapproved: list[Work] = [
        TimeEntry("psa", "t-2", "", "Ada", "senior", DAY, Decimal(5), approved=False),
        Cost("psa", "c-2", "Taxi", PRICE, DAY, approved=False),
    ]
    assert not any(map(is_approved, unapproved))
