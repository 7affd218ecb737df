"""Tables that go with the whole way: clock, configurations, exceptions and the trail."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from invoicing.domain.agreements import Agreement
from invoicing.domain.parties import Client
from invoicing.ledger.columns import Instant, Json
from invoicing.ledger.tables.base import id_column, metadata, one_while, text_column

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("offset_seconds", BigInteger, nullable=False),
)

config_versions = Table(
    "config_versions",
    metadata,
    id_column("config_hash"),
    Column("texts", Json(dict[str, str]), nullable=False),
    Column("activation", BigInteger, nullable=False),  # the highest one is active
    Column("activated_at", Instant, nullable=False),
)

client_versions = Table(
    "client_versions",
    metadata,
    text_column("client"),
    Column("version", Integer, nullable=False),
    text_column("content_hash"),
    Column("content", Json(Client), nullable=False),
    Column("activation", BigInteger, nullable=False),  # the first configuration that has it so
    PrimaryKeyConstraint("client", "version"),
)

agreement_versions = Table(
    "agreement_versions",
    metadata,
    text_column("agreement"),
    Column("version", Integer, nullable=False),
    text_column("client"),
    text_column("content_hash"),
    Column("content", Json(Agreement), nullable=False),
    Column("activation", BigInteger, nullable=False),
    PrimaryKeyConstraint("agreement", "version"),
)

parking = Table(
    "parking",
    metadata,
    text_column("client"),
    Column("parked_at", Instant, nullable=False),
    text_column("cause"),
    Column("unparked_at", Instant),
    text_column("unparked_by"),
    PrimaryKeyConstraint("client", "parked_at"),
    one_while("uq_parking_open", "unparked_at IS NULL", "client"),
)

anchors = Table(
    "anchors",
    metadata,
    Column("day", Date, primary_key=True),
    Column("anchored_at", Instant, nullable=False),
    Column("heads", BigInteger, nullable=False),
    text_column("before"),
    text_column("hash"),
)

anchored_heads = Table(
    "anchored_heads",
    metadata,
    Column(
        "day",
        Date,
        ForeignKey("anchors.day", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    text_column("subject"),
    Column("sequence", Integer, nullable=False),
    text_column("hash"),
    PrimaryKeyConstraint("subject", "sequence"),
    Index(None, "day"),
)

exceptions = Table(
    "exceptions",
    metadata,
    id_column(),
    text_column("code"),
    text_column("subject"),
    text_column("cause"),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    text_column("closed_by"),
    text_column("decision"),
    Index(None, "subject"),
    Index(None, "opened_at"),
    one_while("uq_exceptions_open", "closed_at IS NULL", "code", "subject"),
)

trail = Table(
    "trail",
    metadata,
    text_column("subject"),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    text_column("actor"),
    text_column("action"),
    Column("detail", Json(tuple[tuple[str, str], ...]), nullable=False),
    text_column("before"),
    text_column("hash"),
    PrimaryKeyConstraint("subject", "sequence"),
)
