"""Mail questions: whom a question about a draft is mailed to, and which mail asks whom what."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from invoicing.domain.approvers import objection_to_mail
from invoicing.domain.dispatch import MessageKind, OutboxRow, Recipients, outbox_row
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services
from invoicing.services.questions import Question

TOKEN_LASTS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which version and which step of the chain a mail asks about, and whom."""

    version: int
    step: str
    login: str


def plan_mails(s: Services, work: UnitOfWork, question: Question) -> list[str]:
    """Plan a mail to everybody who may answer a question by mail; return the ids of the new ones.

    Without a mailbox nobody would read the answers, so nobody is asked.
    """
    if s.mailbox is None:
        return []
    record, policy = question.record, s.book.review
    sender = s.sender_for(record.draft.entity)
    people = [policy.approvers[login] for login in question.may(policy)]
    rows = [
        outbox_row(
            record.id,
            MessageKind.APPROVAL,
            f"v{record.version}:{question.step.name}:{one.login}",
            Recipients((one.email,)),
            sender,
        )
        for one in people
        if not objection_to_mail(one, record.draft.totals.gross)
    ]
    return work.outbox.add(rows)


def asked_by(row: OutboxRow) -> Asked:
    """Return what a request for approval asks, as `plan_mails` wrote it down."""
    version, step, login = row.step.split(":", 2)
    return Asked(int(version.removeprefix("v")), step, login)
