"""Parts of an invoice are credited, and what nobody will pay is given up, on two people's word."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.domain.credit import LineCredit
from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.money import Money
from invoicing.domain.states import InvoiceState
from invoicing.services import attend, correct, credit
from tests.services.corrections import (
    WHY,
    balance_of,
    done,
    entry_of,
    keeps_every_promise,
    limited,
    notes_of,
    pay,
    state_of,
)
from tests.support.services import House

__all__ = ["keeps_every_promise"]

GROSS = "1428.00 EUR"


def test_lines_are_credited_in_part_and_once_per_request(house: House) -> None:
    invoice = house.invoice_of("D-1")
    wanted = [LineCredit(1, net=Money.parse("200.00 EUR"))]

    number = correct.credit_lines(house.s, invoice.id, wanted, WHY, "finance", "lead")
    again = correct.credit_lines(house.s, invoice.id, wanted, WHY, "finance", "lead")

    assert number == again == "CN-2026-00001"
    assert balance_of(house, invoice) == "1190.00 EUR"
    assert state_of(house, invoice) is InvoiceState.ISSUED
    other = correct.credit_lines(house.s, invoice.id, wanted, "a second time", "finance", "lead")
    assert (other, balance_of(house, invoice)) == ("CN-2026-00002", "952.00 EUR")
    with house.s.ledger.read() as work:
        assert work.credits.credited([invoice.id]) == {invoice.id}
        assert work.credits.by_number("CN-2026-00002") is not None
        assert work.credits.by_number("CN-2026-00009") is None


def test_a_part_is_credited_by_two_people_too(house: House) -> None:
    invoice = house.invoice_of("D-1")
    wanted = [LineCredit(1, quantity=Decimal("0.5"))]

    for reason, asker, actor, why in (
        (WHY, "lead", "lead", "lead asked for this"),
        (WHY, "finance", "mallory", "not among the approvers"),
        ("", "finance", "lead", "needs a reason"),
        (WHY, "", "lead", "needs a reason"),
    ):
        with pytest.raises(RefusedError, match=why):
            correct.credit_lines(house.s, invoice.id, wanted, reason, asker, actor)

    assert balance_of(house, invoice) == GROSS
    company = limited(house, "lead", "714.00 EUR")
    correct.credit_lines(company.s, invoice.id, wanted, WHY, "finance", "lead")
    assert balance_of(house, invoice) == "714.00 EUR"


def test_small_notes_do_not_add_up_past_a_limit(house: House) -> None:
    invoice = house.invoice_of("D-1")
    company = limited(house, "lead", "1000.00 EUR")
    half = [LineCredit(1, quantity=Decimal("0.5"))]
    correct.credit_lines(company.s, invoice.id, half, WHY, "finance", "lead")

    with pytest.raises(RefusedError, match=r"1428\.00 EUR is over the limit of lead"):
        correct.credit_lines(company.s, invoice.id, [LineCredit(1)], "the rest", "finance", "lead")

    assert balance_of(house, invoice) == "714.00 EUR"


def test_the_last_part_makes_the_invoice_void(house: House) -> None:
    invoice = house.invoice_of("D-1")
    half = [LineCredit(1, quantity=Decimal("0.5"))]
    correct.credit_lines(house.s, invoice.id, half, WHY, "finance", "lead")

    correct.credit_lines(house.s, invoice.id, [LineCredit(1)], WHY, "finance", "lead")

    assert state_of(house, invoice) is InvoiceState.VOID
    assert [one.note.content.closes for one in notes_of(house, invoice)] == [False, True]
    assert balance_of(house, invoice) == "0.00 EUR"
    with pytest.raises(StateError, match="nothing of it is left to credit"):
        correct.credit_lines(house.s, invoice.id, half, "once more", "finance", "lead")


def test_void_takes_back_what_parts_left(house: House) -> None:
    invoice = house.invoice_of("D-1")
    part = [LineCredit(1, net=Money.parse("200.00 EUR"))]
    correct.credit_lines(house.s, invoice.id, part, WHY, "finance", "lead")

    done(house, invoice, Action.VOID)

    assert [str(one.note.content.totals.due) for one in notes_of(house, invoice)] == [
        "238.00 EUR", "1190.00 EUR",
    ]  # fmt: skip
    assert balance_of(house, invoice) == "0.00 EUR"


def test_a_part_of_what_was_paid_is_shown_with_its_newest_amount(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", GROSS, invoice.number)
    earlier = "is the client's again, 119.00 EUR of it since before this note: pay it back"
    for part, left, words in (
        ("100.00 EUR", "119.00 EUR", "is the client's again: pay it back"),
        ("200.00 EUR", "357.00 EUR", earlier),
    ):
        wanted = [LineCredit(1, net=Money.parse(part))]
        correct.credit_lines(house.s, invoice.id, wanted, WHY, "finance", "lead")
        with house.s.ledger.read() as work:
            cause = work.exceptions.get(entry_of(house, "credit_left")).cause
        assert cause.startswith(f"{left} of what was paid on {invoice.number} {words}")


def test_a_preview_says_what_would_be_left_and_changes_nothing(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1000.00 EUR", invoice.number)
    part = [LineCredit(1, net=Money.parse("600.00 EUR"))]

    some = credit.preview_credit(house.s, invoice.id, part)
    whole = credit.preview_credit(house.s, invoice.id)

    assert (str(some.left.gross), str(some.balance), str(some.to_client)) == (
        "714.00 EUR", "-286.00 EUR", "286.00 EUR",
    )  # fmt: skip
    assert (str(whole.left.gross), str(whole.to_client), whole.note.closes) == (
        "0.00 EUR", "1000.00 EUR", True,
    )  # fmt: skip
    assert notes_of(house, invoice) == []
    done(house, invoice, Action.VOID)
    (record,) = notes_of(house, invoice)
    assert replace(record.note.content, reason="") == whole.note


def test_a_write_off_gives_up_what_is_open(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1000.00 EUR", invoice.number)
    entry = correct.ask_write_off(house.s, invoice.id, "insolvent", "finance")

    said = attend.act(house.s, entry, Action.WRITE_OFF, "lead")

    assert said == f"428.00 EUR of {invoice.number} are written off"
    assert balance_of(house, invoice) == "0.00 EUR"
    assert state_of(house, invoice) is InvoiceState.ISSUED
    with house.s.ledger.read() as work:
        (kept,) = work.write_offs.of_invoices([invoice.id])[invoice.id]
        outcomes = {outcome for _, outcome in work.reminders.of_invoice(invoice.id)}
    assert (str(kept.amount), kept.reason, kept.asked_by, kept.approved_by) == (
        "428.00 EUR", "insolvent", "finance", "lead",
    )  # fmt: skip
    assert outcomes == {"the rest was written off"}
    assert correct.write_off(house.s, invoice.id, "lead") == f"nothing of {invoice.number} is open"
    with pytest.raises(StateError, match="nothing of"):
        correct.ask_write_off(house.s, invoice.id, "again", "finance")
    pay(house, "P-2", "428.00 EUR", invoice.number)
    assert house.open_codes() == ["overpaid"]


def test_what_was_written_off_is_taken_back_when_the_invoice_is_void(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1000.00 EUR", invoice.number)
    entry = correct.ask_write_off(house.s, invoice.id, "insolvent", "finance")
    attend.act(house.s, entry, Action.WRITE_OFF, "lead")
    assert str(credit.preview_credit(house.s, invoice.id).to_client) == "1000.00 EUR"

    done(house, invoice, Action.VOID)

    with house.s.ledger.read() as work:
        given_up = work.write_offs.of_invoices([invoice.id])[invoice.id]
    assert [str(one.amount) for one in given_up] == ["428.00 EUR", "-428.00 EUR"]
    assert balance_of(house, invoice) == "-1000.00 EUR"
    assert house.open_codes() == ["credit_left"]


def test_voiding_settles_a_write_off_that_was_asked_for(house: House) -> None:
    invoice = house.invoice_of("D-1")
    correct.ask_write_off(house.s, invoice.id, "insolvent", "finance")

    done(house, invoice, Action.VOID)

    assert house.open_codes() == []
