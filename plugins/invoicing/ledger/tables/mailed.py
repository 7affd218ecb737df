"""Tables of what came back by mail: positions in mailboxes, mails that were read, tokens."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from invoicing.ledger.columns import Instant, Word
from invoicing.ledger.tables.base import id_column, metadata, text_column, version_key
from invoicing.services.ledger_ports import MailSort

mailboxes = Table(
    "mailboxes",
    metadata,
    id_column("mailbox"),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
)

mails = Table(
    "mails",
    metadata,
    text_column("digest"),
    text_column("mailbox"),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    text_column("message_id"),
    Column("sort", Word(MailSort), nullable=False),
    text_column("subject"),
    text_column("outcome"),
    Column("read_at", Instant, nullable=False),
    PrimaryKeyConstraint("digest"),
    Index(None, "subject"),
)

mail_tokens = Table(
    "mail_tokens",
    metadata,
    id_column("token_hash"),
    text_column("draft_id"),
    Column("version", Integer, nullable=False),
    text_column("step"),
    text_column("content_hash"),
    text_column("approver"),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    version_key(),
    Index(None, "draft_id"),
)
