"""A client that breaks a safety bound stops alone, and goes on only when nothing breaks one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from invoicing.domain.book import Book
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.money import Money
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState, OutboxState
from invoicing.ledger.obligations import ObligationRows
from invoicing.ledger.parking import ParkingRows
from invoicing.services import (
    attend,
    decide,
    dispatch,
    draft,
    follow_up,
    issue,
    park,
    render,
    report,
    review,
)
from invoicing.services.gate import park as stop
from invoicing.services.ports import MailText
from tests.services.test_races import at_once, meet
from tests.support.services import House, a_book, a_deal

MANY = 500
BOUND = {"EUR": Money.parse("5000.00 EUR")}
HIGH = ("50000.00 EUR", "50000.00 USD")  # thresholds under which nobody is asked


def bounded(house: House, thresholds: tuple[str, ...] = HIGH, **bounds: Any) -> House:
    book = a_book(thresholds=thresholds)
    return house.with_book(replace(book, bounds=SafetyBounds(**bounds)))


def a_dozen() -> Book:
    """The small company with twelve clients at home."""
    book = a_book(thresholds=HIGH)
    client, agreement = book.clients["nordwind"], book.agreements["nordwind-projects"]
    keys = [f"client-{n}" for n in range(12)]
    agreements = [replace(agreement, key=f"{key}-projects", client=key) for key in keys]
    return replace(
        book,
        clients={key: replace(client, key=key, name=key) for key in keys},
        agreements={one.key: one for one in agreements},
        bounds=SafetyBounds(BOUND),
    )


def parked(house: House) -> list[str]:
    with house.s.ledger.read() as work:
        return list(work.parking.parked())


def stopped(house: House, client: str = "nordwind") -> None:
    with house.s.ledger.write() as work:
        assert stop(house.s, work, client, "somebody said so")


def subject_of(house: House, code: str) -> str:
    with house.s.ledger.read() as work:
        (entry,) = [one for one in work.exceptions.list_open(100) if one.code == code]
    return entry.subject


def carried(house: House, run_id: str, *over: str) -> list[str]:
    """Carry whatever a run plans to its end; return the ids of its invoices."""
    parcels = house.plan(run_id, Model.DEAL, *over)
    return [invoice for parcel in parcels for invoice in house.release(parcel)]


def test_one_client_is_parked_and_eleven_go_on_in_the_same_run(house: House) -> None:
    company = house.with_book(a_dozen())
    for n in range(12):
        company.win_deal(f"D-{n}", "9000.00 EUR" if n == 4 else "1000.00 EUR", f"client-{n}")

    invoices = carried(company, "run-1")

    with house.s.ledger.read() as work:
        billed = {one.content.client.key for one in work.invoices.get(invoices)}
    assert billed == set(company.s.book.clients) - {"client-4"}
    assert len(house.mailer.sent) == 11
    assert parked(house) == ["client-4"]
    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]
    assert house.actions("client-4") == ["parked"]
    company.win_deal("D-99", "10.00 EUR", "client-4")
    assert carried(company, "run-2") == []


def test_a_flood_after_an_outage_stops_its_client_until_the_bound_is_raised(house: House) -> None:
    company = bounded(house)
    for n in range(MANY):
        deal = replace(a_deal(f"D-{n}", "10.00 EUR", "nordwind"), event_id=f"e-{n}")
        with house.s.ledger.write() as work:
            day = date(2026, 10, 1) + timedelta(days=n % 31)
            work.inbox.add_events([replace(deal, occurred_on=day)], house.clock.now())
    company.win_deal("other", "1000.00 EUR", "aurora")
    company.win_deal("other-2", "700.00 EUR", "aurora")

    (parcel, *rest) = company.plan("run-1")

    assert len(rest) == 1  # both of the new client are shown to a person
    assert review.open_review(company.s, parcel) is not None
    with house.s.ledger.read() as work:
        assert work.drafts.of_agreements({"nordwind-projects"})["nordwind-projects"] == []
    assert house.mailer.sent == []
    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]
    with pytest.raises(StateError, match=f"nordwind would get {MANY} drafts in one run, and 100"):
        park.unpark(company.s, "nordwind", "finance")
    assert parked(house) == ["nordwind"]

    raised = bounded(house, per_client_and_run=MANY)
    assert park.unpark(raised.s, "nordwind", "finance") == "nordwind goes on"
    assert house.open_codes() == []
    assert len(carried(raised, "run-2", "run-1")) == MANY
    assert len(house.mailer.sent) == MANY


def test_what_a_parked_client_owes_takes_no_place_of_others(house: House) -> None:
    stopped(house, "aurora")
    for n in range(3):
        house.win_deal(f"A-{n}", "10.00 EUR", "aurora")
    house.win_deal("N-1")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.s, Model.DEAL)

    assert len(draft.draft_obligations(house.s, Model.DEAL, limit=3)) == 1


def test_a_flood_is_stopped_before_its_first_draft_and_once(house: House) -> None:
    company = bounded(house, per_client_and_run=2)
    for n in range(3):
        company.win_deal(f"D-{n}")
    report.report_events(company.s, Model.DEAL)
    decide.decide_events(company.s, Model.DEAL)

    assert at_once(*[lambda: draft.draft_obligations(company.s, Model.DEAL)] * 2) == [[], []]

    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]
    assert house.actions("nordwind") == ["parked"]


def test_what_a_client_gets_on_a_day_is_bounded_together_with_earlier_runs(house: House) -> None:
    company = bounded(house, gross_per_client_and_day=BOUND)
    for n in range(3):
        company.win_deal(f"D-{n}", "1800.00 EUR")
        carried(company, f"run-{n}")

    assert len(house.mailer.sent) == 2  # 4284 EUR with tax; the third would make it 6426
    assert parked(house) == ["nordwind"]


def test_a_client_is_bounded_over_all_its_agreements(house: House) -> None:
    book = a_book(thresholds=HIGH)
    frame = replace(book.agreements["nordwind-projects"], key="harbor-projects", client="harbor")
    company = house.with_book(
        replace(
            book,
            agreements={**book.agreements, frame.key: frame},
            bounds=SafetyBounds(per_client_and_day=1),
        )
    )
    assert len(company.plan("run-1", Model.RETAINER)) == 1
    company.win_deal("D-1", "100.00 USD", "harbor")  # on the day the retainer is due

    assert company.plan("run-2") == []
    assert parked(house) == ["harbor"]


def broken(house: House, **bounds: Any) -> tuple[House, str]:
    """Let one deal break the gross bound; return its house and the thing owed that is held."""
    company = bounded(house, gross=BOUND, **bounds)
    company.win_deal("D-1", "9000.00 EUR")
    assert company.plan("run-1") == []
    return company, subject_of(house, "bound_broken")


def test_a_release_needs_a_second_person(house: House) -> None:
    company, owed = broken(house)

    assert "somebody else" in park.release(company.s, owed, "lead", "a big order, signed")
    assert park.unpark(company.s, "nordwind", "lead") == "nordwind goes on"

    (parcel,) = company.plan("run-2")
    request = review.open_review(company.s, parcel)
    assert request is not None
    assert "let it pass the safety bounds" in request.body
    with pytest.raises(RefusedError, match="lead made this draft"):
        review.answer_review(company.s, parcel, request.options[0], "lead")
    (parcel,) = company.plan("run-3")
    again = review.open_review(company.s, parcel)
    assert again is not None
    review.answer_review(company.s, parcel, again.options[0], "finance")
    assert len(company.finish(parcel)) == 1
    assert "released" in house.actions(owed)


def test_nobody_without_a_name_releases_anything(house: House) -> None:
    company, owed = broken(house)

    with pytest.raises(RefusedError, match="a person with a name"):
        park.release(company.s, owed, "")

    assert "released" not in house.actions(owed)


def test_who_asked_for_an_invoice_and_who_released_it_both_may_not_approve(house: House) -> None:
    company = bounded(house, gross=BOUND)
    deal = replace(a_deal("D-1", "9000.00 EUR", "nordwind"), reported_by="finance")
    with house.s.ledger.write() as work:
        work.inbox.add_events([deal], house.clock.now())
    company.plan("run-1")
    park.release(company.s, subject_of(house, "bound_broken"), "lead")
    park.unpark(company.s, "nordwind", "lead")

    (parcel,) = company.plan("run-2")
    request = review.open_review(company.s, parcel)

    assert request is not None
    assert house.open_codes() == ["nobody_may_approve"]
    for login in ("finance", "lead"):
        with pytest.raises(RefusedError, match=f"{login} made this draft|moved to a newer run"):
            review.answer_review(company.s, parcel, request.options[0], login)


def test_a_source_cannot_release_its_own_event(house: House) -> None:
    company = bounded(house, gross=BOUND)
    deal = replace(a_deal("D-1", "9000.00 EUR", "nordwind"), flags=("bound_released",))
    with house.s.ledger.write() as work:
        work.inbox.add_events([deal], house.clock.now())

    assert company.plan("run-1") == []
    assert parked(house) == ["nordwind"]


def test_a_released_draft_that_is_sent_back_stays_released(house: House) -> None:
    company, owed = broken(house)
    park.release(company.s, owed, "lead")
    park.unpark(company.s, "nordwind", "lead")
    (parcel,) = company.plan("run-2")
    request = review.open_review(company.s, parcel)
    assert request is not None
    review.answer_review(company.s, parcel, request.options[2], "finance", "name the order")

    draft.draft_again(company.s, request.draft_id, "lead")

    with house.s.ledger.read() as work:
        (record,) = work.drafts.get([request.draft_id])
    assert (record.version, record.state) == (2, DraftState.DRAFT)
    assert "bound_released" in record.draft.flags


def test_releasing_twice_changes_nothing_and_what_is_not_held_is_refused(house: House) -> None:
    company, owed = broken(house)
    park.release(company.s, owed, "lead")
    assert park.release(company.s, owed, "finance") == "it was released before"
    assert house.actions(owed).count("released") == 1

    company.win_deal("D-2", "100.00 EUR", "aurora")
    company.plan("run-2")
    with house.s.ledger.read() as work:
        known = work.obligations.of_agreements({"aurora-projects"}).obligations
    (other,) = known
    with pytest.raises(StateError, match="is not held"):
        park.release(company.s, other.id, "lead")


def test_a_client_stays_parked_while_a_bound_still_breaks(house: House) -> None:
    company, owed = broken(house)
    company.win_deal("D-2", "8000.00 EUR")
    company.plan("run-2")  # decided, and not drafted

    with pytest.raises(StateError, match=r"10710\.00 EUR is more than 5000\.00 EUR.*D-1:onboard"):
        park.unpark(company.s, "nordwind", "finance")
    park.release(company.s, owed, "lead")
    with pytest.raises(StateError, match=r"9520\.00 EUR is more than 5000\.00 EUR.*D-2:onboard"):
        park.unpark(company.s, "nordwind", "finance")

    assert parked(house) == ["nordwind"]
    assert company.plan("run-3") == []
    park.release(company.s, subject_of(house, "bound_broken"), "lead")  # it has an entry by now
    assert park.unpark(company.s, "nordwind", "finance") == "nordwind goes on"
    assert len(company.plan("run-4")) == 2


def test_the_queue_offers_both_and_closes_what_was_done(house: House) -> None:
    company, _ = broken(house)
    with house.s.ledger.read() as work:
        entries = {one.code: one for one in work.exceptions.list_open(10)}
    parking, bound = entries["client_parked"], entries["bound_broken"]
    with pytest.raises(RefusedError, match="not allowed for client_parked"):
        attend.act(company.s, parking.id, Action.ACKNOWLEDGE, "finance")

    attend.act(company.s, bound.id, Action.RELEASE, "lead", "signed by the board")
    attend.act(company.s, parking.id, Action.UN_PARK, "finance", "looked at it")

    assert house.open_codes() == []
    assert "closed before by lead" in attend.act(company.s, bound.id, Action.RELEASE, "finance")
    with house.s.ledger.read() as work:
        (entry,) = [one for one in work.trail.of("nordwind") if one.action == "un_parked"]
    assert (entry.actor, dict(entry.detail)) == ("finance", {"reason": "looked at it"})


def test_what_a_person_declined_to_bill_stays_held_when_the_client_goes_on(house: House) -> None:
    company, owed = broken(house)
    with house.s.ledger.read() as work:
        entries = {one.code: one for one in work.exceptions.list_open(10)}
    attend.act(company.s, entries["bound_broken"].id, Action.ACKNOWLEDGE, "finance")

    assert park.unpark(company.s, "nordwind", "finance") == "nordwind goes on"

    assert company.plan("run-2") == []
    with house.s.ledger.read() as work:
        assert work.obligations.where([owed])[owed][0].value == "held"
    assert park.unpark(company.s, "nordwind", "finance") == "nordwind is not parked"


def test_an_engineer_first_closes_what_the_ledger_found_wrong(house: House) -> None:
    with house.s.ledger.write() as work:
        stop(house.s, work, "nordwind", "I9: a balance is below zero")
        work.exceptions.open("invariant_broken", "nordwind", "I9: a balance", house.clock.now())
    with pytest.raises(StateError, match="stays parked: I9"):
        park.unpark(house.s, "nordwind", "finance")


def test_two_workers_who_meet_one_breach_park_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = bounded(house, gross=BOUND)
    company.win_deal("D-1", "9000.00 EUR")
    report.report_events(company.s, Model.DEAL)
    decide.decide_events(company.s, Model.DEAL)
    meet(monkeypatch, ParkingRows, "parked")

    at_once(*[lambda: draft.draft_obligations(company.s, Model.DEAL)] * 2)

    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]
    assert house.actions("nordwind") == ["parked"]
    assert house.actions(subject_of(house, "bound_broken")) == ["held"]


def test_a_client_parked_while_its_draft_is_computed_gets_none(
    house: House,
) -> None:
    company = at_fault(house, "draft.source_read", lambda: stopped(house))
    company.win_deal("D-1")

    assert company.plan("run-1") == []

    with house.s.ledger.read() as work:
        assert work.drafts.of_agreements({"nordwind-projects"})["nordwind-projects"] == []
    park.unpark(house.s, "nordwind", "finance")
    assert len(company.plan("run-2")) == 1


def test_two_people_who_let_a_client_go_on_at_once_do_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, owed = broken(house)
    meet(monkeypatch, ObligationRows, "get")
    at_once(
        lambda: park.release(company.s, owed, "lead"), lambda: park.release(company.s, owed, "eve")
    )
    assert house.actions(owed).count("released") == 1

    def unparked() -> str:
        try:
            return park.unpark(company.s, "nordwind", "finance")
        except StateError as error:
            return str(error)

    meet(monkeypatch, ParkingRows, "parked")
    said = at_once(unparked, unparked)

    assert "nordwind goes on" in said
    assert house.actions("nordwind") == ["parked", "un_parked"]
    assert house.open_codes() == []


def test_a_parked_client_keeps_its_question_and_issues_after_it_goes_on(house: House) -> None:
    company = bounded(house, ("1000.00 EUR", "1000.00 USD"))
    company.win_deal("D-1", "2000.00 EUR")
    (parcel,) = company.plan("run-1")
    request = review.open_review(company.s, parcel)
    assert request is not None
    stopped(house)

    review.answer_review(company.s, parcel, request.options[0], "finance")
    assert company.finish(parcel) == []
    assert company.plan("run-2", Model.DEAL, "run-1") == []
    assert house.open_codes() == ["client_parked"]

    park.unpark(company.s, "nordwind", "finance")
    (again,) = company.plan("run-3")  # though run-1 may live on for other questions
    assert len(company.release(again)) == 1
    assert len(house.mailer.sent) == 1


def test_nobody_is_asked_about_a_parked_client(house: House) -> None:
    company = bounded(house, ("1000.00 EUR", "1000.00 USD"))
    company.win_deal("D-1", "2000.00 EUR")
    (parcel,) = company.plan("run-1")
    stopped(house)

    assert review.open_review(company.s, parcel) is None
    assert company.finish(parcel) == []
    park.unpark(company.s, "nordwind", "finance")
    assert len(company.plan("run-2")) == 1


def test_a_message_of_a_client_parked_after_issue_waits(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    (invoice,) = issue.issue_parcel(house.s, parcel)
    stopped(house)
    render.render_parcel(house.s, parcel)

    assert dispatch.dispatch_parcel(house.s, parcel) == []
    assert follow_up.follow_up(house.s) == []

    assert house.mailer.sent == []
    with house.s.ledger.read() as work:
        (row,) = work.outbox.of_invoices([invoice])
    assert (row.state, row.attempt) == (OutboxState.PENDING, 0)
    park.unpark(house.s, "nordwind", "finance")
    assert dispatch.dispatch_due(house.s) == [row.id]
    assert len(house.mailer.sent) == 1


def at_fault(house: House, name: str, action: Callable[[], None]) -> House:
    """Do something once, at a fault point."""
    todo = [action]

    def fault(point: str) -> None:
        if point == name and todo:
            todo.pop()()

    return replace(house, s=replace(house.s, fault=fault))


def test_a_client_parked_between_claim_and_send_gets_its_mail_later_and_once(house: House) -> None:
    company = at_fault(house, "claim.committed", lambda: stopped(house))

    invoice = company.invoice_of("D-1")

    assert house.mailer.sent == []
    park.unpark(house.s, "nordwind", "finance")
    house.lease_clock.pass_by(minutes=10)
    assert len(dispatch.dispatch_due(house.s)) == 1
    assert len(house.mailer.sent) == 1
    assert house.actions(invoice.id)[-2:] == ["dispatch_pending", "dispatch_done"]


def test_a_client_parked_while_its_mail_is_written_is_not_even_claimed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = house.printer.mail

    def meanwhile(*about: Any) -> MailText:
        monkeypatch.setattr(house.printer, "mail", write)
        stopped(house)
        return write(*about)

    monkeypatch.setattr(house.printer, "mail", meanwhile)
    invoice = house.invoice_of("D-1")

    with house.s.ledger.read() as work:
        (row,) = work.outbox.of_invoices([invoice.id])
    assert (row.state, row.attempt) == (OutboxState.PENDING, 0)
    assert house.mailer.sent == []


def test_reminders_of_a_parked_client_wait(house: House) -> None:
    house.invoice_of("D-1")
    house.clock.pass_by(days=60)
    house.lease_clock.pass_by(days=60)
    stopped(house)
    assert follow_up.follow_up(house.s) == []
    assert len(house.mailer.sent) == 1

    park.unpark(house.s, "nordwind", "finance")
    assert len(follow_up.follow_up(house.s)) >= 1
