"""Every mistake a person may write is refused at its place, with a text that helps."""

import pytest

from invoicing.config.load import ConfigError, load_book
from invoicing.config.problems import Problem
from tests.config.mistakes import AG, CL, IN_ONE_ENTRY, RU, TA, Case
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


def test_two_rules_for_a_type_of_clients_meet_where_a_client_is_of_it() -> None:
    texts = spoiled(
        RU,
        "    name: projects",
        "    name: projects\n    client_types: [public, school]\n  - model: milestone\n"
        "    name: shop\n    client_types: [public]",
    )
    texts[CL] = texts[CL].replace("    established: true", "    type: public")

    (problem,) = problems_of(texts)

    assert problem.place == "config/rules.yaml:15:5"
    assert "'projects' (line 12) and 'shop' both bill" in problem.text
    assert problem.text.endswith("of clients of type public")
    assert load_book(texts | {CL: TEXTS[CL]}).rules  # nobody is of it: they never meet


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (AG, "entity: ours\n    description: Frame", "entity: hours\n    description: Frame"),
        (TA, "    valid_to: 2025-12-31\n", "    valid_to: 2025-12-31\n    entity: hours\n"),
        (RU, "rules:\n", "rules:\n  - {model: retainer, name: x, agreements: [acme-cart]}\n"),
        (RU, "rules:\n", "rules:\n  - {model: retainer, name: x, clients: [acne]}\n"),
    ],
    ids=["entity", "entity of a tax", "agreement", "client"],
)  # fmt: skip
def test_an_unknown_name_is_one_mistake_and_makes_no_other(file: str, old: str, new: str) -> None:
    (problem,) = problems_of(spoiled(file, old, new))

    assert problem.text.startswith("unknown ")


def test_of_many_rules_for_all_each_is_named_once() -> None:
    rules = "".join(f"  - {{model: retainer, name: r{n}}}\n" for n in range(300))

    found = problems_of(TEXTS | {RU: f"rules:\n{rules}"})

    assert len(found) == 299
    assert "'r0' (line 2) and 'r299'" in found[-1].text


def test_the_small_company_itself_is_good() -> None:
    assert load_book(TEXTS).clients["globex"].address.postal_code == "0155"
