"""Every mistake a person may write is refused at its place, with a text that helps."""

import pytest

from invoicing.config.load import ConfigError, load_book
from invoicing.config.problems import Problem
from tests.config.mistakes import IN_ONE_ENTRY, Case
from tests.config.mistakes_between import BETWEEN_ENTRIES
from tests.config.small_company import TEXTS, spoiled

HERE = "▸"  # stands in a spoiled text where the mistake must be reported
CASES = IN_ONE_ENTRY | BETWEEN_ENTRIES


def problems_of(texts: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load_book(texts)
    return caught.value.problems


def marked(file: str, text: str) -> str:
    """Return the place of the mark, as file:line:column."""
    before = text[: text.index(HERE)]
    return f"config/{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_mistake_is_named_at_its_place(case: Case) -> None:
    texts = spoiled(case.file, case.old, case.new)
    place = marked(case.file, texts[case.file])
    texts[case.file] = texts[case.file].replace(HERE, "")

    found = {problem.place: problem for problem in problems_of(texts)}

    assert place in found, list(found)
    said = f"{found[place].text}\n{found[place].help}"
    for words in case.words:
        assert words in said
    assert "hunter2" not in str(ConfigError(found.values()))


def test_the_small_company_itself_is_good() -> None:
    assert load_book(TEXTS).clients["globex"].address.postal_code == "0155"
