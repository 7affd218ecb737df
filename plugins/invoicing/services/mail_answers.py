"""Mail answers: a question as it is mailed to one approver, and what that person writes back.

An answer counts only with the token of its question, from the address of the person it was mailed
to, proven by our own mail server, with one command in its first line, and up to the mail limit.
Whatever is missing, nothing is decided, and finance sees why.
"""

from collections.abc import Iterable
from hashlib import sha256

from invoicing.domain.approvers import objection_to_mail
from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.draft import DraftRecord
from invoicing.domain.errors import RefusedError
from invoicing.domain.letters import Letter, Question
from invoicing.domain.mailed import COMMANDS, MARK, Mail, command, tokens
from invoicing.domain.money import plain
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.periods import local_date
from invoicing.domain.review import Approver, ReviewRequest
from invoicing.domain.states import DraftState
from invoicing.services.ledger_ports import MailToken, UnitOfWork
from invoicing.services.mail_questions import TOKEN_LASTS, asked_by
from invoicing.services.parcels import reasons_to_review
from invoicing.services.ports import Services
from invoicing.services.review import answer_by_mail

_CODE = "mail_answer_refused"


class AnswerRefusedError(RefusedError):
    """An answer by mail that does not count; ``subject`` is the draft it was about."""

    def __init__(self, subject: str, cause: str) -> None:
        super().__init__(cause)
        self.subject = subject


def approval_letter(s: Services, work: UnitOfWork, row: OutboxRow, token: str) -> Letter | None:
    """Return what a request for approval says, or None when nobody has to answer it any more."""
    asked = asked_by(row)
    found = _open_question(work, row)
    approver = s.book.review.approvers.get(asked.login)
    if found is None or approver is None or row.recipients.to != (approver.email,):
        return None
    record, request = found
    draft = record.draft
    if objection_to_mail(approver, draft.totals.gross):
        return None
    question = Question(
        login=approver.login,
        title=draft.title,
        gross=draft.totals.gross,
        reasons=tuple(one.text for one in reasons_to_review(s, work, [record])[record.id]),
        body=_body(record),
        token=f"{MARK}{token}",
        commands=tuple(COMMANDS),
        link=f"{s.pages}/invoicing/invoices/{record.id}" if s.pages else "",
    )
    today = local_date(s.clock.now(), draft.entity.zone)
    return Letter(
        MessageKind.APPROVAL, draft.entity, draft.client, today, question=question,
        step=request.step,
    )  # fmt: skip


def keep_token(s: Services, work: UnitOfWork, row: OutboxRow, token: str) -> None:
    """Store the hash of a token in the transaction that claims its mail."""
    found, asked, now = _open_question(work, row), asked_by(row), s.clock.now()
    if found is None:
        raise RefusedError(f"nobody has to answer message {row.id} any more")
    _, request = found
    work.mailboxes.issue_token(
        MailToken(
            _hashed(token), request.draft_id, request.version, request.step, request.content_hash,
            asked.login, now, now + TOKEN_LASTS,
        )
    )  # fmt: skip


def draft_asked_about(s: Services, mail: Mail) -> str:
    """Return the draft that a mail's token is about, if there is one; it is claimed before all."""
    found = tokens(mail)
    if not found:
        return ""
    with s.ledger.read() as work:
        known = [work.mailboxes.token(_hashed(one)) for one in sorted(found)]
    return next((one.draft_id for one in known if one), "")


def take_answer(s: Services, work: UnitOfWork, mail: Mail, draft_id: str) -> str:
    """Carry out the answer about a draft that this unit of work has claimed; say what it was."""
    try:
        token = _token_of(work, tokens(mail))
        answer = _checked(s, work, mail, token)
    except RefusedError as refusal:
        raise AnswerRefusedError(draft_id, str(refusal)) from refusal
    return answer


