"""A number is taken only for what the ledger holds an approval for, and never twice."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.follow_up import Anchor, ReminderPlan, ReminderStep
from invoicing.domain.parties import Mode
from invoicing.domain.terms import Terms, TermsKind
from invoicing.services import draft, issue, review
from tests.support.services import House, a_book


def test_an_invoice_has_number_dates_mail_and_reminder_at_once(house: House) -> None:
    invoice = house.invoice_of("D-1")

    assert invoice.number == "INV-2026-00001"
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 11, 2), date(2026, 12, 2))
    with house.s.ledger.read() as work:
        (message,) = work.outbox.of_invoices([invoice.id])
        planned = work.reminders.of_invoice(invoice.id)
    assert message.recipients.to == ("rechnung@nordwind.example",)
    assert [(one.step, one.planned_on, outcome) for one, outcome in planned] == [
        ("two_weeks", date(2026, 11, 16), ""),
        ("before_due", date(2026, 11, 27), ""),  # the 29th is a Sunday
        ("day_after_due", date(2026, 12, 3), ""),
        ("escalation", date(2027, 1, 1), ""),
    ]


def test_the_due_date_follows_the_terms_and_the_holidays_of_the_entity(house: House) -> None:
    book = a_book()
    entity = replace(book.entity("brightwater"), holidays=(date(2026, 12, 31),))
    client = replace(book.client("nordwind"), terms=Terms(30, TermsKind.NET_EOM, True))
    other = replace(
        book,
        entities={entity.key: entity},
        clients={**book.clients, client.key: client},
    )

    assert house.with_book(other).invoice_of("D-1").due_on == date(2027, 1, 1)


def test_an_agreement_may_have_a_cadence_of_its_own(house: House) -> None:
    book = a_book()
    calm = ReminderPlan("calm", (ReminderStep("once", 21, Anchor.ISSUED),))
    agreement = replace(book.agreements["nordwind-projects"], reminder_plan="calm")
    other = replace(
        book,
        agreements={**book.agreements, agreement.key: agreement},
        reminders={**book.reminders, "calm": calm},
    )

    invoice = house.with_book(other).invoice_of("D-1")

    with house.s.ledger.read() as work:
        planned = work.reminders.of_invoice(invoice.id)
    ((reminder, outcome),) = planned
    assert (reminder.step, reminder.planned_on, outcome) == ("once", date(2026, 11, 23), "")


def test_issuing_again_changes_nothing(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    issued = house.release(parcel)

    assert [issue.issue_parcel(house.s, parcel) for _ in range(3)] == [issued] * 3
    assert house.invoice_of("D-2").number == "INV-2026-00002"


def test_numbers_of_a_batch_follow_each_other(house: House) -> None:
    for index in range(20):
        house.win_deal(f"D-{index}", "100.00 EUR")
    (parcel,) = house.plan("run-1")
    ids = house.release(parcel)

    with house.s.ledger.read() as work:
        numbers = sorted(invoice.number for invoice in work.invoices.get(ids))
    assert numbers == [f"INV-2026-{n:05d}" for n in range(1, 21)]


def test_a_task_marked_as_success_issues_nothing(house: House) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)

    assert house.finish(parcel) == []
    assert house.open_codes() == ["not_approved"]
    assert house.mailer.sent == []


def test_a_new_clients_second_invoice_passes_by_itself(house: House) -> None:
    house.win_deal("D-1", "300.00 EUR", "aurora")
    (parcel,) = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request is not None
    review.answer_review(house.s, parcel, request.options[0], "finance")
    house.finish(parcel)

    house.win_deal("D-2", "300.00 EUR", "aurora")
    (second,) = house.plan("run-2")

    assert len(house.release(second)) == 1


def test_a_client_switched_to_shadow_after_approval_takes_no_number(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    shadow = house.with_book(a_book(modes={"nordwind": Mode.SHADOW}))

    assert shadow.finish(parcel) == []
    assert house.invoice_of("D-2").number == "INV-2026-00001"


def test_a_crash_while_issuing_leaves_no_gap(house: House) -> None:
    class CrashError(Exception):
        pass

    def crash(name: str) -> None:
        if name == "issue.number_taken":
            raise CrashError

    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    with pytest.raises(CrashError):
        issue.issue_parcel(replace(house.s, fault=crash), parcel)

    (invoice_id,) = house.finish(parcel)
    with house.s.ledger.read() as work:
        assert work.invoices.get([invoice_id])[0].number == "INV-2026-00001"
        assert list(work.audit.gaps()) == []


def test_a_skipped_review_is_asked_again_while_its_run_lives_on(house: House) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    house.finish(parcel)

    (again,) = house.plan("run-2")

    assert review.open_review(house.s, again) == request


def test_a_run_that_carries_an_old_version_leaves_the_new_one_to_its_own(house: House) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request
    review.answer_review(house.s, parcel, request.options[2], "finance", "other terms")
    draft.draft_again(house.s, request.draft_id, "engineer")
    (newer,) = house.plan("run-2")

    assert house.finish(parcel) == []

    with house.s.ledger.read() as work:
        assert [item.version for item in work.parcels.get(newer).items] == [2]
