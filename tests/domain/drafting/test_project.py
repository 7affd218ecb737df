"""Tests of `drafting/project.py` and `worth.py`: milestones, steps, change orders."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.domain.agreements import DepositTerms, Milestone, Project
from invoicing.domain.drafting.worth import deposit_worth, milestone_worth, step_worth
from invoicing.domain.errors import MoneyError
from invoicing.domain.events import EventKind
from invoicing.domain.work import RecordRef
from tests.domain.builders import PROJECT, STEPS, agreement, eur, hours, item, outlay
from tests.domain.drafting.made import after, held, made, owed, rows

PORTAL = agreement(PROJECT, "portal")
MIGRATION = agreement(STEPS, "migration")


def percents(*shares: str) -> tuple[Milestone, ...]:
    """Return milestones by percentage, called a, b, c ..."""
    return tuple(
        Milestone(key, key.upper(), percent=Decimal(share))
        for key, share in zip("abc", shares, strict=False)
    )


def test_a_milestone_is_worth_its_percentage() -> None:
    draft = made(PORTAL, owed(PORTAL, "build", kind=EventKind.MILESTONE_DONE))
    assert rows(draft) == ["1 item x 24000.00 = 24000.00"]
    (line,) = draft.lines
    assert line.description == "Projects: Build"
    assert line.explanation == (
        "50 % of 48000.00 EUR = 24000.00 EUR, rounded half away from zero; psa record portal:build;"
        " rule the-rule"
    )


def test_a_milestone_may_have_a_value_of_its_own() -> None:
    project = replace(PROJECT, milestones=(Milestone("go", "Go live", eur("1000.00")),))
    draft = made(agreement(project, "portal"), owed(PORTAL, "go"))
    assert rows(draft) == ["1 item x 1000.00 = 1000.00"]
    assert "milestone go of 48000.00 EUR" in draft.lines[0].explanation


def test_the_last_percentage_takes_the_rest() -> None:
    project = Project(eur("9999.99"), percents("33.33", "33.33", "33.34"))
    worths = [milestone_worth(project, key) for key in "abc"]
    assert [str(worth) for worth in worths] == ["3333.00 EUR", "3333.00 EUR", "3333.99 EUR"]


def test_values_and_percentages_make_up_the_whole_together() -> None:
    fixed = Milestone("fixed", "Fixed", eur("5000.00"))
    shares = percents("25", "24.99995", "0.00005")
    project = Project(eur("10000.00"), (*shares, fixed))
    worths = [milestone_worth(project, one.key) for one in project.milestones]
    assert [str(worth) for worth in worths] == [
        "2500.00 EUR", "2500.00 EUR", "0.00 EUR", "5000.00 EUR",
    ]  # fmt: skip


def test_milestones_that_do_not_make_up_the_whole_take_no_rest() -> None:
    project = Project(eur("100.00"), percents("10", "20"))
    assert milestone_worth(project, "b") == eur("20.00")


def test_a_milestone_without_a_price_makes_no_sense() -> None:
    project = Project(eur("100.00"), (Milestone("a", "A"),))
    with pytest.raises(MoneyError, match="neither a value nor a percentage"):
        milestone_worth(project, "a")


def test_work_of_a_milestone_is_on_record_and_its_outlays_are_lines() -> None:
    work = (item(), hours("5"), outlay("50.00"))
    draft = made(PORTAL, owed(PORTAL, "concept", *work))
    assert rows(draft) == ["1 item x 9600.00 = 9600.00", "1 item x 50.00 = 50.00"]
    assert draft.lines[0].records == (
        RecordRef("psa", "portal:concept"), RecordRef("crm", "L-1"), RecordRef("psa", "T-1"),
    )  # fmt: skip


def test_a_milestone_that_left_the_agreement_is_held() -> None:
    hold = held(PORTAL, owed(PORTAL, "gone"))
    assert hold.code == "not_computable"
    assert "no milestone and no step 'gone'" in hold.reason
    assert held(MIGRATION, owed(MIGRATION, "step:half")).code == "not_computable"
    assert held(MIGRATION, owed(MIGRATION, "step:30")).code == "not_computable"


def test_steps_bill_what_the_former_ones_left() -> None:
    draft = made(MIGRATION, owed(MIGRATION, "step:50"), owed(MIGRATION, "step:75"))
    assert rows(draft) == ["1 item x 2500.00 = 2500.00", "1 item x 2500.00 = 2500.00"]
    assert draft.lines[0].description == "Projects: 50 % done"
    assert "50 % of 10000.00 EUR is done, less what the former steps billed" in (
        draft.lines[0].explanation
    )


def test_odd_steps_add_up_to_the_whole() -> None:
    project = Project(eur("100.01"), steps=(Decimal("33.3"), Decimal("66.6")))
    worths = [step_worth(project, Decimal(step)) for step in ("33.3", "66.6", "100")]
    assert [str(worth) for worth in worths] == ["33.30 EUR", "33.31 EUR", "33.40 EUR"]


def test_without_steps_and_milestones_all_is_due_at_the_end() -> None:
    whole = agreement(Project(eur("100.00")), "whole")
    assert rows(made(whole, owed(whole, "step:100"))) == ["1 item x 100.00 = 100.00"]
    assert step_worth(PROJECT, Decimal(100)) is None


@pytest.mark.parametrize("kind", [EventKind.CHANGE_APPROVED, EventKind.ONE_OFF_REQUESTED])
def test_changes_and_requests_bring_their_own_lines(kind: EventKind) -> None:
    draft = made(PORTAL, owed(PORTAL, "change:C-1", item("2", "90.00"), kind=kind))
    assert rows(draft) == ["2 h x 90.00 = 180.00"]
    hold = held(PORTAL, owed(PORTAL, "change:C-1", hours(), kind=kind))
    assert hold.code == "rate_unknown"


def test_a_deposit_is_an_amount_a_share_or_what_the_terms_say() -> None:
    assert deposit_worth(PROJECT) == eur("9600.00")
    assert deposit_worth(PROJECT, share=Decimal(10)) == eur("4800.00")
    assert deposit_worth(PROJECT, fixed=eur("77.00")) == eur("77.00")
    by_amount = replace(PROJECT, deposit=DepositTerms(amount=eur("500.00")))
    assert deposit_worth(by_amount) == eur("500.00")
    with pytest.raises(MoneyError, match="no terms for a deposit"):
        deposit_worth(replace(PROJECT, deposit=None))


def test_steps_that_are_edited_while_a_project_runs_bill_no_more_than_its_total() -> None:
    before = agreement(replace(STEPS, steps=(Decimal(50), Decimal(100))), "migration")
    half = made(before, owed(before, "step:50"))
    hold = held(MIGRATION, owed(MIGRATION, "step:25"), standing=after(half))
    assert (hold.code, "billed already, with a higher step" in hold.reason) == ("over_total", True)
    crossing = replace(STEPS, steps=(Decimal(30), Decimal(60), Decimal(100)))
    edited = agreement(crossing, "migration")
    sixty = made(edited, owed(edited, "step:60"), standing=after(half))
    assert rows(sixty) == ["1 item x 1000.00 = 1000.00"]
    inside = replace(STEPS, steps=(Decimal(80), Decimal(100)))
    last = made(
        agreement(inside, "migration"), owed(edited, "step:100"), standing=after(half, sixty)
    )
    assert rows(last) == ["1 item x 2000.00 = 2000.00"]  # 80 % is still open
    wide = agreement(replace(STEPS, steps=(Decimal(20), Decimal(70), Decimal(100))), "migration")
    from_twenty = made(wide, owed(wide, "step:70"))
    late = made(MIGRATION, owed(MIGRATION, "step:25"), standing=after(from_twenty))
    assert rows(late) == ["1 item x 2000.00 = 2000.00"]
    assert "former steps billed (500.00 EUR of it by later ones)" in late.lines[0].explanation
    change = owed(MIGRATION, "change:C-1", item(), kind=EventKind.CHANGE_APPROVED)
    changed = made(MIGRATION, change)
    deposit = made(
        MIGRATION, replace(owed(MIGRATION, "deposit"), is_deposit=True, share=Decimal(5))
    )
    first = made(MIGRATION, owed(MIGRATION, "step:25"), standing=after(changed, deposit))
    assert rows(first) == ["1 item x 2500.00 = 2500.00"]


def test_a_step_is_priced_from_the_highest_one_that_is_owed() -> None:
    short = agreement(Project(eur("100.00")), "short")
    end = made(short, owed(short, "step:100"), standing=after(owed=("step:75", "step:100", "x")))
    assert rows(end) == ["1 item x 25.00 = 25.00"]


def test_milestones_that_are_raised_while_a_project_runs_are_held_above_its_total() -> None:
    concept = made(PORTAL, owed(PORTAL, "concept"))
    milestones = tuple(
        Milestone(key, key, percent=Decimal(share))
        for key, share in (("concept", 10), ("build", 50), ("rollout", 40))
    )
    raised = agreement(replace(PROJECT, milestones=milestones), "portal")
    change = owed(raised, "change:C-1", item("9", "90.00"), kind=EventKind.CHANGE_APPROVED)
    build = made(raised, owed(raised, "build", outlay("99.00")), standing=after(concept))
    billed = after(concept, build, made(raised, change))
    hold = held(raised, owed(raised, "rollout"), standing=billed)
    assert hold.code == "over_total"
    assert "33600.00 EUR of portal are billed already, so with 19200.00 EUR more" in hold.reason


def test_the_last_percentage_says_that_it_takes_the_rest() -> None:
    draft = made(PORTAL, owed(PORTAL, "rollout"))
    assert "30 % of 48000.00 EUR, the last part takes the rest = 14400.00 EUR" in (
        draft.lines[0].explanation
    )
