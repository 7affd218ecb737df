"""An account asks for what is open, neither contested nor under way, and never for less than 0."""

from dataclasses import replace
from datetime import timedelta

import pytest

from invoicing.domain.account import account_item, sums
from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.money import Money
from tests.domain.builders import DAY, NOW, eur
from tests.domain.builders import invoice as an_invoice


def hold(kind: HoldKind, amount: str) -> InvoiceHold:
    return InvoiceHold("i", kind, "so", "finance", NOW, eur(amount) if amount else None)


@pytest.mark.parametrize(
    ("balance", "disputed", "under_way", "asked"),
    [
        ("119.00", None, None, "119.00"),
        ("119.00", "19.00", None, "100.00"),
        ("119.00", "19.00", "50.00", "50.00"),
        ("119.00", "", None, "0.00"),
        ("19.00", "100.00", None, "0.00"),
        ("119.00", "100.00", "100.00", "0.00"),
        ("-5.00", "1.00", None, "0.00"),
    ],
)
def test_what_a_reminder_asks_for(
    balance: str, disputed: str | None, under_way: str | None, asked: str
) -> None:
    told = ((HoldKind.DISPUTED, disputed), (HoldKind.IN_TRANSIT, under_way))
    holds = [hold(kind, amount) for kind, amount in told if amount is not None]
    item = account_item(an_invoice(), eur(balance), holds, DAY)
    assert item.asked == eur(asked)
    assert eur("0.00") <= item.disputed <= item.open
    assert item.open == max(eur(balance), eur("0.00"))


def test_an_item_says_what_it_is_about_and_since_when_it_is_late() -> None:
    invoice = replace(an_invoice(), due_on=DAY)
    item = account_item(invoice, eur("1.00"), [], DAY + timedelta(days=9), "late")
    content = invoice.content
    assert (item.number, item.title, item.client) == (
        invoice.number, content.title, content.client.name,
    )  # fmt: skip
    assert (item.days_late, item.step, item.due) == (9, "late", content.totals.due)


def test_currencies_are_never_added_up_together() -> None:
    amounts = [Money.parse(one) for one in ("1.00 USD", "2.00 EUR", "3.00 USD")]
    assert sums(amounts) == (Money.parse("2.00 EUR"), Money.parse("4.00 USD"))
    assert sums([]) == ()
