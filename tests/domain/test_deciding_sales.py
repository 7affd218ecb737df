"""Deals, documents, onboardings, estimates, changes, one-off requests: what each makes owed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.domain.agreements import (
    Agreement,
    DepositTerms,
    Frame,
    Project,
    RecurringItem,
)
from invoicing.domain.book import Book
from invoicing.domain.decide import Bill, Decision, Hold, Ignore, decide
from invoicing.domain.discounts import Discount
from invoicing.domain.events import BillingEvent, Claim, EventKind
from invoicing.domain.obligations import Obligation, Owed
from invoicing.domain.rules import BillingRule, Model
from invoicing.domain.work import Work
from tests.domain.builders import (
    HOURLY,
    ONBOARDING,
    PROJECT,
    PROJECTS,
    STEPS,
    agreement,
    book,
    decided,
    eur,
    event,
    hours,
    item,
    owed_key,
    owing,
    rule,
)

KIND = EventKind
PORTAL = agreement(PROJECT)
DEPOSIT = rule(part="deposit", kind=KIND.DOCUMENT_SIGNED, name="project-deposits")
ONBOARD = rule(kind=KIND.CLIENT_ONBOARDED, name="onboarding")
SETUP = RecurringItem("setup", "Set-up", Decimal(1), "pc", eur("900.00"), "standard")


def signed(**changes: object) -> BillingEvent:
    base = replace(event(kind=KIND.DOCUMENT_SIGNED, subject="SOW-1"), source="esign")
    return replace(base, **changes)  # type: ignore[arg-type]


def only(what: BillingEvent, of: Book, owed: Owed | None = None) -> Obligation:
    (one,) = decided(what, of, owed).obligations
    return one


def claim(amount: str, source: str = "crm", what: str = "deal value") -> Claim:
    return Claim(source, what, eur(amount))


def with_rule(one: BillingRule, *agreements: Agreement) -> Book:
    return book(agreements=agreements or (PROJECTS,), rules=(one,))


@pytest.mark.parametrize(
    ("kind", "model"), [(KIND.DEAL_WON, Model.DEAL), (KIND.ESTIMATE_ACCEPTED, Model.ESTIMATE)]
)
def test_a_deal_and_its_estimate_meet_in_the_deal(kind: EventKind, model: Model) -> None:
    of = with_rule(rule(model))
    assert only(event(item(), kind=kind), of).key == owed_key("D-7")
    later = replace(event(item(), kind=kind, subject="Q-1"), deal="D-7")
    assert only(later, of).key == owed_key("D-7")


def test_an_estimate_keeps_its_lines_and_discounts() -> None:
    off = Discount("Loyalty", percent=Decimal(10))
    quote = replace(event(item(), kind=KIND.ESTIMATE_ACCEPTED, subject="Q-1"), discounts=(off,))
    owed = only(quote, with_rule(rule(Model.ESTIMATE)))
    assert (owed.work, owed.discounts) == (quote.work, (off,))


def test_a_signed_document_bills_a_projects_deposit_once() -> None:
    of = with_rule(DEPOSIT, PORTAL)
    first = only(signed(), of)
    assert (first.key, first.share, first.fixed) == (owed_key("SOW-1:deposit"), Decimal(20), None)
    assert (first.is_deposit, first.work) == (True, ())
    milestone = replace(first, key=owed_key("build"), is_deposit=False)
    for again in (signed(event_id="second signer"), signed(subject="SOW-2", deal="")):
        decision = decide(again, of, owing(milestone, first))
        assert isinstance(decision, Ignore)
        assert decision.owed == first.key


def test_a_deposit_may_be_an_amount_and_a_rules_percentage_wins() -> None:
    fixed = replace(PROJECT, deposit=DepositTerms(amount=eur("5000.00")))
    owed = only(signed(), with_rule(DEPOSIT, agreement(fixed)))
    assert (owed.share, owed.fixed) == (None, eur("5000.00"))
    owed = only(signed(), with_rule(replace(DEPOSIT, percent=Decimal(50)), agreement(fixed)))
    assert (owed.share, owed.fixed, owed.is_deposit) == (Decimal(50), None, True)


def test_a_deposit_of_a_deal_needs_its_lines() -> None:
    of = with_rule(replace(DEPOSIT, percent=Decimal(30)))
    owed = only(signed(work=(item(),)), of)
    assert (owed.share, owed.work, owed.is_deposit) == (Decimal(30), (item(),), True)
    decision = decide(signed(), of, Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "nothing_to_bill"


@pytest.mark.parametrize("pricing", [Frame(), STEPS], ids=["frame", "project without deposit"])
def test_a_deposit_that_nobody_agreed_on_is_held(pricing: Frame) -> None:
    decision = decide(signed(), with_rule(DEPOSIT, agreement(pricing)), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "no_agreement"


def test_a_deal_that_is_no_deposit_goes_to_the_frame_though_there_is_a_project() -> None:
    both = with_rule(rule(), agreement(PROJECT, "nordwind-portal"), PROJECTS)
    assert only(event(item()), both).key == owed_key("D-7")
    decision = decide(event(item()), with_rule(rule(), PORTAL), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "no_agreement"


def test_an_onboarding_is_billed_once_with_the_lines_of_the_agreement() -> None:
    of = with_rule(ONBOARD, agreement(Frame((SETUP,))))
    first = only(event(kind=KIND.CLIENT_ONBOARDED, subject="nordwind"), of)
    assert (first.key, first.work) == (owed_key("onboarding"), ())
    again = decide(event(kind=KIND.CLIENT_ONBOARDED, subject="again"), of, owing(first))
    assert isinstance(again, Ignore)
    assert again.owed == first.key


def test_an_onboarding_may_bring_its_lines_but_needs_some() -> None:
    of = with_rule(ONBOARD)
    assert only(event(item(), kind=KIND.CLIENT_ONBOARDED), of).work == (item(),)
    decision = decide(event(kind=KIND.CLIENT_ONBOARDED), of, Owed())
    assert isinstance(decision, Hold)
    assert (decision.code, "onboarding:" in decision.reason) == ("nothing_to_bill", True)


@pytest.mark.parametrize("pricing", [PROJECT, HOURLY], ids=["project", "hours"])
def test_an_approved_change_is_billed_by_its_own_lines(pricing: object) -> None:
    of = with_rule(rule(Model.MILESTONE), agreement(pricing))  # type: ignore[arg-type]
    change = event(item(), kind=KIND.CHANGE_APPROVED, subject="CR-3")
    first = only(change, of)
    assert (first.key, first.work) == (owed_key("change:CR-3"), (item(),))
    assert isinstance(decide(change, of, owing(first)), Ignore)


def test_a_one_off_request_goes_to_a_frame_or_to_the_agreement_that_it_names() -> None:
    of = with_rule(rule(Model.ONE_OFF), agreement(PROJECT, "nordwind-portal"), PROJECTS)
    ask = event(item(), kind=KIND.ONE_OFF_REQUESTED, subject="run-1")
    assert only(ask, of).key == owed_key("run-1")
    named = replace(ask, agreement="nordwind-portal")
    assert only(named, of).key == owed_key("run-1", "nordwind-portal")


MILESTONES = rule(Model.MILESTONE)


def late(decision: Decision) -> str:
    assert isinstance(decision, Hold)
    assert decision.code == "deposit_too_late"
    return decision.reason


@pytest.mark.parametrize("pricing", [PROJECT, replace(STEPS, deposit=PROJECT.deposit)])
def test_a_deposit_comes_too_late_when_the_project_is_billed(pricing: Project) -> None:
    of = book(agreements=(agreement(pricing),), rules=(DEPOSIT, MILESTONES))
    whole = decided(event(kind=KIND.PROJECT_COMPLETED, subject="P-1"), of).obligations
    assert "the whole project is billed already" in late(decide(signed(), of, owing(*whole)))
    # With a part still open, the last invoice takes the deposit off again.
    assert isinstance(decide(signed(), of, owing(*whole[:-1])), Bill)
    deposit = only(signed(), of)
    again = decide(signed(subject="SOW-2"), of, owing(deposit, *whole))
    assert isinstance(again, Ignore)


def test_a_deposit_comes_too_late_when_the_deal_is_billed() -> None:
    deposit = replace(DEPOSIT, percent=Decimal(30))
    of = book(rules=(ONBOARDING, deposit))
    whole = only(event(item()), of)
    reason = late(decide(signed(deal="D-7", work=(item(),)), of, owing(whole)))
    assert "D-7:onboarding is billed already under nordwind-projects" in reason


ESTIMATES = rule(Model.ESTIMATE, "estimates")
BOTH = book(rules=(ONBOARDING, ESTIMATES))


def estimate(*work: Work, **changes: object) -> BillingEvent:
    quote = replace(event(*work, kind=KIND.ESTIMATE_ACCEPTED, subject="Q-1"), deal="D-7")
    return replace(quote, **changes)  # type: ignore[arg-type]


def test_a_deal_and_its_estimate_are_billed_once_whatever_their_rules_call_it() -> None:
    whole = only(event(item()), BOTH)
    same = decide(estimate(item(record_id="Q-1/1")), BOTH, owing(whole))
    assert isinstance(same, Ignore)
    assert same.owed == whole.key
    other = disagreeing(decide(estimate(item("9", record_id="Q-1/1")), BOTH, owing(whole)))
    assert other.about == (whole.key,)
    assert isinstance(decide(estimate(item(), deal="D-8"), BOTH, owing(whole)), Bill)
    # A part named like the start of another deal is no part of it.
    assert isinstance(decide(estimate(item(), deal="D"), BOTH, owing(whole)), Bill)


@pytest.mark.parametrize(("first", "then"), [(hours(), item()), (item(), hours())])
def test_two_stories_of_one_deal_that_cannot_be_compared_are_held(first: Work, then: Work) -> None:
    whole = only(event(first), BOTH)
    hold = disagreeing(decide(estimate(then), BOTH, owing(whole)))
    assert "rule deal-onboarding bills all of D-7 as D-7:onboarding already" in hold.reason
    assert hold.about == (whole.key,)


TWO = with_rule(rule(), PROJECTS, agreement(key="nordwind-second"))


@pytest.mark.parametrize("record_id", ["L-1", "L-9"])
def test_a_deal_that_two_sources_put_under_two_agreements_is_held(record_id: str) -> None:
    won = only(event(item(), agreement="nordwind-projects"), TWO)
    contract = signed(deal="D-7", agreement="nordwind-second", work=(item(record_id=record_id),))
    hold = disagreeing(decide(contract, TWO, owing(won)))
    assert hold.reason.startswith(
        "D-7 is billed as D-7 under nordwind-projects already, but esign SOW-1 is about it under"
        " nordwind-second: "
    )
    assert hold.about == (won.key,)
    other = only(replace(contract, deal="D-8", work=(item(record_id="L-9"),)), TWO, owing(won))
    assert other.key == owed_key("D-8", "nordwind-second")


def test_a_projects_deposit_does_not_keep_its_deal_from_being_billed_under_a_frame() -> None:
    project = agreement(PROJECT, "nordwind-portal")
    of = book(agreements=(project, PROJECTS), rules=(DEPOSIT, rule(kind=KIND.DEAL_WON)))
    deposit = only(signed(deal="D-7"), of)
    assert deposit.key == owed_key("D-7:deposit", "nordwind-portal")
    assert only(event(item()), of, owing(deposit)).key == owed_key("D-7")
    # A one-off request that has the name of the deal is not the deal.
    asked = replace(deposit, kind=KIND.ONE_OFF_REQUESTED, work=(item(record_id="L-2"),))
    assert only(event(item()), of, owing(asked)).key == owed_key("D-7")


def test_a_share_without_a_name_is_not_the_whole() -> None:
    half = replace(rule(name="half", kind=KIND.DOCUMENT_SIGNED), percent=Decimal("50.0"))
    of = book(rules=(half, rule(name="whole", kind=KIND.DEAL_WON)))
    first = only(signed(deal="D-7", work=(item(),)), of)
    assert (first.key, first.share) == (owed_key("D-7:50%"), Decimal(50))
    rest = only(event(item()), of, owing(first))
    assert (rest.key, rest.share, rest.subject) == (owed_key("D-7"), None, "D-7")


def disagreeing(decision: Decision) -> Hold:
    assert isinstance(decision, Hold)
    assert decision.code == "amounts_disagree"
    return decision


def test_a_deal_and_its_contract_that_disagree_are_put_before_a_person() -> None:
    both = rule()
    won = replace(event(item("1", "8500.00")), claims=(claim("8500.00"),))
    first = only(won, with_rule(both))
    contract = signed(subject="SOW-1", deal="D-7", claims=(claim("9200.00", "esign", "total"),))
    hold = disagreeing(decide(contract, with_rule(both), owing(first)))
    assert hold.reason == (
        "amounts disagree: esign says 9200.00 EUR (total), but crm says 8500.00 EUR (deal value);"
        " nothing is billed until they agree"
    )
    assert hold.about == (first.key,)


def test_what_agrees_is_the_same_deal_once_more() -> None:
    won = replace(event(item("1", "8500.00")), claims=(claim("8500"),))
    first = only(won, with_rule(rule()))
    contract = signed(deal="D-7", claims=(claim("8500.00", "esign", "total"),))
    assert isinstance(decide(contract, with_rule(rule()), owing(first)), Ignore)


def test_a_deposit_and_the_rest_of_a_deal_must_speak_of_one_amount() -> None:
    deposit = replace(DEPOSIT, percent=Decimal(30))
    of = book(rules=(ONBOARDING, deposit))
    first = only(signed(deal="D-7", work=(item(),)), of)
    assert first.key == owed_key("D-7:deposit")
    assert isinstance(decide(event(item()), of, owing(first)), Bill)
    hold = disagreeing(decide(event(item("9")), of, owing(first)))
    assert hold.about == (first.key,)
    assert "its line" in hold.reason


def test_a_claim_must_be_the_sum_of_the_lines() -> None:
    two = event(item("2", "100.00"), item("1", "0.50", record_id="L-2"))
    assert isinstance(decide(replace(two, claims=(claim("200.50"),)), book(), Owed()), Bill)
    hold = disagreeing(decide(replace(two, claims=(claim("200.00"),)), book(), Owed()))
    assert hold.about == ()
    assert "crm says 200.50 EUR (its 2 lines)" in hold.reason


def test_a_claim_in_another_currency_agrees_with_nothing() -> None:
    usd = Claim("crm", "deal value", replace(eur("960.00"), currency="USD"))
    disagreeing(decide(replace(event(item()), claims=(usd,)), book(), Owed()))


@pytest.mark.parametrize(
    ("value", "agrees"),
    [("960.00", True), ("864.00", True), ("864.01", True), ("864.02", False), ("900.00", False)],
)
def test_a_claim_may_be_meant_before_or_after_a_discount(value: str, agrees: bool) -> None:
    off = (Discount("Loyalty", percent=Decimal(10)),)
    won = replace(event(item()), discounts=off, claims=(claim(value),))
    assert isinstance(decide(won, book(), Owed()), Bill) is agrees


def test_a_discount_may_be_an_amount() -> None:
    off = (Discount("Loyalty", amount=eur("60.00")),)
    won = replace(event(item()), discounts=off, claims=(claim("900.00"),))
    assert isinstance(decide(won, book(), Owed()), Bill)


def test_a_line_counts_with_its_own_discount() -> None:
    line = replace(item(), discount_percent=Decimal(50))
    won = replace(event(line), claims=(claim("480.00"),))
    assert isinstance(decide(won, book(), Owed()), Bill)


def test_a_contract_must_come_to_the_total_of_the_project() -> None:
    of = with_rule(DEPOSIT, PORTAL)
    assert isinstance(decide(signed(claims=(claim("48000.00", "esign"),)), of, Owed()), Bill)
    first = only(signed(), of)
    amended = signed(subject="SOW-2", claims=(claim("52000.00", "esign", "total"),))
    hold = disagreeing(decide(amended, of, owing(first)))
    assert "esign says 52000.00 EUR (total)" in hold.reason
    assert "config/agreements.yaml says 48000.00 EUR (total of nordwind-projects)" in hold.reason
    assert hold.about == (first.key,)


def test_a_change_that_is_told_again_with_other_lines_is_held() -> None:
    of = with_rule(rule(Model.MILESTONE), PORTAL)
    first = only(event(item(), kind=KIND.CHANGE_APPROVED, subject="CR-3"), of)
    other = event(item("9"), kind=KIND.CHANGE_APPROVED, subject="CR-3")
    assert disagreeing(decide(other, of, owing(first))).about == (first.key,)


def test_hours_among_the_lines_of_a_deal_are_billed_with_them() -> None:
    assert only(event(item(), hours()), book()).work == (item(), hours())
