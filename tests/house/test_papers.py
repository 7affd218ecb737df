"""What the papers promise exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import papers
from tests.house.source import ROOT, plant


def _verbs() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", "invoicing.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^    (\w+)", done.stdout, re.MULTILINE))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one verb of make."""
    return plant(tmp_path, "Makefile", "RUN := x\n\nhelp: ## This list\n\t@echo\n")


def test_commands_in_our_papers_exist() -> None:
    assert {"README.md", "AGENTS.md", "CONTRIBUTING.md"} <= {p.name for p in papers.papers(ROOT)}
    assert papers.unknown_commands(ROOT, _verbs()) == []


def test_the_promised_verbs_of_make_exist_and_are_explained() -> None:
    promised = set(
        "help setup test check fmt lock schema demo bench crash crash-mutants clean".split()  # noqa: SIM905
    )

    assert papers.make_targets(ROOT).keys() == promised
    assert papers.unexplained_targets(ROOT) == []


def test_programs_behind_the_verbs_exist() -> None:
    assert papers.missing_programs(ROOT) == []


def test_help_lists_every_verb() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert all(f"make {verb}" in done.stdout for verb in papers.make_targets(ROOT))


def test_links_lead_somewhere() -> None:
    assert papers.broken_links(ROOT) == []


def test_nothing_leads_to_one_machine_only() -> None:
    assert papers.traces_of_one_machine(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "Run\n\n    make deploy\n",
        "```sh\n$ make deploy\n```\n",
        "Use `make deploy FAST=1`.\n",
        "Use `FAST=1 make deploy`.\n",
        "Say `invoicing pay` first.\n",
    ],
)
def test_command_that_does_not_exist_is_caught(project: Path, text: str) -> None:
    plant(project, "docs/how-to/x.md", text)

    assert len(papers.unknown_commands(project, {"check"})) == 1


def test_prose_and_known_commands_are_left_alone(project: Path) -> None:
    plant(project, "README.md", "We make invoices. `make help`, `invoicing check` and so on.\n")

    assert papers.unknown_commands(project, {"check"}) == []


def test_unexplained_verb_is_caught(project: Path) -> None:
    with (project / "Makefile").open("a", encoding="utf-8") as makefile:
        makefile.write("\nship: help\n\t@echo\n")

    assert papers.unexplained_targets(project) == ["make ship is not explained"]


def test_verb_without_its_program_is_caught(project: Path) -> None:
    plant(project, "sandbox/demo.py", "")
    with (project / "Makefile").open("a", encoding="utf-8") as makefile:
        makefile.write("\t@x/python -m sandbox.demo\n\t@x/python -m bench\n")

    assert papers.missing_programs(project) == ["make runs `python -m bench`, which does not exist"]


def test_link_to_nowhere_is_caught(tmp_path: Path) -> None:
    text = "[a](docs/why.md) [b](#here) [c](https://example.org/x) ![d](docs/no.png)\n"
    plant(tmp_path, "docs/why.md", "")
    plant(tmp_path, "README.md", text)

    assert papers.broken_links(tmp_path) == ["README.md: docs/no.png leads nowhere"]


@pytest.mark.parametrize("trace", ["/Users/me/x", "https://pypi.example/simple", "/home/me/x"])
def test_trace_of_one_machine_is_caught(tmp_path: Path, trace: str) -> None:
    plant(tmp_path, "docs/x.md", f"See {trace}\n")

    assert len(papers.traces_of_one_machine(tmp_path)) == 1
