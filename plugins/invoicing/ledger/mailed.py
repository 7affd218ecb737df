"""What came back by mail: how far each mailbox was read, what was done, and answers' tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, update

from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import mail_tokens, mailboxes, mails
from invoicing.services.ledger_ports import MailPosition, MailRecord, MailToken


class MailboxRows(Rows):
    """What was read from our mailboxes, and the tokens that answers by mail need."""

    def position(self, mailbox: str) -> MailPosition | None:
        """Return how far a mailbox was read; None before the first time."""
        row = self.connection.execute(
            select(mailboxes).where(mailboxes.c.mailbox == mailbox)
        ).first()
        return None if row is None else MailPosition(row.validity, row.uid)

    def advance(self, mailbox: str, before: MailPosition | None, after: MailPosition) -> bool:
        """Move on by compare-and-set; False when somebody else did."""
        values = {"validity": after.validity, "uid": after.uid}
        if before is None:
            return self.inserted(mailboxes, {"mailbox": mailbox, **values})
        here = and_(
            mailboxes.c.mailbox == mailbox,
            mailboxes.c.validity == before.validity,
            mailboxes.c.uid == before.uid,
        )
        return self.connection.execute(update(mailboxes).where(here).values(values)).rowcount == 1

    def is_known(self, digest: str) -> bool:
        """Tell whether a mail of these bytes was read before."""
        query = select(mails.c.digest).where(mails.c.digest == digest)
        return self.connection.scalar(query) is not None

    def add(self, record: MailRecord) -> bool:
        """Store what was done about a mail; False when this mail was read before."""
        row = {name: getattr(record, name) for name in mails.c.keys()}  # noqa: SIM118 # no mapping
        return self.inserted(mails, row)

    def about(self, subject: str) -> Sequence[MailRecord]:
        """Return the mails about a subject, the oldest first."""
        query = select(mails).where(mails.c.subject == subject)
        ordered = query.order_by(mails.c.read_at, mails.c.uid, mails.c.digest)
        return [_record(row) for row in self.connection.execute(ordered)]

    def issue_token(self, token: MailToken) -> None:
        """Store the hash of a token that goes out."""
        row = {name: getattr(token, name) for name in mail_tokens.c.keys()}  # noqa: SIM118
        self.insert_rest(mail_tokens, [row])

    def token(self, token_hash: str) -> MailToken | None:
        """Return a token by its hash, and keep everybody else from using it until this ends."""
        query = select(mail_tokens).where(mail_tokens.c.token_hash == token_hash)
        if self.writing:
            query = query.with_for_update()
        row = self.connection.execute(query).first()
        return None if row is None else _token(row)

    def use_tokens(self, draft_id: str, version: int, step: str, at: datetime) -> None:
        """Let every token about a question be used up; it is answered."""
        here = and_(
            mail_tokens.c.draft_id == draft_id,
            or_(
                mail_tokens.c.version < version,
                and_(mail_tokens.c.version == version, mail_tokens.c.step == step),
            ),
            mail_tokens.c.used_at.is_(None),
        )
        self.connection.execute(update(mail_tokens).where(here).values(used_at=at))


def _record(row: Row[Any]) -> MailRecord:
    return MailRecord(
        row.mailbox, row.validity, row.uid, row.message_id, row.digest, row.sort, row.subject,
        row.outcome, row.read_at,
    )  # fmt: skip


def _token(row: Row[Any]) -> MailToken:
    return MailToken(
        row.token_hash, row.draft_id, row.version, row.step, row.content_hash, row.approver,
        row.issued_at, row.expires_at, row.used_at,
    )  # fmt: skip
