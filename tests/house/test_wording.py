"""What is public is documented, in words that add something."""

from pathlib import Path

import pytest

from tests.house import wording
from tests.house.source import PACKAGE, ROOT, plant

DOMAIN = f"{PACKAGE}/domain/x.py"


def test_every_module_says_what_it_is_for() -> None:
    assert wording.modules_without_docstring(ROOT) == []


def test_what_is_public_is_documented() -> None:
    assert wording.undocumented(ROOT) == []


def test_no_docstring_only_repeats_a_name() -> None:
    assert wording.empty_words(ROOT) == []


def test_parameters_of_operators_are_explained() -> None:
    assert wording.undocumented_parameters(ROOT) == []


def test_nothing_is_left_behind() -> None:
    assert wording.left_behind(ROOT) == []


def test_module_without_docstring_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "dags/x.py", "a = 1\n")

    assert wording.modules_without_docstring(tmp_path) == [
        "dags/x.py:1: lacks the sentence that says what the file is for"
    ]


def test_undocumented_class_and_domain_function_are_caught(tmp_path: Path) -> None:
    text = "class Line:\n    pass\n\ndef round_up():\n    pass\n\ndef _private():\n    pass\n"
    plant(tmp_path, DOMAIN, text)
    plant(tmp_path, f"{PACKAGE}/services/x.py", text)

    assert wording.undocumented(tmp_path) == [
        f"{DOMAIN}:1: `Line` is public and not documented",
        f"{DOMAIN}:4: `round_up` is public and not documented",
        f"{PACKAGE}/services/x.py:1: `Line` is public and not documented",
    ]


@pytest.mark.parametrize(
    "text",
    [
        'def issue_drafts():\n    """Issue the drafts."""\n',
        'class BillingRule:\n    """A billing rule."""\n',
        'class TaxRate:\n    """This class is a TaxRate."""\n',
        '"""Module x."""\n',
    ],
)
def test_docstring_that_repeats_the_name_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, DOMAIN, text)

    assert len(wording.empty_words(tmp_path)) == 1


def test_docstring_that_adds_something_is_kept(tmp_path: Path) -> None:
    plant(tmp_path, DOMAIN, 'def issue_drafts():\n    """Issue the drafts, the number last."""\n')

    assert wording.empty_words(tmp_path) == []


def test_unexplained_parameter_of_an_operator_is_caught(tmp_path: Path) -> None:
    text = '''class IssueOperator:
    """
    Give numbers.

    :param parcel_id: id of the parcel
    """

    def __init__(self, *, parcel_id: str, limit: int, params: None = None, **kwargs: str) -> None:
        pass
'''
    plant(tmp_path, f"{PACKAGE}/operators/issue.py", text)

    assert wording.undocumented_parameters(tmp_path) == [
        f"{PACKAGE}/operators/issue.py:8: `IssueOperator` does not explain `:param limit:`"
    ]


@pytest.mark.parametrize("line", ["# TODO: later", "raise NotImplementedError", "a = 1  # FIXME"])
def test_promise_of_work_is_caught(tmp_path: Path, line: str) -> None:
    plant(tmp_path, DOMAIN, f"{line}\n")

    assert len(wording.left_behind(tmp_path)) == 1
