"""The archive: bytes that were produced once, kept by their sha256 and linked to what they show."""

from sqlalchemy import and_, select

from invoicing.domain.render import DocumentKind
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import document_links, documents
from invoicing.services.ledger_ports import Document


class DocumentRows(Rows):
    """The archive: bytes by sha256, linked to what they show."""

    def put(self, subject: str, version: int, kind: DocumentKind, document: Document) -> bool:
        """Store and link a document; the first of its subject, version and kind stays."""
        link = {"subject": subject, "version": version, "kind": kind, "sha256": document.sha256}
        if not self.inserted(document_links, link):
            return False
        row = {
            "sha256": document.sha256,
            "media_type": document.media_type,
            "content": document.content,
            "renderer": document.renderer,
        }
        self.inserted(documents, row)
        return True

    def find(self, subject: str, version: int, kind: DocumentKind) -> Document | None:
        """Return the document of a subject, if it was made."""
        here = and_(
            document_links.c.subject == subject,
            document_links.c.version == version,
            document_links.c.kind == kind,
        )
        query = select(documents).join(
            document_links, document_links.c.sha256 == documents.c.sha256
        )
        row = self.connection.execute(query.where(here)).first()
        if row is None:
            return None
        return Document(row.sha256, row.media_type, row.content, row.renderer)
