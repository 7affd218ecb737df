"""Tests of `drafting/items.py`: work with its own price, outlays, and credits."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.draft import Draft
from invoicing.domain.money import Money
from invoicing.domain.work import Work, WorkItem
from tests.domain.builders import (
    PROJECTS,
    RETAINER,
    agreement,
    breach,
    eur,
    hours,
    item,
    outlay,
)
from tests.domain.drafting.made import due, held, made, month, owed, rows


def bill(*work: Work) -> Draft:
    """Return the invoice of a deal with this work."""
    return made(PROJECTS, owed(PROJECTS, "D-7", *work))


def refuse(*work: Work) -> tuple[str, str]:
    """Return why a deal with this work is held."""
    hold = held(PROJECTS, owed(PROJECTS, "D-7", *work))
    return hold.code, hold.reason


def discounted(percent: str) -> WorkItem:
    """Return three hours at 33.33 with a discount."""
    return replace(item("3", "33.33"), discount_percent=Decimal(percent))


def test_a_discount_is_rounded_from_the_rounded_amount() -> None:
    (line,) = bill(discounted("12.5")).lines
    assert (str(line.net), str(line.discount)) == ("87.49 EUR", "12.50 EUR")  # 12.49875
    assert line.explanation == (
        "3 h x 33.33 EUR = 99.99 EUR, less 12.5 % = 12.50 EUR, leaves 87.49 EUR, rounded half away"
        " from zero; crm record L-1; rule the-rule"
    )


def test_a_price_may_be_for_many_units() -> None:
    draft = bill(replace(item("250", "12.00"), base_quantity=Decimal(100)))
    assert rows(draft) == ["250 h x 12.00 / 100 = 30.00"]
    assert "250 h x 12.00 EUR per 100 = 30.00 EUR" in draft.lines[0].explanation


def test_a_rebate_is_a_negative_quantity() -> None:
    draft = bill(item("8", "120.00"), item("-1", "100.00", record_id="L-2"))
    assert rows(draft)[1] == "-1 h x 100.00 = -100.00"


def test_a_negative_price_is_held_and_says_what_to_write_instead() -> None:
    code, reason = refuse(item("1", "-100.00"))
    assert code == "not_computable"
    assert reason == (
        "crm record L-1 has the negative price -100.00 EUR; a rebate needs a negative quantity and"
        " a price above zero"
    )


@pytest.mark.parametrize("percent", ["-1", "100.01"])
def test_a_discount_that_makes_no_sense_is_held(percent: str) -> None:
    code, reason = refuse(discounted(percent))
    assert (code, "must be from 0 to 100" in reason) == ("not_computable", True)


def test_another_currency_than_the_clients_is_held() -> None:
    code, reason = refuse(item(currency="USD"))
    assert code == "currency_differs"
    assert reason == "crm record L-1 is in USD, but nordwind is billed in EUR"


def test_an_exchange_rate_of_one_within_a_currency_changes_nothing() -> None:
    care = agreement(RETAINER, "care")
    same = replace(outlay("50.00", on=date(2026, 3, 9)), fx=Decimal(1))
    assert rows(made(care, due(care, month(4), same)))[1:] == ["1 item x 50.00 = 50.00"]


def test_an_outlay_is_converted_rounded_and_marked_up() -> None:
    cost = replace(
        outlay(),
        amount=Money(Decimal("123.45"), "USD"),
        fx=Decimal("1.0873"),
        markup_percent=Decimal(10),
        tax_category="reduced",
    )
    draft = bill(cost)
    assert rows(draft) == ["1 item x 147.65 = 147.65"]
    assert draft.lines[0].explanation == (
        "123.45 USD x 1.0873 = 134.23 EUR, plus 10 % = 13.42 EUR, together = 147.65 EUR, rounded"
        " half away from zero; psa record X-1; rule the-rule"
    )
    assert draft.lines[0].rate.percent == 7


def test_a_refunded_outlay_has_a_negative_quantity() -> None:
    draft = bill(item(), outlay("-20.00"))
    assert rows(draft)[1] == "-1 item x 20.00 = -20.00"
    assert "20.00 EUR, together 20.00 EUR, refunded = -20.00 EUR" in draft.lines[1].explanation


def test_an_outlay_without_a_usable_rate_is_held() -> None:
    in_dollars = replace(outlay(), amount=Money(Decimal(5), "USD"))
    assert refuse(in_dollars)[0] == "currency_differs"
    assert refuse(replace(outlay(), fx=Decimal("1.1"))) == (
        "currency_differs",
        "psa record X-1 is in EUR already, but has the exchange rate 1.1",
    )


def test_a_credit_may_be_an_amount() -> None:
    draft = bill(item(), replace(breach(), percent=None, amount=eur("35.00")))
    assert rows(draft)[1] == "-1 item x 35.00 = -35.00"


def test_a_credit_below_zero_is_held() -> None:
    code, reason = refuse(item(), replace(breach(), percent=None, amount=eur("-35.00")))
    assert (code, "a credit is above zero" in reason) == ("not_computable", True)


def test_a_share_of_no_fee_is_held() -> None:
    code, reason = refuse(breach())
    assert (code, "names no amount" in reason) == ("not_computable", True)


def test_hours_need_a_rate() -> None:
    code, reason = refuse(hours())
    assert code == "rate_unknown"
    assert reason == "agreement nordwind-projects has no rate for hours (psa record T-1)"
