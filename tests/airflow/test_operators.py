"""Operators carry ids through the cycle; task state and repeated runs decide nothing."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from invoicing.operators.audit import AuditLedgerOperator
from invoicing.operators.decide import DecideEventsOperator
from invoicing.operators.dispatch import DispatchInvoicesOperator
from invoicing.operators.draft import DraftInvoicesOperator
from invoicing.operators.follow_up import FollowUpInvoicesOperator
from invoicing.operators.issue import IssueInvoicesOperator
from invoicing.operators.parcels import PlanParcelsOperator
from invoicing.operators.read_mail import ReadMailOperator
from invoicing.operators.reconcile import ReconcilePaymentsOperator
from invoicing.operators.render import RenderInvoicesOperator
from invoicing.operators.report import ReportEventsOperator, ReportPaymentsOperator
from invoicing.operators.review import ReviewDraftOperator
from tests.support.mailboxes import Pigeonhole, a_bounce
from tests.support.services import House


@dataclass
class Run:
    """One run of the DAG `deal_invoices`, as its tasks see it."""

    run_id: str = "manual__1"
    user: str | None = None
    alive: set[tuple[str, str]] = field(default_factory=set)
    dag_id: str = "deal_invoices"

    def get_dr_count(self, dag_id: str, *, run_ids: list[str], states: list[str]) -> int:
        assert states == ["queued", "running"]
        return sum((dag_id, run_id) in self.alive for run_id in run_ids)

    def do(self, operator: type[BaseOperator], **arguments: Any) -> Any:
        context: Any = {"ti": self, "dag_run": SimpleNamespace(triggering_user_name=self.user)}
        return operator(task_id="task", **arguments).execute(context)

    def plan(self) -> list[str]:
        for operator in (ReportEventsOperator, DecideEventsOperator, DraftInvoicesOperator):
            self.do(operator, model="deal")
        parcels: list[str] = self.do(PlanParcelsOperator, model="deal")
        return parcels

    def release(self, parcel_id: str) -> list[list[str]]:
        steps = (
            ReviewDraftOperator,
            IssueInvoicesOperator,
            RenderInvoicesOperator,
            DispatchInvoicesOperator,
        )
        return [self.do(step, parcel_id=parcel_id) for step in steps]


def test_a_small_deal_passes_all_stages_and_its_mail_leaves_once(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = Run().plan()

    first, again = Run().release(parcel), Run().release(parcel)

    assert first == again
    assert len(house.mailer.sent) == 1


def test_nothing_but_ids_is_returned(house: House) -> None:
    house.win_deal("D-1")
    run = Run()
    returned = [
        run.do(ReportEventsOperator, model="deal"),
        run.do(DecideEventsOperator, model="deal"),
        run.do(DraftInvoicesOperator, model="deal"),
        run.do(PlanParcelsOperator, model="deal"),
    ]
    returned += run.release(returned[-1][0])

    for ids in returned:
        assert all(isinstance(one, str) and " " not in one for one in ids)
        assert "Nordwind" not in str(ids)
        assert "1200" not in str(ids)


def test_an_unapproved_parcel_is_skipped_at_issue_and_shown(house: House) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = Run().plan()

    with pytest.raises(AirflowSkipException, match="no approval"):
        Run().do(IssueInvoicesOperator, parcel_id=parcel)

    assert Run().do(RenderInvoicesOperator, parcel_id=parcel) == []
    assert Run().do(DispatchInvoicesOperator, parcel_id=parcel) == []
    assert house.open_codes() == ["not_approved"]
    assert house.mailer.sent == []


def test_a_run_carries_its_parcels_until_it_is_over(house: House) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = Run("first").plan()

    assert Run("first").plan() == [parcel]
    assert Run("second", alive={("deal_invoices", "first")}).plan() == []
    assert Run("third", alive={("retainer_invoices", "first")}).plan() not in ([], [parcel])


def test_runs_of_two_dags_may_have_the_same_id(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = Run("scheduled__2026-11-02T00:00:00+00:00").plan()

    other = Run("scheduled__2026-11-02T00:00:00+00:00", dag_id="retainer_invoices")

    assert parcel not in other.do(PlanParcelsOperator, model="retainer")


@pytest.mark.parametrize(("user", "author"), [(None, "system"), ("lead", "lead")])
def test_who_starts_a_run_by_hand_is_the_author(
    house: House, user: str | None, author: str
) -> None:
    house.win_deal("D-1", "9000.00 EUR")
    Run().do(ReportEventsOperator, model="deal")
    Run().do(DecideEventsOperator, model="deal")

    (draft_id,) = Run(user=user).do(DraftInvoicesOperator, model="deal")

    with house.s.ledger.read() as work:
        assert work.drafts.get([draft_id])[0].author == author


def test_a_payment_is_applied_once(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", "100.00 EUR", invoice.number)

    assert len(Run().do(ReportPaymentsOperator)) == 1
    assert Run().do(ReconcilePaymentsOperator) == [invoice.id]
    assert Run().do(ReconcilePaymentsOperator) == []


def test_an_unpaid_invoice_is_reminded_of_once(house: House) -> None:
    house.invoice_of("D-1")
    house.clock.pass_by(days=40)

    assert len(Run().do(FollowUpInvoicesOperator)) == 1
    assert Run().do(FollowUpInvoicesOperator) == []
    assert len(house.mailer.sent) == 2


def test_the_audit_anchors_the_trail_and_names_the_promises_that_are_broken(house: House) -> None:
    invoice = house.invoice_of("D-1")
    assert Run().do(AuditLedgerOperator) == []

    with house.s.ledger.write() as work:
        work.invoices.take_numbers(invoice.series, 1)
    assert Run().do(AuditLedgerOperator) == ["I4"]

    assert house.open_codes() == ["invariant_broken"]
    with house.s.ledger.read() as work:
        assert [anchor.day for anchor in work.anchors.all()] == [house.clock.at.date()]


def test_an_unknown_model_is_refused_when_the_dag_is_read() -> None:
    with pytest.raises(ValueError, match="guess"):
        ReportEventsOperator(task_id="report", model="guess")


def test_mail_is_read_to_the_end_and_nothing_of_it_goes_on(house: House) -> None:
    assert Run().do(ReadMailOperator) is None  # without a mailbox there is nothing to do

    invoice = house.invoice_of("D-1")
    box = Pigeonhole(mails=[f"From: a@b.example\r\n\r\n{one}".encode() for one in range(150)])
    box.put(a_bounce(house.mailer.sent[-1].message_id))
    house.s = replace(house.s, mailbox=box)

    assert Run().do(ReadMailOperator) is None
    assert house.open_codes() == ["mail_bounced"]
    assert "dispatch_bounced" in house.actions(invoice.id)
