"""What a preview looks like on the terminal and for programs."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.console.preview import EVERY, as_json, is_held, tell
from invoicing.console.tables import WIDEST, table, visible
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.discounts import Discount
from invoicing.domain.parties import Mode
from invoicing.services.preview import Preview, preview
from tests.domain.builders import DAY, NORDWIND, book, eur, event, item


def told(found: Preview, explain: str = "") -> str:
    """Return the lines of one preview."""
    return "\n".join(tell([found], explain))


@pytest.fixture
def deal() -> Preview:
    """Return a deal with a discount on a line and on the document."""
    cheap = replace(item("5.5", "1200.00", record_id="L-2"), discount_percent=Decimal(10))
    what = replace(event(item(), cheap), discounts=(Discount("loyal", Decimal(5)),))
    return preview(what, book(), DAY)


def test_a_draft_is_a_table_with_its_totals_and_what_comes_after(deal: Preview) -> None:
    text = told(deal)

    for words in (
        "deal_won D-7 of nordwind, 2026-11-02 (crm, won-D-7)",
        "bill: rule deal-onboarding bills D-7:onboarding under nordwind-projects",
        "#  what      quantity        price          off          net  tax",
        "2  Workshop     5.5 h  1200.00 EUR  -660.00 EUR  5940.00 EUR  VAT 19 %",
        "- loyal                     345.00 EUR",
        "- VAT 19 % on 6555.00 EUR  1245.45 EUR",
        "due                        7800.45 EUR",
        "issued 2026-11-02, due 2026-11-16 (14 days)",
        "(amount)",
        "step 1, finance: finance or lead",
        "2026-12-16 escalation, to our own people",
    ):
        assert words in text, words
    assert "withheld" not in text
    assert not is_held(deal)


def test_a_column_without_content_is_left_out() -> None:
    assert "off" not in told(preview(event(item()), book(), DAY))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("line 2", "line 2 = 5940.00 EUR"),
        ("LINE  2", "line 2 = 5940.00 EUR"),
        ("tax", "tax of VAT 19 % = 1245.45 EUR"),
        ("due", "due = 7800.45 EUR"),
        (EVERY, "gross = 7800.45 EUR"),
        ("profit", "no figure is called 'profit'; there are: line 1, line 2, discount 1,"),
    ],
)
def test_a_figure_is_explained_when_asked_for(deal: Preview, wanted: str, words: str) -> None:
    assert words in told(deal, wanted)


def test_line_1_is_not_line_11(deal: Preview) -> None:
    many = preview(event(*(item(record_id=f"L-{n}") for n in range(12))), book(), DAY)
    explained = told(many, "line 1").partition("escalation")[2]
    assert "line 1 =" in explained
    assert "line 11 =" not in explained


def test_programs_get_exact_amounts(deal: Preview) -> None:
    (found,) = json.loads(as_json([deal]))

    assert found["decision"]["is"] == "bill"
    (invoice,) = found["invoices"]
    assert invoice["draft"]["totals"]["due"] == {"amount": "7800.45", "currency": "EUR"}
    assert invoice["due_on"] == "2026-11-16"
    assert {figure["name"] for figure in invoice["explanations"]} >= {"line 1", "due"}


def test_held_events_drafts_and_bounds_are_told_apart_from_good_ones() -> None:
    what = event(item())
    no_rule = preview(what, book(rules=()), DAY)
    no_tax = preview(event(replace(item(), tax_category="books")), book(), DAY)
    bound = preview(what, replace(book(), bounds=SafetyBounds({"EUR": eur("1.00")})), DAY)

    assert "hold: no billing rule covers" in told(no_rule)
    assert "(exception tax_unknown)" in told(no_tax)
    assert "HELD by a safety bound" in told(bound)
    assert all(map(is_held, [no_rule, no_tax, bound]))
    (plain,) = json.loads(as_json([no_tax]))
    assert (plain["invoices"][0]["is"], plain["invoices"][0]["code"]) == ("hold", "tax_unknown")


def test_a_client_in_shadow_is_told() -> None:
    shadow = book(clients=(replace(NORDWIND, mode=Mode.SHADOW),))
    assert "in shadow" in told(preview(event(item()), shadow, DAY))


def test_nothing_due_is_said() -> None:
    assert list(tell([])) == ["nothing is due"]


def test_text_of_strangers_does_nothing_to_a_terminal() -> None:
    hostile = "evil\x1b[2Jname\n\u202eRUE 00.001\x07"
    text = told(preview(replace(event(item(description=hostile)), title=hostile), book(), DAY))
    assert all(line.isprintable() for line in text.splitlines())
    assert visible(hostile) == "evil�[2Jname �RUE 00.001�"


def test_columns_line_up_whatever_the_letters() -> None:
    rows = [("日本", "1"), ("e\u0301", "22"), ("x" * 99, "333")]
    first, second, third = table(rows, frozenset({1}))
    assert first == "日本" + " " * (WIDEST - 4) + "    1"
    assert second.endswith(" 22")
    assert third.startswith("x" * (WIDEST - 1) + "…")
