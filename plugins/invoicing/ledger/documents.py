"""The archive: bytes that were produced once, kept by their sha256 and linked to what they show."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, select, update

from invoicing.domain.render import DocumentKind
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import archive_copies, document_links, documents
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

    def of(self, subject: str, version: int) -> dict[DocumentKind, Document]:
        """Return all that was made of a version of a subject, by kind."""
        joined = documents.join(document_links, document_links.c.sha256 == documents.c.sha256)
        query = select(documents, document_links.c.kind).select_from(joined)
        here = and_(document_links.c.subject == subject, document_links.c.version == version)
        return {
            row.kind: Document(row.sha256, row.media_type, row.content, row.renderer)
            for row in self.connection.execute(query.where(here))
        }

    def to_archive(self, shown: Sequence[tuple[str, int]]) -> None:
        """Plan copies for the archive, by subject and version; what is planned stays as it is."""
        rows = [
            {"subject": subject, "version": version, "archived_at": None}
            for subject, version in shown
        ]
        self.insert_rest(archive_copies, rows)

    def unarchived(self, limit: int) -> list[tuple[str, int]]:
        """Return what has no copy in the archive yet, by subject and version."""
        query = select(archive_copies).where(archive_copies.c.archived_at.is_(None))
        rows = self.connection.execute(query.order_by(archive_copies.c.subject).limit(limit))
        return [(row.subject, row.version) for row in rows]

    def archived(self, subject: str, version: int, at: datetime) -> bool:
        """Note that a copy lies in the archive; False when that was noted before."""
        here = and_(
            archive_copies.c.subject == subject,
            archive_copies.c.version == version,
            archive_copies.c.archived_at.is_(None),
        )
        change = update(archive_copies).where(here).values(archived_at=at)
        return self.connection.execute(change).rowcount == 1


def _row(document: Document) -> dict[str, object]:
    return {
        "sha256": document.sha256,
        "media_type": document.media_type,
        "content": document.content,
        "renderer": document.renderer,
    }
