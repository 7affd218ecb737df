"""Report: bring facts into the inbox: from our calendar, from sources' hints, from a form."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from invoicing.domain.errors import RefusedError
from invoicing.hooks.connections import services_from_airflow
from invoicing.hooks.forms import Form, read_form
from invoicing.operators.base import ModelOperator
from invoicing.services.report import report_events, report_payments, report_request


class ReportEventsOperator(ModelOperator):
    """
    Report the events of a billing model: fetch what sources hinted at, or ask the calendar.

    Returns the ids of the events that are now complete.

    :param model: billing model, such as ``retainer``, ``milestone`` or ``one_off``
    """

    def execute(self, context: Context) -> list[str]:
        """Report, and return ids."""
        reported = report_events(services_from_airflow(), self.model)
        self.log.info("%d events reported", len(reported))
        return reported


class ReportPaymentsOperator(BaseOperator):
    """
    Fetch the payments that accounting systems told us of.

    Returns the ids of the events that are now complete.
    """

    def execute(self, context: Context) -> list[str]:
        """Report, and return ids."""
        reported = report_payments(services_from_airflow())
        self.log.info("%d payments reported", len(reported))
        return reported


class RequestInvoiceOperator(BaseOperator):
    """
    Report that a person asks for a single invoice; the billing DAG of one-off invoices bills it.

    The login that started the run is the author of the draft and may not approve it. Everything
    that is wrong with the request is said at once, and nothing is reported then. Running it again
    reports nothing twice. Returns the id of the event.

    :param client: key of the client who is billed (templated)
    :param agreement: key of the agreement it is billed under (templated)
    :param description: the line as the client reads it (templated)
    :param quantity: how many units, a plain decimal number (templated)
    :param unit_price: price of one unit before tax, in the client's currency (templated)
    :param tax_category: what is sold, as config/taxes.yaml calls it (templated)
    :param supplied_on: day of the supply such as 2026-11-02; it is the tax point (templated)
    :param unit: what is counted, such as ``h``; empty for a lump sum (templated)
    """

    template_fields: Sequence[str] = (
        "client",
        "agreement",
        "description",
        "quantity",
        "unit_price",
        "tax_category",
        "supplied_on",
        "unit",
    )

    def __init__(
        self,
        *,
        client: str,
        agreement: str,
        description: str,
        quantity: str,
        unit_price: str,
        tax_category: str,
        supplied_on: str,
        unit: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.client = client
        self.agreement = agreement
        self.description = description
        self.quantity = quantity
        self.unit_price = unit_price
        self.tax_category = tax_category
        self.supplied_on = supplied_on
        self.unit = unit

    def execute(self, context: Context) -> str:
        """Check what was written, report it, and return the id."""
        run = context["dag_run"]
        login = run.triggering_user_name
        if not login:
            raise RefusedError("nobody is known to have sent this form; trigger it while logged in")
        form = Form(
            client=self.client,
            agreement=self.agreement,
            description=self.description,
            quantity=self.quantity,
            unit=self.unit,
            unit_price=self.unit_price,
            tax_category=self.tax_category,
            supplied_on=self.supplied_on,
        )
        services = services_from_airflow()
        event = read_form(form, services.book, run.run_id, login)
        event_id = report_request(services, event)
        self.log.info("%s asked for an invoice: event %s", login, event_id)
        return event_id
