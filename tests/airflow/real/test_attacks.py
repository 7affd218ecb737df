"""What careless or hostile users, callers and kill -9 do in a real Airflow: nothing that counts."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import psutil
import pytest

from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.parties import Channel
from invoicing.domain.states import OutboxState
from invoicing.ledger.clocks import DatabaseLeaseClock
from sandbox.airflow_house import Review, wait_for
from tests.support.company import Company, company_in

LEASE_SECONDS = 15


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A house of its own, with leases that run out while a test waits."""
    short = {"INVOICING_LEASE_SECONDS": str(LEASE_SECONDS), "INVOICING_SEND_SECONDS": "10"}
    with company_in(tmp_path_factory.mktemp("attacked"), env=short) as company:
        yield company


def asked(company: Company, deal_id: str, price: str) -> Review:
    """Win a deal that is large enough to be asked about, and wait for the question."""
    company.win_deal(deal_id, price)
    gross = f"{int(price.partition('.')[0]) * 119 // 100}."
    return company.airflow.wait_for_review(gross)


def opened(company: Company, code: str) -> None:
    """Wait until an exception of this kind is open."""
    wait_for(lambda: code in company.open_codes(), 60, f"the exception {code}")


def test_marking_the_review_as_done_issues_nothing_and_asks_again(company: Company) -> None:
    review = asked(company, "MARKED", "6000.00")

    assert company.airflow.set_state(review, "success", "finance").status_code == 200

    company.airflow.finish(review.dag_id, review.run_id)
    opened(company, "not_approved")
    assert company.invoice_of("MARKED") is None
    company.sweep(review.dag_id)
    again = company.airflow.wait_for_review(review.subject, seconds=120)
    assert again.run_id != review.run_id


def test_a_viewer_cannot_answer_and_the_second_answer_is_too_late(company: Company) -> None:
    review = asked(company, "TWICE", "6100.00")

    assert company.airflow.answer(review, "Approve", "viewer").status_code == 403
    assert company.airflow.answer(review, "Approve", "finance").status_code == 200
    assert company.airflow.answer(review, "Reject", "lead").status_code == 409

    invoice = company.wait_for_mail("TWICE")
    assert company.mails_about(invoice.number) == 1


def test_an_answer_about_another_version_is_no_answer(company: Company) -> None:
    review = asked(company, "VERSION", "6200.00")
    forged = replace(review, options=("Approve v9-000000",))

    assert company.airflow.answer(forged, "Approve", "finance").status_code == 400
    assert company.invoice_of("VERSION") is None


def test_nobody_approves_what_they_drafted(company: Company) -> None:
    review = asked(company, "OWN", "6300.00")
    company.airflow.answer(review, "Send back", "lead", "say more about the work")
    opened(company, "sent_back")
    with company.ledger.read() as work:
        entry = next(e for e in work.exceptions.list_open(1000) if e.code == "sent_back")
    token = {"Authorization": f"Bearer {company.airflow.token('finance')}"}
    done = httpx.post(
        f"{company.airflow.url}/invoicing/queue/{entry.id}",
        json={"action": "draft_again"},
        headers=token | {"X-Requested-With": "invoicing"},
        timeout=60,
    )
    assert done.status_code == 200, done.text

    company.sweep(review.dag_id)
    renewed = company.airflow.wait_for_review("v2-", seconds=120)
    company.airflow.answer(renewed, "Approve", "finance")
    opened(company, "answer_refused")
    assert company.invoice_of("OWN") is None

    company.airflow.finish(renewed.dag_id, renewed.run_id)
    company.sweep(renewed.dag_id)
    asked_again = company.airflow.wait_for_review("v2-", seconds=120)
    assert company.airflow.answer(asked_again, "Approve", "lead").status_code == 200
    company.wait_for_mail("OWN")


