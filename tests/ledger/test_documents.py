"""Bytes that were made once are found again, unchanged."""

from invoicing.domain.render import DocumentKind
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import a_document

PREVIEW, INVOICE = DocumentKind.PREVIEW, DocumentKind.INVOICE


def test_a_document_comes_back_byte_by_byte(ledger: SqlLedger) -> None:
    document = a_document("%PDF \0 \N{EURO SIGN}")
    with ledger.write() as work:
        assert work.documents.put("D-1", 1, PREVIEW, document)
    with ledger.read() as work:
        found = work.documents.find("D-1", 1, PREVIEW)
        assert work.documents.find("D-1", 1, INVOICE) is None
        assert work.documents.find("D-1", 2, PREVIEW) is None
    assert found == document
    assert type(found.content) is bytes


def test_the_first_document_of_its_kind_stays(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.documents.put("D-1", 1, INVOICE, a_document("first"))
        assert not work.documents.put("D-1", 1, INVOICE, a_document("second"))
        assert work.documents.find("D-1", 1, INVOICE) == a_document("first")


def test_the_same_bytes_may_show_two_things(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        assert work.documents.put("D-1", 1, PREVIEW, a_document())
        assert work.documents.put("D-2", 1, PREVIEW, a_document())
    with ledger.read() as work:
        assert work.documents.find("D-2", 1, PREVIEW) == a_document()
