"""The example company in config/: clean, complete, and what the demo and the documents rely on."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from invoicing.config.load import check_texts, load_book, read_texts
from invoicing.domain.agreements import Pricing
from invoicing.domain.approvers import steps_for, who_may
from invoicing.domain.book import Book
from invoicing.domain.issue import format_number
from invoicing.domain.money import Money
from invoicing.domain.parties import Mode
from invoicing.domain.review import ReviewReason
from invoicing.domain.rules import Model

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def book() -> Book:
    """The book of the example company."""
    return load_book(read_texts(ROOT))


def test_there_is_nothing_to_say_about_it() -> None:
    checked = check_texts(read_texts(ROOT))

    assert (checked.errors, checked.warnings) == ((), ())
    assert checked.book is not None


def test_it_has_two_companies_and_twelve_clients_in_three_currencies(book: Book) -> None:
    ours, other = book.entity("brightwater"), book.entity("cloudbridge")

    assert format_number(ours.series, TODAY, 7) == "INV-2026-00007"
    assert {ours.credit_notes.name, other.series.name, other.credit_notes.name} == {
        "CN", "CB", "CBCN",
    }  # fmt: skip
    assert (ours.brand, other.brand) == ("default", "modern")
    assert len(book.clients) == 12
    assert {client.currency for client in book.clients.values()} == {"EUR", "USD", "CHF"}
    assert [key for key, one in book.clients.items() if one.mode is Mode.SHADOW] == ["solveig"]
    assert [key for key, one in book.clients.items() if not one.established] == ["aurora"]


def test_every_kind_of_agreement_and_every_model_is_there(book: Book) -> None:
    kinds = {type(agreement.pricing) for agreement in book.agreements.values()}

    assert kinds == set(get_args(Pricing))
    assert {rule.model for rule in book.rules} == set(Model)


def test_each_line_of_work_has_a_tax(book: Book) -> None:
    rates = {}
    for agreement in book.agreements.values():
        entity, client = book.entity(agreement.entity), book.client(agreement.client)
        rate = book.taxes.rate_for(entity, client, agreement.tax_category, TODAY)
        assert rate is not None, agreement.key
        rates[client.address.country] = (rate.code, str(rate.percent))
        assert client.tax_id or rate.code != "AE"
    assert rates == {
        "DE": ("S", "19"), "US": ("O", "0"), "FR": ("AE", "0"), "DK": ("AE", "0"),
        "CH": ("S", "8.1"),
    }  # fmt: skip


def test_finance_and_lead_stand_in_for_each_other(book: Book) -> None:
    policy = book.review

    def asked(*codes: str) -> list[str]:
        return [step.name for step in steps_for([ReviewReason(code, "") for code in codes], policy)]

    assert asked("amount", "first_invoice") == ["finance"]
    assert asked("amount", "discount") == ["finance", "lead"]
    assert {str(limit) for limit in policy.thresholds.values()} == {
        "5000.00 EUR", "5000.00 USD", "5000.00 CHF",
    }  # fmt: skip
    for step in policy.chain:
        for earlier in ([], ["finance"], ["lead"]):
            assert who_may(
                step, gross=Money.parse("22015.00 EUR"), author="system", earlier=earlier,
                policy=policy, today=TODAY,
            )  # fmt: skip


def test_mail_goes_to_reserved_domains_only(book: Book) -> None:
    addresses = [ours.email for ours in book.entities.values()]
    for client in book.clients.values():
        addresses += [*client.billing_to, *client.billing_cc, client.account_manager]

    assert all(address.endswith("example.com") for address in addresses if address)


def test_every_file_names_its_schema_in_the_first_line() -> None:
    for name, text in read_texts(ROOT).items():
        schema = f"schema/{name.replace('.yaml', '.schema.json')}"
        assert text.splitlines()[0] == f"# yaml-language-server: $schema={schema}"
        assert (ROOT / "config" / schema).is_file()
