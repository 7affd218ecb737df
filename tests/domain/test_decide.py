"""Decide: exactly one rule and one agreement bill; everything else waits for a person."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.book import Book
from invoicing.domain.decide import Hold, Ignore, decide, possible_agreements
from invoicing.domain.events import BillingEvent, EventKind, Reference
from invoicing.domain.obligations import ObligationKey, Owed
from invoicing.domain.parties import Mode
from invoicing.domain.rules import BillingRule, Model
from invoicing.domain.work import Work
from tests.domain.builders import (
    AURORA,
    HOURLY,
    NORDWIND,
    ONBOARDING,
    PROJECT,
    PROJECTS,
    agreement,
    book,
    decided,
    event,
    hours,
    item,
    outlay,
    owed_key,
    owing,
    rule,
)

KEY = owed_key("D-7:onboarding")
SUPPORT = agreement(key="nordwind-support")


def held(what: BillingEvent, of: Book) -> tuple[str, str]:
    decision = decide(what, of, Owed())
    assert isinstance(decision, Hold)
    return decision.code, decision.reason


def test_a_won_deal_is_billed_with_all_it_is_about() -> None:
    won = replace(
        event(item(), item(record_id="L-2")),
        references=(Reference("deal", "D-7"),),
        flags=("disputed_scope",),
        category="rollout",
        reported_by="ada",
    )
    decision = decided(won)
    (owed,) = decision.obligations
    assert owed.key == KEY
    assert (owed.client, owed.model, owed.rule) == ("nordwind", Model.DEAL, "deal-onboarding")
    assert (owed.source, owed.event_id, owed.occurred_on) == ("crm", "won-D-7", won.occurred_on)
    assert (owed.title, owed.work, owed.kind) == ("Onboarding", won.work, EventKind.DEAL_WON)
    assert (owed.subject, owed.references, owed.flags) == ("D-7", won.references, won.flags)
    assert (owed.category, owed.reported_by) == ("rollout", "ada")
    assert (owed.share, owed.fixed, owed.is_deposit, owed.bundle) == (None, None, False, "")
    assert decision.reason == "rule deal-onboarding bills D-7:onboarding under nordwind-projects"


def test_what_is_owed_already_is_not_billed_again() -> None:
    before = decided(event(item())).obligations[0]
    decision = decide(event(item()), book(), owing(before))
    assert isinstance(decision, Ignore)
    assert decision.owed == KEY
    assert decision.reason == (
        "D-7:onboarding of nordwind-projects is billed already; this tells of the same thing"
    )


def test_another_event_about_the_same_deal_meets_the_same_obligation() -> None:
    before = decided(event(item())).obligations[0]
    again = replace(event(), source="esign", event_id="signed-1")
    assert decide(again, book(), owing(before)) == decide(event(item()), book(), owing(before))


def test_a_client_that_is_switched_off_gets_nothing() -> None:
    off = book(clients=(replace(NORDWIND, mode=Mode.OFF),))
    assert decide(event(item()), off, Owed()) == Ignore("client nordwind is switched off")


def test_a_shadow_client_is_computed_like_any_other() -> None:
    shadow = book(clients=(replace(NORDWIND, mode=Mode.SHADOW),))
    assert decided(event(item()), shadow).obligations[0].key == KEY


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
        (
            event(item()),
            book(rules=(ONBOARDING, replace(ONBOARDING, part=""))),
            "several_rules",
            "deal-onboarding, deal-onboarding",
        ),
        (event(item()), book(agreements=()), "no_agreement", "nordwind has no deal agreement"),
        (
            event(item(), agreement="other"),
            book(),
            "no_agreement",
            "nordwind has no deal agreement 'other' that rule deal-onboarding can bill",
        ),
        (
            event(item(), agreement="nordwind-projects"),
            book(agreements=(agreement(HOURLY),)),
            "no_agreement",
            "nordwind has no deal agreement 'nordwind-projects'",
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
        (
            event(item("1e17"), item("1e17", record_id="L-2")),
            book(),
            "amount_unusable",
            "more money than an invoice can be about",
        ),
        (
            event(hours(approved=False), outlay(approved=False), kind=EventKind.CHANGE_APPROVED),
            book(agreements=(agreement(PROJECT),), rules=(rule(Model.MILESTONE),)),
            "nothing_to_bill",
            "crm sent no lines for D-7; left out: 2 not approved",
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
    named = event(item(), agreement="nordwind-support")
    (owed,) = decided(named, book(agreements=(PROJECTS, SUPPORT))).obligations
    assert owed.key.agreement == "nordwind-support"


def test_an_agreement_of_another_client_is_no_agreement() -> None:
    code, _ = held(event(item(), client="aurora", agreement="nordwind-projects"), book())
    assert code == "no_agreement"


def test_a_rule_for_an_agreement_finds_it_though_the_event_names_none() -> None:
    only = replace(ONBOARDING, agreements=frozenset({"nordwind-support"}))
    (owed,) = decided(
        event(item()), book(agreements=(PROJECTS, SUPPORT), rules=(only,))
    ).obligations
    assert owed.key.agreement == "nordwind-support"


def test_an_event_without_a_category_has_that_of_its_agreement() -> None:
    projects = replace(PROJECTS, category="rollout")
    only = replace(ONBOARDING, categories=frozenset({"rollout"}))
    of = book(agreements=(projects,), rules=(only,))
    assert decided(event(item()), of).obligations[0].category == "rollout"
    assert held(replace(event(item()), category="research"), of)[0] == "no_rule"


def test_what_happened_before_we_billed_an_agreement_was_billed_elsewhere() -> None:
    taken_over = book(agreements=(replace(PROJECTS, bill_from=date(2026, 11, 3)),))
    decision = decide(event(item()), taken_over, Owed())
    assert decision == Ignore("agreement nordwind-projects is billed here from 2026-11-03 on")
    assert decided(event(item(), occurred_on=date(2026, 11, 3)), taken_over).obligations


def test_a_contract_may_be_signed_before_it_begins_but_nothing_else_happens_then() -> None:
    both = replace(ONBOARDING, events=frozenset({EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED}))
    early = event(item(), occurred_on=date(2025, 12, 1), kind=EventKind.DOCUMENT_SIGNED)
    assert decided(early, book(rules=(both,))).obligations
    assert held(replace(early, kind=EventKind.DEAL_WON), book(rules=(both,)))[0] == (
        "agreement_not_in_force"
    )
    ended = book(rules=(both,), agreements=(replace(PROJECTS, ends_on=date(2026, 10, 31)),))
    assert held(event(item(), kind=EventKind.DOCUMENT_SIGNED), ended)[0] == (
        "agreement_not_in_force"
    )


def test_a_rule_of_one_client_type_leaves_the_others_alone() -> None:
    public = replace(ONBOARDING, client_types=frozenset({"public"}))
    assert held(event(item()), book(rules=(public,)))[0] == "no_rule"
    authority = replace(NORDWIND, type="public")
    assert decided(event(item()), book(clients=(authority,), rules=(public,))).obligations


def test_a_rule_bills_no_event_that_is_not_its_models() -> None:
    odd = BillingRule("odd", Model.DEAL, frozenset({EventKind.PAYMENT_RECEIVED}))
    code, reason = held(event(item(), kind=EventKind.PAYMENT_RECEIVED), book(rules=(odd,)))
    assert (code, "rule odd can bill" in reason) == ("no_agreement", True)


def test_an_entity_that_left_the_book_is_for_the_draft_to_notice() -> None:
    assert decided(event(item()), book(entities=())).obligations[0].key == KEY


BOOK = book(clients=(NORDWIND, AURORA), agreements=(PROJECTS, SUPPORT))


@pytest.mark.parametrize(
    ("work", "named", "keys"),
    [
        ((item(),), "", {"nordwind-projects", "nordwind-support"}),
        ((item(),), "nordwind-support", {"nordwind-support"}),
        ((), "nordwind-support", {"nordwind-support"}),
        ((hours(),), "nordwind-support", {"nordwind-projects", "nordwind-support"}),
        ((outlay(),), "other", {"nordwind-projects", "nordwind-support"}),
    ],
)
def test_the_agreements_to_look_up_hold_all_that_may_have_billed_a_record(
    work: tuple[Work, ...], named: str, keys: set[str]
) -> None:
    asked = event(*work, agreement=named, kind=EventKind.ONE_OFF_REQUESTED)
    assert possible_agreements(asked, BOOK) == keys


@pytest.mark.parametrize(
    "kind", [EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED, EventKind.ESTIMATE_ACCEPTED]
)
def test_a_deal_is_looked_up_under_all_agreements_though_it_names_one(kind: EventKind) -> None:
    named = event(item(), agreement="nordwind-support", kind=kind)
    assert possible_agreements(named, BOOK) == {"nordwind-projects", "nordwind-support"}


def test_a_client_without_agreements_has_none_to_look_up() -> None:
    assert possible_agreements(event(client="aurora"), BOOK) == frozenset()


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
    assert ObligationKey("brightwater", "nordwind-projects", "D-7:onboarding") == KEY


def test_a_title_comes_from_the_event_or_else_from_the_agreement() -> None:
    untitled = replace(event(item()), title="")
    assert decided(untitled).obligations[0].title == "Projects"


def test_a_share_is_exact_text_of_the_rule() -> None:
    part = replace(ONBOARDING, percent=Decimal(30))
    (owed,) = decided(event(item()), book(rules=(part,))).obligations
    assert (owed.share, owed.is_deposit, owed.work) == (Decimal(30), True, (item(),))


def test_what_is_owed_again_is_known_in_its_newest_revision() -> None:
    (first,) = decided(event(item())).obligations
    newest = replace(first, key=replace(first.key, revision=2))
    owed = Owed({newest.key: newest}, revised={first.key: newest.key})
    decision = decide(event(item()), book(), owed)
    assert isinstance(decision, Ignore)
    assert decision.owed == newest.key
    assert decision.reason.endswith("is billed already; this tells of the same thing")


def test_an_event_about_a_void_invoice_bills_nothing_and_says_why() -> None:
    (first,) = decided(event(item())).obligations
    decision = decide(event(item()), book(), Owed({first.key: first}, void=frozenset({first.key})))
    assert isinstance(decision, Ignore)
    assert (decision.owed, "is void; only a person lets it be owed again" in decision.reason) == (
        first.key, True,
    )  # fmt: skip


def test_what_is_owed_besides_some_things_forgets_all_about_them() -> None:
    (one,) = decided(event(item())).obligations
    again, other = replace(one.key, revision=1), owed_key("another")
    owed = Owed(
        {again: one, other: one}, frozenset({again, other}), {one.key: again}, frozenset({again})
    )
    assert owed.without({again}) == Owed({other: one}, frozenset({other}))
    assert owed.without({other}) == Owed(
        {again: one}, frozenset({again}), {one.key: again}, frozenset({again})
    )
