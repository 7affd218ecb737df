"""What a client contests, what is under way and what a person stopped is not reminded of."""

from datetime import UTC, date, datetime

import pytest

from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import NotFoundError, RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.states import OutboxState
from invoicing.services import attend, dispatch, follow_up, hold
from tests.services.corrections import done, entry_of, keeps_every_promise, pay
from tests.support.services import House

__all__ = ["keeps_every_promise"]

KINDS = list(HoldKind)


def on(house: House, month: int, day: int) -> int:
    """Follow up on a day; returns how many mails that made."""
    house.clock.at = datetime(2026, month, day, 9, 0, tzinfo=UTC)
    before = len(house.mailer.sent)
    follow_up.follow_up(house.s)
    return len(house.mailer.sent) - before


def planned(house: House, invoice: Invoice) -> dict[str, str]:
    with house.s.ledger.read() as work:
        return {one.step: outcome for one, outcome in work.reminders.of_invoice(invoice.id)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_held_invoice_is_not_reminded_of_until_the_hold_is_lifted(
    house: House, kind: HoldKind
) -> None:
    invoice = house.invoice_of("D-1")
    hold.place_hold(house.s, invoice.id, kind, "they say so", "finance")

    assert on(house, 11, 16) == 0
    assert on(house, 11, 27) == 0
    assert set(planned(house, invoice).values()) == {""}

    hold.lift_hold(house.s, invoice.id, kind, "finance", "all is well")
    assert on(house, 11, 28) == 1  # the newest step that came due, and no other
    assert planned(house, invoice)["two_weeks"] == "before_due came due meanwhile"


@pytest.mark.parametrize("kind", KINDS)
def test_a_reminder_on_its_way_is_stopped_by_a_hold(house: House, kind: HoldKind) -> None:
    invoice = house.invoice_of("D-1")
    house.clock.at = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    assert len(follow_up.queue_reminders(house.s)) == 1
    hold.place_hold(house.s, invoice.id, kind, "they say so", "finance")

    assert dispatch.dispatch_due(house.s) == []

    with house.s.ledger.read() as work:
        (reminder,) = [
            row for row in work.outbox.of_invoices([invoice.id]) if row.kind is MessageKind.REMINDER
        ]
        dropped = work.trail.of(invoice.id)[-1]
    assert reminder.state is OutboxState.FAILED
    assert (dropped.action, dict(dropped.detail)["step"]) == ("reminder_dropped", "two_weeks")
    assert len(house.mailer.sent) == 1


def test_the_invoice_itself_is_sent_though_it_is_held(house: House) -> None:
    invoice = house.invoice_of("D-1")
    hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "later", "finance")

    assert [mail.subject for mail in house.mailer.sent] == [f"invoice {invoice.number}"]


def test_a_part_that_is_contested_leaves_the_rest_to_be_reminded_of(house: House) -> None:
    invoice = house.invoice_of("D-1")
    part = Money.parse("1000.00 EUR")
    hold.place_hold(
        house.s, invoice.id, HoldKind.DISPUTED, "line 1", "finance", amount=part, line=1
    )

    assert on(house, 11, 16) == 1

    pay(house, "P-1", "428.00 EUR", invoice.number)
    assert on(house, 11, 27) == 0


def test_a_hold_counts_until_its_last_day_and_may_be_placed_again(house: House) -> None:
    invoice = house.invoice_of("D-1")
    until = date(2026, 11, 16)
    hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "a week", "finance", ends_on=until)
    assert on(house, 11, 16) == 0
    assert on(house, 11, 17) == 1

    said = hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "once more", "finance")

    assert said == f"{invoice.number} is paused"
    with house.s.ledger.read() as work:
        first, second = work.holds.of_invoice(invoice.id)
    assert (first.lifted_by, first.ends_on, second.reason) == ("system", until, "once more")


def test_the_payment_that_arrives_ends_the_wait_for_it(house: House) -> None:
    invoice = house.invoice_of("D-1")
    for kind in KINDS:
        hold.place_hold(house.s, invoice.id, kind, "they say so", "finance")

    pay(house, "P-1", "400.00 EUR", invoice.number)

    with house.s.ledger.read() as work:
        left = {one.kind for one in work.holds.open_on([invoice.id])[invoice.id]}
    assert left == {HoldKind.DISPUTED, HoldKind.PAUSED}
    assert house.actions(invoice.id)[-1] == "hold_lifted"


def test_a_dispute_is_shown_to_finance_and_ends_on_their_word(house: House) -> None:
    invoice = house.invoice_of("D-1")
    hold.place_hold(house.s, invoice.id, HoldKind.DISPUTED, "never ordered", "finance")
    entry = entry_of(house, "disputed")
    with house.s.ledger.read() as work:
        assert work.exceptions.get(entry).cause == "finance: never ordered"

    said = attend.act(house.s, entry, Action.LIFT_HOLD, "lead", "they found the order")

    assert said == f"{invoice.number} is disputed no more"
    with house.s.ledger.read() as work:
        closed = work.exceptions.get(entry)
        last = work.trail.of(invoice.id)[-1]
    assert (closed.closed_by, closed.decision) == ("lead", "lift_hold: they found the order")
    assert (last.action, last.actor, dict(last.detail)["reason"]) == (
        "hold_lifted", "lead", "they found the order",
    )  # fmt: skip


def test_what_is_done_already_is_said_and_changes_nothing(house: House) -> None:
    invoice = house.invoice_of("D-1")
    kind = HoldKind.IN_TRANSIT
    assert "was not waiting" in hold.lift_hold(house.s, invoice.id, kind, "finance")
    hold.place_hold(house.s, invoice.id, kind, "they sent it", "finance")
    before = house.actions(invoice.id)

    said = hold.place_hold(house.s, invoice.id, kind, "they say it again", "lead")

    assert said == f"{invoice.number} is waiting for a payment under way already"
    assert house.actions(invoice.id) == before


def test_a_hold_that_says_nothing_or_the_impossible_is_refused(house: House) -> None:
    invoice = house.invoice_of("D-1")

    def refused(why: str, reason: str = "why", by: str = "finance", **more: object) -> None:
        with pytest.raises(RefusedError, match=why):
            hold.place_hold(house.s, invoice.id, HoldKind.DISPUTED, reason, by, **more)  # type: ignore[arg-type]

    refused("needs a reason", reason=" ")
    refused("needs a reason", by="")
    refused("is over already", ends_on=date(2026, 11, 1))
    refused("has no line 7", line=7)
    refused("is in EUR", amount=Money.parse("1.00 USD"))
    refused("cannot be held", amount=Money.parse("0.00 EUR"))
    refused("cannot be held", amount=Money.parse("1428.01 EUR"))
    assert house.open_codes() == []


def test_a_void_invoice_and_an_unknown_one_cannot_be_held(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)

    with pytest.raises(StateError, match="is void"):
        hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "why", "finance")
    with pytest.raises(NotFoundError, match="no invoice 'nothing'"):
        hold.place_hold(house.s, "nothing", HoldKind.PAUSED, "why", "finance")
    with pytest.raises(NotFoundError, match="no invoice 'nothing'"):
        hold.lift_hold(house.s, "nothing", HoldKind.PAUSED, "finance")
