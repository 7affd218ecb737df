"""First revision: every table of the ledger, and the triggers that keep its history as it was."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INVOICE_CONTENT = (
    "id, entity, series, year, sequence, number, issued_at, issued_on, due_on, version,"
    " content_hash, config_hash, client, currency, due, due_minor, content"
)


def upgrade() -> None:
    """Create the tables and their triggers."""
    _clock_and_configs()
    _exceptions_and_trail()
    _inbox()
    _drafts()
    _obligations()
    _parcels()
    _reviews()
    _invoices()
    _lines()
    _documents()
    _outbox()
    _reminders()
    _payments()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _column(name: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _clock_and_configs() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        _column("offset_seconds", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "config_versions",
        _text("config_hash"),
        _text("texts"),
        _column("activation", sa.BigInteger),
        _text("activated_at"),
        sa.PrimaryKeyConstraint("config_hash"),
    )


def _exceptions_and_trail() -> None:
    op.create_table(
        "exceptions",
        _text("id"),
        _text("code"),
        _text("subject"),
        _text("cause"),
        _text("opened_at"),
        sa.Column("closed_at", sa.Text),
        _text("closed_by"),
        _text("decision"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exceptions_opened_at", "exceptions", ["opened_at"])
    op.create_index("ix_exceptions_subject", "exceptions", ["subject"])
    open_only = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_exceptions_open",
        "exceptions",
        ["code", "subject"],
        unique=True,
        sqlite_where=open_only,
        postgresql_where=open_only,
    )
    op.create_table(
        "trail",
        _text("subject"),
        _column("sequence", sa.Integer),
        _text("at"),
        _text("actor"),
        _text("action"),
        _text("detail"),
        _text("before"),
        _text("hash"),
        sa.PrimaryKeyConstraint("subject", "sequence"),
    )


def _inbox() -> None:
    op.create_table(
        "billing_events",
        _text("id"),
        _text("source"),
        _text("event_id"),
        _text("kind"),
        _text("object_id"),
        _text("payload_hash"),
        _text("received_at"),
        _text("state"),
        _text("reason"),
        sa.Column("event", sa.Text),
        sa.Column("payment", sa.Text),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "event_id"),
    )
    op.create_index(
        "ix_billing_events_kind_state_received_at",
        "billing_events",
        ["kind", "state", "received_at"],
    )


def _drafts() -> None:
    op.create_table(
        "drafts",
        _text("id"),
        _column("version", sa.Integer),
        _text("state"),
        _column("supplied_on", sa.Date),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_drafts_state_supplied_on", "drafts", ["state", "supplied_on"])
    op.create_table(
        "draft_versions",
        _text("draft_id"),
        _column("version", sa.Integer),
        _text("author"),
        _text("config_hash"),
        _text("content_hash"),
        _text("content"),
        sa.PrimaryKeyConstraint("draft_id", "version"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"]),
    )


def _obligations() -> None:
    op.create_table(
        "obligations",
        _text("id"),
        _text("entity"),
        _text("agreement"),
        _text("unit"),
        _column("revision", sa.Integer),
        _text("model"),
        _column("occurred_on", sa.Date),
        _text("state"),
        sa.Column("draft_id", sa.Text),
        _text("content"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "agreement", "unit", "revision"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], deferrable=True, initially="DEFERRED"),
    )
    op.create_index("ix_obligations_draft_id", "obligations", ["draft_id"])
    op.create_index(
        "ix_obligations_model_state_occurred_on", "obligations", ["model", "state", "occurred_on"]
    )
    op.create_table(
        "consumption",
        _text("source"),
        _text("record_id"),
        _text("draft_id"),
        sa.PrimaryKeyConstraint("source", "record_id"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], deferrable=True, initially="DEFERRED"),
    )
    op.create_index("ix_consumption_draft_id", "consumption", ["draft_id"])


def _parcels() -> None:
    op.create_table(
        "parcels",
        _text("id"),
        _text("run_id"),
        _column("position", sa.Integer),
        _column("needs_review", sa.Boolean),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_parcels_run_id_position", "parcels", ["run_id", "position"])
    op.create_table(
        "parcel_items",
        _text("draft_id"),
        _column("version", sa.Integer),
        _text("parcel_id"),
        _column("position", sa.Integer),
        sa.PrimaryKeyConstraint("draft_id", "version"),
        sa.ForeignKeyConstraint(
            ["draft_id", "version"], ["draft_versions.draft_id", "draft_versions.version"]
        ),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"]),
    )
    op.create_index("ix_parcel_items_parcel_id_position", "parcel_items", ["parcel_id", "position"])


def _reviews() -> None:
    op.create_table(
        "review_requests",
        _text("draft_id"),
        _column("version", sa.Integer),
        _text("parcel_id"),
        _text("content_hash"),
        _text("subject"),
        _text("body"),
        _text("options"),
        _text("asked_at"),
        sa.PrimaryKeyConstraint("draft_id", "version"),
        sa.ForeignKeyConstraint(
            ["draft_id", "version"], ["draft_versions.draft_id", "draft_versions.version"]
        ),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"]),
    )
    op.create_table(
        "approvals",
        _text("draft_id"),
        _column("version", sa.Integer),
        _text("content_hash"),
        _text("answer"),
        _text("decided_by"),
        _text("rule"),
        _text("comment"),
        _text("decided_at"),
        sa.PrimaryKeyConstraint("draft_id", "version"),
        sa.ForeignKeyConstraint(
            ["draft_id", "version"], ["draft_versions.draft_id", "draft_versions.version"]
        ),
    )


def _invoices() -> None:
    op.create_table(
        "series",
        _text("entity"),
        _text("series"),
        _column("year", sa.Integer),
        _column("last", sa.BigInteger),
        sa.PrimaryKeyConstraint("entity", "series", "year"),
    )
    op.create_table(
        "invoices",
        _text("id"),
        _text("entity"),
        _text("series"),
        _column("year", sa.Integer),
        _column("sequence", sa.BigInteger),
        _text("number"),
        _text("issued_at"),
        _column("issued_on", sa.Date),
        _column("due_on", sa.Date),
        _column("version", sa.Integer),
        _text("content_hash"),
        _text("config_hash"),
        _text("client"),
        _text("currency"),
        _text("due"),
        _column("due_minor", sa.BigInteger),
        _text("content"),
        _text("state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "series", "year", "sequence"),
        sa.UniqueConstraint("entity", "number"),
        sa.ForeignKeyConstraint(
            ["id", "version"], ["draft_versions.draft_id", "draft_versions.version"]
        ),
    )
    op.create_index("ix_invoices_client", "invoices", ["client"])
    op.create_index("ix_invoices_issued_at", "invoices", ["issued_at"])
    op.create_index("ix_invoices_number", "invoices", ["number"])


def _lines() -> None:
    op.create_table(
        "lines",
        _text("invoice_id"),
        _column("position", sa.Integer),
        _text("description"),
        _text("quantity"),
        _text("unit"),
        _text("unit_price"),
        _text("net"),
        _column("net_minor", sa.BigInteger),
        _text("currency"),
        _text("tax_category"),
        _text("tax_code"),
        _text("tax_percent"),
        _text("source"),
        _text("record_id"),
        _text("rule"),
        _text("explanation"),
        sa.PrimaryKeyConstraint("invoice_id", "position"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"]),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        _text("sha256"),
        _text("media_type"),
        _column("content", sa.LargeBinary),
        _text("renderer"),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "document_links",
        _text("subject"),
        _column("version", sa.Integer),
        _text("kind"),
        _text("sha256"),
        sa.PrimaryKeyConstraint("subject", "version", "kind"),
        sa.ForeignKeyConstraint(
            ["sha256"], ["documents.sha256"], deferrable=True, initially="DEFERRED"
        ),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        _text("id"),
        _text("invoice_id"),
        _text("kind"),
        _text("step"),
        _text("channel"),
        _text("recipients"),
        _text("message_id"),
        _text("state"),
        _column("attempt", sa.Integer),
        _text("owner"),
        sa.Column("lease_until", sa.Text),
        sa.Column("not_before", sa.Text),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invoice_id", "kind", "step", "channel"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], deferrable=True, initially="DEFERRED"
        ),
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_table(
        "attempts",
        _text("outbox_id"),
        _column("attempt", sa.Integer),
        _column("entry", sa.Integer),
        _text("owner"),
        _text("started_at"),
        _text("outcome"),
        _text("phase"),
        _column("code", sa.Integer),
        _text("detail"),
        sa.Column("ended_at", sa.Text),
        sa.PrimaryKeyConstraint("outbox_id", "attempt", "entry"),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
    )


def _reminders() -> None:
    op.create_table(
        "reminders",
        _text("invoice_id"),
        _text("step"),
        _column("planned_on", sa.Date),
        _text("outcome"),
        sa.Column("settled_at", sa.Text),
        sa.PrimaryKeyConstraint("invoice_id", "step"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], deferrable=True, initially="DEFERRED"
        ),
    )
    op.create_index("ix_reminders_outcome_planned_on", "reminders", ["outcome", "planned_on"])


def _payments() -> None:
    op.create_table(
        "payments",
        _text("source"),
        _text("external_id"),
        _text("amount"),
        _text("currency"),
        _column("received_on", sa.Date),
        _text("reference"),
        _text("added_at"),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_table(
        "allocations",
        _text("source"),
        _text("external_id"),
        _text("invoice_id"),
        _text("amount"),
        _column("amount_minor", sa.BigInteger),
        _text("currency"),
        _text("reason"),
        _text("allocated_at"),
        sa.PrimaryKeyConstraint("source", "external_id", "invoice_id"),
        sa.ForeignKeyConstraint(
            ["source", "external_id"], ["payments.source", "payments.external_id"]
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"]),
    )
    op.create_index("ix_allocations_invoice_id", "allocations", ["invoice_id"])


def _guard_sqlite() -> None:
    _sqlite_refusal("invoices", f"UPDATE OF {_INVOICE_CONTENT}", "the content is frozen")
    for table in ("lines", "approvals", "trail"):
        _sqlite_refusal(table, "UPDATE", "rows are never changed")
    for table in ("invoices", "lines", "approvals", "trail"):
        _sqlite_refusal(table, "DELETE", "rows are never deleted")


def _sqlite_refusal(table: str, change: str, reason: str) -> None:
    name = f"{table}_refuse_{change.partition(' ')[0].lower()}"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: {reason}'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION USING ERRCODE = '23000',"
        " MESSAGE = concat(TG_TABLE_NAME, ' rows are never changed or deleted'); END $$"
    )
    op.execute(
        "CREATE FUNCTION ledger_freeze_invoice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN"
        " RAISE EXCEPTION USING ERRCODE = '23000',"
        " MESSAGE = 'the content of an invoice is frozen'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER invoices_freeze BEFORE UPDATE ON invoices"
        " FOR EACH ROW EXECUTE FUNCTION ledger_freeze_invoice()"
    )
    for table in ("invoices", "lines", "approvals", "trail"):
        change = "DELETE" if table == "invoices" else "UPDATE OR DELETE"
        op.execute(
            f"CREATE TRIGGER {table}_refuse BEFORE {change} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
