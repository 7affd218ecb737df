"""Whole months of a company come out as finance expects them, and so do changes of the files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from invoicing.ledger.migrate import migrate
from sandbox.postgres import missing, shared_cluster
from tests.golden.fields import CaseError
from tests.scenarios import __main__ as driver
from tests.scenarios.compare import accepted, differences
from tests.scenarios.driver import Lived, live
from tests.scenarios.months import read_month

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.yaml"))
SHORT = FOLDER / "february_2027.yaml"


@pytest.fixture
def postgresql() -> Iterator[str]:
    if missing():
        pytest.skip(missing())
    with shared_cluster().database() as url:
        migrate(url)
        yield url


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_month_comes_out_as_expected(path: Path) -> None:
    month = read_month(path)

    assert "\n".join(differences(month, driver.lived_through(month))) == ""


def test_a_month_comes_out_the_same_on_postgresql(postgresql: str, tmp_path: Path) -> None:
    month = read_month(SHORT)

    assert "\n".join(differences(month, live(month, postgresql, tmp_path))) == ""


def test_what_came_about_otherwise_is_said_by_day(tmp_path: Path) -> None:
    path = tmp_path / "month.yaml"
    text = SHORT.read_text("utf-8").replace("= 452.20 EUR", "= 452.19 EUR")
    path.write_text(text, "utf-8")
    month = read_month(path)
    lived = Lived(read_month(SHORT).days_lived, month.sums)

    day, expected, found = differences(month, lived)

    assert day == "2027-02-02"
    assert expected.startswith("  expected  invoice")
    assert expected.partition(", due")[0].endswith("452.19 EUR")
    assert found.startswith("  but found invoice")
    assert found.partition(", due")[0].endswith("452.20 EUR")


def test_an_accepted_change_keeps_what_is_explained() -> None:
    text = SHORT.read_text("utf-8")
    month = read_month(SHORT)
    first, *others = month.days[date(2027, 2, 1)].outcome
    lived = Lived(
        {**month.days_lived, date(2027, 2, 1): (first, "mailed   nothing"),
         date(2027, 2, 14): ("reminded nobody",)},
        month.sums,
    )  # fmt: skip

    new = accepted(text, lived)

    assert new != text
    added = set(new.splitlines()) - set(text.splitlines())
    assert added == {"      mailed   nothing", "  - day: 2027-02-14", "      reminded nobody"}
    assert set(text.splitlines()) - set(new.splitlines()) == {f"      {line}" for line in others}
    assert accepted(new, Lived(month.days_lived, month.sums)).count("# 840.00 x 1.19") == 1


def test_accepting_what_was_expected_changes_nothing() -> None:
    for path in FILES:
        month, text = read_month(path), path.read_text("utf-8")
        assert accepted(text, Lived(month.days_lived, month.sums)) == text


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("told:", "sold:", "nothing reads sold"),
        ("day: 2027-02-03", "day: 2027-02-02", "days must be in order"),
        ("day: 2027-02-02", "day: 2026-02-02", "days must be in order"),
    ],
)
def test_a_file_with_a_mistake_is_refused(
    old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "month.yaml"
    path.write_text(SHORT.read_text("utf-8").replace(old, new, 1), "utf-8")

    with pytest.raises(CaseError, match=complaint):
        read_month(path)


TWO_DAYS = """\
title: Two days
company: tests/scenarios/company
begins: 2027-02-01
ends: 2027-02-02

days:
  - day: 2027-02-02
    told:
      - deal_won: {id: D-2, client: citrus, lines: [Tills | 4 | h | 95.00 EUR]}
    outcome: |
      # 4 h x 95.00 = 380.00; x 1.19 = 452.20
      invoice  RE-2027-0002 to citrus for citrus-projects D-2:all: 380.00 + 72.20 = 452.20 EUR, \
due 2027-02-16
      mailed   RE-2027-0002 to nobody

sums: |
"""


def test_the_command_says_what_differs_and_writes_it_on_demand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "month.yaml"
    path.write_text(TWO_DAYS, "utf-8")

    assert driver.main([str(path)]) == 1
    assert "expected  mailed   RE-2027-0002 to nobody" in capsys.readouterr().out
    assert path.read_text("utf-8") == TWO_DAYS
    assert driver.main([str(path), "--update"]) == 1
    assert driver.main([str(path)]) == 0
    written = path.read_text("utf-8")
    assert "mailed   RE-2027-0002 to kasse@citrus.example.com" in written
    assert "# 4 h x 95.00 = 380.00; x 1.19 = 452.20" in written
    assert "  - day: 2027-02-01\n    outcome: |\n      invoice  RE-2027-0001" in written
    assert "as expected" in capsys.readouterr().out


def test_a_verb_that_nobody_knows_fails_the_month() -> None:
    month = read_month(SHORT)
    day = month.days[date(2027, 2, 2)]
    step = replace(day.told[0], verb="deal_lost")
    broken = replace(month, days={day.on: replace(day, told=(step,))})

    with pytest.raises(CaseError, match="nothing in the town is called 'deal_lost'"):
        driver.lived_through(broken)
