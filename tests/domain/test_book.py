"""The book: what people wrote down is found by its key, or the error names the file."""

from dataclasses import replace

import pytest

from invoicing.domain.errors import NotFoundError
from invoicing.domain.rules import Model
from tests.domain.builders import ENTITY, NORDWIND, PROJECTS, book

CARE = replace(PROJECTS, key="aurora-care", client="aurora", model=Model.RETAINER)
BOOK = book(agreements=(PROJECTS, CARE))


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


def test_two_books_of_the_same_content_are_equal_whatever_they_were_read_from() -> None:
    assert replace(BOOK, texts={"a.yaml": "x"}) == BOOK
