"""An account shows what is open with each of our companies, and what is the client's."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from invoicing.console.statement import tell
from invoicing.domain.errors import NotFoundError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money
from invoicing.services.hold import place_hold
from invoicing.services.statement import statements
from tests.services.corrections import done, keeps_every_promise, pay
from tests.support.services import House, a_book

__all__ = ["keeps_every_promise"]


def test_what_is_open_stands_in_the_order_it_is_due(house: House) -> None:
    paid, part, late, void = [house.invoice_of(deal) for deal in ("D-1", "D-2", "D-3", "D-4")]
    pay(house, "P-1", "1428.00 EUR", paid.number)
    pay(house, "P-2", "428.00 EUR", part.number)
    some = Money.parse("28.00 EUR")
    place_hold(house.s, part.id, HoldKind.DISPUTED, "line 1", "finance", amount=some)
    done(house, void, Action.VOID)
    house.clock.at = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)

    (page,) = statements(house.s, "nordwind")

    assert [
        (one.number, str(one.open), str(one.disputed), one.days_late) for one in page.items
    ] == [
        (part.number, "1000.00 EUR", "28.00 EUR", 3),
        (late.number, "1428.00 EUR", "0.00 EUR", 3),
    ]
    assert page.totals == (Money.parse("2428.00 EUR"),)
    assert page.credit == ()
    assert [line for line in tell(page) if "open in all" in line] == ["  open in all: 2428.00 EUR"]


def test_what_was_paid_for_nothing_is_the_clients(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1428.00 EUR", invoice.number)
    done(house, invoice, Action.VOID)

    (page,) = statements(house.s, "nordwind")

    assert page.items == ()
    assert page.totals == ()
    assert page.credit == (Money.parse("1428.00 EUR"),)
    assert list(tell(page))[1:] == ["  nothing is open", "  the client's: 1428.00 EUR"]


def test_a_client_that_left_the_book_still_has_an_account(house: House) -> None:
    invoice = house.invoice_of("D-1")
    book = a_book()
    others = {key: one for key, one in book.clients.items() if key != "nordwind"}
    agreements = {k: one for k, one in book.agreements.items() if one.client != "nordwind"}
    house = house.with_book(replace(book, clients=others, agreements=agreements))

    (page,) = statements(house.s, "nordwind")

    assert [one.number for one in page.items] == [invoice.number]


def test_nobody_and_nothing(house: House) -> None:
    assert statements(house.s, "nordwind") == []
    with pytest.raises(NotFoundError, match="no client"):
        statements(house.s, "norwind")
