"""Holds: they keep back what they are about, until their last day, and no more."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from invoicing.domain.holds import HoldKind, InvoiceHold, held_back, part_of_line, reason_to_wait
from invoicing.domain.money import Money
from invoicing.domain.states import InvoiceState
from tests.domain.builders import DAY, NOW, draft, eur, item

BALANCE, NEXT_DAY = eur("100.00"), DAY + timedelta(days=1)


def hold(kind: HoldKind, amount: str = "", ends_on: date | None = None) -> InvoiceHold:
    part = eur(amount) if amount else None
    return InvoiceHold("i-1", kind, "they say so", "finance", NOW, part, ends_on=ends_on)


DISPUTED, IN_TRANSIT, PAUSED = (hold(kind) for kind in HoldKind)


def test_a_hold_counts_until_its_last_day() -> None:
    ending = replace(PAUSED, ends_on=DAY)
    assert ending.counts_on(DAY)
    assert not ending.counts_on(NEXT_DAY)
    assert PAUSED.counts_on(date.max)


@pytest.mark.parametrize(
    ("holds", "kept"),
    [
        ([], "0.00"),
        ([hold(HoldKind.DISPUTED, "30.00")], "30.00"),
        ([hold(HoldKind.DISPUTED)], "100.00"),
        ([hold(HoldKind.DISPUTED, "30.00", DAY - timedelta(days=1))], "0.00"),
        ([hold(HoldKind.IN_TRANSIT, "30.00")], "0.00"),
    ],
)
def test_a_kind_of_hold_keeps_back_its_own(holds: list[InvoiceHold], kept: str) -> None:
    assert held_back(holds, HoldKind.DISPUTED, BALANCE, DAY) == eur(kept)


@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        ([], ""),
        ([PAUSED], "reminders are paused"),
        ([DISPUTED], "all that is open is disputed"),
        ([IN_TRANSIT], "a payment of what is open is under way"),
        ([hold(HoldKind.DISPUTED, "99.99")], ""),
        (
            [hold(HoldKind.DISPUTED, "60.00"), hold(HoldKind.IN_TRANSIT, "40.00")],
            "a payment of what is open is under way",
        ),
        ([hold(HoldKind.DISPUTED, "60.00"), hold(HoldKind.IN_TRANSIT, "39.99")], ""),
        ([replace(PAUSED, ends_on=DAY - timedelta(days=1))], ""),
    ],
)
def test_an_invoice_waits_while_nothing_of_it_is_left_to_be_asked_for(
    holds: list[InvoiceHold], reason: str
) -> None:
    assert reason_to_wait(InvoiceState.ISSUED, BALANCE, iter(holds), DAY) == reason


def test_what_is_void_or_paid_says_so_whatever_holds_it() -> None:
    assert reason_to_wait(InvoiceState.VOID, BALANCE, [PAUSED], DAY) == "the invoice is void"
    assert reason_to_wait(InvoiceState.ISSUED, eur("0.00"), [PAUSED], DAY) == "the invoice is paid"


def test_a_disputed_line_holds_back_what_it_asks_for_with_its_tax() -> None:
    content = draft(item("1", "100.00"), item("1", "50.00", record_id="L-2"))
    balance = content.totals.gross

    assert part_of_line(content, 1, balance) == eur("119.00")
    assert part_of_line(replace(content, prices_include_tax=True), 1, balance) == eur("100.00")
    assert part_of_line(content, 3, balance) is None
    assert part_of_line(content, 1, eur("119.00")) is None
    assert part_of_line(content, 1, Money.parse("500.00 USD")) is None
