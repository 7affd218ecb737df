"""Lists of the pages: nothing is cut off in silence, the oldest stands first, length is cheap."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from invoicing.domain.exceptions import ENGINEER, FINANCE, Action
from invoicing.domain.money import Money
from invoicing.domain.review import options
from invoicing.domain.rules import Model
from invoicing.services import attend, correct, reconcile, report, review
from invoicing.services.ledger_ports.queries import Shown
from invoicing.services.open_queue import REVIEWS, kind_of, open_queue
from invoicing.services.overview import overview
from invoicing.services.stories import Page
from tests.support.services import UNCERTAIN, House, a_book

CHAIN = (("team", ("lead",)), ("finance", ("finance",)))


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement that goes to a database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def held(house: House, code: str, subject: str) -> None:
    """Open an exception a minute after the last one."""
    with house.s.ledger.write() as work:
        work.exceptions.open(code, subject, f"about {subject}", house.clock.now())
    house.clock.pass_by(minutes=1)


def under_review(house: House, *deals: str) -> None:
    for deal in deals:
        house.win_deal(deal, "8000.00 EUR")
        for parcel in house.plan(f"run-{deal}"):
            review.open_review(house.s, parcel)
        house.clock.pass_by(hours=1)


def paid(house: House, number: str, amount: str) -> None:
    house.pay(f"P-{number}", amount, number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)


def voided(house: House, invoice_id: str) -> None:
    asked = correct.ask_correction(house.s, invoice_id, "twice", "finance")
    attend.act(house.s, asked, Action.VOID, "lead")


def numbers(house: House, shown: Shown, **more: Any) -> list[str]:
    rows = overview(house.s, shown=shown, **more).rows
    found = [row.invoice.number[-1] for row in rows.items]
    assert len(found) == rows.total or rows.count > 1
    return found


def test_the_queue_says_how_much_is_on_other_pages(house: House) -> None:
    for n in range(5):
        held(house, "overpaid", f"accounting:P-{n}")
    held(house, "no_rule", "crm:e")

    queue = open_queue(house.s, {FINANCE: 2}, size=2)

    page = queue.exceptions[FINANCE]
    assert [item.label for item in page.items] == ["accounting:P-2", "accounting:P-3"]
    assert (page.total, page.first, page.last, page.count, page.more) == (5, 3, 4, 3, 3)
    assert queue.exceptions[ENGINEER].total == 1
    assert [(kind.code, kind.count) for kind in queue.kinds] == [("overpaid", 5), ("no_rule", 1)]
    assert queue.kinds[0].oldest == timedelta(minutes=6)


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-3, 1), (3, 3), (99, 3)])
def test_a_page_that_is_not_there_is_the_nearest_one(house: House, asked: int, given: int) -> None:
    for n in range(5):
        held(house, "overpaid", f"accounting:P-{n}")

    assert open_queue(house.s, {FINANCE: asked}, size=2).exceptions[FINANCE].number == given


def test_all_pages_together_are_the_whole_queue(house: House) -> None:
    subjects = [f"accounting:P-{n}" for n in range(7)]
    for subject in subjects:
        held(house, "overpaid", subject)

    pages = [open_queue(house.s, {FINANCE: n}, size=3).exceptions[FINANCE] for n in (1, 2, 3)]

    assert [item.label for page in pages for item in page.items] == subjects


def test_one_kind_of_exception_can_be_looked_at_alone(house: House) -> None:
    held(house, "overpaid", "accounting:P-1")
    held(house, "rejected", "d-1")

    queue = open_queue(house.s, code="rejected")

    assert [item.code for page in queue.exceptions.values() for item in page.items] == ["rejected"]
    assert len(queue.kinds) == 2
    assert open_queue(house.s, code="no_such_kind").exceptions == {}


def test_an_entry_of_a_newer_version_is_shown_to_an_engineer_without_actions(house: House) -> None:
    held(house, "made_up_tomorrow", "s")

    [item] = open_queue(house.s).exceptions[ENGINEER].items

    assert (item.code, item.actions, kind_of(item.code).owner) == (
        "made_up_tomorrow", (), ENGINEER,
    )  # fmt: skip


def test_who_waits_the_longest_for_an_answer_stands_first(house: House) -> None:
    under_review(house, "D-1", "D-2", "D-3")

    page = open_queue(house.s, {REVIEWS: 1}, size=2).reviews

    assert [item.label for item in page.items] == ["Deal D-1", "Deal D-2"]
    assert (page.total, page.more) == (3, 1)
    assert page.items[0].age == timedelta(hours=3)


def test_each_step_of_a_chain_waits_from_its_own_question(house: House) -> None:
    house = house.with_book(a_book(chain=CHAIN))
    under_review(house, "D-1")
    [draft] = [item.ref for item in open_queue(house.s).reviews.items]
    with house.s.ledger.read() as work:
        asked = work.reviews.asked(draft, 1)
    assert asked
    approve = options(asked.version, asked.content_hash)[0]
    review.answer_review(house.s, asked.parcel_id, approve, "lead")
    house.clock.pass_by(days=1)
    for parcel in house.plan("run-2", Model.DEAL, "run-D-1"):
        review.open_review(house.s, parcel)

    [item] = open_queue(house.s).reviews.items

    assert item.age == timedelta()


def test_a_longer_queue_costs_no_more_statements(house: House) -> None:
    def fill(first: int, last: int) -> None:
        for n in range(first, last):
            house.mailer.answers = [UNCERTAIN]
            house.invoice_of(f"D-{n}", "100.00 EUR")
            held(house, "overpaid", f"accounting:P-{n}")
            held(house, "no_rule", f"crm:evt-D-{n}")
            under_review(house, f"R-{n}")

    fill(0, 1)
    with statements() as few:
        short = open_queue(house.s)
    fill(1, 6)
    with statements() as many:
        full = open_queue(house.s)

    assert (short.exceptions[FINANCE].total, full.exceptions[FINANCE].total) == (2, 12)
    assert len(many) == len(few)
    assert len(few) < 30


def test_a_longer_overview_costs_no_more_statements(house: House) -> None:
    house.invoice_of("D-0")
    with statements() as few:
        overview(house.s)
    for n in range(1, 6):
        house.invoice_of(f"D-{n}")
    with statements() as many:
        assert overview(house.s).rows.total == 6

    assert len(many) == len(few)
    assert len(few) < 20


def test_the_overview_shows_what_is_asked_for(house: House) -> None:
    house.clock.at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    first, second, third = (house.invoice_of(f"D-{n}", "100.00 EUR") for n in (1, 2, 3))
    house.clock.pass_by(days=25)
    house.mailer.answers = [UNCERTAIN]
    house.invoice_of("D-4", "100.00 EUR")
    paid(house, first.number, "119.00 EUR")
    paid(house, second.number, "19.00 EUR")
    voided(house, third.id)
    house.clock.pass_by(days=10)

    assert numbers(house, Shown.ALL) == ["4", "3", "2", "1"]
    assert numbers(house, Shown.OPEN) == ["4", "2"]
    assert numbers(house, Shown.LATE) == ["2"]
    assert numbers(house, Shown.PAID) == ["1"]
    assert numbers(house, Shown.VOID) == ["3"]
    assert numbers(house, Shown.MAIL_TROUBLE) == ["4"]
    assert numbers(house, Shown.MAIL_WAITING) == []
    assert numbers(house, Shown.ALL, client="harbor") == []
    assert numbers(house, Shown.OPEN, client="nordwind") == ["4", "2"]
    assert numbers(house, Shown.ALL, size=3) == ["4", "3", "2"]
    assert numbers(house, Shown.ALL, size=3, number=2) == ["1"]
    [euros] = overview(house.s, size=1).still_open
    assert euros.owed == Money.parse("219.00 EUR")
    assert [str(one.amount) for one in euros.by_age] == ["119.00", "100.00", "0.00", "0.00", "0.00"]
    assert overview(house.s, client="harbor").still_open == ()


def test_money_of_an_invoice_adds_up_whatever_settled_it(house: House) -> None:
    invoice = house.invoice_of("D-1")
    paid(house, invoice.number, "428.00 EUR")
    asked = correct.ask_write_off(house.s, invoice.id, "insolvent", "finance")
    attend.act(house.s, asked, Action.WRITE_OFF, "lead")

    [row] = overview(house.s).rows.items

    settled = row.money.settled
    due = invoice.content.totals.due
    assert (str(settled.paid), str(settled.written_off)) == ("428.00 EUR", "1000.00 EUR")
    assert due - settled.paid - settled.credited - settled.written_off == row.money.balance
    assert row.money.is_settled_otherwise


def test_the_queue_says_what_is_left_of_a_payment_and_of_an_invoice(house: House) -> None:
    invoice = house.invoice_of("D-1", "100.00 EUR")
    paid(house, invoice.number, "150.00 EUR")
    other = house.invoice_of("D-2", "100.00 EUR")
    paid(house, other.number, "19.00 EUR")
    correct.ask_correction(house.s, other.id, "wrong hours", "finance")

    items = {item.code: item for item in open_queue(house.s).exceptions[FINANCE].items}

    assert items["overpaid"].amount == Money.parse("31.00 EUR")
    asked = items["correction_asked"]
    assert (asked.label, str(asked.amount), str(asked.still_open)) == (
        other.number, "119.00 EUR", "100.00 EUR",
    )  # fmt: skip


def test_an_empty_list_is_one_empty_page() -> None:
    page: Page[str] = Page((), 0, 1, 50)
    assert (page.count, page.first, page.last, page.more) == (1, 1, 0, 0)
