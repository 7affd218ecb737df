"""Forms: what a person can choose from in Airflow's trigger form, and what they wrote, checked."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.config.load import load_book, read_texts
from invoicing.config.settings import settings_from
from invoicing.domain.book import Book
from invoicing.domain.errors import MoneyError, RefusedError
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import Money, number
from invoicing.domain.parties import Mode
from invoicing.domain.work import WorkItem

log = logging.getLogger(__name__)

SOURCE = "form"
MOST_CHARACTERS = 300


def book_on_disk() -> Book | None:
    """Return the book of config/, or nothing while its files are missing or broken.

    It is read while DAG files are parsed, without the ledger. The active book may be another one:
    use this one to offer choices, and decide nothing by it.
    """
    try:
        return load_book(read_texts(settings_from().home))
    except Exception as error:  # noqa: BLE001 - whatever is wrong there, the form is offered
        log.warning("config/ cannot be read: %s; run `invoicing check`", type(error).__name__)
        return None


@dataclass(frozen=True, slots=True)
class Form:
    """What a person wrote to ask for a single invoice; everything is text."""

    client: str
    agreement: str
    description: str
    quantity: str
    unit: str
    unit_price: str
    tax_category: str
    supplied_on: str


def read_form(form: Form, book: Book, run_id: str, login: str) -> BillingEvent:
    """Turn a form into the event that asks for the invoice, or say all that is wrong with it."""
    if mistakes := list(_mistakes(form, book)):
        listed = "\n".join(f"- {mistake}" for mistake in mistakes)
        raise RefusedError(
            f"This request cannot be billed; correct it and send it again:\n{listed}"
        )
    price = Money(number(form.unit_price), book.client(form.client).currency)
    item = WorkItem(
        source=SOURCE,
        record_id=run_id,
        description=_one_line(form.description),
        quantity=number(form.quantity),
        unit=_one_line(form.unit),
        unit_price=price,
        tax_category=form.tax_category,
    )
    return BillingEvent(
        source=SOURCE,
        event_id=run_id,
        kind=EventKind.ONE_OFF_REQUESTED,
        client=form.client,
        agreement=form.agreement,
        subject=run_id,
        occurred_on=date.fromisoformat(form.supplied_on),
        work=(item,),
        title=item.description,
        reported_by=login,
    )


def _mistakes(form: Form, book: Book) -> Iterator[str]:
    yield from _wrong_names(form, book)
    yield from _wrong_number("Quantity", form.quantity, "7.5")
    yield from _wrong_number("Price of one unit", form.unit_price, "1450.00")
    if not form.description.strip():
        yield "Description is empty; write the line as the client shall read it"
    for title, text in (("Description", form.description), ("Unit", form.unit)):
        if not _one_line(text).isprintable() or len(text) > MOST_CHARACTERS:
            yield f"{title} must be plain text of at most {MOST_CHARACTERS} characters"
    yield from _wrong_day(form, book)


def _wrong_day(form: Form, book: Book) -> Iterator[str]:
    try:
        day = date.fromisoformat(form.supplied_on)
    except ValueError:
        yield f"Day of supply is {form.supplied_on!r}; write it like 2026-11-02"
        return
    agreement = book.agreements.get(form.agreement)
    if agreement is None:
        return
    if not agreement.covers(day) or day < agreement.bill_from:
        until = f" to {agreement.ends_on}" if agreement.ends_on else ""
        yield (
            f"Day of supply is {day}, but agreement {agreement.key!r} is billed here from"
            f" {agreement.bill_from}{until}; choose another day or agreement"
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _wrong_names(form: Form, book: Book) -> Iterator[str]:
    agreement = book.agreements.get(form.agreement)
    client = book.clients.get(form.client)
    if client is None:
        yield f"Client {form.client!r} is not in config/clients.yaml; choose another one"
    elif client.mode is Mode.OFF:
        yield f"Client {client.key!r} is switched off in config/clients.yaml; nothing is billed"
    if agreement is None:
        yield f"Agreement {form.agreement!r} is not in config/agreements.yaml; choose another one"
    elif agreement.client != form.client:
        yield (
            f"Agreement {agreement.key!r} is one with {agreement.client!r}, not with"
            f" {form.client!r}; choose the client's own agreement"
        )
    if form.tax_category not in {rule.rate.category for rule in book.taxes.rules}:
        yield f"Tax category {form.tax_category!r} is not in config/taxes.yaml; choose another one"


def _wrong_number(title: str, text: str, example: str) -> Iterator[str]:
    try:
        value = number(text)
    except MoneyError:
        yield f"{title} is {text!r}; write a plain number such as {example}, without separators"
        return
    if value <= Decimal(0):
        yield f"{title} is {text}; it must be more than 0. For a credit use a credit note"