def test_a_webhook_repeated_replayed_or_forged_bills_once_or_never(company: Company) -> None:
    company.win_deal("HOOK", "100.00")
    invoice = company.wait_for_mail("HOOK")

    repeated = company.tell("crm", "deal_won", "HOOK")
    renamed = company.tell("crm", "deal_won", "HOOK", event_id="another")
    changed = company.tell("crm", "deal_won", "OTHER", event_id="evt-HOOK")
    company.crm.win_deal("FORGED", "nordwind", price="100.00")
    stale = str(int(time.time()) - 301)
    refused = [
        company.tell("crm", "deal_won", "FORGED", secret="guessed").status_code,
        company.tell("crm", "deal_won", "FORGED", timestamp=stale).status_code,
        company.tell("crm", "deal_won", "FORGED", signature="v1=" + "0" * 64).status_code,
        company.tell("nobody", "deal_won", "FORGED", secret="x").status_code,
    ]

    assert repeated.json() == {"receipt": "known"}
    assert (renamed.json(), changed.json()) == ({"receipt": "new"}, {"receipt": "changed"})
    assert refused == [401] * 4
    opened(company, "event_changed")
    company.win_deal("AFTER", "100.00")
    company.wait_for_mail("AFTER")
    assert company.mails_about(invoice.number) == 1
    assert company.invoice_of("FORGED") is None
    assert company.invoice_of("OTHER") is None


def test_clearing_and_running_again_sends_and_numbers_nothing_anew(company: Company) -> None:
    company.win_deal("CLEAR-1", "100.00")
    company.wait_for_mail("CLEAR-1")
    review = asked(company, "CLEAR-2", "6400.00")
    company.airflow.answer(review, "Approve", "finance")
    company.wait_for_mail("CLEAR-2")
    company.airflow.finish(review.dag_id, review.run_id)
    runs = [
        (dag_id, run["dag_run_id"])
        for dag_id in ("deal_invoices", "retainer_invoices")
        for run in company.airflow.get(f"/dags/{dag_id}/dagRuns", limit=1000)["dag_runs"]
        if run["state"] == "success"
    ]
    with_parcels = [r for r in runs if ("release.dispatch", 0) in company.airflow.task_states(*r)]
    numbers, mails = company.numbers(), len(company.mailbox.to_clients())

    for dag_id, run_id in with_parcels:
        assert company.airflow.clear(dag_id, run_id).status_code == 200
    for dag_id, run_id in with_parcels:
        assert company.airflow.finish(dag_id, run_id, seconds=180) == "success"

    assert (company.numbers(), len(company.mailbox.to_clients())) == (numbers, mails)


def test_a_task_killed_after_the_server_took_the_mail_leaves_one_mail_and_a_question(
    company: Company,
) -> None:
    company.mailbox.silent_after = "Killed set-up"
    company.win_deal("KILLED", "100.00", title="Killed set-up")
    wait_for(lambda: _taken(company), 90, "the mail to be taken")

    os.kill(_sender(company), signal.SIGKILL)

    invoice = company.invoice_of("KILLED")
    assert invoice is not None
    wait_for(lambda: _lease_is_over(company, invoice.id), 4 * LEASE_SECONDS, "the lease to end")
    company.sweep("follow_up")
    opened(company, "send_uncertain")
    company.mailbox.silent_after = ""
    company.win_deal("AFTER-KILL", "100.00")
    company.wait_for_mail("AFTER-KILL")
    assert _mail(company, invoice.id).state is OutboxState.UNCERTAIN
    assert company.mails_about(invoice.number) == 1


def _taken(company: Company) -> bool:
    return any("Killed set-up" in str(mail) for mail in company.mailbox.mails)


def _mail(company: Company, invoice_id: str) -> OutboxRow:
    """Return the mail with the invoice; a copy for the portal and a notice go with it."""
    with company.ledger.read() as work:
        rows = work.outbox.of_invoices([invoice_id])
    sent = MessageKind.INVOICE, Channel.MAIL
    (message,) = [one for one in rows if (one.kind, one.channel) == sent]
    return message


def _lease_is_over(company: Company, invoice_id: str) -> bool:
    message = _mail(company, invoice_id)
    ends, now = message.lease_until, DatabaseLeaseClock(company.ledger).now()
    return message.state is not OutboxState.SENDING or ends is None or ends <= now


def _sender(company: Company) -> int:
    """Return the process that is talking to the mail server."""
    talking = (
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.raddr and connection.raddr.port == company.mailbox.port and connection.pid
    )
    return int(next(talking))
