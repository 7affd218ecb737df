"""Request: the form in which a person asks for a single invoice; it reports, and bills nothing."""

from typing import Any

from airflow.sdk import DAG, Param

from invoicing.blueprints.cycle import DEFAULTS, wake_up_asset
from invoicing.domain.book import Book
from invoicing.domain.events import EventKind
from invoicing.domain.parties import Mode
from invoicing.hooks.forms import book_on_disk
from invoicing.operators.report import RequestInvoiceOperator

NUMBER = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
WHO, WHAT = "Who is billed", "What is billed"


def request_dag(dag_id: str, *, doc: str | None) -> DAG:
    """Return the DAG whose trigger form asks for a one-off invoice.

    No field that decides about money has a default: nothing can be sent by accident. While config/
    is broken the form has plain text fields; what is written is checked by the run in any case.

    :param dag_id: name of the DAG
    :param doc: what finance reads about the DAG in Airflow (Markdown)
    """
    with DAG(
        dag_id=dag_id,
        schedule=None,
        catchup=False,
        default_args=DEFAULTS,
        doc_md=doc,
        tags=["invoicing", "one_off", "form"],
        params=_fields(book_on_disk()),
    ) as dag:
        RequestInvoiceOperator(
            task_id="request",
            client="{{ params.client }}",
            agreement="{{ params.agreement }}",
            description="{{ params.description }}",
            quantity="{{ params.quantity }}",
            unit="{{ params.unit or '' }}",
            unit_price="{{ params.unit_price }}",
            tax_category="{{ params.tax_category }}",
            supplied_on="{{ params.supplied_on }}",
            outlets=[wake_up_asset(EventKind.ONE_OFF_REQUESTED)],
        )
    return dag


def _fields(book: Book | None) -> dict[str, Param]:
    return _who(book) | _what() | _tax(book)


def _who(book: Book | None) -> dict[str, Param]:
    clients = _clients(book) if book else {}
    agreements = {
        key: f"{clients[one.client]}: {one.description}"
        for key, one in (book.agreements if book else {}).items()
        if one.client in clients
    }
    return {
        "client": _choice(
            clients, WHO, "Client", "Who gets the invoice; it is written in the client's currency."
        ),
        "agreement": _choice(
            agreements,
            WHO,
            "Agreement",
            "What we agreed with this client. Its terms and its legal entity hold for the invoice.",
        ),
    }


def _clients(book: Book) -> dict[str, str]:
    return {key: one.name for key, one in book.clients.items() if one.mode is not Mode.OFF}


def _what() -> dict[str, Param]:
    return {
        "description": _text(
            "Description",
            "The line as the client reads it.",
            minLength=3,
            maxLength=300,
            examples=["Workshop on data quality, 3 November 2026", "Spare barcode scanner"],
        ),
        "quantity": _text(
            "Quantity", "A plain number, such as 1 or 7.5.", pattern=NUMBER, examples=["1", "7.5"]
        ),
        "unit": Param(
            "",
            type=["null", "string"],
            section=WHAT,
            title="Unit",
            description="What is counted; leave it empty for a lump sum.",
            maxLength=20,
            examples=["h", "day", "piece"],
        ),
        "unit_price": _text(
            "Price of one unit",
            "Before tax, in the client's currency: a plain number without separators, such as"
            " 1450.00.",
            pattern=NUMBER,
            examples=["1450.00", "95.50"],
        ),
        "supplied_on": _text(
            "Day of supply",
            "The day the work was done or the goods were handed over. It decides about tax.",
            format="date",
        ),
    }


def _tax(book: Book | None) -> dict[str, Param]:
    found = sorted({rule.rate.category for rule in book.taxes.rules}) if book else []
    return {
        "tax_category": _choice(
            {name: name.replace("_", " ") for name in found},
            WHAT,
            "Tax category",
            "What is sold, as config/taxes.yaml calls it; the rate follows from it.",
        )
    }


def _choice(options: dict[str, str], section: str, title: str, description: str) -> Param:
    """Return a list to choose from, or a text field when nobody knows what there is."""
    listed: dict[str, Any] = (
        {"enum": list(options), "values_display": options} if options else {"minLength": 1}
    )
    return Param(type="string", section=section, title=title, description=description, **listed)


def _text(title: str, description: str, **rules: Any) -> Param:
    return Param(type="string", section=WHAT, title=title, description=description, **rules)
