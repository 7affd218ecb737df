"""Readers that are not ours find the same figures in our files."""

from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pytest

from invoicing.documents.einvoice import write
from invoicing.domain.render import AnyPage, DocumentKind
from tests.einvoice.made_up import by_chance
from tests.einvoice.official import carrier
from tests.einvoice.test_official import CASES

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def figures(page: AnyPage) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return net, tax, gross and due as the domain has them."""
    totals = page.content.totals  # type: ignore[union-attr] # no letters here
    return totals.net.amount, totals.tax.amount, totals.gross.amount, totals.due.amount


@pytest.mark.parametrize("name", CASES)
def test_both_syntaxes_say_what_the_domain_says(name: str) -> None:
    page = CASES[name]()
    written = write(page)
    cii = fromstring(written.files[DocumentKind.CII])  # noqa: S314 # our own file
    ubl = fromstring(written.files[DocumentKind.UBL])  # noqa: S314 # our own file

    def told(root: object, *names: str) -> tuple[Decimal, ...]:
        return tuple(Decimal(next(root.iter(one)).text or "") for one in names)  # type: ignore[attr-defined]

    expected = figures(page)
    assert expected == told(
        cii, f"{RAM}TaxBasisTotalAmount", f"{RAM}TaxTotalAmount", f"{RAM}GrandTotalAmount",
        f"{RAM}DuePayableAmount",
    )  # fmt: skip
    assert expected == told(
        ubl, f"{CBC}TaxExclusiveAmount", f"{CBC}TaxAmount", f"{CBC}TaxInclusiveAmount",
        f"{CBC}PayableAmount",
    )  # fmt: skip


def test_the_reader_of_factur_x_knows_the_profile() -> None:
    carrier()
    from facturx import get_flavor, get_level
    from lxml import etree

    for seed in range(10):
        embedded = write(by_chance(seed)).embedded
        assert embedded is not None
        tree = etree.fromstring(embedded)
        assert (get_flavor(tree), get_level(tree)) == ("factur-x", "en16931")
