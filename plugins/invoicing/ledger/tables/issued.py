"""Tables from the number on: invoices, messages, documents, reminders, payments."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from invoicing.domain.dispatch import About, MessageKind, Recipients
from invoicing.domain.draft import Draft
from invoicing.domain.follow_up import Audience
from invoicing.domain.parties import Channel
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.domain.work import RecordRef
from invoicing.ledger.columns import Instant, Json, Word
from invoicing.ledger.tables.base import id_column, metadata, points_to, text_column, version_key

series = Table(
    "series",
    metadata,
    text_column("entity"),
    text_column("series"),
    Column("year", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
    PrimaryKeyConstraint("entity", "series", "year"),
)

invoices = Table(
    "invoices",
    metadata,
    id_column(),
    text_column("entity"),
    text_column("series"),
    Column("year", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    text_column("number"),
    Column("issued_at", Instant, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("version", Integer, nullable=False),
    text_column("content_hash"),
    text_column("config_hash"),
    text_column("client"),
    text_column("currency"),
    text_column("due"),
    Column("due_minor", BigInteger, nullable=False),
    Column("content", Json(Draft, kept=True), nullable=False),
    Column("state", Word(InvoiceState), nullable=False),  # the only column that may change
    UniqueConstraint("entity", "series", "year", "sequence"),
    UniqueConstraint("entity", "number"),
    version_key("id"),
    Index(None, "number"),
    Index(None, "client"),
    Index(None, "issued_at"),
)

lines = Table(
    "lines",
    metadata,
    points_to("invoice_id", "invoices.id"),
    Column("position", Integer, nullable=False),
    text_column("description"),
    text_column("quantity"),
    text_column("unit"),
    text_column("unit_price"),
    text_column("base_quantity"),
    text_column("discount_percent"),
    text_column("net"),
    Column("net_minor", BigInteger, nullable=False),
    text_column("currency"),
    text_column("tax_category"),
    text_column("tax_code"),
    text_column("tax_percent"),
    Column("records", Json(tuple[RecordRef, ...]), nullable=False),
    text_column("rule"),
    text_column("explanation"),
    PrimaryKeyConstraint("invoice_id", "position"),
)

taxes = Table(
    "taxes",
    metadata,
    points_to("invoice_id", "invoices.id"),
    Column("position", Integer, nullable=False),
    text_column("category"),
    text_column("code"),
    text_column("percent"),
    text_column("label"),
    text_column("net"),
    Column("net_minor", BigInteger, nullable=False),
    text_column("tax"),
    Column("tax_minor", BigInteger, nullable=False),
    text_column("currency"),
    PrimaryKeyConstraint("invoice_id", "position"),
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    points_to("invoice_id", "drafts.id", later=True),  # a request for approval comes before it
    Column("kind", Word(MessageKind), nullable=False),
    text_column("step"),
    Column("channel", Word(Channel), nullable=False),
    Column("recipients", Json(Recipients), nullable=False),
    text_column("message_id"),
    Column("state", Word(OutboxState), nullable=False),
    Column("attempt", Integer, nullable=False),
    text_column("owner"),
    Column("lease_until", Instant),
    Column("not_before", Instant),
    Column("about", Json(tuple[About, ...]), nullable=False),
    UniqueConstraint("invoice_id", "kind", "step", "channel"),
    Index(None, "state"),
)

attempts = Table(
    "attempts",
    metadata,
    points_to("outbox_id", "outbox.id"),
    Column("attempt", Integer, nullable=False),
    Column("entry", Integer, nullable=False),  # 0 = the attempt, then results that came too late
    text_column("owner"),
    Column("started_at", Instant, nullable=False),
    text_column("outcome"),
    text_column("phase"),
    Column("code", Integer, nullable=False),
    text_column("detail"),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("outbox_id", "attempt", "entry"),
)

documents = Table(
    "documents",
    metadata,
    id_column("sha256"),
    text_column("media_type"),
    Column("content", LargeBinary, nullable=False),
    text_column("renderer"),
)

document_links = Table(
    "document_links",
    metadata,
    text_column("subject"),
    Column("version", Integer, nullable=False),
    Column("kind", Word(DocumentKind), nullable=False),
    points_to("sha256", "documents.sha256", later=True),
    PrimaryKeyConstraint("subject", "version", "kind"),
)

archive_copies = Table(  # what is to lie in the archive outside the ledger, and what does
    "archive_copies",
    metadata,
    text_column("subject"),
    Column("version", Integer, nullable=False),
    Column("archived_at", Instant),
    PrimaryKeyConstraint("subject", "version"),
    Index(
        "ix_archive_copies_waiting",
        "subject",
        sqlite_where=text("archived_at IS NULL"),
        postgresql_where=text("archived_at IS NULL"),
    ),
)

reminders = Table(
    "reminders",
    metadata,
    points_to("invoice_id", "invoices.id", later=True),
    text_column("step"),
    Column("planned_on", Date, nullable=False),
    Column("audience", Word(Audience), nullable=False),
    text_column("outcome"),
    Column("settled_at", Instant),
    Column("planned_at", Instant),  # none in rows from before it was kept
    Column("message", Text),  # the one that carried it, perhaps with others
    PrimaryKeyConstraint("invoice_id", "step"),
    Index(None, "outcome", "planned_on"),
)

payments = Table(
    "payments",
    metadata,
    text_column("source"),
    text_column("external_id"),
    text_column("amount"),
    text_column("currency"),
    Column("received_on", Date, nullable=False),
    text_column("reference"),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("source", "external_id"),
)

allocations = Table(
    "allocations",
    metadata,
    text_column("source"),
    text_column("external_id"),
    points_to("invoice_id", "invoices.id"),
    text_column("amount"),
    Column("amount_minor", BigInteger, nullable=False),
    text_column("currency"),
    text_column("reason"),
    Column("allocated_at", Instant, nullable=False),
    PrimaryKeyConstraint("source", "external_id", "invoice_id"),
    ForeignKeyConstraint(["source", "external_id"], ["payments.source", "payments.external_id"]),
    Index(None, "invoice_id"),
)
