"""Facts a test starts from, put into the ledger the way the use cases do."""

from collections.abc import Sequence
from hashlib import sha256

from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.issue import Invoice
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import DraftState
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import Document, ObligationState, UnitOfWork
from tests.support.builders import CONFIG, a_draft, an_invoice, an_obligation


def drafted(work: UnitOfWork, draft: Draft, author: str = "system") -> DraftRecord:
    """Store a draft."""
    assert work.drafts.add(draft, author, CONFIG, DraftState.DRAFT)
    return work.drafts.get([draft.id])[0]


def owed_and_drafted(work: UnitOfWork, subject: str = "D-1") -> Draft:
    """Store what is owed for a deal, with its draft."""
    owed, draft = an_obligation(subject), a_draft(subject)
    work.obligations.add([owed])
    drafted(work, draft)
    work.obligations.move([owed.key.id], ObligationState.OPEN, ObligationState.DRAFTED, draft.id)
    return draft


def in_parcel(work: UnitOfWork, *drafts: Draft, run_id: str = "run-1") -> Parcel:
    """Put drafts into a parcel."""
    items = tuple(ParcelItem(draft.id, 1) for draft in drafts)
    parcel = Parcel(f"{run_id}/{len(items)}", run_id, False, items)
    work.parcels.put([parcel])
    return parcel


def issued(ledger: SqlLedger, subjects: Sequence[str] = ("D-1",)) -> list[Invoice]:
    """Issue an invoice for each deal."""
    with ledger.write() as work:
        invoices = [
            an_invoice(drafted(work, a_draft(subject)).draft, sequence=at)
            for at, subject in enumerate(subjects, 1)
        ]
        work.invoices.add(invoices)
    return invoices


def a_document(text: str = "%PDF-1.7") -> Document:
    """Bytes as a renderer makes them."""
    content = text.encode()
    return Document(sha256(content).hexdigest(), "application/pdf", content, "printer 1")


def rendered(ledger: SqlLedger, invoice: Invoice) -> None:
    """Give an invoice its document."""
    with ledger.write() as work:
        document = a_document(invoice.number)
        work.documents.put(invoice.id, invoice.version, DocumentKind.INVOICE, document)
