"""Two workers at the same step at once: Airflow may run any task twice, so nothing doubles."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import pytest

from invoicing.domain.rules import Model
from invoicing.ledger.drafts import DraftRows
from invoicing.ledger.obligations import ObligationRows
from invoicing.ledger.outbox import OutboxRows
from invoicing.ledger.reconcile import PaymentRows
from invoicing.services import decide, dispatch, draft, parcels, reconcile, report
from invoicing.services.verify import verify
from tests.support.services import House, a_deal

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
    meet(monkeypatch, ObligationRows, "owed")

    at_once(*[lambda: decide.decide_events(house.s, Model.DEAL, limit=1)] * 2)
    decide.decide_events(house.s, Model.DEAL)

    assert house.open_codes() == ["event_differs"]


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


def test_two_runs_never_carry_one_draft(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.s, Model.DEAL)
    draft.draft_obligations(house.s, Model.DEAL)
    meet(monkeypatch, DraftRows, "releasable")

    def planned(run_id: str) -> list[str]:
        return parcels.plan_parcels(house.s, Model.DEAL, run_id, lambda _: False)

    assert sorted(map(len, at_once(lambda: planned("run-1"), lambda: planned("run-2")))) == [0, 1]
