"""The form for a single invoice: what it offers, what it refuses, and what it reports."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from invoicing.blueprints.request import request_dag
from invoicing.domain.errors import RefusedError
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import Money
from invoicing.domain.parties import Mode
from invoicing.domain.work import WorkItem
from invoicing.hooks.forms import Form, read_form
from invoicing.operators.report import RequestInvoiceOperator
from sandbox.airflow_setup import ROOT
from tests.support.services import House

SENT: dict[str, str] = {
    "client": "nordwind",
    "agreement": "nordwind-projects",
    "description": "Workshop on data quality",
    "quantity": "1.5",
    "unit": "day",
    "unit_price": "1450.00",
    "tax_category": "standard",
    "supplied_on": "2026-11-02",
}
MONEY = ("quantity", "unit_price", "tax_category", "supplied_on", "client", "agreement")


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> DAG:
    monkeypatch.setenv("INVOICING_HOME", str(ROOT))
    return request_dag("form", doc="A form.")


def filled(form: DAG, **changes: Any) -> dict[str, Any]:
    """Fill in the form as Airflow does, which checks every field."""
    params = ParamsDict(form.params)
    params.update(SENT | changes)
    done: dict[str, Any] = params.validate()
    return done


def execute(
    house: House, login: str | None = "finance", run: str = "manual__1", **changes: str
) -> str:
    run_of_form = SimpleNamespace(run_id=run, triggering_user_name=login)
    operator = RequestInvoiceOperator(task_id="request", **(SENT | changes))
    context: Any = {"dag_run": run_of_form}
    return operator.execute(context)


def test_a_form_that_is_filled_in_is_accepted(form: DAG) -> None:
    assert filled(form) == SENT


def test_nothing_can_be_sent_by_accident(form: DAG) -> None:
    for name in MONEY:
        field = form.params.get_param(name)
        with pytest.raises(ParamValidationError):
            Param(schema=field.schema).resolve()
    with pytest.raises(ParamValidationError):
        ParamsDict(form.params).validate()


@pytest.mark.parametrize(
    "wrong",
    [
        {"client": "somebody"},
        {"agreement": "nothing"},
        {"quantity": "1,5"},
        {"quantity": "-1"},
        {"quantity": 1.5},
        {"unit_price": "1.450,00"},
        {"unit_price": "1450.00 EUR"},
        {"tax_category": "guess"},
        {"supplied_on": "2.11.2026"},
        {"description": "x"},
    ],
    ids=str,
)
def test_a_wrong_field_is_refused_before_anything_runs(form: DAG, wrong: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        filled(form, **wrong)


def test_people_choose_by_names_and_read_what_a_field_means(form: DAG) -> None:
    clients = form.params.get_param("client").schema
    agreements = form.params.get_param("agreement").schema

    assert clients["values_display"]["nordwind"] == "Nordwind Logistik GmbH"
    assert agreements["values_display"]["nordwind-projects"].startswith("Nordwind Logistik GmbH: ")
    for name in form.params:
        field = form.params.get_param(name)
        assert field.schema["title"]
        assert field.schema["section"]
        assert str(field.description).endswith(".")


@pytest.mark.parametrize("broken", ["", "clients: [", "clients: 7"])
def test_a_broken_config_leaves_a_form_of_plain_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setenv("INVOICING_HOME", str(tmp_path))
    if broken:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/clients.yaml").write_text(broken)

    form = request_dag("form", doc="A form.")

    assert "enum" not in form.params.get_param("client").schema
    assert filled(form, client="whoever") == SENT | {"client": "whoever"}


def test_what_was_written_becomes_an_event_of_its_sender(house: House) -> None:
    form = Form(**SENT)

    event = read_form(form, house.s.book, "manual__1", "finance")

    item = WorkItem(
        "form",
        "manual__1",
        "Workshop on data quality",
        Decimal("1.5"),
        "day",
        Money.parse("1450.00 EUR"),
        "standard",
    )
    assert event == BillingEvent(
        source="form",
        event_id="manual__1",
        kind=EventKind.ONE_OFF_REQUESTED,
        client="nordwind",
        agreement="nordwind-projects",
        subject="manual__1",
        occurred_on=date(2026, 11, 2),
        work=(item,),
        title="Workshop on data quality",
        reported_by="finance",
    )


def test_a_text_of_several_lines_becomes_one(house: House) -> None:
    form = Form(**(SENT | {"description": " Workshop\r\non\u00a0data "}))

    assert read_form(form, house.s.book, "manual__1", "finance").title == "Workshop on data"


def test_the_price_is_in_the_clients_currency(house: House) -> None:
    form = Form(**(SENT | {"client": "harbor", "agreement": "harbor-support"}))

    (item,) = read_form(form, house.s.book, "manual__1", "finance").work

    assert isinstance(item, WorkItem)
    assert item.unit_price.currency == "USD"


def test_all_mistakes_are_told_at_once_in_the_words_of_the_form(house: House) -> None:
    wrong = Form("nobody", "nothing", " ", "one", "h\u202e", "1.450,00", "guess", "2.11.2026")

    with pytest.raises(RefusedError) as refused:
        read_form(wrong, house.s.book, "manual__1", "finance")

    for words in (
        "Client 'nobody' is not in config/clients.yaml",
        "Agreement 'nothing' is not in config/agreements.yaml",
        "Description is empty",
        "Quantity is 'one'; write a plain number such as 7.5",
        "Unit must be plain text",
        "Price of one unit is '1.450,00'",
        "Tax category 'guess'",
        "Day of supply is '2.11.2026'",
    ):
        assert words in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agreement": "harbor-support"}, "choose the client's own agreement"),
        ({"quantity": "0"}, "must be more than 0"),
        ({"unit_price": "-5.00"}, "must be more than 0"),
        ({"supplied_on": ""}, "write it like 2026-11-02"),
        ({"supplied_on": "2019-12-31"}, "is billed here from"),
        ({"description": "x" * 301}, "at most 300 characters"),
    ],
)
def test_a_mistake_says_what_to_do(house: House, changes: dict[str, str], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        execute(house, **changes)


def test_a_client_that_is_switched_off_is_not_asked_for_in_vain(house: House) -> None:
    book = house.s.book
    off = replace(book.client("nordwind"), mode=Mode.OFF)
    closed = replace(book, clients={**book.clients, "nordwind": off})

    with pytest.raises(RefusedError, match="switched off"):
        read_form(Form(**SENT), closed, "manual__1", "finance")


def test_a_request_is_reported_once_however_often_its_task_runs(house: House) -> None:
    first, again = execute(house), execute(house)
    other = execute(house, run="manual__2")

    assert first == again != other
    with house.s.ledger.read() as work:
        assert len(work.inbox.ready([EventKind.ONE_OFF_REQUESTED], 10)) == 2


@pytest.mark.parametrize("login", [None, ""])
def test_a_request_of_nobody_is_refused(house: House, login: str | None) -> None:
    with pytest.raises(RefusedError, match="logged in"):
        execute(house, login=login)
