"""Milestones, steps and completed projects: each part is billed once, and in the end all of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import Milestone, Project
from invoicing.domain.book import Book
from invoicing.domain.decide import Bill, Hold, Ignore, decide
from invoicing.domain.events import BillingEvent, Claim, EventKind
from invoicing.domain.obligations import Obligation, Owed
from invoicing.domain.rules import Model
from tests.domain.builders import (
    PROJECT,
    STEPS,
    agreement,
    book,
    decided,
    eur,
    event,
    owed_key,
    owing,
    rule,
)

KIND = EventKind
UNTITLED = replace(event(), title="")


def of(pricing: Project) -> Book:
    return book(agreements=(agreement(pricing),), rules=(rule(Model.MILESTONE),))


def done(key: str, *claims: Claim) -> BillingEvent:
    return replace(UNTITLED, kind=KIND.MILESTONE_DONE, subject=key, claims=claims)


def at(progress: str | None, kind: EventKind = KIND.PROJECT_PROGRESSED) -> BillingEvent:
    percent = None if progress is None else Decimal(progress)
    return replace(UNTITLED, kind=kind, subject="P-1", progress=percent)


COMPLETED = at(None, KIND.PROJECT_COMPLETED)


def units(bill: Bill) -> list[str]:
    return [one.key.unit for one in bill.obligations]


def test_a_milestone_is_billed_once_however_often_it_is_done() -> None:
    (first,) = decided(done("build"), of(PROJECT)).obligations
    assert (first.key, first.title, first.work) == (owed_key("build"), "Build", ())
    again = decide(replace(done("build"), event_id="again"), of(PROJECT), owing(first))
    assert isinstance(again, Ignore)
    assert again.owed == first.key


def test_a_milestone_that_nobody_agreed_on_is_held() -> None:
    decision = decide(done("design"), of(PROJECT), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "milestone_unknown"
    assert "has no milestone 'design'" in decision.reason


@pytest.mark.parametrize(
    ("key", "told", "agrees"),
    [("build", "24000.00", True), ("build", "23000.00", False), ("fixed", "500.00", True)],
)
def test_what_a_milestone_is_worth_must_be_what_was_agreed(
    key: str, told: str, agrees: bool
) -> None:
    project = replace(
        PROJECT,
        milestones=(*PROJECT.milestones, Milestone("fixed", "Extra", value=eur("500.00"))),
    )
    decision = decide(done(key, Claim("pm", "milestone value", eur(told))), of(project), Owed())
    assert isinstance(decision, Bill) is agrees
    if isinstance(decision, Hold):
        assert decision.code == "amounts_disagree"
        assert "config/agreements.yaml says 24000.00 EUR (milestone build)" in decision.reason


def test_a_milestone_worth_nothing_that_is_known_is_no_crash() -> None:
    project = replace(PROJECT, milestones=(Milestone("free", "Free"),))
    decision = decide(done("free"), of(project), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "amount_unusable"


def test_a_jump_bills_every_step_that_it_passed_once_each() -> None:
    first = decided(at("40"), of(STEPS))
    assert units(first) == ["step:25"]
    jump = decided(at("80"), of(STEPS), owing(*first.obligations))
    assert units(jump) == ["step:50", "step:75"]
    assert [one.title for one in jump.obligations] == [
        "50 % of the project",
        "75 % of the project",
    ]
    assert [one.bundle for one in jump.obligations] == ["", ""]


@pytest.mark.parametrize("progress", ["80", "75", "25", "79.99"])
def test_progress_that_passes_nothing_new_is_ignored(progress: str) -> None:
    owed = owing(*decided(at("80"), of(STEPS)).obligations)
    decision = decide(at(progress), of(STEPS), owed)
    assert isinstance(decision, Ignore)
    assert decision.owed is not None


@pytest.mark.parametrize(
    ("pricing", "progress", "reason"),
    [
        (STEPS, "24.99", "24.99 % done, and the first step is at 25 %"),
        (PROJECT, "50", "agreement nordwind-projects is billed by milestones, not by progress"),
        (replace(STEPS, steps=()), "99", "99 % done, and the first step is at 100 %"),
    ],
)
def test_progress_below_the_first_step_owes_nothing(
    pricing: Project, progress: str, reason: str
) -> None:
    assert decide(at(progress), of(pricing), Owed()) == Ignore(reason)


def test_progress_without_a_percentage_is_held() -> None:
    decision = decide(at(None), of(STEPS), Owed())
    assert isinstance(decision, Hold)
    assert decision.reason == "crm did not say how far P-1 is"


def test_a_fixed_price_without_parts_is_billed_at_the_end() -> None:
    whole = replace(STEPS, steps=())
    assert units(decided(at("100"), of(whole))) == ["step:100"]
    assert units(decided(COMPLETED, of(whole))) == ["step:100"]


def test_the_same_percentage_is_one_step_however_it_is_written() -> None:
    written = replace(STEPS, steps=(Decimal("25"), Decimal("50.0"), Decimal("1E+2")))
    assert units(decided(at("100"), of(written))) == ["step:25", "step:50", "step:100"]


@pytest.mark.parametrize("done_before", [[], ["concept"], ["rollout", "build"]])
def test_a_completed_project_bills_what_is_left_on_one_invoice(done_before: list[str]) -> None:
    before = [decided(done(key), of(PROJECT)).obligations[0] for key in done_before]
    bill = decided(COMPLETED, of(PROJECT), owing(*before))
    assert {*units(bill), *done_before} == {"concept", "build", "rollout"}
    assert {one.bundle for one in bill.obligations} == {"closing:P-1"}
    assert {one.subject for one in bill.obligations} == set(units(bill))
    everything = owing(*before, *bill.obligations)
    assert isinstance(decide(COMPLETED, of(PROJECT), everything), Ignore)


def test_a_completed_project_is_billed_to_the_end_whatever_its_last_step() -> None:
    short = replace(STEPS, steps=(Decimal(50),))
    assert units(decided(COMPLETED, of(short))) == ["step:50", "step:100"]


@pytest.mark.parametrize("what", [at("80"), COMPLETED])
def test_a_project_that_a_source_values_otherwise_is_held(what: BillingEvent) -> None:
    told = replace(what, claims=(Claim("pm", "budget", eur("1.00")),))
    decision = decide(told, of(STEPS), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "amounts_disagree"


@given(st.lists(st.integers(0, 100), max_size=8))
def test_whatever_the_order_of_reports_each_step_is_owed_once(reports: list[int]) -> None:
    found: list[Obligation] = []
    for progress in reports:
        decision = decide(at(str(progress)), of(STEPS), owing(*found))
        if isinstance(decision, Bill):
            found += decision.obligations
    steps = [one.key.unit for one in found]
    assert len(set(steps)) == len(steps)
    assert len(steps) == max(reports, default=0) // 25


@pytest.mark.parametrize(
    ("milestones", "said"),
    [
        (PROJECT.milestones[:2], "come to 33600.00 EUR, but its total is 48000.00 EUR"),
        ((*PROJECT.milestones, Milestone("more", "More", eur("1"))), "come to 48001.00 EUR"),
    ],
)
def test_milestones_that_are_not_the_whole_project_do_not_end_it(
    milestones: tuple[Milestone, ...], said: str
) -> None:
    decision = decide(COMPLETED, of(replace(PROJECT, milestones=milestones)), Owed())
    assert isinstance(decision, Hold)
    assert decision.code == "amounts_disagree"
    assert said in decision.reason
