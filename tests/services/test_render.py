"""A document is made once; one that cannot be made keeps its number and waits."""

from invoicing.domain.render import DocumentKind
from invoicing.services import render, review
from tests.support.services import House


def test_a_broken_template_fails_alone_and_is_retried(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    house.printer.broken.add("nordwind")
    (invoice_id,) = house.finish(parcel)
    assert house.open_codes() == ["render_failed"]
    assert house.mailer.sent == []

    house.printer.broken.clear()

    assert render.render_pending(house.s) == []  # its own run may still be at it
    house.clock.pass_by(minutes=10)
    assert render.render_pending(house.s) == [invoice_id]
    assert house.open_codes() == []


def test_rendering_again_keeps_the_stored_bytes(house: House) -> None:
    invoice = house.invoice_of("D-1")
    with house.s.ledger.read() as work:
        before = work.documents.find(invoice.id, 1, DocumentKind.INVOICE)
    printed = len(house.printer.printed)

    assert render.render_invoices(house.s, [invoice.id]) == [invoice.id]

    with house.s.ledger.read() as work:
        assert work.documents.find(invoice.id, 1, DocumentKind.INVOICE) == before
    assert len(house.printer.printed) == printed
