"""Bytes that were made once are found again, unchanged."""

from invoicing.domain.render import DocumentKind
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import a_document
from tests.support.builders import NOW

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


def test_all_that_was_made_of_a_version_is_found_together(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.documents.put("D-1", 1, INVOICE, a_document("pdf"))
        work.documents.put("D-1", 1, DocumentKind.UBL, a_document("xml"))
        work.documents.put("D-1", 2, INVOICE, a_document("other"))
    with ledger.read() as work:
        assert work.documents.of("D-1", 1) == {
            INVOICE: a_document("pdf"),
            DocumentKind.UBL: a_document("xml"),
        }
        assert work.documents.of("D-9", 1) == {}


def test_a_copy_for_the_archive_is_planned_once_and_written_down_once(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.documents.to_archive([("D-1", 1), ("D-2", 1)])
        work.documents.to_archive([("D-1", 1)])
        assert work.documents.unarchived(10) == [("D-1", 1), ("D-2", 1)]
        assert work.documents.unarchived(1) == [("D-1", 1)]
        assert work.documents.archived("D-1", 1, NOW)
        assert not work.documents.archived("D-1", 1, NOW)
        work.documents.to_archive([("D-1", 1)])
        assert work.documents.unarchived(10) == [("D-2", 1)]
