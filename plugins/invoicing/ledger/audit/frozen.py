"""Checks on what is frozen: every stored text and document still has the hash it had."""

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import Connection

from invoicing.domain.promises import Finding, Promise
from invoicing.ledger.audit.check import Check, statement, streamed

_DOCUMENTS_AT_ONCE = 20  # a document has some hundred kilobytes

FROZEN = (
    Check(
        Promise.FROZEN,
        "{number}: version {version} of its draft has another content than was issued",
        "SELECT i.number, i.client, i.version FROM invoices i WHERE NOT EXISTS"
        " (SELECT 1 FROM draft_versions v WHERE v.draft_id = i.id AND v.version = i.version"
        " AND v.content_hash = i.content_hash)",
    ),
    Check(
        Promise.FROZEN,
        "{kind} of {subject}, version {version}: document {sha256} is not in the archive",
        "SELECT l.kind, l.subject, l.version, l.sha256 FROM document_links l"
        " WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.sha256 = l.sha256)",
    ),
    Check(
        Promise.FROZEN,
        "{number} was issued as version {issued}, and has a document of version {version}",
        "SELECT i.number, i.client, i.version AS issued, l.version"
        " FROM document_links l JOIN invoices i ON i.id = l.subject"
        " WHERE l.kind = 'invoice' AND l.version <> i.version",
    ),
    Check(
        Promise.FROZEN,
        "{number} has {times} documents",
        "SELECT i.number, i.client, count(*) AS times"
        " FROM document_links l JOIN invoices i ON i.id = l.subject"
        " WHERE l.kind = 'invoice' GROUP BY i.id, i.number, i.client HAVING count(*) > 1",
    ),
)

# What the hash stands for is the very text that is stored, so nothing has to be read into values.
_TEXTS = (
    Check(
        Promise.FROZEN,
        "{name}: the content has another hash than when it was issued",
        "SELECT number AS name, client, content_hash AS hash, content FROM invoices",
    ),
    Check(
        Promise.FROZEN,
        "{name}: the content of the credit note has another hash than when it was issued",
        "SELECT number AS name, '' AS client, content_hash AS hash, content FROM credit_notes",
    ),
    Check(
        Promise.FROZEN,
        "draft {name}: the content has another hash than when it was drafted",
        "SELECT draft_id || ' v' || CAST(version AS text) AS name, '' AS client,"
        " content_hash AS hash, content FROM draft_versions",
    ),
    Check(
        Promise.CONFIG,
        "configuration {name} is stored with other texts than it had",
        "SELECT config_hash AS name, '' AS client, config_hash AS hash, texts AS content"
        " FROM config_versions",
    ),
    Check(
        Promise.CONFIG,
        "client {name} is stored with another content than it had",
        "SELECT client || ' v' || CAST(version AS text) AS name, '' AS client,"
        " content_hash AS hash, content FROM client_versions",
    ),
    Check(
        Promise.CONFIG,
        "agreement {name} is stored with another content than it had",
        "SELECT agreement || ' v' || CAST(version AS text) AS name, '' AS client,"
        " content_hash AS hash, content FROM agreement_versions",
    ),
)
_DOCUMENTS = "SELECT sha256, content FROM documents"
_SHOWN_IN = (
    "SELECT l.kind, l.subject, i.number, i.client FROM document_links l"
    " LEFT JOIN invoices i ON i.id = l.subject WHERE l.sha256 = :sha256 ORDER BY l.subject"
)


def changed_texts(connection: Connection) -> Iterator[Finding]:
    """Name every stored content that is not the one its hash was made of."""
    for check in _TEXTS:
        for row in streamed(connection, check.query):
            if sha256(row.content.encode()).hexdigest() != row.hash:
                yield Finding(check.promise, check.told.format(name=row.name), row.client or "")


def changed_documents(connection: Connection) -> Iterator[Finding]:
    """Name every document whose bytes are not those it is known by."""
    for row in streamed(connection, _DOCUMENTS, _DOCUMENTS_AT_ONCE):
        content = row.content if isinstance(row.content, bytes) else str(row.content).encode()
        if sha256(content).hexdigest() != row.sha256:
            yield from _document(connection, row.sha256)


def _document(connection: Connection, name: str) -> Iterator[Finding]:
    found = connection.execute(statement(connection, _SHOWN_IN), {"sha256": name}).all()
    for row in found:
        where = f"{row.kind} of {row.number or row.subject}: document {name} has other bytes"
        yield Finding(Promise.FROZEN, where, row.client or "")
    if not found:
        yield Finding(Promise.FROZEN, f"document {name} has other bytes")
