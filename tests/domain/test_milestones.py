"""A paid part of a project points at the next one."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.agreements import Agreement, Milestone, Project
from invoicing.domain.events import EventKind
from invoicing.domain.milestones import due_by_payment, next_milestone
from tests.domain.builders import DAY, eur

PROJECT = Project(
    eur("1000.00"),
    tuple(Milestone(key, key.title(), percent=Decimal(25)) for key in ("a", "b", "c", "d")),
)


@pytest.mark.parametrize(
    ("units", "is_deposit", "following"),
    [
        ({"a"}, False, "b"),
        ({"a", "c"}, False, "d"),
        ({"d"}, False, None),
        ({"change:7"}, False, None),
        ({"deposit"}, True, "a"),
        (set(), True, "a"),
    ],
)
def test_what_comes_after_what_was_paid(
    units: set[str], is_deposit: bool, following: str | None
) -> None:
    found = next_milestone(PROJECT, units, is_deposit=is_deposit)
    assert (found.key if found else None) == following


def test_a_project_without_milestones_has_no_next_one() -> None:
    assert next_milestone(Project(eur("1.00")), {"deposit"}, is_deposit=True) is None


def test_the_fact_is_the_same_each_time_it_is_told() -> None:
    begins = date(2026, 1, 1)
    agreement = Agreement("p", "nordwind", "brightwater", "Portal", begins, begins, PROJECT)
    event = due_by_payment(agreement, PROJECT.milestones[1], "invoice-1", DAY)
    assert (event.source, event.event_id) == ("ledger", "paid:invoice-1")
    assert (event.kind, event.subject) == (EventKind.MILESTONE_DONE, "b")
    assert (event.agreement, event.client, event.work) == ("p", "nordwind", ())
