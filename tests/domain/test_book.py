"""The book: what people wrote down is found by its key, or the error names the file."""

from dataclasses import replace

import pytest

from invoicing.domain.errors import NotFoundError
from invoicing.domain.follow_up import DEFAULT_PLAN, ReminderPlan
from invoicing.domain.rules import Model
from tests.domain.builders import ENTITY, NORDWIND, PROJECTS, RETAINER, agreement, book

CARE = replace(agreement(RETAINER, "aurora-care"), client="aurora")
BOOK = book(agreements=(PROJECTS, CARE))
GENTLE, STERN = ReminderPlan("gentle", ()), ReminderPlan("stern", ())


def test_entries_are_found_by_their_key() -> None:
    assert BOOK.entity("brightwater") is ENTITY
    assert BOOK.client("nordwind") is NORDWIND
    assert BOOK.agreement("aurora-care") is CARE


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("entity", "no legal entity 'x' in config/company.yaml"),
        ("client", "no client 'x' in config/clients.yaml"),
        ("agreement", "no agreement 'x' in config/agreements.yaml"),
    ],
)
def test_a_missing_entry_says_where_to_write_it(kind: str, words: str) -> None:
    with pytest.raises(NotFoundError, match=words):
        getattr(BOOK, kind)("x")


def test_agreements_of_a_model_and_a_client() -> None:
    assert list(BOOK.agreements_of(Model.RETAINER)) == [CARE]
    assert list(BOOK.agreements_of(Model.DEAL, "nordwind")) == [PROJECTS]
    assert list(BOOK.agreements_of(Model.DEAL, "aurora")) == []


def test_agreements_with_a_client_in_the_order_they_are_written() -> None:
    more = replace(PROJECTS, key="more")
    assert book(agreements=(more, CARE, PROJECTS)).agreements_with("nordwind") == (more, PROJECTS)
    assert BOOK.agreements_with("nobody") == ()


def test_two_books_of_the_same_content_are_equal_whatever_they_were_read_from() -> None:
    assert replace(BOOK, texts={"a.yaml": "x"}) == BOOK


@pytest.mark.parametrize(
    ("of_agreement", "of_client", "plan"),
    [("", "", DEFAULT_PLAN), ("", "gentle", GENTLE), ("stern", "gentle", STERN)],
)
def test_the_cadence_is_the_agreements_or_the_clients_or_the_standard_one(
    of_agreement: str, of_client: str, plan: ReminderPlan
) -> None:
    one = replace(PROJECTS, reminder_plan=of_agreement)
    client = replace(NORDWIND, reminder_plan=of_client)
    plans = {plan.name: plan for plan in (DEFAULT_PLAN, GENTLE, STERN)}
    books = replace(book(agreements=(one,), clients=(client,)), reminders=plans)
    assert books.reminder_plan(one) is plan


def test_a_missing_cadence_says_where_to_write_it() -> None:
    lost = replace(PROJECTS, reminder_plan="lost")
    with pytest.raises(NotFoundError, match=r"no reminder plan 'lost' in config/reminders\.yaml"):
        book(agreements=(lost,)).reminder_plan(lost)
