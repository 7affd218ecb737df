"""Tables of what changes an issued invoice's money without touching it: credits and holds."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from invoicing.domain.credit import CreditNote
from invoicing.domain.holds import HoldKind
from invoicing.ledger.columns import Instant, Json, Word
from invoicing.ledger.tables.base import id_column, metadata, one_while, points_to, text_column

credit_notes = Table(
    "credit_notes",
    metadata,
    id_column(),
    points_to("invoice_id", "invoices.id"),
    text_column("entity"),
    text_column("series"),
    Column("year", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    text_column("number"),
    Column("issued_at", Instant, nullable=False),
    Column("issued_on", Date, nullable=False),
    text_column("content_hash"),
    text_column("config_hash"),
    text_column("asked_by"),
    text_column("approved_by"),
    text_column("currency"),
    text_column("due"),
    Column("due_minor", BigInteger, nullable=False),
    Column("closes", Boolean, nullable=False),
    Column("content", Json(CreditNote), nullable=False),
    UniqueConstraint("entity", "series", "year", "sequence"),
    UniqueConstraint("entity", "number"),
    Index(None, "invoice_id"),
    one_while("uq_credit_notes_closing", "closes", "invoice_id"),
)

write_offs = Table(
    "write_offs",
    metadata,
    points_to("invoice_id", "invoices.id"),
    Column("position", Integer, nullable=False),
    text_column("amount"),
    Column("amount_minor", BigInteger, nullable=False),
    text_column("currency"),
    text_column("reason"),
    text_column("asked_by"),
    text_column("approved_by"),
    Column("written_off_at", Instant, nullable=False),
    PrimaryKeyConstraint("invoice_id", "position"),
)

holds = Table(
    "holds",
    metadata,
    id_column(),
    points_to("invoice_id", "invoices.id"),
    Column("kind", Word(HoldKind), nullable=False),
    text_column("reason"),
    Column("amount", Text),
    Column("currency", Text),
    Column("line", Integer, nullable=False),
    Column("ends_on", Date),
    text_column("placed_by"),
    Column("placed_at", Instant, nullable=False),
    Column("lifted_at", Instant),
    text_column("lifted_by"),
    one_while("uq_holds_open", "lifted_at IS NULL", "invoice_id", "kind"),
)
