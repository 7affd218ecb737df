"""The docs are complete, and what a reader copies from them works."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from invoicing.adapters.sources import Deal, PaymentReport
from invoicing.config.load import load_book, read_texts
from invoicing.domain.exceptions import KINDS
from tests.house import docs
from tests.house.source import ROOT, plant


def _verbs() -> set[str]:
    asked = [sys.executable, "-m", "invoicing.cli", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return set(re.findall(r"^    (\w+)", done.stdout, re.MULTILINE))


def test_every_exception_is_explained() -> None:
    assert docs.wrong_exceptions(ROOT, KINDS.keys()) == []


def test_every_variable_is_explained() -> None:
    assert docs.wrong_variables(ROOT) == []


def test_every_command_is_shown() -> None:
    assert docs.undocumented_verbs(ROOT, _verbs()) == []


def test_links_into_pages_lead_to_headings() -> None:
    assert docs.broken_anchors(ROOT) == []


def test_the_config_in_the_readme_is_good() -> None:
    blocks = list(docs.examples(ROOT / "README.md", "yaml"))
    texts = read_texts(ROOT)
    for block in blocks:
        name = block.split("schema=schema/", 1)[1].split(".", 1)[0]
        texts |= {f"{name}.yaml": block}

    assert len(blocks) == 1
    assert load_book(texts).agreements.keys() == {"harbor-support"}


@pytest.mark.parametrize("page", ["docs/how-to/sources.md", "docs/quickstart.md"])
def test_objects_in_the_docs_are_understood(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    deal, payment = (_object(text, begin) for begin in ('"id": "D-1"', '"id": "P-1"'))

    assert Deal.model_validate(deal).won_on
    assert PaymentReport.model_validate(payment).reference


def _object(text: str, begin: str) -> object:
    """Read the JSON object of a page that begins with ``begin``."""
    start = text.rindex("{", 0, text.index(begin))
    found: object
    found, _ = json.JSONDecoder().raw_decode(text[start:])
    return found


def test_exception_without_row_and_row_without_exception_are_caught(tmp_path: Path) -> None:
    rows = "| `no_rule` | x | y |\n| `gone` | x | y |\n| `gone` | x | y |\n"
    plant(tmp_path, docs.EXCEPTIONS, rows)

    assert docs.wrong_exceptions(tmp_path, {"no_rule", "overpaid"}) == [
        f"{docs.EXCEPTIONS}: `overpaid` has no row",
        f"{docs.EXCEPTIONS}: `gone` does not exist",
        f"{docs.EXCEPTIONS}: `gone` has two rows",
    ]


def test_unexplained_and_invented_variables_are_caught(tmp_path: Path) -> None:
    plant(tmp_path, "plugins/invoicing/x.py", 'env.get("INVOICING_HIDDEN")\n')
    plant(tmp_path, "README.md", "Set `INVOICING_DREAM` and `AIRFLOW_CONN_INVOICING_SMTP`.\n")

    assert docs.wrong_variables(tmp_path) == [
        "docs/: INVOICING_HIDDEN is not explained",
        "papers: INVOICING_DREAM is read by nobody",
    ]


def test_command_that_is_not_shown_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "docs/x.md", "Run `invoicing check`.\n")

    assert docs.undocumented_verbs(tmp_path, {"check", "pay"}) == [
        "docs/: `invoicing pay` is not shown"
    ]


def test_link_to_no_heading_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "docs/a.md", "# A page\n\n## 4. An invoice, *now*\n")
    plant(tmp_path, "docs/b.md", "[x](a.md#4-an-invoice-now) [y](a.md#b) [z](#b) [w](c.md#x)\n")

    assert docs.broken_anchors(tmp_path) == [
        "docs/b.md: a.md#b leads to no heading",
        "docs/b.md: #b leads to no heading",
        "docs/b.md: c.md#x leads to no heading",
    ]
