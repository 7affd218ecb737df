"""Tests of `drafting/explain.py`: every figure of a draft has its words."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import DepositTerms, Milestone, Project
from invoicing.domain.discounts import Discount
from invoicing.domain.drafting.explain import Explanation, explain
from invoicing.domain.tax import ExchangeRate, TaxPart, TaxRate, TaxRule, TaxTable
from invoicing.domain.totals import Totals
from tests.domain.builders import HOURLY, NORDWIND, PROJECTS, agreement, by_key, eur, item
from tests.domain.drafting.made import after, made, owed


def test_every_figure_is_explained_in_the_order_of_the_invoice() -> None:
    deal = replace(
        owed(PROJECTS, "D-7", item(), item(record_id="L-2")),
        discounts=(Discount("Volume", percent=Decimal(10)),),
    )
    draft = made(PROJECTS, deal)
    explained = explain(draft)
    assert [one.name for one in explained] == [
        "line 1", "line 2", "discount 1", "tax VAT 19 %", "sum", "discount", "charges", "net",
        "tax", "gross", "paid", "withheld", "rounding", "due",
    ]  # fmt: skip
    assert {field.name for field in fields(Totals)} <= {one.name for one in explained}
    assert explained[0] == Explanation("line 1", "960.00 EUR", draft.lines[0].explanation)
    assert explained[2].text == draft.discounts[0].explanation
    assert explained[3].text == draft.taxes[0].explanation
    assert explained[-1].figure == "2056.32 EUR"
    assert all(one.text for one in explained)


def test_deposits_and_balances_are_explained() -> None:
    deposit = DepositTerms(percent=Decimal(30))
    milestones = (Milestone("all", "All", percent=Decimal(100)),)
    project = Project(eur("1000.00"), milestones, deposit=deposit, cap=eur("5000.00"))
    portal = agreement(project, "portal")
    asked = made(portal, replace(owed(portal, "D-7:deposit"), is_deposit=True))
    draft = made(portal, owed(portal, "all"), standing=after(asked))
    by_name = {one.name: one for one in explain(draft)}
    settled = by_name["deposit Title of D-7:deposit"]
    assert settled.figure == "357.00 EUR"
    assert settled.text == f"300.00 EUR + 57.00 EUR tax, as charged by invoice {asked.id}"
    assert by_name["cap_remaining"].figure == "4000.00 EUR"


def test_authorities_and_our_books_are_explained() -> None:
    parts = TaxPart("State", Decimal(6)), TaxPart("City", Decimal(2))
    combined = TaxRate("standard", "S", Decimal(8), "Sales tax", parts=parts)
    rate = ExchangeRate("EUR", "USD", Decimal("1.25"), date(2026, 1, 1), "ECB")
    taxes = TaxTable((TaxRule("DE", combined, date(2020, 1, 1)),), (rate,))
    cloud = agreement(HOURLY, "cloud")
    draft = made(
        cloud, owed(cloud, "hours:1", item(currency="USD")), taxes=taxes,
        clients=by_key(replace(NORDWIND, currency="USD")),
    )  # fmt: skip
    by_name = {one.name: one for one in explain(draft)}
    assert by_name["tax Sales tax, State"].figure == "57.60 USD"
    assert by_name["tax Sales tax, City"].figure == "19.20 USD"
    assert by_name["tax in our books"].figure == "61.44 EUR"
    assert "ECB" in by_name["tax in our books"].text
