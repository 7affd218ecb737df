"""The nightly audit shows what broke to an engineer and parks the client it is about."""

import pytest

from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.promises import Promise
from invoicing.services import attend, follow_up, hold, reconcile, report, review
from invoicing.services.audit import audit_ledger
from invoicing.services.verify import verify
from tests.services.told import send_again, tamper
from tests.support.services import UNCERTAIN, House


def entries(house: House) -> dict[str, str]:
    with house.s.ledger.read() as work:
        return {one.subject: one.cause for one in work.exceptions.open_of("invariant_broken")}


def parked(house: House) -> list[str]:
    with house.s.ledger.read() as work:
        return sorted(work.parking.parked(["nordwind", "harbor", "aurora"]))


def test_a_sound_ledger_asks_nobody(house: House) -> None:
    house.invoice_of("D-1")

    assert audit_ledger(house.s) == []
    assert house.open_codes() == []


def test_what_breaks_is_shown_and_stops_the_client_and_no_other(house: House, url: str) -> None:
    invoice = house.invoice_of("D-1")
    tamper(url, ["UPDATE lines SET net = '1.00'"])

    audit_ledger(house.s)
    audit_ledger(house.s)

    assert entries(house) == {
        "nordwind": f"I14: {invoice.number}: line 1: the table has 1.00 as net, the content 1200.00"
    }
    assert parked(house) == ["nordwind"]
    assert sorted(house.open_codes()) == ["client_parked", "invariant_broken"]


def test_many_findings_about_one_client_are_one_entry(house: House, url: str) -> None:
    for deal in ("D-1", "D-2", "D-3", "D-4", "D-5"):
        house.invoice_of(deal)
    tamper(url, ["UPDATE lines SET net = '1.00'"])

    audit_ledger(house.s)

    (cause,) = entries(house).values()
    assert cause.endswith("; and 2 more (invoicing verify)")


def test_what_is_about_no_client_parks_nobody(house: House, url: str) -> None:
    house.invoice_of("D-1")
    tamper(url, ["UPDATE series SET last = 9"])

    audit_ledger(house.s)

    assert list(entries(house)) == ["ledger"]
    assert parked(house) == []


def test_an_entry_closes_when_the_promise_holds_again_and_a_person_lets_the_client_go_on(
    house: House, url: str
) -> None:
    house.invoice_of("D-1")
    tamper(url, ["UPDATE lines SET net = '1.00'"])
    audit_ledger(house.s)
    tamper(url, ["UPDATE lines SET net = '1200.00'"])

    audit_ledger(house.s)

    assert entries(house) == {}
    assert parked(house) == ["nordwind"]
    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.open_of("client_parked")
    attend.act(house.s, entry.id, Action.UN_PARK, "engineer", "mended")
    assert parked(house) == []
    assert verify(house.s) == []


def test_a_mail_sent_again_on_a_persons_word_is_sound(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    house.invoice_of("D-1")
    send_again(house)

    assert len(house.mailer.sent) == 2
    assert verify(house.s) == []


@pytest.mark.parametrize(
    ("action", "said"),
    [("rejected", "rejected after it was issued"), ("issued", "it was issued before")],
)
def test_a_trail_that_tells_what_cannot_happen_is_named(
    house: House, action: str, said: str
) -> None:
    invoice = house.invoice_of("D-1")
    with house.s.ledger.write() as work:
        work.trail.add(invoice.id, action, house.clock.at, {"number": invoice.number})

    (finding,) = verify(house.s)

    assert said in finding.where
    assert finding.client == "nordwind"


def test_a_paid_invoice_never_becomes_unpaid(house: House) -> None:
    invoice = house.invoice_of("D-1")
    with house.s.ledger.write() as work:
        for state in ("paid", "partially_paid"):
            work.trail.add(invoice.id, "payment_allocated", house.clock.at, {"state": state})

    (finding,) = verify(house.s)

    assert finding.where.endswith("it was paid before")


@pytest.mark.parametrize(
    ("before", "facts", "said"),
    [
        ("payment_allocated", {"state": "paid"}, "left, but it was paid"),
        ("voided", {}, "left, but it was void"),
        ("written_off", {"amount": "3.00 EUR"}, "left, but the rest was written off"),
        ("hold_placed", {"kind": "disputed"}, "left, but it was disputed"),
    ],
)
def test_a_reminder_of_what_is_settled_or_held_is_named(
    house: House, before: str, facts: dict[str, str], said: str
) -> None:
    invoice = house.invoice_of("D-1")
    with house.s.ledger.write() as work:
        work.trail.add(invoice.id, before, house.clock.at, facts)
        work.trail.add(invoice.id, "reminder_claimed", house.clock.at, {"step": "two_weeks"})

    found = [one for one in verify(house.s) if one.promise is Promise.REMINDERS]

    assert [one.where.endswith(f"reminder two_weeks {said}") for one in found] == [True]
    assert found[0].client == "nordwind"


def test_a_reminder_before_payment_or_after_a_lifted_hold_is_sound(house: House) -> None:
    invoice = house.invoice_of("D-1")
    hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "they asked", "lead")
    hold.lift_hold(house.s, invoice.id, HoldKind.PAUSED, "lead")
    house.clock.pass_by(days=40)  # the clock of leases stands still: only the order counts
    assert follow_up.follow_up(house.s)
    house.pay("P-1", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    assert "reminder_claimed" in house.actions(invoice.id)
    assert verify(house.s) == []


def test_whoever_let_it_pass_a_bound_may_not_have_approved_it(house: House) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    asked = review.open_review(house.s, parcel)
    assert asked
    review.answer_review(house.s, parcel, asked.options[0], "lead")
    (invoice_id,) = house.finish(parcel)
    with house.s.ledger.write() as work:
        (owed,) = work.obligations.of_draft(invoice_id)
        work.trail.add(owed.key.id, "released", house.clock.at, {}, "lead")

    (finding,) = verify(house.s)

    assert "lead made it and approved it" in finding.where
