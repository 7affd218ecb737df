"""Decide: exactly one rule and one agreement bill; everything else waits for a person."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.book import Book
from invoicing.domain.decide import (
    Bill,
    Hold,
    Ignore,
    ObligationKey,
    decide,
    possible_keys,
    unit_of,
)
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.parties import Mode
from invoicing.domain.rules import BillingRule, Model
from tests.domain.builders import NORDWIND, ONBOARDING, PROJECTS, book, event, item

KEY = ObligationKey("brightwater", "nordwind-projects", "D-7:onboarding")
SUPPORT = replace(PROJECTS, key="nordwind-support")


def held(what: BillingEvent, of: Book) -> tuple[str, str]:
    decision = decide(what, of, owed=())
    assert isinstance(decision, Hold)
    return decision.code, decision.reason


def test_a_won_deal_is_billed_with_all_it_is_about() -> None:
    won = event(item(), item(record_id="L-2"))
    decision = decide(won, book(), owed=())
    assert isinstance(decision, Bill)
    owed = decision.obligation
    assert owed.key == KEY
    assert (owed.client, owed.model, owed.rule) == ("nordwind", Model.DEAL, "deal-onboarding")
    assert (owed.source, owed.event_id, owed.occurred_on) == ("crm", "won-D-7", won.occurred_on)
    assert (owed.title, owed.work) == ("Onboarding", won.work)
    assert decision.reason == "rule deal-onboarding bills D-7 under nordwind-projects"


def test_what_is_owed_already_is_not_billed_again() -> None:
    decision = decide(event(item()), book(), owed={KEY})
    assert isinstance(decision, Ignore)
    assert decision.owed == KEY
    assert str(KEY) in decision.reason


def test_another_event_about_the_same_deal_meets_the_same_obligation() -> None:
    again = replace(event(item("9")), source="esign", event_id="signed-1")
    assert isinstance(decide(again, book(), owed={KEY}), Ignore)


def test_a_client_that_is_switched_off_gets_nothing() -> None:
    off = book(clients=(replace(NORDWIND, mode=Mode.OFF),))
    decision = decide(event(item()), off, owed=())
    assert decision == Ignore("client nordwind is switched off")


def test_a_shadow_client_is_computed_like_any_other() -> None:
    shadow = book(clients=(replace(NORDWIND, mode=Mode.SHADOW),))
    assert isinstance(decide(event(item()), shadow, owed=()), Bill)


@pytest.mark.parametrize(
    ("what", "of", "code", "words"),
    [
        (event(item(), client="nobody"), book(), "unknown_client", "'nobody'"),
        (event(item()), book(rules=()), "no_rule", "deal_won for nordwind"),
        (event(item(), kind=EventKind.PAYMENT_RECEIVED), book(), "no_rule", "payment_received"),
        (
            event(item()),
            book(rules=(ONBOARDING, replace(ONBOARDING, name="again"))),
            "several_rules",
            "deal-onboarding, again",
        ),
        (event(item()), book(agreements=()), "no_agreement", "nordwind has no deal agreement"),
        (
            event(item(), agreement="other"),
            book(),
            "no_agreement",
            "nordwind has no deal agreement 'other'",
        ),
        (
            event(item()),
            book(agreements=(PROJECTS, SUPPORT)),
            "several_agreements",
            "nordwind-projects, nordwind-support",
        ),
        (
            event(item(), occurred_on=date(2025, 12, 31)),
            book(),
            "agreement_not_in_force",
            "2025-12-31",
        ),
        (event(), book(), "nothing_to_bill", "crm sent no lines for D-7"),
        (
            event(item(), item(record_id="L-2", currency="USD")),
            book(),
            "currency_differs",
            "L-2 is in USD, but nordwind is billed in EUR",
        ),
    ],
)
def test_what_is_not_clear_waits_for_a_person(
    what: BillingEvent, of: Book, code: str, words: str
) -> None:
    found, reason = held(what, of)
    assert found == code
    assert words in reason


def test_an_event_may_name_one_of_several_agreements() -> None:
    decision = decide(
        event(item(), agreement="nordwind-support"),
        book(agreements=(PROJECTS, SUPPORT)),
        owed=(),
    )
    assert isinstance(decision, Bill)
    assert decision.obligation.key.agreement == "nordwind-support"


def test_an_agreement_of_another_client_is_no_agreement() -> None:
    code, _ = held(event(item(), client="aurora", agreement="nordwind-projects"), book())
    assert code == "no_agreement"


def test_the_unit_is_the_thing_itself_or_a_part_of_it() -> None:
    assert unit_of(event(), ONBOARDING) == "D-7:onboarding"
    assert unit_of(event(), replace(ONBOARDING, part="")) == "D-7"


def test_the_keys_to_look_up_hold_the_one_that_is_decided_on() -> None:
    several = book(agreements=(PROJECTS, SUPPORT))
    keys = possible_keys(event(agreement="nordwind-support"), several)
    assert keys == {KEY, replace(KEY, agreement="nordwind-support")}


def test_rules_that_do_not_cover_an_event_name_no_keys() -> None:
    others = BillingRule("others", Model.DEAL, frozenset({"aurora"}))
    assert possible_keys(event(), book(rules=(others,))) == set()


def test_every_part_of_a_key_makes_it_another_one() -> None:
    other = [
        replace(KEY, entity="other"),
        replace(KEY, agreement="other"),
        replace(KEY, unit="other"),
        replace(KEY, revision=1),
    ]
    assert len({KEY.id, *(key.id for key in other)}) == 5
    assert len(KEY.id) == 32
    assert str(KEY) == "brightwater/nordwind-projects/D-7:onboarding/r0"
