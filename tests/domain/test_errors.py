"""Errors: a carrier asks only whether trying again can help."""

import pytest

from invoicing.domain import errors
from invoicing.domain.errors import InvoicingError, TerminalError, TransientError

ALL = [each for each in vars(errors).values() if isinstance(each, type)]


@pytest.mark.parametrize("error", ALL)
def test_every_error_is_either_terminal_or_transient(error: type[Exception]) -> None:
    assert issubclass(error, InvoicingError)
    if error is not InvoicingError:
        assert issubclass(error, TerminalError) != issubclass(error, TransientError)
        assert error.__name__.endswith("Error")


def test_the_tree_in_the_docstring_is_complete() -> None:
    assert errors.__doc__
    assert all(error.__name__ in errors.__doc__ for error in ALL)
