"""Off, shadow, live: what counts is the newest configuration, whatever a process began with."""

from dataclasses import replace

import pytest

from invoicing.domain.book import Book
from invoicing.domain.parties import Mode
from invoicing.domain.rules import Model
from invoicing.domain.states import OutboxState
from invoicing.services import dispatch, follow_up, review
from tests.services.test_park import at_fault
from tests.support.services import House, a_book


def without(mode: Mode | None) -> Book:
    """The small company with one client in another mode, or gone."""
    book = a_book(modes={"nordwind": mode or Mode.LIVE})
    if mode is None:
        return replace(book, clients={k: v for k, v in book.clients.items() if k != "nordwind"})
    return book


def switched(house: House, book: Book, name: str) -> None:
    """Make a configuration the active one, as another process does."""
    with house.s.ledger.write() as work:
        number = work.configs.activate(name * 64, {"company.yaml": name}, house.clock.now())
        work.parties.keep(book.clients.values(), book.agreements.values(), number)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW, None])
def test_a_client_switched_off_meanwhile_is_not_issued(house: House, mode: Mode | None) -> None:
    switched(house, house.s.book, "a")
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    switched(house, without(mode), "b")  # this process still has the book from before

    assert house.finish(parcel) == []

    assert house.plan("run-2", Model.DEAL, "run-1") == []
    switched(house, house.s.book, "a")
    (again,) = house.plan("run-3")
    assert len(house.release(again)) == 1


@pytest.mark.parametrize("point", ["render.committed", "claim.committed"])
def test_a_client_switched_off_before_its_mail_left_is_not_mailed(house: House, point: str) -> None:
    switched(house, house.s.book, "a")
    company = at_fault(house, point, lambda: switched(house, without(Mode.OFF), "b"))

    invoice = company.invoice_of("D-1")
    house.lease_clock.pass_by(minutes=10)
    dispatch.dispatch_due(house.s)

    assert house.mailer.sent == []
    assert house.open_codes() == ["send_failed"]
    with house.s.ledger.read() as work:
        (row,) = work.outbox.of_invoices([invoice.id])
    assert row.state is OutboxState.FAILED


def test_what_a_client_owes_in_a_mode_that_changed_meanwhile_is_drafted_by_the_next_run(
    house: House,
) -> None:
    shadow = house.with_book(a_book(modes={"nordwind": Mode.SHADOW}))
    switched(house, house.s.book, "b")  # live by now
    house.win_deal("D-1")

    assert shadow.plan("run-1") == []

    (parcel,) = house.plan("run-2")
    assert len(house.release(parcel)) == 1


def test_an_event_of_a_client_that_went_live_meanwhile_is_not_dropped(house: House) -> None:
    off = house.with_book(a_book(modes={"nordwind": Mode.OFF}))
    switched(house, house.s.book, "b")  # live by now
    house.win_deal("D-1")

    assert off.plan("run-1") == []

    (parcel,) = house.plan("run-2")
    assert len(house.release(parcel)) == 1


def test_a_client_switched_off_meanwhile_is_not_reminded(house: House) -> None:
    switched(house, house.s.book, "a")
    house.invoice_of("D-1")
    house.clock.pass_by(days=60)
    switched(house, without(Mode.OFF), "b")
    assert follow_up.queue_reminders(house.s) == []

    switched(house, house.s.book, "a")
    assert follow_up.queue_reminders(house.s) != []
