"""Tests of `drafting/build.py` and `checks.py`: from obligations to a draft, or to a question."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.draft import invoice_id
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.events import Reference
from invoicing.domain.money import Money, Rounding, total
from invoicing.domain.obligations import Hold
from invoicing.domain.tax import ExchangeRate, TaxRate, TaxRule, TaxTable
from invoicing.domain.terms import Terms
from invoicing.domain.work import WorkItem
from tests.domain.builders import (
    AURORA,
    DAY,
    ENTITY,
    NORDWIND,
    PROJECTS,
    REVERSE,
    STEPS,
    TAXES,
    agreement,
    book,
    by_key,
    eur,
    item,
)
from tests.domain.drafting.made import figures, held, made, owed, rows

DEAL = owed(PROJECTS, "D-7", item(), source="crm")
TEN_PERCENT = Discount("Volume", percent=Decimal(10), approved_by="finance")
FRENCH = replace(AURORA, key="nordwind", tax_id="FR12345678901")


def test_lines_taxes_and_totals_of_a_deal() -> None:
    work = (
        item("37.25", "119.99"),
        item("1", "1499.00", record_id="L-2", tax_category="reduced"),
    )
    draft = made(PROJECTS, owed(PROJECTS, "D-7", *work))
    assert (draft.title, draft.currency, draft.supplied_on) == ("Title of D-7", "EUR", DAY)
    assert [str(line.net) for line in draft.lines] == ["4469.63 EUR", "1499.00 EUR"]
    assert [line.position for line in draft.lines] == [1, 2]
    # 4469.63 x 19 % = 849.2297; 1499.00 x 7 % = 104.93
    assert figures(draft, "net", "tax", "gross", "due") == [
        "5968.63", "954.16", "6922.79", "6922.79",
    ]  # fmt: skip
    assert draft.id == invoice_id(draft.obligations)
    assert draft.rounding == "half_up"


def test_a_line_says_how_its_amount_came_about() -> None:
    draft = made(PROJECTS, owed(PROJECTS, "D-7", item("1.1", "1.15")))
    assert draft.lines[0].explanation == (
        "1.1 h x 1.15 EUR = 1.27 EUR, rounded half away from zero; crm record L-1; rule the-rule"
    )
    ten = made(PROJECTS, owed(PROJECTS, "D-7", item("1E+1")))
    assert ten.lines[0].explanation.startswith("10 h x 120.00 EUR = 1200.00 EUR")


def test_the_entity_says_how_amounts_are_rounded() -> None:
    banker = replace(ENTITY, rounding=Rounding.HALF_EVEN)
    draft = made(PROJECTS, owed(PROJECTS, "D-7", item("1", "0.125")), entities={ENTITY.key: banker})
    assert (rows(draft), draft.rounding) == (["1 h x 0.125 = 0.12"], "half_even")
    assert "rounded half to the even neighbour" in draft.lines[0].explanation


def test_the_terms_are_the_agreements_or_else_the_clients() -> None:
    assert made(PROJECTS, DEAL).terms == NORDWIND.terms == Terms(14)
    assert made(replace(PROJECTS, terms=Terms(0)), DEAL).terms == Terms(0)


def test_an_unknown_tax_is_held_and_says_what_to_write_where() -> None:
    hold = held(PROJECTS, owed(PROJECTS, "D-7", item(tax_category="books")))
    assert hold.code == "tax_unknown"
    assert hold.reason == (
        "config/taxes.yaml has not exactly one rate for 'books' and country DE on 2026-11-02 (L-1)"
    )
    twice = TaxTable((*TAXES.rules, TAXES.rules[0]))
    assert held(PROJECTS, DEAL, taxes=twice).code == "tax_unknown"


@pytest.mark.parametrize("quantity", ["0", "-1", "0.00001"])
def test_nothing_due_is_held(quantity: str) -> None:
    hold = held(PROJECTS, owed(PROJECTS, "D-7", item(quantity)))
    assert (hold.code, "would come to" in hold.reason) == ("nothing_due", True)


def test_no_work_at_all_comes_to_nothing() -> None:
    assert held(PROJECTS, owed(PROJECTS, "D-7")).code == "nothing_due"


def test_the_smallest_invoice_is_one_cent() -> None:
    draft = made(PROJECTS, owed(PROJECTS, "D-7", item("1", "0.005")))
    assert figures(draft, "gross") == ["0.01"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"agreements": {}}, "no agreement 'nordwind-projects'"),
        ({"clients": by_key(AURORA)}, "no client 'nordwind'"),
        ({"entities": {}}, "no legal entity 'brightwater'"),
    ],
)
def test_what_left_the_book_holds_the_draft(parts: dict[str, Any], words: str) -> None:
    hold = held(PROJECTS, DEAL, **parts)
    assert (hold.code, words in hold.reason) == ("not_computable", True)


def test_an_absurd_quantity_holds_itself_and_nothing_else() -> None:
    hold = held(PROJECTS, owed(PROJECTS, "D-7", item("9" * 30)))
    assert (hold.code, "more money than" in hold.reason) == ("not_computable", True)
    signalling = owed(PROJECTS, "D-7", replace(item(), base_quantity=Decimal("sNaN")))
    assert held(PROJECTS, signalling).code == "not_computable"


def test_several_obligations_are_one_invoice() -> None:
    steps = agreement(STEPS, "steps")
    closing = [
        replace(owed(steps, f"step:{step}", on=date(2026, 11, day)), title="")
        for step, day in ((75, 2), (100, 3))
    ]
    draft = made(steps, *closing)
    assert rows(draft) == ["1 item x 2500.00 = 2500.00"] * 2
    assert draft.obligations == tuple(one.key for one in closing)
    assert (draft.title, draft.supplied_on) == ("Projects", date(2026, 11, 3))
    hold = held(steps, closing[0], DEAL)
    assert (hold.code, "several agreements" in hold.reason) == ("not_computable", True)


def test_discounts_of_agreement_and_event_are_on_the_document() -> None:
    loyal = replace(PROJECTS, discounts=(Discount("Loyalty", percent=Decimal(5)),))
    discounted = replace(DEAL, discounts=(TEN_PERCENT,))
    draft = made(loyal, discounted)
    assert [(one.discount.reason, str(one.amount)) for one in draft.discounts] == [
        ("Loyalty", "48.00 EUR"), ("Volume", "96.00 EUR"),
    ]  # fmt: skip
    assert figures(draft, "sum", "discount", "net") == ["960.00", "144.00", "816.00"]
    assert [one.explanation for one in draft.discounts] == [
        f"{words}, each rounded half away from zero = {rest}"
        for words, rest in (
            ("5 % off each tax group", "48.00 EUR; Loyalty, not granted yet"),
            ("10 % off each tax group", "96.00 EUR; Volume, granted by finance"),
        )
    ]


def test_an_amount_off_is_shared_out_to_the_tax_groups() -> None:
    work = item("1", "200.00"), item("1", "100.00", record_id="L-2", tax_category="reduced")
    off = Discount("Goodwill", amount=eur("10.00"), spread=Spread.PRO_RATA)
    draft = made(PROJECTS, replace(owed(PROJECTS, "D-7", *work), discounts=(off,)))
    assert [str(group.net) for group in draft.taxes] == ["193.33 EUR", "96.67 EUR"]
    assert draft.discounts[0].explanation.startswith("10.00 EUR shared out to the tax groups")
    limited = replace(off, tax_percent=Decimal(7))
    draft = made(PROJECTS, replace(owed(PROJECTS, "D-7", *work), discounts=(limited,)))
    assert [str(group.net) for group in draft.taxes] == ["200.00 EUR", "90.00 EUR"]
    assert draft.discounts[0].explanation.startswith("what is taxed as 7 %, 10.00 EUR shared out")


def test_prices_with_tax_inside_leave_the_net() -> None:
    draft = made(
        replace(PROJECTS, prices_include_tax=True), owed(PROJECTS, "D-7", item("1", "119.00"))
    )
    assert draft.prices_include_tax
    assert figures(draft, "sum", "net", "tax", "gross") == ["119.00", "100.00", "19.00", "119.00"]


def test_what_the_client_withholds_and_cash_rounding_change_the_due_only() -> None:
    client = replace(NORDWIND, withholding_percent=Decimal(15), cash_rounding=eur("0.05"))
    draft = made(PROJECTS, owed(PROJECTS, "D-7", item("1", "33.33")), clients=by_key(client))
    # 33.33 + 6.33 = 39.66; 15 % of 33.33 = 5.00; 34.66 -> 34.65
    assert figures(draft, "gross", "withheld", "rounding", "due") == [
        "39.66", "5.00", "-0.01", "34.65",
    ]  # fmt: skip


def with_codes(*codes: str) -> TaxTable:
    """Return a table with a category of work for each EN 16931 code, free of tax."""
    rates = (TaxRate(code, code, Decimal(0), code, "Because.") for code in codes)
    return TaxTable(tuple(TaxRule("DE", rate, date(2020, 1, 1)) for rate in rates))


def test_lines_outside_the_scope_of_tax_stand_alone() -> None:
    work = item(tax_category="O"), item(record_id="L-2", tax_category="E")
    hold = held(PROJECTS, owed(PROJECTS, "D-7", *work), taxes=with_codes("O", "E"))
    assert (hold.code, "here E (EN 16931 BR-O-11)" in hold.reason) == ("mixed_tax_codes", True)
    alone = made(PROJECTS, owed(PROJECTS, "D-7", work[0]), taxes=with_codes("O", "E"))
    assert [group.rate.code for group in alone.taxes] == ["O"]


def test_reverse_charge_needs_the_tax_ids_of_both() -> None:
    draft = made(PROJECTS, DEAL, clients=by_key(FRENCH))
    assert [(group.rate, str(group.tax)) for group in draft.taxes] == [(REVERSE, "0.00 EUR")]
    hold = held(PROJECTS, DEAL, clients=by_key(replace(FRENCH, tax_id="")))
    assert (hold.code, "tax id of nordwind" in hold.reason) == (
        "reverse_charge_without_tax_id", True,
    )  # fmt: skip
    ours = {ENTITY.key: replace(ENTITY, tax_id="")}
    hold = held(PROJECTS, DEAL, clients=by_key(FRENCH), entities=ours)
    assert "tax id of brightwater" in hold.reason


DOLLARS = replace(NORDWIND, currency="USD")
IN_DOLLARS = owed(PROJECTS, "D-7", item(currency="USD"))


@pytest.mark.parametrize(
    ("base", "currency", "rate"), [("EUR", "USD", "1.25"), ("USD", "EUR", "0.8")]
)
def test_tax_in_another_currency_is_stated_in_that_of_our_books(
    base: str, currency: str, rate: str
) -> None:
    known = ExchangeRate(base, currency, Decimal(rate), date(2026, 11, 1), "ECB")
    taxes = TaxTable(TAXES.rules, (known,))
    draft = made(PROJECTS, IN_DOLLARS, clients=by_key(DOLLARS), taxes=taxes)
    assert figures(draft, "tax") == ["182.40"]
    assert draft.tax_in_books is not None
    assert str(draft.tax_in_books.amount) == "145.92 EUR"


def test_without_an_exchange_rate_tax_in_another_currency_is_held() -> None:
    hold = held(PROJECTS, IN_DOLLARS, clients=by_key(DOLLARS))
    assert hold.code == "exchange_rate_missing"
    assert "no rate of EUR to USD for 2026-11-02" in hold.reason
    untaxed = made(PROJECTS, IN_DOLLARS, clients=by_key(replace(FRENCH, currency="USD")))
    assert untaxed.tax_in_books is None


def test_what_a_person_should_know_is_carried_along() -> None:
    odd = replace(PROJECTS, standard_terms=False, category="migration", order_number="PO-1")
    deal = Reference("deal", "D-7")
    event = replace(DEAL, flags=("disputed_scope",), references=(deal, deal))
    draft = made(odd, event)
    assert draft.flags == ("disputed_scope", "terms_not_standard")
    assert draft.references == (deal, Reference("order", "PO-1"))
    assert draft.category == "migration"
    own = replace(event, references=(Reference("order", "PO-9"),), category="audit")
    draft = made(odd, own)
    assert (draft.references, draft.category) == ((Reference("order", "PO-9"),), "audit")


WORK = st.lists(
    st.tuples(
        st.decimals("0.0001", 9999, places=4),
        st.decimals("0.0001", 99999, places=4),
        st.sampled_from(["standard", "reduced"]),
    ),
    min_size=1,
    max_size=12,
)


@given(WORK)
def test_the_figures_add_up_to_the_cent(work: list[tuple[Decimal, Decimal, str]]) -> None:
    items = tuple(
        WorkItem("crm", f"L-{index}", "Work", quantity, "h", Money(price, "EUR"), category)
        for index, (quantity, price, category) in enumerate(work)
    )
    draft = build_draft([owed(PROJECTS, "D-7", *items)], book())
    if isinstance(draft, Hold):
        assert draft.code == "nothing_due"
        return
    lines = total((line.net for line in draft.lines), "EUR")
    assert lines == draft.totals.sum == total((group.net for group in draft.taxes), "EUR")
    assert total((group.tax for group in draft.taxes), "EUR") == draft.totals.tax
    assert draft.totals.due == draft.totals.gross == lines + draft.totals.tax
    assert all(figure.minor >= 0 for figure in (lines, draft.totals.tax, draft.totals.due))


def test_the_same_facts_make_the_same_draft() -> None:
    first, second = (made(PROJECTS, DEAL) for _ in range(2))
    assert first == second
    assert first.content_hash == second.content_hash
