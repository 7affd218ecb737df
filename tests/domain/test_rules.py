"""Agreements and rules: whom they cover, and when."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.events import EventKind
from invoicing.domain.rules import EVENT_OF_MODEL, BillingRule, Model
from tests.domain.builders import PROJECTS, event

YEAR = replace(PROJECTS, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_an_agreement_is_in_force_on_both_its_ends(day: date, in_force: bool) -> None:
    assert YEAR.covers(day) is in_force


def test_an_agreement_without_an_end_goes_on() -> None:
    assert replace(YEAR, ends_on=None).covers(date(2099, 1, 1))


@pytest.mark.parametrize(
    ("rule", "kind", "client", "covered"),
    [
        (BillingRule("r", Model.DEAL), EventKind.DEAL_WON, "nordwind", True),
        (BillingRule("r", Model.DEAL), EventKind.RETAINER_DUE, "nordwind", False),
        (BillingRule("r", Model.RETAINER), EventKind.RETAINER_DUE, "nordwind", True),
        (
            BillingRule("r", Model.DEAL, frozenset({"nordwind"})),
            EventKind.DEAL_WON,
            "nordwind",
            True,
        ),
        (
            BillingRule("r", Model.DEAL, frozenset({"aurora"})),
            EventKind.DEAL_WON,
            "nordwind",
            False,
        ),
    ],
)
def test_a_rule_covers_the_events_of_its_model_and_its_clients(
    rule: BillingRule, kind: EventKind, client: str, covered: bool
) -> None:
    assert rule.covers(event(kind=kind, client=client)) is covered


def test_every_model_has_its_own_event() -> None:
    assert set(EVENT_OF_MODEL) == set(Model)
    assert len(set(EVENT_OF_MODEL.values())) == len(Model)
    assert EventKind.PAYMENT_RECEIVED not in EVENT_OF_MODEL.values()
