"""The PDF with the structured invoice inside: a PDF/A-3b that readers of Factur-X open."""

import io
from decimal import Decimal

import pytest

from invoicing.documents.einvoice import write
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.domain.render import AnyPage
from tests.einvoice.official import carrier
from tests.einvoice.test_official import CASES
from tests.support.pdfa import attached, factur_x_claims, pdfa_mistakes, verapdf_says

PRINTED = ("two rates", "reverse charge", "deposit taken off", "French", "credit note")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[AnyPage, bytes]]:
    """Print a few kinds of documents once for all tests."""
    carrier()
    pages = {name: CASES[name]() for name in PRINTED}
    results = DocumentRenderer(template_folders(tmp_path_factory.mktemp("home"))).render(
        list(pages.values())
    )
    found = {}
    for (name, page), result in zip(pages.items(), results, strict=True):
        assert result.document is not None, result.error
        found[name] = (page, result.document.content)
    return found


@pytest.mark.parametrize("name", PRINTED)
def test_the_pdf_is_pdf_a_and_holds_what_was_written(
    name: str, printed: dict[str, tuple[AnyPage, bytes]]
) -> None:
    page, content = printed[name]

    assert pdfa_mistakes(content) == []
    assert verapdf_says(content) == ""
    assert attached(content) == {"factur-x.xml": write(page).embedded}
    assert factur_x_claims(content) == {
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }


@pytest.mark.parametrize("name", PRINTED)
def test_the_reader_of_factur_x_finds_the_amount_that_is_due(
    name: str, printed: dict[str, tuple[AnyPage, bytes]]
) -> None:
    from facturx import get_facturx_xml_from_pdf
    from lxml import etree

    page, content = printed[name]
    file, found = get_facturx_xml_from_pdf(io.BytesIO(content), check_xsd=True)
    due = etree.fromstring(found).findtext(".//{*}DuePayableAmount")

    assert file == "factur-x.xml"
    assert Decimal(due) == page.content.totals.due.amount  # type: ignore[union-attr] # no letters


def test_the_look_at_a_pdf_sees_what_breaks_it(printed: dict[str, tuple[AnyPage, bytes]]) -> None:
    import pikepdf

    _, content = printed["two rates"]
    broken = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        del pdf.Root.OutputIntents
        del pdf.Root.AF
        pdf.Root.AA = pikepdf.Dictionary()
        pdf.save(broken)

    assert pdfa_mistakes(broken.getvalue()) == [
        "no output intent has a colour profile",
        "/AA in the catalog",
        "attachment factur-x.xml is not among the associated files",
    ]
