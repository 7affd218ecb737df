"""Stored documents are found by number and id, and compared with ones that are made again."""

import pytest

from invoicing.domain.errors import NotFoundError, RefusedError
from invoicing.domain.exceptions import Action
from invoicing.domain.render import DocumentKind, credit_note_page
from invoicing.services import render, reprint
from invoicing.services.ports import Document
from tests.services.corrections import done, notes_of
from tests.support.services import House


def test_an_invoice_is_found_by_number_and_by_id(house: House) -> None:
    invoice = house.invoice_of("D-1")
    found = [reprint.stored_files(house.s, ref) for ref in (invoice.number, invoice.id)]

    assert found[0] == found[1]
    assert found[0].file_name(DocumentKind.INVOICE) == f"{invoice.number}.pdf"
    comparison = reprint.compare(house.s, found[0])
    assert (comparison.differences, comparison.same_machine) == ((), True)


def test_a_credit_note_is_found_once_it_was_rendered(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)
    (record,) = notes_of(house, invoice)
    assert render.render_credit_notes(house.s, [record.note.id]) == [record.note.id]

    for ref in (record.note.number, record.note.id):
        found = reprint.stored_files(house.s, ref)
        assert found.page == credit_note_page(record.note)
        assert found.name == record.note.number
    with pytest.raises(NotFoundError):
        reprint.stored_files(house.s, "CN-1999-00001")


def test_other_bytes_are_told_and_change_nothing(house: House) -> None:
    invoice = house.invoice_of("D-1")
    stored = reprint.stored_files(house.s, invoice.number)
    other = reprint.Stored(stored.name, stored.page, _altered(stored), stored.files)

    comparison = reprint.compare(house.s, other)
    assert comparison.same_machine
    assert [text.partition(":")[0] for text in comparison.differences] == ["PDF"]
    assert reprint.stored_files(house.s, invoice.number) == stored


def _altered(stored: reprint.Stored) -> Document:
    document = stored.document
    return Document("0" * 64, document.media_type, b"other", document.renderer)


def test_what_cannot_be_rendered_now_is_said(house: House) -> None:
    invoice = house.invoice_of("D-1")
    stored = reprint.stored_files(house.s, invoice.number)
    house.printer.broken.add(invoice.content.client.key)
    with pytest.raises(RefusedError, match="cannot be rendered now"):
        reprint.compare(house.s, stored)
