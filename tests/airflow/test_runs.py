"""Whole runs with everything real but the scheduler: config, ledger, print, mail, a person."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.trigger import handle_event_submit
from airflow.sdk import DAG, timezone
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from invoicing.domain.events import EventKind
from invoicing.hooks.connections import services_from_airflow
from invoicing.ledger.clocks import move_clock
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ports import Services
from invoicing.services.report import accept_hint
from sandbox.airflow_setup import ROOT
from tests.support.peers import Mailbox, ObjectServer, connections, mail_server, object_server
from tests.support.services import a_hint

BUSINESS_DAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass
class Company:
    """The example company with its peers."""

    ledger: SqlLedger
    s: Services
    crm: ObjectServer
    accounting: ObjectServer
    mailbox: Mailbox

    def win_deal(self, deal_id: str, client: str, price: str) -> None:
        self.crm.win_deal(deal_id, client, price=price)
        accept_hint(self.s, a_hint(deal_id))

    def pass_by(self, days: int) -> None:
        move_clock(self.ledger, self.s.clock.now() + timedelta(days=days), movable=True)

    def pay(self, payment_id: str, amount: str, currency: str, reference: str) -> None:
        self.accounting.receive_payment(payment_id, amount, currency, reference)
        accept_hint(self.s, a_hint(payment_id, EventKind.PAYMENT_RECEIVED, "accounting"))


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The example company on its business day, over an empty ledger."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    move_clock(ledger, BUSINESS_DAY, movable=True)
    monkeypatch.setenv("INVOICING_LEDGER_URL", url)
    with (
        mail_server() as mailbox,
        object_server("crm") as crm,
        object_server("psa") as psa,
        object_server("accounting") as accounting,
    ):
        peers = connections(mailbox, crm=crm, psa=psa, accounting=accounting)
        for name, value in peers.items():
            monkeypatch.setenv(name, value)
        yield Company(ledger, services_from_airflow(), crm, accounting, mailbox)
    ledger.close()


def run(dag_id: str) -> DagRun:
    """Run a DAG in this process until it ends."""
    dag = DagBag(dag_folder=str(ROOT / "dags" / f"{dag_id}.py")).dags[dag_id]
    assert isinstance(dag, DAG)
    finished: DagRun = dag.test()
    return finished


@contextmanager
def answering(**answers: str) -> Iterator[list[str]]:
    """Answer every question that is asked meanwhile: client's first word -> option's first word.

    Whoever is not named is approved.
    """
    done, subjects = threading.Event(), []

    def answer(detail: HITLDetail) -> None:
        named = (word for client, word in answers.items() if client in detail.subject)
        word = next(named, "Approve")
        detail.chosen_options = [one for one in detail.options if one.startswith(word)]
        detail.params_input = {"comment": "as agreed"}
        detail.responded_by = {"id": "7", "name": "finance"}
        detail.responded_at = timezone.utcnow()
        subjects.append(detail.subject)

    def answer_all() -> None:
        with create_session() as session:
            waiting = select(HITLDetail).where(HITLDetail.responded_at.is_(None))
            for detail in session.scalars(waiting):
                instance = detail.task_instance
                if instance.state == TaskInstanceState.AWAITING_INPUT:
                    answer(detail)
                    payload = detail.as_resume_event_payload()
                    event = TriggerEvent(payload)  # type: ignore[no-untyped-call]
                    handle_event_submit(event, task_instance=instance, session=session)

    def work() -> None:
        while not done.wait(0.2):
            # The run writes to the same SQLite file; a person who finds it locked looks again.
            with suppress(OperationalError):
                answer_all()

    person = threading.Thread(target=work)
    person.start()
    try:
        yield subjects
    finally:
        done.set()
        person.join()


def states(dag_run: DagRun, task_id: str) -> list[str]:
    found = [ti for ti in dag_run.get_task_instances() if ti.task_id == task_id]
    return sorted(str(ti.state) for ti in found)


def test_deals_large_and_small_take_one_way(company: Company) -> None:
    company.win_deal("D-1", "nordwind", "900.00")
    company.win_deal("D-2", "nordwind", "8000.00")

    with answering(Nordwind="Approve") as subjects:
        dag_run = run("deal_invoices")

    assert dag_run.state == "success"
    assert len(subjects) == 1
    assert states(dag_run, "release.dispatch") == ["success", "success"]
    assert len(company.mailbox.mails) == 2
    assert all(mail.get_content_type() == "multipart/mixed" for mail in company.mailbox.mails)


def test_a_rejected_deal_stops_nothing_but_itself(company: Company) -> None:
    company.win_deal("D-1", "nordwind", "900.00")
    company.win_deal("D-2", "nordwind", "8000.00")

    with answering(Nordwind="Reject"):
        dag_run = run("deal_invoices")

    assert dag_run.state == "success"
    for stage in ("review", "issue", "render", "dispatch"):
        assert states(dag_run, f"release.{stage}") == ["skipped", "success"]
    assert len(company.mailbox.mails) == 1


def test_what_the_calendar_says_is_billed_once(company: Company) -> None:
    with answering() as subjects:
        first = run("retainer_invoices")
        asked, mails = len(subjects), len(company.mailbox.mails)
        again = run("retainer_invoices")

    assert (first.state, again.state) == ("success", "success")
    assert "Aurora" in " ".join(subjects)
    assert mails > 1
    assert (len(subjects), len(company.mailbox.mails)) == (asked, mails)
    assert states(again, "release.dispatch") == ["skipped"]


def test_what_is_paid_is_not_reminded_of_and_what_is_not_is_once(company: Company) -> None:
    company.win_deal("D-1", "nordwind", "900.00")
    company.win_deal("D-2", "nordwind", "700.00")
    run("deal_invoices")
    with company.s.ledger.read() as work:
        paid, unpaid = work.invoices.recent(10)
    due = paid.content.totals.due
    company.pay("P-1", str(due.amount), due.currency, f"invoice {paid.number}")

    assert run("reconcile").state == "success"
    company.pass_by(days=60)
    assert run("follow_up").state == "success"
    assert run("follow_up").state == "success"

    subjects = " ".join(str(mail["Subject"]) for mail in company.mailbox.to("nordwind"))
    assert (subjects.count(paid.number), subjects.count(unpaid.number)) == (1, 2)
