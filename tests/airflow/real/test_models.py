"""A milestone, an estimate, forty hours and a request by the form in a real Airflow."""

from collections.abc import Mapping
from typing import Any

import pytest

from invoicing.config.settings import settings_from
from invoicing.domain.issue import Invoice
from invoicing.wiring import open_services
from sandbox.airflow_house import wait_for
from sandbox.people import People
from sandbox.seed_world import seeded_world
from tests.support.company import Company

REQUEST = {
    "client": "nordwind",
    "agreement": "nordwind-projects",
    "description": "Workshop on barcode quality",
    "quantity": "1",
    "unit": "day",
    "unit_price": "1450.00",
    "tax_category": "standard",
    "supplied_on": "2026-11-02",
}
WORLD: dict[str, Any] = seeded_world()


@pytest.fixture(scope="module")
def people(company: Company) -> People:
    """Those who answer the reviews."""
    return People(company.airflow, open_services(settings_from(company.airflow.env)))


def put(company: Company, address: str, **changes: object) -> str:
    """Put a seeded object into the source that has it; returns its id."""
    told = WORLD["objects"][address] | changes
    source, _, path = address.partition("/")
    server = {"crm": company.crm, "psa": company.psa}[source]
    server.objects[f"/{path}"] = told
    return address.rpartition("/")[2]


def invoices(company: Company) -> Mapping[str, Invoice]:
    """Return the issued invoices by the unit of what was owed."""
    with company.ledger.read() as work:
        found = work.invoices.recent(1000)
    return {key.unit: one for one in found for key in one.content.obligations}


def test_each_way_of_billing_is_woken_up_reviewed_and_mailed(
    company: Company, people: People
) -> None:
    done = {"status": "done", "done_on": "2026-11-02"}
    entries = WORLD["work"]["juniper-cloud"]
    milestone = put(company, "psa/milestones/M-301", **done)
    estimate = put(company, "crm/estimates/Q-2001", accepted_on="2026-11-02")
    hours = put(company, "psa/timesheets/juniper-cloud", as_of="2026-11-09", entries=entries)

    company.tell("psa", "milestone_done", milestone)
    company.tell("crm", "estimate_accepted", estimate)
    company.tell("psa", "hours_logged", hours)
    run_id = company.airflow.trigger("one_off_invoice", "finance", conf=REQUEST)
    wanted = {"concept", estimate, "hours:1", run_id}

    def mailed() -> bool:
        people.answer_all({})
        found = invoices(company)
        return wanted <= found.keys() and all(
            company.mails_about(found[unit].number) for unit in wanted
        )

    wait_for(mailed, 180, "the four invoices")
    found = invoices(company)
    assert company.airflow.finish("one_off_invoice", run_id) == "success"
    assert str(found["concept"].content.totals.gross) == "11424.00 EUR"
    assert str(found[estimate].content.totals.gross) == "7568.38 CHF"
    assert str(found[run_id].content.totals.gross) == "1725.50 EUR"
    assert all(company.mails_about(found[unit].number) == 1 for unit in wanted)


def test_a_form_that_makes_no_sense_is_refused_before_it_runs(company: Company) -> None:
    for wrong in ({}, REQUEST | {"quantity": "1,5"}, REQUEST | {"client": "nobody"}):
        body = {"logical_date": None, "conf": wrong}
        reply = company.airflow.call("POST", "/dags/one_off_invoice/dagRuns", "finance", json=body)
        assert reply.status_code == 400, reply.text


def test_a_request_for_somebody_elses_agreement_fails_with_words_for_finance(
    company: Company,
) -> None:
    conf = REQUEST | {"client": "harbor"}

    run_id = company.airflow.trigger("one_off_invoice", "finance", conf=conf)

    assert company.airflow.finish("one_off_invoice", run_id) == "failed"
    assert "choose the client's own agreement" in company.airflow.task_logs()
    assert run_id not in invoices(company)
