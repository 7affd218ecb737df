"""Third revision: credit notes, holds, parking, versions of clients and agreements, anchors."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op

from invoicing.domain.currencies import MINOR_UNITS

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Tables whose rows stay as they were written, and what of the others never changes.
_NEVER_CHANGED = (
    "credit_notes", "write_offs", "taxes", "client_versions", "agreement_versions", "anchors",
    "anchored_heads", "draft_versions", "documents", "document_links", "payments", "allocations",
    "review_requests",
)  # fmt: skip
_FROZEN = {
    "outbox": "id, invoice_id, kind, step, channel, recipients, message_id",
    "billing_events": "id, source, event_id, kind, object_id, payload_hash, received_at",
    "obligations": "id, entity, agreement, unit, revision",
    "config_versions": "config_hash, texts",
    "exceptions": "id, code, subject, cause, opened_at",
    "holds": "id, invoice_id, kind, reason, amount, currency, line, placed_by, placed_at, ends_on",
    "parking": "client, parked_at, cause",
    "reminders": "invoice_id, step, planned_on, audience",
    "attempts": "outbox_id, attempt, entry, owner, started_at",
}
_ENDS = {"holds": "lifted_at", "parking": "unparked_at", "exceptions": "closed_at"}
_UNIQUE_OPEN = {"holds": ("lifted_at", "invoice_id, kind"), "parking": ("unparked_at", "client")}


def upgrade() -> None:
    """Add the tables and guards; what is in the ledger stays as it is."""
    if op.get_bind().dialect.name == "postgresql":
        _tell_revision()
        op.execute("LOCK TABLE invoices IN SHARE ROW EXCLUSIVE MODE")  # their taxes are read now
    _taxes()
    _credits()
    _holds()
    _versions()
    _parking()
    _anchors()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _tell_revision() -> None:
    """Let a writer wait for a migration that runs, and then see the revision it left.

    Each statement of such a function sees what is committed when it begins, so the second one is
    never older than the lock. The key is the one of `ledger/migrate.py`.
    """
    op.execute(
        "CREATE FUNCTION ledger_revision() RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock_shared(7204111968);"
        " RETURN (SELECT version_num FROM invoicing_version); END $$"
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _of_invoice() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"])


def _taxes() -> None:
    table = op.create_table(
        "taxes",
        _text("invoice_id"),
        _integer("position"),
        _text("category"),
        _text("code"),
        _text("percent"),
        _text("label"),
        _text("net"),
        _big("net_minor"),
        _text("tax"),
        _big("tax_minor"),
        _text("currency"),
        sa.PrimaryKeyConstraint("invoice_id", "position"),
        _of_invoice(),
    )
    issued = sa.table("invoices", sa.column("id"), sa.column("content"))
    query = sa.select(issued.c.id, issued.c.content)
    rows = op.get_bind().execute(query, execution_options={"yield_per": 500})
    for part in rows.partitions():
        found = [values for row in part for values in _taxes_of(row.id, json.loads(row.content))]
        if found:
            op.bulk_insert(table, found)


def _taxes_of(invoice_id: str, content: dict[str, Any]) -> Iterator[dict[str, object]]:
    for position, group in enumerate(content["taxes"], 1):
        rate, net, tax = group["rate"], group["net"], group["tax"]
        yield {
            "invoice_id": invoice_id,
            "position": position,
            "category": rate["category"],
            "code": rate["code"],
            "percent": rate["percent"],
            "label": rate["label"],
            "net": net["amount"],
            "net_minor": _minor(net),
            "tax": tax["amount"],
            "tax_minor": _minor(tax),
            "currency": net["currency"],
        }


def _minor(money: dict[str, str]) -> int:
    return int(Decimal(money["amount"]).scaleb(MINOR_UNITS[money["currency"]]))


def _credits() -> None:
    op.create_table(
        "credit_notes",
        _text("id"),
        _text("invoice_id"),
        _text("entity"),
        _text("series"),
        _integer("year"),
        _big("sequence"),
        _text("number"),
        _text("issued_at"),
        sa.Column("issued_on", sa.Date, nullable=False),
        _text("content_hash"),
        _text("config_hash"),
        _text("asked_by"),
        _text("approved_by"),
        _text("currency"),
        _text("due"),
        _big("due_minor"),
        sa.Column("closes", sa.Boolean, nullable=False),
        _text("content"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "series", "year", "sequence"),
        sa.UniqueConstraint("entity", "number"),
        _of_invoice(),
    )
    op.create_index("ix_credit_notes_invoice_id", "credit_notes", ["invoice_id"])
    closing = sa.text("closes")
    op.create_index(
        "uq_credit_notes_closing",
        "credit_notes",
        ["invoice_id"],
        unique=True,
        sqlite_where=closing,
        postgresql_where=closing,
    )
    op.create_table(
        "write_offs",
        _text("invoice_id"),
        _integer("position"),
        _text("amount"),
        _big("amount_minor"),
        _text("currency"),
        _text("reason"),
        _text("asked_by"),
        _text("approved_by"),
        _text("written_off_at"),
        sa.PrimaryKeyConstraint("invoice_id", "position"),
        _of_invoice(),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        _text("id"),
        _text("invoice_id"),
        _text("kind"),
        _text("reason"),
        sa.Column("amount", sa.Text),
        sa.Column("currency", sa.Text),
        _integer("line"),
        sa.Column("ends_on", sa.Date),
        _text("placed_by"),
        _text("placed_at"),
        sa.Column("lifted_at", sa.Text),
        _text("lifted_by"),
        sa.PrimaryKeyConstraint("id"),
        _of_invoice(),
    )
    _unique_open("holds")


def _versions() -> None:
    op.create_table(
        "client_versions",
        _text("client"),
        _integer("version"),
        _text("content_hash"),
        _text("content"),
        _big("activation"),
        sa.PrimaryKeyConstraint("client", "version"),
    )
    op.create_table(
        "agreement_versions",
        _text("agreement"),
        _integer("version"),
        _text("client"),
        _text("content_hash"),
        _text("content"),
        _big("activation"),
        sa.PrimaryKeyConstraint("agreement", "version"),
    )


def _parking() -> None:
    op.create_table(
        "parking",
        _text("client"),
        _text("parked_at"),
        _text("cause"),
        sa.Column("unparked_at", sa.Text),
        _text("unparked_by"),
        sa.PrimaryKeyConstraint("client", "parked_at"),
    )
    _unique_open("parking")


def _unique_open(table: str) -> None:
    """Let there be one open row at a time."""
    ended, columns = _UNIQUE_OPEN[table]
    open_only = sa.text(f"{ended} IS NULL")
    op.create_index(
        f"uq_{table}_open",
        table,
        columns.split(", "),
        unique=True,
        sqlite_where=open_only,
        postgresql_where=open_only,
    )


def _anchors() -> None:
    op.create_table(
        "anchors",
        sa.Column("day", sa.Date, nullable=False),
        _text("anchored_at"),
        _big("heads"),
        _text("before"),
        _text("hash"),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "anchored_heads",
        sa.Column("day", sa.Date, nullable=False),
        _text("subject"),
        _integer("sequence"),
        _text("hash"),
        sa.PrimaryKeyConstraint("subject", "sequence"),
        sa.ForeignKeyConstraint(["day"], ["anchors.day"], deferrable=True, initially="DEFERRED"),
    )
    op.create_index("ix_anchored_heads_day", "anchored_heads", ["day"])


def _guard_sqlite() -> None:
    for table in _NEVER_CHANGED:
        _refuse(f"{table}_refuse_update", "UPDATE", table, "rows are never changed")
    for table, columns in _FROZEN.items():
        _refuse(f"{table}_freeze", f"UPDATE OF {columns}", table, "these columns are frozen")
    for table in (*_NEVER_CHANGED, *_FROZEN, "drafts", "series"):
        _refuse(f"{table}_refuse_delete", "DELETE", table, "rows are never deleted")
    void, back = "OLD.state = 'void'", "NEW.last < OLD.last"
    _refuse("invoices_stay_void", "UPDATE OF state", "invoices", "void stays void", void)
    _refuse("series_rise", "UPDATE OF last", "series", "counters only rise", back)
    for table, ended in _ENDS.items():
        over = f"OLD.{ended} IS NOT NULL"
        _refuse(f"{table}_stay_ended", "UPDATE", table, "what ended stays ended", over)


def _refuse(name: str, change: str, table: str, reason: str, when: str = "") -> None:
    condition = f" WHEN {when}" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table}{condition}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: {reason}'); END"
    )


def _guard_postgresql() -> None:
    for table in _NEVER_CHANGED:
        _trigger(f"{table}_refuse", "UPDATE OR DELETE", table)
    for table, columns in _FROZEN.items():
        changed = " OR ".join(
            f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns.split(", ")
        )
        _trigger(f"{table}_freeze", "UPDATE", table, changed)
    for table in (*_FROZEN, "drafts", "series"):
        _trigger(f"{table}_refuse", "DELETE", table)
    for table in (*_NEVER_CHANGED, *_FROZEN, "drafts", "series"):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    _trigger("invoices_stay_void", "UPDATE", "invoices", "OLD.state = 'void'")
    _trigger("series_rise", "UPDATE", "series", "NEW.last < OLD.last")
    for table, ended in _ENDS.items():
        _trigger(f"{table}_stay_ended", "UPDATE", table, f"OLD.{ended} IS NOT NULL")


def _trigger(name: str, change: str, table: str, when: str = "") -> None:
    condition = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table}"
        f" FOR EACH ROW{condition} EXECUTE FUNCTION ledger_refuse()"
    )
