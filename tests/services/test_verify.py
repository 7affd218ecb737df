"""Verify is quiet about a sound ledger and names what breaks a promise."""

from dataclasses import replace
from decimal import Decimal

from invoicing.domain.discounts import Discount
from invoicing.domain.money import Money
from invoicing.services.verify import verify, wrong_sums
from tests.support.services import House, a_book


def test_a_sound_ledger_has_no_findings(house: House) -> None:
    for deal in ("D-1", "D-2", "D-3"):
        house.invoice_of(deal)

    assert verify(house.s) == []


def test_what_is_discounted_withheld_and_rounded_adds_up(house: House) -> None:
    book = a_book()
    client = replace(
        book.client("nordwind"),
        withholding_percent=Decimal(15),
        cash_rounding=Money.parse("0.05 EUR"),
    )
    discounts = (Discount("Welcome", percent=Decimal("3.3")),)
    agreement = replace(book.agreements["nordwind-projects"], discounts=discounts)
    inclusive = replace(agreement, prices_include_tax=True)
    for run, terms in (("D-1", agreement), ("D-2", inclusive)):
        other = house.with_book(
            replace(
                book,
                clients={"nordwind": client},
                agreements={terms.key: terms},
                review=replace(book.review, discount_limit_percent=Decimal(5)),
            )
        )
        totals = other.invoice_of(run, "999.99 EUR").content.totals
        assert totals.withheld > Money.zero("EUR")
        assert totals.due.minor % 5 == 0

    assert verify(house.s) == []


def test_a_total_that_is_off_by_a_cent_is_named(house: House) -> None:
    invoice = house.invoice_of("D-1")
    off = replace(invoice.content.totals, gross=Money.parse("1428.01 EUR"))
    wrong = replace(invoice, content=replace(invoice.content, totals=off))

    assert list(wrong_sums(wrong)) == [
        "gross is 1428.01 EUR, but comes to 1428.00 EUR",
        "due is 1428.00 EUR, but comes to 1428.01 EUR",
    ]
