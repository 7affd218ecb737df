"""Render: an issued invoice gets its document once; the stored bytes are the truth."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from invoicing.domain.issue import Invoice
from invoicing.domain.render import DocumentKind, invoice_page
from invoicing.services.ports import Rendered, Services

BATCH = 125  # by one child process; a crash repeats at most these
LEFT_BEHIND = timedelta(minutes=10)  # longer than a run's own attempts take


def render_parcel(s: Services, parcel_id: str) -> list[str]:
    """Render the issued invoices of a parcel; return the ids of those that have a document."""
    with s.ledger.read() as work:
        items = work.parcels.get(parcel_id).items
    return render_invoices(s, [item.draft_id for item in items])


def render_pending(s: Services, limit: int = 1000) -> list[str]:
    """Render what an interrupted run left without a document.

    What was issued just now is being rendered by its run: doing it here as well would slow both.
    """
    before = s.clock.now() - LEFT_BEHIND
    with s.ledger.read() as work:
        waiting = work.invoices.get(work.invoices.without_document(limit))
    return render_invoices(s, [invoice.id for invoice in waiting if invoice.issued_at <= before])


def render_invoices(s: Services, invoice_ids: Sequence[str]) -> list[str]:
    """Render each invoice that has no document yet; one that fails keeps its number and waits."""
    with s.ledger.read() as work:
        invoices = work.invoices.get(invoice_ids)
        done = [
            invoice.id
            for invoice in invoices
            if work.documents.find(invoice.id, invoice.version, DocumentKind.INVOICE)
        ]
    missing = iter([invoice for invoice in invoices if invoice.id not in set(done)])
    while batch := list(islice(missing, BATCH)):
        pages = s.renderer.render([invoice_page(invoice) for invoice in batch])
        s.fault("render.rendered")
        done += _store(s, batch, pages)
    return done


def _store(s: Services, invoices: Sequence[Invoice], pages: Sequence[Rendered]) -> list[str]:
    now = s.clock.now()
    stored: list[str] = []
    with s.write("render") as work:
        for invoice, page in zip(invoices, pages, strict=True):
            if page.document is None:
                cause = f"{invoice.number}: {page.error}"
                work.exceptions.open("render_failed", invoice.id, cause, now)
                continue
            document = page.document
            if work.documents.put(invoice.id, invoice.version, DocumentKind.INVOICE, document):
                detail = {"sha256": document.sha256, "renderer": document.renderer}
                work.trail.add(invoice.id, "rendered", now, detail)
            work.exceptions.close("render_failed", invoice.id, "system", "rendered", now)
            stored.append(invoice.id)
    return stored
