"""Approvers: the chain in its order, each link another person, nobody above a limit or away."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.approvers import (
    check_approver,
    check_second_person,
    objection_to_mail,
    stands_in_for,
    steps_for,
    who_may,
)
from invoicing.domain.errors import RefusedError
from invoicing.domain.money import Money
from invoicing.domain.periods import Period
from invoicing.domain.review import SYSTEM, Approver, ReviewPolicy, ReviewReason, ReviewStep
from tests.domain.builders import DAY, POLICY, eur

WEEK = Period(date(2026, 11, 1), date(2026, 11, 7))
MANAGER = ReviewStep("project manager", ("pm",))
LEAD = ReviewStep("finance lead", ("finance", "lead"), frozenset({"amount", "discount"}))
CHAIN = ReviewPolicy(
    {"EUR": eur("5000.00")},
    {
        "pm": Approver("pm", delegate="lead"),
        "finance": Approver("finance", {"EUR": eur("10000.00")}),
        "lead": Approver("lead", delegate="cfo"),
        "cfo": Approver("cfo"),
    },
    (MANAGER, LEAD),
)


def away(*logins: str, policy: ReviewPolicy = CHAIN) -> ReviewPolicy:
    changed = {login: replace(policy.approvers[login], away=(WEEK,)) for login in logins}
    return replace(policy, approvers={**policy.approvers, **changed})


def test_nobody_who_made_an_earlier_version_may_answer() -> None:
    among = {"gross": eur("1.00"), "author": "cfo", "earlier": (), "policy": CHAIN, "today": DAY}
    assert who_may(LEAD, **among, authors=("lead",)) == ("finance",)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="lead made this draft"):
        check_approver("lead", LEAD, **among, authors=("lead",))  # type: ignore[arg-type]


def reasons(*codes: str) -> list[ReviewReason]:
    return [ReviewReason(code, code) for code in codes]


def may(
    step: ReviewStep,
    policy: ReviewPolicy = CHAIN,
    *,
    gross: Money | None = None,
    author: str = SYSTEM,
    earlier: tuple[str, ...] = (),
    today: date = DAY,
    overdue: bool = False,
) -> tuple[str, ...]:
    return who_may(
        step,
        gross=gross or eur("100.00"),
        author=author,
        earlier=earlier,
        policy=policy,
        today=today,
        overdue=overdue,
    )


@pytest.mark.parametrize(
    ("codes", "steps"),
    [
        ((), ()),
        (("first_invoice",), (MANAGER,)),
        (("amount",), (MANAGER, LEAD)),
        (("first_invoice", "discount"), (MANAGER, LEAD)),
    ],
)
def test_the_chain_asks_whom_the_reasons_are_for(
    codes: tuple[str, ...], steps: tuple[ReviewStep, ...]
) -> None:
    assert steps_for(reasons(*codes), CHAIN) == steps


def test_a_reason_that_no_step_is_about_is_asked_of_all_of_them() -> None:
    other = replace(MANAGER, reasons=frozenset({"category"}))
    gap = replace(CHAIN, chain=(other, LEAD))
    assert steps_for(reasons("amount"), gap) == (LEAD,)
    assert steps_for(reasons("tax_check"), gap) == (other, LEAD)
    assert steps_for(reasons("amount", "tax_check"), gap) == (other, LEAD)


@pytest.mark.parametrize(
    ("gross", "author", "earlier", "who"),
    [
        ("100.00 EUR", SYSTEM, (), ("finance", "lead")),
        ("10000.00 EUR", SYSTEM, (), ("finance", "lead")),
        ("10000.01 EUR", SYSTEM, (), ("lead",)),
        ("1.00 USD", SYSTEM, (), ("lead",)),
        ("100.00 EUR", "finance", (), ("lead",)),
        ("100.00 EUR", SYSTEM, ("lead",), ("finance",)),
        ("100.00 EUR", "finance", ("lead",), ()),
    ],
)
def test_limits_four_eyes_and_earlier_steps_leave_the_others(
    gross: str, author: str, earlier: tuple[str, ...], who: tuple[str, ...]
) -> None:
    assert may(LEAD, gross=Money.parse(gross), author=author, earlier=earlier) == who


def test_whoever_is_away_is_replaced_by_the_delegate() -> None:
    assert may(MANAGER, away("pm")) == ("lead",)
    assert may(MANAGER, away("pm", "lead")) == ("cfo",)
    assert may(MANAGER, away("pm", "lead", "cfo")) == ()
    assert may(LEAD, away("finance")) == ("lead",)
    assert may(LEAD, away("lead")) == ("finance", "cfo")


@pytest.mark.parametrize(
    ("today", "who"),
    [
        (date(2026, 10, 31), "pm"),
        (date(2026, 11, 1), "lead"),
        (date(2026, 11, 7), "lead"),
        (date(2026, 11, 8), "pm"),
    ],
)
def test_a_delegate_stands_in_on_the_days_away_both_ends_included(today: date, who: str) -> None:
    assert may(MANAGER, away("pm"), today=today) == (who,)


def test_a_delegate_who_approved_before_or_has_a_lower_limit_may_not() -> None:
    assert may(MANAGER, away("pm"), earlier=("lead",)) == ()
    poor = replace(CHAIN.approvers["lead"], limits={"EUR": eur("1.00")})
    assert may(MANAGER, away("pm", policy=replace(
        CHAIN, approvers={**CHAIN.approvers, "lead": poor}))) == ()  # fmt: skip


def test_an_answer_that_is_overdue_may_come_from_the_delegates_too() -> None:
    assert may(MANAGER, overdue=True) == ("pm", "lead", "cfo")
    assert may(LEAD, overdue=True) == ("finance", "lead", "cfo")


def test_delegates_in_a_circle_or_unknown_end_the_search() -> None:
    circle = replace(
        CHAIN,
        approvers={"pm": Approver("pm", delegate="lead"), "lead": Approver("lead", delegate="pm")},
    )
    assert may(MANAGER, away("pm", "lead", policy=circle)) == ()
    lonely = replace(CHAIN, approvers={"pm": Approver("pm", delegate="nobody")})
    assert may(MANAGER, away("pm", policy=lonely)) == ()
    assert may(ReviewStep("odd", ("nobody", "pm")), lonely) == ("pm",)


@pytest.mark.parametrize(
    ("login", "step", "name"),
    [
        ("pm", MANAGER, ""),
        ("lead", MANAGER, "pm"),
        ("cfo", MANAGER, "pm"),
        ("cfo", LEAD, "lead"),
        ("finance", MANAGER, ""),
    ],
)
def test_the_trail_names_both(login: str, step: ReviewStep, name: str) -> None:
    assert stands_in_for(login, step, CHAIN) == name


def check(
    login: str,
    step: ReviewStep = LEAD,
    policy: ReviewPolicy = CHAIN,
    *,
    gross: str = "100.00 EUR",
    author: str = SYSTEM,
    earlier: tuple[str, ...] = (),
    overdue: bool = False,
) -> None:
    check_approver(
        login,
        step,
        gross=Money.parse(gross),
        author=author,
        earlier=earlier,
        policy=policy,
        today=DAY,
        overdue=overdue,
    )


def test_who_is_asked_may_answer() -> None:
    check("finance")
    check("lead", author="finance")
    check("lead", MANAGER, away("pm"))
    check("cfo", MANAGER, overdue=True)


@pytest.mark.parametrize(
    ("login", "step", "words"),
    [
        ("", LEAD, "a time-out approves nothing"),
        ("viewer", LEAD, "viewer is not among the approvers in config/review.yaml"),
        ("Finance", LEAD, "not among the approvers"),
        ("finance ", LEAD, "not among the approvers"),
        (SYSTEM, LEAD, "not among the approvers"),
        ("pm", LEAD, "step finance lead asks finance, lead"),
        ("finance", MANAGER, "step project manager asks pm"),
    ],
)
def test_nobody_else_may_answer(login: str, step: ReviewStep, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        check(login, step)


def test_the_author_may_not_answer() -> None:
    with pytest.raises(RefusedError, match="finance made this draft and may not decide about it"):
        check("finance", author="finance")


def test_each_step_needs_another_person() -> None:
    with pytest.raises(RefusedError, match="lead approved an earlier step"):
        check("lead", earlier=("lead",))


def test_a_limit_is_a_limit() -> None:
    with pytest.raises(RefusedError, match=r"10000.01 EUR is over the limit of finance, 10000.00"):
        check("finance", gross="10000.01 EUR")
    with pytest.raises(RefusedError, match="finance has no limit for USD"):
        check("finance", gross="1.00 USD")


def test_somebody_away_is_told_who_is_asked() -> None:
    with pytest.raises(RefusedError, match="pm is away on 2026-11-02; step project manager asks"):
        check("pm", MANAGER, away("pm"))
    with pytest.raises(RefusedError, match="asks nobody who is there"):
        check("pm", MANAGER, away("pm", "lead", "cfo"))


def test_the_system_never_approves_its_own_drafts_even_if_somebody_lists_it() -> None:
    listed = replace(POLICY, approvers={SYSTEM: Approver(SYSTEM)})
    with pytest.raises(RefusedError, match="made this draft"):
        check(SYSTEM, ReviewStep("all", (SYSTEM,)), listed)


LOGINS = st.sampled_from(["pm", "finance", "lead", "cfo", "viewer", ""])


@given(LOGINS, LOGINS, st.sets(LOGINS), st.sampled_from([MANAGER, LEAD]), st.booleans())
def test_an_answer_is_taken_from_those_who_are_asked_and_from_nobody_else(
    login: str, author: str, earlier: set[str], step: ReviewStep, overdue: bool
) -> None:
    policy = away("pm") if "cfo" in earlier else CHAIN
    before = tuple(sorted(earlier))
    asked = may(step, policy, author=author, earlier=before, overdue=overdue)
    try:
        check(login, step, policy, author=author, earlier=before, overdue=overdue)
    except RefusedError:
        assert login not in asked
    else:
        assert login in asked


@pytest.mark.parametrize(
    ("login", "amount", "why"),
    [
        ("mallory", "1.00", "mallory is not among the approvers"),
        ("", "1.00", "nobody is not among the approvers"),
        ("cfo", "1.00", "cfo asked for this; another approver has to"),
        ("lead", "1.00", "lead is away on 2026-11-02"),
        ("finance", "10000.01", "over the limit of finance"),
    ],
)
def test_what_is_issued_is_changed_by_a_second_person_only(
    login: str, amount: str, why: str
) -> None:
    with pytest.raises(RefusedError, match=why):
        check_second_person(
            login, asked_by="cfo", amount=eur(amount), policy=away("lead"), today=DAY
        )


def test_a_second_person_within_the_limit_may_change_what_is_issued() -> None:
    among = {"asked_by": "somebody", "policy": CHAIN, "today": DAY}
    check_second_person("finance", amount=eur("10000.00"), **among)  # type: ignore[arg-type]
    check_second_person("lead", amount=eur("99999.00"), **among)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="finance has no limit for USD"):
        check_second_person("finance", amount=Money.parse("1.00 USD"), **among)  # type: ignore[arg-type]


def test_one_person_under_two_spellings_is_one_person() -> None:
    among = {"amount": eur("1.00"), "policy": CHAIN, "today": DAY}
    with pytest.raises(RefusedError, match="lead asked for this"):
        check_second_person("lead", asked_by=" Lead", **among)  # type: ignore[arg-type]
    assert may(LEAD, CHAIN, author="Finance") == ("lead",)
    assert may(LEAD, CHAIN, earlier=("LEAD",)) == ("finance",)


@pytest.mark.parametrize(
    ("email", "limits", "amount", "objection"),
    [
        ("lea@lead.example", ("500.00 EUR",), "500.00 EUR", ""),
        ("lea@lead.example", ("500.00 EUR",), "500.01 EUR", "over the mail limit"),
        ("lea@lead.example", ("500.00 EUR",), "1.00 USD", "no mail limit for USD"),
        ("lea@lead.example", (), "1.00 EUR", "no mail limit for EUR"),
        ("", ("500.00 EUR",), "1.00 EUR", "no email"),
    ],
)
def test_who_answers_by_mail_needs_an_address_and_a_limit(
    email: str, limits: tuple[str, ...], amount: str, objection: str
) -> None:
    by_currency = {money.currency: money for money in map(Money.parse, limits)}
    told = objection_to_mail(
        Approver("lea", email=email, mail_limits=by_currency), Money.parse(amount)
    )

    assert (objection in told) if objection else told == ""
