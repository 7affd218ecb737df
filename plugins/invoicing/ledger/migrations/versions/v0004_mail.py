"""Fourth revision: merged reminders, requests for approval by mail, and what comes back by mail."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FROZEN = {
    "outbox": "id, invoice_id, kind, step, channel, recipients, message_id, about",
    "attempts": "outbox_id, attempt, entry, owner, started_at",
    "mail_tokens": "token_hash, draft_id, version, step, content_hash, approver, issued_at,"
    " expires_at",
    "archive_copies": "subject, version",
}
_ENDED = {"mail_tokens": "used_at", "archive_copies": "archived_at"}
_OUTBOX = (
    "id, invoice_id, kind, step, channel, recipients, message_id, state, attempt, owner,"
    " lease_until, not_before"
)
# Which message a reminder went into was known by the keys of both until now.
_CARRY = (
    "UPDATE reminders SET message = (SELECT o.id FROM outbox o"
    " WHERE o.invoice_id = reminders.invoice_id AND o.step = reminders.step"
    " AND o.kind = CASE reminders.audience WHEN 'us' THEN 'escalation' ELSE 'reminder' END)"
    " WHERE outcome = 'queued'"
)
_ATTEMPTS = "outbox_id, attempt, entry, owner, started_at, outcome, phase, code, detail, ended_at"


def upgrade() -> None:
    """Make outbox and attempts anew with what they hold, and add the tables of incoming mail."""
    op.execute(f"CREATE TABLE outbox_kept AS SELECT {_OUTBOX} FROM outbox")
    op.execute(f"CREATE TABLE attempts_kept AS SELECT {_ATTEMPTS} FROM attempts")
    op.drop_table("attempts")  # and its triggers with it
    op.drop_table("outbox")
    _outbox()
    _attempts()
    op.execute(f"INSERT INTO outbox ({_OUTBOX}, about) SELECT {_OUTBOX}, '[]' FROM outbox_kept")
    op.execute(f"INSERT INTO attempts ({_ATTEMPTS}) SELECT {_ATTEMPTS} FROM attempts_kept")
    op.drop_table("attempts_kept")
    op.drop_table("outbox_kept")
    op.add_column("reminders", sa.Column("planned_at", sa.Text))
    op.add_column("reminders", sa.Column("message", sa.Text))
    op.execute(_CARRY)
    _mailboxes()
    _mails()
    _tokens()
    _archive_copies()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


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
        _integer("attempt"),
        _text("owner"),
        sa.Column("lease_until", sa.Text),
        sa.Column("not_before", sa.Text),
        _text("about"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invoice_id", "kind", "step", "channel"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["drafts.id"], deferrable=True, initially="DEFERRED"
        ),
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])


def _attempts() -> None:
    op.create_table(
        "attempts",
        _text("outbox_id"),
        _integer("attempt"),
        _integer("entry"),
        _text("owner"),
        _text("started_at"),
        _text("outcome"),
        _text("phase"),
        _integer("code"),
        _text("detail"),
        sa.Column("ended_at", sa.Text),
        sa.PrimaryKeyConstraint("outbox_id", "attempt", "entry"),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
    )


def _mailboxes() -> None:
    op.create_table(
        "mailboxes",
        _text("mailbox"),
        _big("validity"),
        _big("uid"),
        sa.PrimaryKeyConstraint("mailbox"),
    )


def _mails() -> None:
    op.create_table(
        "mails",
        _text("digest"),
        _text("mailbox"),
        _big("validity"),
        _big("uid"),
        _text("message_id"),
        _text("sort"),
        _text("subject"),
        _text("outcome"),
        _text("read_at"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_mails_subject", "mails", ["subject"])


def _tokens() -> None:
    op.create_table(
        "mail_tokens",
        _text("token_hash"),
        _text("draft_id"),
        _integer("version"),
        _text("step"),
        _text("content_hash"),
        _text("approver"),
        _text("issued_at"),
        _text("expires_at"),
        sa.Column("used_at", sa.Text),
        sa.PrimaryKeyConstraint("token_hash"),
        sa.ForeignKeyConstraint(
            ["draft_id", "version"], ["draft_versions.draft_id", "draft_versions.version"]
        ),
    )
    op.create_index("ix_mail_tokens_draft_id", "mail_tokens", ["draft_id"])


def _archive_copies() -> None:
    op.create_table(
        "archive_copies",
        _text("subject"),
        _integer("version"),
        sa.Column("archived_at", sa.Text),
        sa.PrimaryKeyConstraint("subject", "version"),
    )
    waiting = sa.text("archived_at IS NULL")
    op.create_index(
        "ix_archive_copies_waiting",
        "archive_copies",
        ["subject"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.execute(
        "INSERT INTO archive_copies (subject, version)"
        " SELECT subject, version FROM document_links WHERE kind = 'invoice'"
    )


def _guard_sqlite() -> None:
    for table, columns in _FROZEN.items():
        _refuse(f"{table}_freeze", f"UPDATE OF {columns}", table, "these columns are frozen")
    for table in (*_FROZEN, "mails", "mailboxes"):
        _refuse(f"{table}_refuse_delete", "DELETE", table, "rows are never deleted")
    _refuse("mails_refuse_update", "UPDATE", "mails", "rows are never changed")
    for table, column in _ENDED.items():
        when = f" WHEN OLD.{column} IS NOT NULL"
        _refuse(f"{table}_stay_ended", "UPDATE", table, "what ended stays ended", when)


def _refuse(name: str, change: str, table: str, reason: str, when: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: {reason}'); END"
    )


def _guard_postgresql() -> None:
    for table, columns in _FROZEN.items():
        changed = " OR ".join(
            f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns.split(", ")
        )
        _trigger(f"{table}_freeze", "UPDATE", table, changed)
    for table in (*_FROZEN, "mailboxes"):
        _trigger(f"{table}_refuse", "DELETE", table)
    _trigger("mails_refuse", "UPDATE OR DELETE", "mails")
    for table in (*_FROZEN, "mails", "mailboxes"):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    for table, column in _ENDED.items():
        _trigger(f"{table}_stay_ended", "UPDATE", table, f"OLD.{column} IS NOT NULL")


def _trigger(name: str, change: str, table: str, when: str = "") -> None:
    condition = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table}"
        f" FOR EACH ROW{condition} EXECUTE FUNCTION ledger_refuse()"
    )
