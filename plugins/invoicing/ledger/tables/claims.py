"""Tables up to the decision to issue: events, things owed, drafts, parcels, approvals."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from invoicing.domain.decide import Obligation
from invoicing.domain.draft import Draft
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.reconcile import Payment
from invoicing.domain.review import Answer
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.ledger.columns import Instant, Json, Word
from invoicing.ledger.tables.base import id_column, metadata, points_to, text_column, version_key
from invoicing.services.ledger_ports import EventState, ObligationState

billing_events = Table(
    "billing_events",
    metadata,
    id_column(),
    text_column("source"),
    text_column("event_id"),
    Column("kind", Word(EventKind), nullable=False),
    text_column("object_id"),
    text_column("payload_hash"),
    Column("received_at", Instant, nullable=False),
    Column("state", Word(EventState), nullable=False),
    text_column("reason"),
    Column("event", Json(BillingEvent)),
    Column("payment", Json(Payment)),
    UniqueConstraint("source", "event_id"),
    Index(None, "kind", "state", "received_at"),
)

obligations = Table(
    "obligations",
    metadata,
    id_column(),
    text_column("entity"),
    text_column("agreement"),
    text_column("unit"),
    Column("revision", Integer, nullable=False),
    Column("model", Word(Model), nullable=False),
    Column("occurred_on", Date, nullable=False),
    Column("state", Word(ObligationState), nullable=False),
    points_to("draft_id", "drafts.id", later=True, empty=True),
    Column("content", Json(Obligation), nullable=False),
    UniqueConstraint("entity", "agreement", "unit", "revision"),
    Index(None, "model", "state", "occurred_on"),
    Index(None, "agreement"),
    Index(None, "draft_id"),
)

drafts = Table(
    "drafts",
    metadata,
    id_column(),
    Column("version", Integer, nullable=False),
    Column("state", Word(DraftState), nullable=False),
    Column("supplied_on", Date, nullable=False),
    Index(None, "state", "supplied_on"),
)

draft_versions = Table(
    "draft_versions",
    metadata,
    points_to("draft_id", "drafts.id"),
    Column("version", Integer, nullable=False),
    text_column("author"),
    text_column("config_hash"),
    text_column("content_hash"),
    Column("content", Json(Draft, kept=True), nullable=False),
    PrimaryKeyConstraint("draft_id", "version"),
)

consumption = Table(
    "consumption",
    metadata,
    text_column("source"),
    text_column("record_id"),
    points_to("draft_id", "drafts.id", later=True),
    PrimaryKeyConstraint("source", "record_id"),
    Index(None, "draft_id"),
)

parcels = Table(
    "parcels",
    metadata,
    id_column(),
    text_column("run_id"),
    Column("position", Integer, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Index(None, "run_id", "position"),
)

parcel_items = Table(
    "parcel_items",
    metadata,
    text_column("draft_id"),
    Column("version", Integer, nullable=False),
    points_to("parcel_id", "parcels.id"),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("draft_id", "version"),
    version_key(),
    Index(None, "parcel_id", "position"),
)

review_requests = Table(
    "review_requests",
    metadata,
    text_column("draft_id"),
    Column("version", Integer, nullable=False),
    text_column("step"),
    Column("chain", Json(tuple[str, ...]), nullable=False),
    points_to("parcel_id", "parcels.id"),
    text_column("content_hash"),
    text_column("subject"),
    text_column("body"),
    Column("options", Json(tuple[str, ...]), nullable=False),
    Column("asked_at", Instant, nullable=False),
    PrimaryKeyConstraint("draft_id", "version", "step"),
    version_key(),
)

approvals = Table(
    "approvals",
    metadata,
    text_column("draft_id"),
    Column("version", Integer, nullable=False),
    text_column("step"),
    text_column("content_hash"),
    Column("answer", Word(Answer), nullable=False),
    text_column("decided_by"),
    text_column("rule"),
    text_column("comment"),
    Column("decided_at", Instant, nullable=False),
    points_to("parcel_id", "parcels.id", empty=True),
    PrimaryKeyConstraint("draft_id", "version", "step"),
    version_key(),
    Index(None, "parcel_id"),
)
