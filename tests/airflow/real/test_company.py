"""The whole way in a real Airflow: webhook, wake-up, answer, number, mail, payment, reminder."""

from sandbox.airflow_house import wait_for
from tests.support.company import Company


def test_a_small_deal_is_mailed_without_anybody(company: Company) -> None:
    assert company.win_deal("SMALL-1", "900.00").json() == {"receipt": "new"}

    invoice = company.wait_for_mail("SMALL-1")

    assert company.mails_about(invoice.number) == 1
    assert str(invoice.content.totals.gross) == "1071.00 EUR"


def test_a_large_deal_waits_for_finance_and_then_leaves(company: Company) -> None:
    company.win_deal("LARGE-1", "8000.00")
    review = company.airflow.wait_for_review("9520.00")
    assert company.invoice_of("LARGE-1") is None

    assert company.airflow.answer(review, "Approve", "finance", "well done").status_code == 200

    company.wait_for_mail("LARGE-1")
    path = f"/dags/{review.dag_id}/dagRuns/{review.run_id}/taskInstances/{review.task_id}"
    returned = company.airflow.get(f"{path}/xcomEntries", map_index=review.map_index)
    assert "well done" not in str(returned)


def test_a_rejected_deal_ends_there_and_its_run_is_no_failure(company: Company) -> None:
    company.win_deal("LARGE-2", "7000.00")
    review = company.airflow.wait_for_review("8330.00")

    company.airflow.answer(review, "Reject", "finance")

    assert company.airflow.finish(review.dag_id, review.run_id) == "success"
    states = company.airflow.task_states(review.dag_id, review.run_id)
    for stage in ("review", "issue", "render", "dispatch"):
        assert states[f"release.{stage}", review.map_index] == "skipped"
    assert company.invoice_of("LARGE-2") is None


def test_the_calendar_bills_retainers(company: Company) -> None:
    company.sweep("retainer_invoices")
    to_harbor = "accounts.payable@harborhealth.example.com"

    wait_for(lambda: company.mailbox.to(to_harbor), 120, "the retainer of this month")

    assert company.airflow.wait_for_review("Aurora").dag_id == "retainer_invoices"


def test_a_paid_invoice_is_not_reminded_of_and_an_unpaid_one_is(company: Company) -> None:
    for deal_id, price in (("PAID-1", "100.00"), ("LATE-1", "200.00")):
        company.win_deal(deal_id, price)
    paid, late = company.wait_for_mail("PAID-1"), company.wait_for_mail("LATE-1")
    company.pay("P-1", "119.00", "EUR", f"for {paid.number}")
    company.sweep("reconcile")
    wait_for(lambda: "payment_allocated" in company.actions(paid.id), 90, "the payment")

    company.pass_by(days=60)
    company.sweep("follow_up")

    wait_for(lambda: company.mails_about(late.number) > 1, 120, "the reminder")
    assert company.mails_about(paid.number) == 1
