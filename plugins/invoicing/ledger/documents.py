"""The archive: bytes that were produced once, kept by their sha256 and linked to what they show."""

from collections.abc import Mapping

from sqlalchemy import and_, select

from invoicing.domain.render import DocumentKind
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import document_links, documents
from invoicing.services.ledger_ports import Document

_SHOWN = (document_links.c.subject, document_links.c.version)


class DocumentRows(Rows):
    """The archive: bytes by sha256, linked to what they show."""

    def put(self, subject: str, version: int, kind: DocumentKind, document: Document) -> bool:
        """Store and link a document; the first of its subject, version and kind stays."""
        return bool(self.put_all(kind, {(subject, version): document}))

    def put_all(
        self, kind: DocumentKind, found: Mapping[tuple[str, int], Document]
    ) -> set[tuple[str, int]]:
        """Store and link several, by subject and version; return those that had none."""
        if not found:
            return set()
        links = [
            {"subject": subject, "version": version, "kind": kind, "sha256": document.sha256}
            for (subject, version), document in found.items()
        ]
        statement = self.insert_or_nothing(document_links).returning(*_SHOWN)
        new = {(row.subject, row.version) for row in self.connection.execute(statement, links)}
        # In one order: two units of work may store the same bytes at once.
        kept = {found[shown].sha256: found[shown] for shown in new}
        self.insert_rest(documents, [_row(kept[digest]) for digest in sorted(kept)])
        return new

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


def _row(document: Document) -> dict[str, object]:
    return {
        "sha256": document.sha256,
        "media_type": document.media_type,
        "content": document.content,
        "renderer": document.renderer,
    }
