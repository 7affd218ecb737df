"""Second revision: chains of approval, lines of several records, reminders to our own people."""

import sqlalchemy as sa
from alembic import op

from invoicing.domain.errors import SettingsError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OF_DRAFTS = ("review_requests", "approvals", "lines", "reminders")


def upgrade() -> None:
    """Make the tables that follow from a draft anew; drafts of the first shape cannot be kept."""
    _refuse_old_content()
    for table in _OF_DRAFTS:
        op.drop_table(table)  # and its triggers with it
    _reviews()
    _lines()
    _reminders()
    op.create_index("ix_obligations_agreement", "obligations", ["agreement"])
    for table in ("lines", "approvals"):
        _guard(table)


def _refuse_old_content() -> None:
    """Refuse a ledger with frozen content that only the code before this revision can read.

    It cannot be rewritten: approvals and the trail are bound to the hash of its very text.
    """
    held = sa.select(sa.func.count()).select_from(sa.table("obligations"))
    events = sa.select(sa.func.count()).select_from(sa.table("billing_events"))
    if op.get_bind().scalar(held) or op.get_bind().scalar(events):
        raise SettingsError(
            "this ledger holds drafts of a version before the first release, which this version"
            " cannot read; keep it with the version that made it, and let INVOICING_LEDGER_URL"
            " name a new ledger"
        )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _of_version() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["draft_id", "version"], ["draft_versions.draft_id", "draft_versions.version"]
    )


def _reviews() -> None:
    op.create_table(
        "review_requests",
        _text("draft_id"),
        _integer("version"),
        _text("step"),
        _text("chain"),
        _text("parcel_id"),
        _text("content_hash"),
        _text("subject"),
        _text("body"),
        _text("options"),
        _text("asked_at"),
        sa.PrimaryKeyConstraint("draft_id", "version", "step"),
        _of_version(),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"]),
    )
    op.create_table(
        "approvals",
        _text("draft_id"),
        _integer("version"),
        _text("step"),
        _text("content_hash"),
        _text("answer"),
        _text("decided_by"),
        _text("rule"),
        _text("comment"),
        _text("decided_at"),
        sa.Column("parcel_id", sa.Text),
        sa.PrimaryKeyConstraint("draft_id", "version", "step"),
        _of_version(),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"]),
    )
    op.create_index("ix_approvals_parcel_id", "approvals", ["parcel_id"])


def _lines() -> None:
    op.create_table(
        "lines",
        _text("invoice_id"),
        _integer("position"),
        _text("description"),
        _text("quantity"),
        _text("unit"),
        _text("unit_price"),
        _text("base_quantity"),
        _text("discount_percent"),
        _text("net"),
        sa.Column("net_minor", sa.BigInteger, nullable=False),
        _text("currency"),
        _text("tax_category"),
        _text("tax_code"),
        _text("tax_percent"),
        _text("records"),
        _text("rule"),
        _text("explanation"),
        sa.PrimaryKeyConstraint("invoice_id", "position"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"]),
    )


def _reminders() -> None:
    op.create_table(
        "reminders",
        _text("invoice_id"),
        _text("step"),
        sa.Column("planned_on", sa.Date, nullable=False),
        _text("audience"),
        _text("outcome"),
        sa.Column("settled_at", sa.Text),
        sa.PrimaryKeyConstraint("invoice_id", "step"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], deferrable=True, initially="DEFERRED"
        ),
    )
    op.create_index("ix_reminders_outcome_planned_on", "reminders", ["outcome", "planned_on"])


def _guard(table: str) -> None:
    """Put the triggers of the first revision on a table that was made anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
        return
    for change, told in (("UPDATE", "changed"), ("DELETE", "deleted")):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table}: rows are never {told}'); END"
        )
