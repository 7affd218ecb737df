"""Two workers at the same step at once: Airflow may run any task twice, so nothing doubles."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from invoicing.domain.events import EventKind
from invoicing.domain.review import Approval
from invoicing.domain.rules import Model
from invoicing.ledger.drafts import DraftRows
from invoicing.ledger.follow_up import ReminderRows
from invoicing.ledger.obligations import ObligationRows
from invoicing.ledger.outbox import OutboxRows
from invoicing.ledger.reconcile import PaymentRows
from invoicing.ledger.reviews import ReviewRows
from invoicing.services import (
    decide,
    dispatch,
    draft,
    follow_up,
    parcels,
    reconcile,
    report,
    review,
)
from invoicing.services.verify import verify
from tests.services.models import every_model, fact, tell
from tests.support.services import House, a_book, a_deal

T = TypeVar("T")


def at_once(*steps: Callable[[], T]) -> list[T]:
    """Run all steps at the same time and return what they returned."""
    with ThreadPoolExecutor(len(steps)) as pool:
        return [running.result() for running in [pool.submit(step) for step in steps]]


def meet(monkeypatch: pytest.MonkeyPatch, rows: type, look: str, workers: int = 2) -> None:
    """Let workers go on after a look only when all have looked, unless one keeps the others out."""
    barrier, real = threading.Barrier(workers, timeout=0.5), getattr(rows, look)

    def look_and_wait(*arguments: object) -> object:
        found = real(*arguments)
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return found

    monkeypatch.setattr(rows, look, look_and_wait)


def test_two_payments_never_settle_more_than_is_owed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = house.invoice_of("D-1")
    for payment in ("P-1", "P-2"):
        house.pay(payment, "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    meet(monkeypatch, PaymentRows, "claim_invoices")

    at_once(*[lambda: reconcile.reconcile_payments(house.s, limit=1)] * 2)
    reconcile.reconcile_payments(house.s)

    assert verify(house.s) == []
    assert house.open_codes() == ["overpaid"]


def test_two_events_about_one_deal_are_compared_although_neither_was_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (a_deal("D-1", amount, "nordwind") for amount in ("100.00 EUR", "999.00 EUR"))
    with house.s.ledger.write() as work:
        work.inbox.add_events([one, replace(other, event_id="another")], house.clock.now())
    meet(monkeypatch, ObligationRows, "of_agreements")

    at_once(*[lambda: decide.decide_events(house.s, Model.DEAL, limit=1)] * 2)
    decide.decide_events(house.s, Model.DEAL)

    assert house.open_codes() == ["amounts_disagree"] * 2


def test_one_of_several_workers_recovers_a_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def die(_message: object) -> None:
        raise KilledError

    house.mailer.on_send = die
    with pytest.raises(KilledError):
        house.invoice_of("D-1")
    house.lease_clock.pass_by(seconds=601)
    meet(monkeypatch, OutboxRows, "expired", workers=3)

    recovered = at_once(*[lambda: dispatch.recover_expired(house.s)] * 3)

    (message,) = [one for several in recovered for one in several]
    with house.s.ledger.read() as work:
        invoice_id = work.outbox.get(message).invoice_id
        assert len(work.outbox.attempts(invoice_id)) == 1
    assert house.actions(invoice_id)[-1] == "dispatch_uncertain"


def test_two_models_that_draft_under_one_agreement_see_each_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = house.with_book(every_model())
    tell(company, fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1"))
    tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "concept"))
    models = (Model.DEAL, Model.MILESTONE)
    for model in models:
        report.report_events(company.s, model)
        decide.decide_events(company.s, model)
    meet(monkeypatch, DraftRows, "of_agreements")

    def drafted() -> list[int]:
        steps = [partial(draft.draft_obligations, company.s, model) for model in models]
        return sorted(map(len, at_once(*steps)))

    assert drafted() == [0, 1]  # the second one was computed without the first
    assert drafted() == [0, 1]
    assert drafted() == [0, 0]


def test_two_people_who_answer_one_step_at_once_make_one_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chained = house.with_book(a_book(chain=(("manager", ("anna", "ben")), ("finance", ("eve",)))))
    chained.win_deal("D-1", "9000.00 EUR")
    (parcel,) = chained.plan("run-1")
    request = review.open_review(chained.s, parcel)
    assert request
    meet(monkeypatch, ReviewRows, "of_versions")

    def answered(login: str) -> Approval:
        return review.answer_review(chained.s, parcel, request.options[0], login)

    one, other = at_once(lambda: answered("anna"), lambda: answered("ben"))

    assert one == other
    assert house.actions(request.draft_id).count("step_approved") == 1


def test_reminders_are_queued_while_their_invoices_are_paid(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both end reminders of several invoices, and neither in the order of the other."""
    invoices = sorted((house.invoice_of(f"D-{n}") for n in range(3)), key=lambda one: one.id)
    for invoice in reversed(invoices):
        house.pay(f"P-{invoice.number}", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    house.clock.pass_by(days=14)
    meet(monkeypatch, ReminderRows, "settle")

    at_once(
        lambda: follow_up.queue_reminders(house.s), lambda: reconcile.reconcile_payments(house.s)
    )
    follow_up.follow_up(house.s)

    assert not [mail for mail in house.mailer.sent if mail.subject.startswith("reminder")]
    assert verify(house.s) == []


def test_two_runs_never_carry_one_draft(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.s, Model.DEAL)
    draft.draft_obligations(house.s, Model.DEAL)
    meet(monkeypatch, DraftRows, "releasable")

    def planned(run_id: str) -> list[str]:
        return parcels.plan_parcels(house.s, Model.DEAL, run_id, lambda _: False)

    assert sorted(map(len, at_once(lambda: planned("run-1"), lambda: planned("run-2")))) == [0, 1]
