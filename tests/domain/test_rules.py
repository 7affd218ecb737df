"""Agreements and rules: whom they cover, when, and which model bills which price."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.agreements import Frame, Pricing
from invoicing.domain.events import EventKind
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model, can_bill
from tests.domain.builders import (
    BLOCK,
    HOURLY,
    INSTALMENTS,
    MONTHLY_HOURS,
    NORDWIND,
    PROJECT,
    PROJECTS,
    RETAINER,
    event,
)

YEAR = replace(PROJECTS, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
RULE = BillingRule("r", Model.DEAL, frozenset({EventKind.DEAL_WON}))


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


def names(*words: str) -> frozenset[str]:
    return frozenset(words)


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        (RULE, True),
        (replace(RULE, events=frozenset({EventKind.RETAINER_DUE})), False),
        (replace(RULE, clients=names("nordwind", "aurora")), True),
        (replace(RULE, clients=names("aurora")), False),
        (replace(RULE, agreements=names("nordwind-projects")), True),
        (replace(RULE, agreements=names("other")), False),
        (replace(RULE, client_types=names("public")), True),
        (replace(RULE, client_types=names("private")), False),
        (replace(RULE, categories=names("rollout")), True),
        (replace(RULE, categories=names("research")), False),
        (replace(RULE, clients=names("nordwind"), categories=names("research")), False),
    ],
)
def test_a_rule_covers_what_each_of_its_names_allows(rule: BillingRule, covered: bool) -> None:
    told = replace(event(agreement="nordwind-projects"), category="rollout")
    assert rule.covers(told, replace(NORDWIND, type="public")) is covered


def test_every_event_but_a_payment_belongs_to_one_model() -> None:
    assert set(EVENTS_OF_MODEL) == set(Model)
    kinds = [kind for kinds in EVENTS_OF_MODEL.values() for kind in kinds]
    assert sorted(kinds) == sorted(set(EventKind) - {EventKind.PAYMENT_RECEIVED})


PRICES: dict[str, Pricing] = {
    "retainer": RETAINER,
    "monthly hours": MONTHLY_HOURS,
    "hours": HOURLY,
    "project": PROJECT,
    "block": BLOCK,
    "instalments": INSTALMENTS,
    "frame": Frame(),
}


@pytest.mark.parametrize(
    ("model", "prices"),
    [
        (Model.RETAINER, {"retainer", "monthly hours", "block", "instalments"}),
        (Model.MILESTONE, {"project"}),
        (Model.THRESHOLD, {"hours", "block"}),
        (Model.ESTIMATE, {"frame"}),
        (Model.DEAL, {"frame", "project"}),
        (Model.ONE_OFF, {"frame"}),
    ],
)
def test_a_model_bills_the_prices_it_is_made_for(model: Model, prices: set[str]) -> None:
    assert {name for name, pricing in PRICES.items() if can_bill(model, pricing)} == prices


@pytest.mark.parametrize("name", PRICES)
def test_every_price_is_billed_by_some_model(name: str) -> None:
    assert any(can_bill(model, PRICES[name]) for model in Model)
