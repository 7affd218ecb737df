"""Verify is quiet about a sound ledger and names what breaks a promise."""

from dataclasses import replace

from invoicing.domain.money import Money
from invoicing.services.verify import verify, wrong_sums
from tests.support.services import House


def test_a_sound_ledger_has_no_findings(house: House) -> None:
    for deal in ("D-1", "D-2", "D-3"):
        house.invoice_of(deal)

    assert verify(house.s) == []


def test_a_total_that_is_off_by_a_cent_is_named(house: House) -> None:
    invoice = house.invoice_of("D-1")
    off = replace(invoice.content.totals, gross=Money.parse("1428.01 EUR"))
    wrong = replace(invoice, content=replace(invoice.content, totals=off))

    assert list(wrong_sums(wrong)) == [
        "gross is 1428.01 EUR, but comes to 1428.00 EUR",
        "due is 1428.00 EUR, but comes to 1428.01 EUR",
    ]