def note_refusal(s: Services, work: UnitOfWork, refusal: AnswerRefusedError) -> None:
    """Show finance an answer that does not count, in the words of the rule that it broke."""
    now, cause = s.clock.now(), str(refusal)
    work.trail.add(refusal.subject, _CODE, now, {"refused": cause})
    work.exceptions.open(_CODE, refusal.subject, cause, now)


def _checked(s: Services, work: UnitOfWork, mail: Mail, token: MailToken) -> str:
    approver = _approver(s, mail, token)
    now = s.clock.now()
    if token.used_at is not None or now > token.expires_at:
        raise RefusedError("this question was answered, or asked too long ago")
    said = command(mail.text)
    if said is None:
        words = ", ".join(COMMANDS)
        raise RefusedError(f"the first line must be one of {words}, and no other line one of them")
    record = next(iter(work.drafts.get([token.draft_id])), None)
    if record is None or (record.version, record.content_hash) != (
        token.version,
        token.content_hash,
    ):
        raise RefusedError("the draft was changed since the question was mailed")
    if objection := objection_to_mail(approver, record.draft.totals.gross):
        raise RefusedError(objection)
    decided = answer_by_mail(s, work, token, said.answer, said.comment)
    work.exceptions.close(_CODE, record.id, approver.login, f"answered: {decided.answer}", now)
    return str(decided.answer)


def _approver(s: Services, mail: Mail, token: MailToken) -> Approver:
    """Return whom a token was mailed to, if the mail is proven to come from there."""
    approver = s.book.review.approvers.get(token.approver)
    if approver is None:
        raise RefusedError(f"{token.approver} is not among the approvers in config/review.yaml")
    if not approver.email or mail.sender != approver.email.casefold():
        raise RefusedError(f"the mail is not from the address of {token.approver}")
    if not mail.is_authentic:
        raise RefusedError("our mail server did not find the sender of the mail proven")
    return approver


def _token_of(work: UnitOfWork, found: Iterable[str]) -> MailToken:
    known = [work.mailboxes.token(_hashed(one)) for one in sorted(found)]
    if len(known) != 1 or known[0] is None:
        raise RefusedError("the mail must hold the token of one question, and no other")
    return known[0]


def _open_question(work: UnitOfWork, row: OutboxRow) -> tuple[DraftRecord, ReviewRequest] | None:
    """Return the draft and the question that a mail is about, while it waits for an answer."""
    asked = asked_by(row)
    record = next(iter(work.drafts.get([row.invoice_id])), None)
    if record is None or record.version != asked.version:
        return None
    if record.state is not DraftState.AWAITING_REVIEW:
        return None
    item = ParcelItem(record.id, record.version)
    reviewed = work.reviews.of_versions([item])[record.id]
    if asked.step in {one.step for one in reviewed.approvals}:
        return None
    request = next((one for one in reviewed.requests if one.step == asked.step), None)
    return None if request is None else (record, request)


def _body(record: DraftRecord) -> str:
    """Write down what a forged invoice would change, as plain text."""
    draft = record.draft
    facts = [
        ("Amount due", draft.totals.due),
        ("Net + tax", f"{draft.totals.net} + {draft.totals.tax}"),
        ("Paid to", f"{draft.entity.bank.iban} ({draft.entity.bank.holder})"),
        ("Client", f"{draft.client.name} [{draft.client.key}]"),
        ("For", draft.title),
        ("Goes to", ", ".join(draft.client.billing_to)),
        ("Terms", draft.terms),
        ("Version", f"v{record.version}-{record.content_hash[:6]}, made by {record.author}"),
    ]
    lines = [
        f"{line.position}. {_one_line(line.description)}: {plain(line.quantity)} {line.unit},"
        f" {line.net}"
        for line in draft.lines
    ]
    return "\n".join([*(f"{name}: {_one_line(str(fact))}" for name, fact in facts), "", *lines])


def _one_line(text: str) -> str:
    """Keep somebody else's text from making lines of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
