"""Tests of `drafting/deposits.py`: the tax of all invoices is the tax on the whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import (
    Agreement,
    DepositStyle,
    DepositTerms,
    Milestone,
    Project,
)
from invoicing.domain.draft import DepositDeduction, Draft, Standing, deposit_ref
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money
from invoicing.domain.states import DraftState
from invoicing.domain.tax import TaxPart, TaxRate, TaxRule, TaxTable
from tests.domain.builders import (
    BLOCK,
    NORDWIND,
    PROJECT,
    PROJECTS,
    STEPS,
    agreement,
    by_key,
    eur,
    item,
    rule,
)
from tests.domain.drafting.made import after, due, figures, held, made, owed, rows

FULL, REMAINDER = DepositStyle.FULL, DepositStyle.REMAINDER


def project(total: str, style: DepositStyle, terms: DepositTerms | None = None) -> Agreement:
    """Return a project of one milestone with a deposit of 30 %."""
    terms = terms or DepositTerms(percent=Decimal(30))
    milestones = (Milestone("all", "All of it", percent=Decimal(100)),)
    return agreement(Project(eur(total), milestones, deposit=replace(terms, style=style)), "portal")


def deposit_of(agreement: Agreement, **more: Any) -> Draft:
    """Return the invoice for the deposit of a project."""
    signed = owed(agreement, "D-7:deposit", on=date(2026, 3, 2), kind=EventKind.DOCUMENT_SIGNED)
    return made(agreement, replace(signed, is_deposit=True), **more)


@pytest.mark.parametrize("style", [FULL, REMAINDER])
def test_the_last_invoice_takes_the_deposit_off_with_its_tax(style: DepositStyle) -> None:
    whole = project("12345.67", style)
    deposit = deposit_of(whole)
    assert figures(deposit, "net", "tax", "gross") == ["3703.70", "703.70", "4407.40"]
    last = made(whole, owed(whole, "all"), standing=after(deposit))
    assert figures(last, "due") == ["10283.95"]
    if style is FULL:
        assert figures(last, "net", "tax", "gross", "paid") == [
            "12345.67", "2345.68", "14691.35", "4407.40",
        ]  # fmt: skip
        assert last.deposits == (
            DepositDeduction(
                deposit.id, "Title of D-7:deposit", eur("3703.70"), eur("703.70"), eur("4407.40")
            ),
        )
    else:
        assert rows(last)[1] == "-1 item x 3703.70 = -3703.70"
        assert figures(last, "sum", "net", "tax", "gross", "paid") == [
            "8641.97", "8641.97", "1641.98", "10283.95", "0.00",
        ]  # fmt: skip
        assert last.deposits == ()
        assert last.lines[1].settles_deposit
        assert "less 703.70 EUR charged with the deposit" in last.taxes[0].explanation
    assert deposit_ref(deposit.id) in last.records


@pytest.mark.parametrize("style", [FULL, REMAINDER])
def test_after_a_change_of_rate_the_deposit_counts_as_it_was_charged(style: DepositStyle) -> None:
    old = TaxRate("standard", "S", Decimal(22), "VAT 22 %")
    new = TaxRate("standard", "S", Decimal(24), "VAT 24 %")
    taxes = TaxTable(
        (
            TaxRule("DE", old, date(2020, 1, 1), date(2026, 6, 30)),
            TaxRule("DE", new, date(2026, 7, 1)),
        )
    )
    whole = project("10000.00", style, DepositTerms(amount=eur("5000.00")))
    deposit = deposit_of(whole, taxes=taxes)
    assert figures(deposit, "tax", "gross") == ["1100.00", "6100.00"]
    last = made(whole, owed(whole, "all"), standing=after(deposit), taxes=taxes)
    assert figures(last, "due") == ["6300.00"]
    if style is FULL:
        assert figures(last, "tax", "gross", "paid") == ["2400.00", "12400.00", "6100.00"]
    else:
        assert figures(last, "net", "tax") == ["5000.00", "1300.00"]
        assert [str(group.tax) for group in last.taxes] == ["2400.00 EUR", "-1100.00 EUR"]
        assert last.taxes[1].explanation.startswith("tax on the whole 0.00 EUR, less 1100.00 EUR")


@given(
    st.integers(1000, 10**9),
    st.integers(10, 9000),
    st.sampled_from([FULL, REMAINDER]),
    st.booleans(),
)
def test_the_taxes_of_all_invoices_are_the_tax_on_the_whole(
    cents: int, share: int, style: DepositStyle, inclusive: bool
) -> None:
    total, percent = Money.of_minor(cents, "EUR"), Decimal(share).scaleb(-2)
    terms = DepositTerms(percent=percent)
    whole = project(str(total.amount), style, terms)
    whole = replace(whole, prices_include_tax=inclusive)
    alone = made(whole, owed(whole, "all"))
    asked = replace(owed(whole, "D:deposit"), is_deposit=True)
    deposit = made(whole, asked)
    last = made(whole, owed(whole, "all"), standing=after(deposit))
    billed = last.totals.net + deposit.totals.net if style is REMAINDER else last.totals.net
    taxed = last.totals.tax + deposit.totals.tax if style is REMAINDER else last.totals.tax
    assert (billed, taxed) == (alone.totals.net, alone.totals.tax)
    assert last.totals.due + deposit.totals.due == alone.totals.due
    assert last.totals.net + last.totals.tax == last.totals.gross


def test_the_shares_of_authorities_follow_what_is_left() -> None:
    parts = TaxPart("State", Decimal(6)), TaxPart("City", Decimal(2))
    combined = TaxRate("standard", "S", Decimal(8), "Sales tax", parts=parts)
    taxes = TaxTable((TaxRule("DE", combined, date(2020, 1, 1)),))
    whole = project("100.00", REMAINDER)
    last = made(
        whole, owed(whole, "all"), standing=after(deposit_of(whole, taxes=taxes)), taxes=taxes
    )
    assert [(name, str(share)) for name, share in last.taxes[0].shares] == [
        ("State", "4.20 EUR"), ("City", "1.40 EUR"),
    ]  # fmt: skip


def test_a_deposit_waits_for_the_last_milestone_and_is_settled_once() -> None:
    portal = agreement(PROJECT, "portal")
    deposit = deposit_of(portal)
    concept = made(portal, owed(portal, "concept"), standing=after(deposit))
    build = made(portal, owed(portal, "build"), standing=after(deposit, concept))
    rollout = made(portal, owed(portal, "rollout"), standing=after(deposit, concept, build))
    assert [figures(one, "paid")[0] for one in (concept, build, rollout)] == [
        "0.00", "0.00", "11424.00",
    ]  # fmt: skip
    change = owed(portal, "change:C-1", item(), kind=EventKind.CHANGE_APPROVED)
    everything = after(deposit, concept, build, rollout)
    assert figures(made(portal, change, standing=everything), "paid") == ["0.00"]
    again = made(portal, owed(portal, "rollout"), standing=everything)
    assert again == rollout  # a draft that is computed anew does not see itself


def test_a_void_milestone_is_over_though_it_was_not_billed() -> None:
    portal = agreement(PROJECT, "portal")
    deposit = deposit_of(portal)
    build = made(portal, owed(portal, "build"), standing=after(deposit))
    standing = after(deposit, build)
    assert figures(made(portal, owed(portal, "rollout"), standing=standing), "paid") == ["0.00"]
    over = replace(standing, void=frozenset({"concept"}))
    last = made(portal, owed(portal, "rollout"), standing=over)
    assert figures(last, "paid") == ["11424.00"]


def test_the_last_step_settles_the_deposit_too() -> None:
    terms = DepositTerms(percent=Decimal(10))
    steps = agreement(replace(STEPS, deposit=terms), "steps")
    deposit = deposit_of(steps)
    half = made(steps, owed(steps, "step:50"), standing=after(deposit))
    end = made(
        steps, owed(steps, "step:75"), owed(steps, "step:100"), standing=after(deposit, half)
    )
    assert (figures(half, "paid"), figures(end, "paid")) == (["0.00"], ["1190.00"])


@pytest.mark.parametrize("state", [DraftState.DRAFT, DraftState.APPROVED, DraftState.HELD])
def test_a_deposit_that_is_not_issued_holds_the_last_invoice(state: DraftState) -> None:
    whole = project("100.00", FULL)
    deposit = deposit_of(whole)
    hold = held(whole, owed(whole, "all"), standing=after(deposit, state=state))
    assert hold.code == "deposit_not_issued"
    assert f"({deposit.id}) is {state}: this invoice settles the deposit" in hold.reason


def test_a_deposit_that_was_credited_in_part_holds_the_last_invoice() -> None:
    whole = project("100.00", FULL)
    deposit = deposit_of(whole)
    standing = replace(after(deposit), credited=frozenset({deposit.id}))
    hold = held(whole, owed(whole, "all"), standing=standing)
    assert (hold.code, "correct or void it first" in hold.reason) == ("deposit_credited", True)


@pytest.mark.parametrize("unit", ["deposit", "D-7:deposit"])
def test_a_deposit_that_is_owed_but_not_drafted_holds_it_as_well(unit: str) -> None:
    whole = project("100.00", FULL)
    hold = held(whole, owed(whole, "all"), standing=after(owed=(unit, "all", "change:C-1")))
    assert hold.code == "deposit_not_issued"
    assert f"{unit} is owed, but has no draft" in hold.reason


def test_a_share_of_any_name_holds_the_last_invoice_while_it_has_no_draft() -> None:
    whole = project("100.00", FULL)
    upfront = replace(rule(name="ahead", part="upfront"), percent=Decimal(30))
    standing = after(owed=("D-7:upfront", "all"))
    hold = held(whole, owed(whole, "all"), standing=standing, rules=(upfront,))
    assert (hold.code, "D-7:upfront is owed" in hold.reason) == ("deposit_not_issued", True)
    # The rule left the book: the ledger knows what is a deposit.
    assert made(whole, owed(whole, "all"), standing=standing).deposits == ()
    known = replace(standing, deposits_owed=frozenset({"D-7:upfront"}))
    assert held(whole, owed(whole, "all"), standing=known).code == "deposit_not_issued"
    only = Standing(deposits_owed=frozenset({"D-7:upfront"}))
    assert held(whole, owed(whole, "all"), standing=only).code == "deposit_not_issued"


def test_a_deposit_above_the_last_invoice_is_held() -> None:
    much = replace(PROJECT, deposit=DepositTerms(percent=Decimal(60)))
    portal = agreement(much, "portal")
    deposit = deposit_of(portal)
    standing = after(
        deposit, made(portal, owed(portal, "concept")), made(portal, owed(portal, "build"))
    )
    hold = held(portal, owed(portal, "rollout"), standing=standing)
    assert hold.code == "nothing_due"
    assert hold.reason == (
        "34272.00 EUR were paid ahead, more than the 17136.00 EUR of the invoice"
    )


@pytest.mark.parametrize("style", [FULL, REMAINDER])
def test_tax_is_withheld_from_what_is_left_and_cash_rounded_once(style: DepositStyle) -> None:
    withholding = replace(NORDWIND, withholding_percent=Decimal(15), cash_rounding=eur("0.05"))
    whole = project("1000.01", style)
    more = {"clients": by_key(withholding)}
    deposit = deposit_of(whole, **more)
    assert figures(deposit, "net", "withheld") == ["300.00", "45.00"]
    last = made(whole, owed(whole, "all"), standing=after(deposit), **more)
    # 1190.01 - 357.00 - 105.00 (15 % of 700.01) = 728.01
    assert figures(last, "withheld", "rounding", "due") == ["105.00", "-0.01", "728.00"]


DEPOSITS = rule(name="the-rule", part="rest")


def test_the_invoice_for_a_deal_settles_the_deposit_of_that_deal_only() -> None:
    asked = [
        made(
            PROJECTS,
            replace(owed(PROJECTS, f"{deal}:deposit", item()), is_deposit=True, share=Decimal(30)),
        )
        for deal in ("D-7", "D-70")
    ]
    rest = owed(PROJECTS, "D-7:rest", item())
    draft = made(PROJECTS, rest, standing=after(*asked), rules=(DEPOSITS,))
    assert [one.invoice_id for one in draft.deposits] == [asked[0].id]
    assert figures(draft, "gross", "paid", "due") == ["1142.40", "342.72", "799.68"]
    other = owed(PROJECTS, "D-8:rest", item())
    assert made(PROJECTS, other, standing=after(*asked), rules=(DEPOSITS,)).deposits == ()


SIGNED = replace(rule(name="ahead", part="deposit"), percent=Decimal(30))
WON = rule(name="the-rule")


def deposit_on(deal: str, part: str = "deposit", by: str = "ahead") -> Draft:
    """Return the invoice for the deposit on a deal."""
    asked = replace(owed(PROJECTS, f"{deal}:{part}", item()), is_deposit=True, share=Decimal(30))
    return made(PROJECTS, replace(asked, rule=by))


def test_a_deal_whose_id_begins_like_another_one_does_not_take_its_deposit() -> None:
    standing = after(deposit_on("A:B"))
    rules = (SIGNED, WON)
    assert not made(PROJECTS, owed(PROJECTS, "A", item()), standing=standing, rules=rules).deposits
    other = owed(PROJECTS, "A:B", item())
    assert len(made(PROJECTS, other, standing=standing, rules=rules).deposits) == 1
    waiting = after(owed=("A:B:deposit", "A", "A:B"))
    made(PROJECTS, owed(PROJECTS, "A", item()), standing=waiting, rules=rules)
    assert held(PROJECTS, other, standing=waiting, rules=rules).code == "deposit_not_issued"


def test_a_share_without_a_name_is_a_deposit_of_its_deal() -> None:
    half = replace(rule(name="ahead"), percent=Decimal(50))
    standing = after(deposit_on("D-7", "50%"))
    deal = owed(PROJECTS, "D-7", item())
    assert len(made(PROJECTS, deal, standing=standing, rules=(half, WON)).deposits) == 1


def test_a_deposit_whose_rule_left_is_found_by_its_name_or_asked_about() -> None:
    deal = owed(PROJECTS, "D-7", item())
    named = made(PROJECTS, deal, standing=after(deposit_on("D-7")), rules=(WON,))
    assert len(named.deposits) == 1
    unnamed = after(deposit_on("D-7", "upfront"))
    hold = held(PROJECTS, deal, standing=unnamed, rules=(WON,))
    assert (hold.code, "rule 'ahead' left" in hold.reason) == ("not_computable", True)
    other = owed(PROJECTS, "D-8", item())
    assert made(PROJECTS, other, standing=unnamed, rules=(WON,)).deposits == ()
    standing = Standing(deposits_owed=frozenset({"D-7:upfront"}))
    assert held(PROJECTS, deal, standing=standing, rules=(WON,)).code == "deposit_not_issued"
    assert made(PROJECTS, other, standing=standing, rules=(WON,)).deposits == ()


def test_without_its_rule_nobody_knows_which_deposit_a_deal_settles() -> None:
    asked = replace(owed(PROJECTS, "D-7:deposit", item()), is_deposit=True, share=Decimal(30))
    deposit = made(PROJECTS, asked)
    rest = owed(PROJECTS, "D-7:rest", item())
    hold = held(PROJECTS, rest, standing=after(deposit))
    assert hold.code == "not_computable"
    assert "rule 'the-rule' left config/rules.yaml" in hold.reason
    before = made(PROJECTS, owed(PROJECTS, "D-1", item(record_id="L-9")))
    assert made(PROJECTS, rest, standing=after(before)).deposits == ()


def test_a_deposit_with_a_rebate_is_taken_off_without_a_negative_price() -> None:
    work = item("1", "1000.00"), item("-1", "100.00", record_id="L-2", tax_category="reduced")
    asked = replace(owed(PROJECTS, "D-7:deposit", *work), is_deposit=True, share=Decimal(30))
    deposit = made(PROJECTS, asked)
    assert rows(deposit) == ["1 item x 300.00 = 300.00", "-1 item x 30.00 = -30.00"]


def test_other_agreements_have_no_deposits_to_settle() -> None:
    block = agreement(BLOCK, "support")
    first = made(block, due(block, "block:1"))
    second = owed(block, "block:2", kind=EventKind.HOURS_LOGGED)
    assert made(block, second, standing=after(first)).deposits == ()
