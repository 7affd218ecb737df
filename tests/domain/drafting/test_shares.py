"""Tests of `drafting/shares.py`: deposits and other parts of a whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import DepositTerms
from invoicing.domain.discounts import Discount
from invoicing.domain.obligations import Obligation
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable
from tests.domain.builders import BLOCK, PROJECT, PROJECTS, agreement, eur, item
from tests.domain.drafting.made import figures, held, made, owed, rows

WORK = item("1", "1000.00"), item("1", "500.00", record_id="L-2", tax_category="reduced")
PORTAL = agreement(PROJECT, "portal")


def part(share: str = "", fixed: str = "") -> Obligation:
    """Return a deposit on a deal of 1000.00 at one rate and 500.00 at another."""
    return replace(
        owed(PROJECTS, "D-7:deposit", *WORK),
        is_deposit=True,
        share=Decimal(share) if share else None,
        fixed=eur(fixed) if fixed else None,
    )


def test_a_share_has_a_line_for_each_tax_rate() -> None:
    draft = made(PROJECTS, part("30"))
    assert rows(draft) == ["1 item x 300.00 = 300.00", "1 item x 150.00 = 150.00"]
    assert [line.description for line in draft.lines] == [
        "Deposit, Title of D-7:deposit: 30 % of 1000.00 EUR (VAT 19 %)",
        "Deposit, Title of D-7:deposit: 30 % of 500.00 EUR (VAT 7 %)",
    ]
    assert figures(draft, "net", "tax", "gross") == ["450.00", "67.50", "517.50"]
    assert draft.is_deposit
    assert "a part 30 % of 1000.00 EUR, which 2 records come to = 300.00 EUR" in (
        draft.lines[0].explanation
    )
    # The work itself stays unbilled: the invoice that settles the deposit bills it.
    assert {ref.record_id for ref in draft.records} == {"nordwind-projects:D-7:deposit"}


def test_a_fixed_amount_is_shared_out_to_the_tax_rates() -> None:
    assert rows(made(PROJECTS, part(fixed="100.00"))) == [
        "1 item x 66.67 = 66.67",
        "1 item x 33.33 = 33.33",
    ]


def test_discounts_are_taken_off_the_whole_before() -> None:
    discounted = replace(part("30"), discounts=(Discount("Volume", percent=Decimal(10)),))
    draft = made(PROJECTS, discounted)
    assert rows(draft) == ["1 item x 270.00 = 270.00", "1 item x 135.00 = 135.00"]
    assert (draft.discounts, figures(draft, "discount")) == ((), ["0.00"])


def test_a_share_that_is_no_deposit_says_so() -> None:
    draft = made(PROJECTS, replace(part("30"), is_deposit=False, work=WORK[:1]))
    assert draft.lines[0].description == "Title of D-7:deposit: 30 % of 1000.00 EUR"
    assert not draft.is_deposit


def test_prices_with_tax_inside_are_shared_with_it() -> None:
    inclusive = replace(PROJECTS, prices_include_tax=True)
    draft = made(inclusive, part("30"))
    assert rows(draft) == ["1 item x 300.00 = 300.00", "1 item x 150.00 = 150.00"]
    assert figures(draft, "gross") == ["450.00"]


def test_a_deposit_without_a_measure_is_held() -> None:
    hold = held(PROJECTS, part())
    assert (hold.code, "nothing says how much" in hold.reason) == ("not_computable", True)


def test_another_currency_is_held() -> None:
    dollars = replace(part(fixed="1.00"), fixed=replace(eur("1.00"), currency="USD"))
    assert held(PROJECTS, dollars).code == "currency_differs"


def test_a_project_knows_its_own_deposit() -> None:
    deposit = replace(owed(PORTAL, "D-7:deposit"), is_deposit=True, title="")
    draft = made(PORTAL, deposit)
    assert rows(draft) == ["1 item x 9600.00 = 9600.00"]
    assert draft.lines[0].description == "Deposit, Projects: 20 % of 48000.00 EUR"
    by_rule = made(PORTAL, replace(deposit, share=Decimal(10)))
    assert rows(by_rule) == ["1 item x 4800.00 = 4800.00"]
    assert "10 % of 48000.00 EUR" in by_rule.lines[0].description
    fixed = made(PORTAL, replace(deposit, fixed=eur("77.00")))
    assert fixed.lines[0].description == "Deposit, Projects: of 48000.00 EUR"
    terms = replace(PROJECT, deposit=DepositTerms(amount=eur("500.00")))
    assert rows(made(agreement(terms, "portal"), deposit)) == ["1 item x 500.00 = 500.00"]
    without = agreement(replace(PROJECT, deposit=None), "portal")
    assert "no terms for a deposit" in held(without, deposit).reason


def test_a_deposit_on_nothing_is_held() -> None:
    block = agreement(BLOCK, "support")
    hold = held(block, replace(owed(block, "D-7:deposit"), is_deposit=True, fixed=eur("5.00")))
    assert hold.code == "not_computable"


def test_a_share_of_lines_that_are_taxed_in_part_is_taxed_in_part() -> None:
    rates = TaxRate("standard", "S", Decimal(10), "Sales tax", taxable_percent=Decimal(80))
    full = TaxRate("reduced", "S", Decimal(10), "Sales tax")
    taxes = TaxTable(tuple(TaxRule("DE", rate, date(2020, 1, 1)) for rate in (rates, full)))
    deposit = made(PROJECTS, part("30"), taxes=taxes)
    assert rows(deposit) == ["1 item x 300.00 = 300.00", "1 item x 150.00 = 150.00"]
    assert figures(deposit, "net", "tax") == ["450.00", "39.00"]
    whole = made(PROJECTS, replace(part(), is_deposit=False, share=Decimal(100)), taxes=taxes)
    assert figures(whole, "net", "tax") == ["1500.00", "130.00"]


def test_a_deposit_keeps_the_discounts_of_its_whole_for_the_reviewer() -> None:
    half = Discount("Launch", percent=Decimal(90))
    work = replace(item("1", "1000.00"), discount_percent=Decimal(15))
    asked = replace(owed(PROJECTS, "D-7:deposit", work, item("1", "1.00", record_id="L-2")))
    draft = made(PROJECTS, replace(asked, is_deposit=True, share=Decimal(50), discounts=(half,)))
    assert (draft.discounts, figures(draft, "discount")) == ((), ["0.00"])
    on_line, on_all = draft.whole_discounts
    assert (on_line.discount.percent, on_line.amount) == (Decimal(15), eur("150.00"))
    assert (on_all.discount, on_all.amount) == (half, eur("765.90"))
    assert on_all.explanation.endswith("Launch, not granted yet")
