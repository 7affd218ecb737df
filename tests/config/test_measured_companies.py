"""The made-up companies of the measurements are good: without mistakes, warnings or strangers."""

from pathlib import Path

import pytest

from bench import parcels
from bench.town import DEALS_ONLY
from invoicing.config.load import check_texts, read_texts

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("config", "agreements"),
    [(parcels.company(3), 3), (DEALS_ONLY, 1)],
    ids=["retainers", "deals"],
)
def test_a_company_that_is_measured_is_good(config: dict[str, str], agreements: int) -> None:
    checked = check_texts(read_texts(ROOT) | config)

    assert checked.errors == ()
    assert checked.warnings == ()
    assert checked.book is not None
    assert len(checked.book.agreements) == agreements
