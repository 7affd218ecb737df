"""Review: ask people step by step where the policy says so, and bind each answer to what it saw."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from invoicing.domain.approvers import check_approver, stands_in_for, steps_for
from invoicing.domain.draft import DraftRecord
from invoicing.domain.errors import RefusedError
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.periods import local_date
from invoicing.domain.review import (
    AUTO_RULE,
    SYSTEM,
    Answer,
    Approval,
    ReviewReason,
    ReviewRequest,
    ReviewStep,
    answer_of,
)
from invoicing.domain.states import DraftState
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import MailToken, Reviewed, UnitOfWork
from invoicing.services.mail_questions import plan_mails
from invoicing.services.parcels import authors_of, reasons_to_review
from invoicing.services.ports import Services
from invoicing.services.questions import ANSWER_WITHIN, Question, put

_AFTER = {
    Answer.APPROVE: DraftState.APPROVED,
    Answer.REJECT: DraftState.REJECTED,
    Answer.SEND_BACK: DraftState.HELD,
}
_CHAIN_RULE = "every_step_of_the_chain_approved"


def open_review(s: Services, parcel_id: str) -> ReviewRequest | None:
    """Return the next question to put to a person, or None when there is nobody to ask.

    Drafts that need nobody get their recorded auto-approval here.
    """
    with s.write("ask") as work:
        parcel = work.parcels.get(parcel_id)
        records = _let_through(s, work, _current(work, parcel))
        reasons = reasons_to_review(s, work, records)
        if parcel.needs_review:
            return _ask(s, work, parcel, records, reasons)
        passing = [
            record
            for record in records
            if record.state is DraftState.DRAFT and not reasons[record.id]
        ]
        _approve_by_rule(s, work, passing, DraftState.DRAFT, AUTO_RULE)
        return None


def answer_review(
    s: Services, parcel_id: str, label: str, login: str, comment: str = ""
) -> Approval:
    """Write a person's answer down; a refused answer is recorded, shown and raised.

    Answering a question again changes nothing and returns the first answer. Only the answer to the
    last step of the chain approves; an earlier one lets the next run ask the next step.
    """
    try:
        with s.write("answer") as work:
            work.drafts.claim([item.draft_id for item in work.parcels.get(parcel_id).items])
            s.fault("answer.arrived")
            answered = work.reviews.answered(parcel_id)
            return answered or _answer(s, work, work.parcels.get(parcel_id), label, login, comment)
    except RefusedError as refusal:
        _refused(s, parcel_id, label, login, refusal)
        raise


def answer_by_mail(
    s: Services, work: UnitOfWork, token: MailToken, answer: Answer, comment: str
) -> Approval:
    """Write down what a token's owner answers, within a unit of work that has claimed the draft.

    Airflow's own question stays open, because a task cannot answer it. So the draft leaves the
    parcel of that run, the next run carries it on, and whoever answers in Airflow all the same is
    told what was decided.
    """
    item = ParcelItem(token.draft_id, token.version)
    reviewed = work.reviews.of_versions([item])[item.draft_id]
    asked = next((one for one in reviewed.requests if one.step == token.step), None)
    if asked is None or asked.content_hash != token.content_hash:
        raise RefusedError("the question that this answers was never asked like that")
    if token.step in {one.step for one in reviewed.approvals}:
        raise RefusedError("the question was answered before")
    approval = _as_approval(asked, answer, token.approver, comment)
    decided = _decide(s, work, asked, approval, work.parcels.carrying(item))
    work.parcels.let_go(item)
    return decided


def expire_review(s: Services, parcel_id: str) -> None:
    """Record that nobody answered in time; a time-out approves nothing, the next run asks again."""
    now = s.clock.now()
    with s.write("expire") as work:
        # Before looking: an answer, or a twin, may be about to end the same question.
        work.drafts.claim([item.draft_id for item in work.parcels.get(parcel_id).items])
        for record in _let_go(work, work.parcels.get(parcel_id)):
            work.trail.add(record.id, "review_timed_out", now, _about(record))


def _let_go(work: UnitOfWork, parcel: Parcel) -> list[DraftRecord]:
    """Leave what still waits for an answer to the next run, and return it.

    Airflow's question is used up by any answer, and this run may live on for other questions.
    """
    records = _current(work, parcel)
    waiting = [record for record in records if record.state is DraftState.AWAITING_REVIEW]
    for record in waiting:
        work.parcels.let_go(ParcelItem(record.id, record.version))
    return waiting


def _current(work: UnitOfWork, parcel: Parcel) -> list[DraftRecord]:
    """Return the drafts of a parcel whose version is still the newest one."""
    packed = {item.draft_id: item.version for item in parcel.items}
    return [
        record for record in work.drafts.get(list(packed)) if record.version == packed[record.id]
    ]


def _let_through(s: Services, work: UnitOfWork, records: list[DraftRecord]) -> list[DraftRecord]:
    """Leave out the drafts of clients that are parked or not live."""
    gate = Gate(s, work, {record.draft.client.key for record in records})
    return [record for record in records if gate.lets(record.draft.client.key)]


def _approve_by_rule(
    s: Services, work: UnitOfWork, records: Sequence[DraftRecord], before: DraftState, rule: str
) -> None:
    now = s.clock.now()
    items = {ParcelItem(record.id, record.version): record for record in records}
    moved = work.drafts.move_all(items, before, DraftState.APPROVED)
    approved = [record for item, record in items.items() if item in moved]
    work.reviews.approve([_approval_of(record, rule) for record in approved], now)
    for record in approved:
        work.trail.add(record.id, "approved", now, _about(record) | {"rule": rule})


def _approval_of(record: DraftRecord, rule: str) -> Approval:
    return Approval(record.id, record.version, record.content_hash, Answer.APPROVE, SYSTEM, rule)


def _ask(
    s: Services,
    work: UnitOfWork,
    parcel: Parcel,
    records: list[DraftRecord],
    reasons: dict[str, tuple[ReviewReason, ...]],
) -> ReviewRequest | None:
    waiting = {DraftState.DRAFT, DraftState.AWAITING_REVIEW}
    asking = [record for record in records if record.state in waiting]
    if not asking:
        return None
    record, now = asking[0], s.clock.now()
    item = ParcelItem(record.id, record.version)
    steps = _chain(s, work.reviews.of_versions([item])[record.id], reasons[record.id])
    question = _next_question(s, work, record, steps)
    if question is None:
        _approve_by_rule(s, work, [record], record.state, _CHAIN_RULE)
        return None
    _show_if_nobody_may(s, work, question)
    request = work.reviews.ask(put(question, parcel.id, reasons[record.id], s.book.review), now)
    s.fault("ask.requested")
    if request.content_hash != record.content_hash:
        raise RefusedError(f"the question about {record.id} v{record.version} is not about it")
    work.drafts.move(item, DraftState.DRAFT, DraftState.AWAITING_REVIEW)
    plan_mails(s, work, question)
    if not _asked_at(work, question):
        codes = ", ".join(reason.code for reason in reasons[record.id])
        detail = _about(record) | {"reasons": codes, "step": question.step.name}
        work.trail.add(record.id, "review_asked", now, detail)
    return request


def _show_if_nobody_may(s: Services, work: UnitOfWork, question: Question) -> None:
    """Show finance a question that nobody may answer today; it closes when somebody may."""
    code, subject, now = "nobody_may_approve", question.record.id, s.clock.now()
    if question.may(s.book.review):
        work.exceptions.close(code, subject, SYSTEM, "somebody may answer", now)
        return
    gross = question.record.draft.totals.gross
    asked = ", ".join(question.step.approvers)
    cause = (
        f"step {question.step.name} asks {asked} about {gross}, and none of them may answer:"
        " away, over their limit, or the author (config/review.yaml)"
    )
    work.exceptions.open(code, subject, cause, now)


def _chain(
    s: Services, reviewed: Reviewed, reasons: tuple[ReviewReason, ...]
) -> tuple[ReviewStep, ...]:
    """Return the steps that must approve: those of the first question, whatever changed since.

    When a step has left the policy meanwhile, the whole chain of today is asked.
    """
    everybody = s.book.review.chain or (ReviewStep("approval", tuple(s.book.review.approvers)),)
    if not reviewed.requests:
        return steps_for(reasons, s.book.review) or everybody
    steps = {step.name: step for step in everybody}
    asked = reviewed.requests[-1].chain
    return tuple(steps[name] for name in asked) if set(asked) <= steps.keys() else everybody


def _next_question(
    s: Services, work: UnitOfWork, record: DraftRecord, steps: tuple[ReviewStep, ...]
) -> Question | None:
    """Return the first step without an answer as a question; None when all have one."""
    item = ParcelItem(record.id, record.version)
    said = work.reviews.of_versions([item])[record.id].approvals
    left = [step for step in steps if step.name not in {one.step for one in said}]
    if not left:
        return None
    now, zone = s.clock.now(), record.draft.entity.zone
    chain = tuple(step.name for step in steps)
    authors = authors_of(work, record)
    question = Question(record, left[0], chain, said, local_date(now, zone), authors=authors)
    asked_at = _asked_at(work, question)
    overdue = asked_at is not None and now - asked_at >= ANSWER_WITHIN
    return replace(question, overdue=overdue)


def _asked_at(work: UnitOfWork, question: Question) -> datetime | None:
    """Return when a step was asked for the first time about this version."""
    mine = _about(question.record) | {"step": question.step.name}
    for entry in work.trail.of(question.record.id):
        if entry.action == "review_asked" and mine.items() <= dict(entry.detail).items():
            return entry.at
    return None


def _answer(
    s: Services, work: UnitOfWork, parcel: Parcel, label: str, login: str, comment: str
) -> Approval:
    if not parcel.items:
        raise RefusedError("this question moved to a newer run; answer it there")
    item = parcel.items[0]
    reviewed = work.reviews.of_versions([item])[item.draft_id]
    if not reviewed.requests:
        raise RefusedError(f"nobody was asked about draft {item.draft_id} v{item.version}")
    if not reviewed.has_open_question:
        return reviewed.approvals[-1]
    asked = reviewed.requests[-1]
    answer = answer_of(label, asked.version, asked.content_hash)
    return _decide(s, work, asked, _as_approval(asked, answer, login, comment), parcel.id)


def _as_approval(asked: ReviewRequest, answer: Answer, login: str, comment: str) -> Approval:
    return Approval(
        asked.draft_id,
        asked.version,
        asked.content_hash,
        answer,
        login,
        comment=comment,
        step=asked.step,
    )


def _decide(
    s: Services, work: UnitOfWork, asked: ReviewRequest, approval: Approval, parcel_id: str
) -> Approval:
    """Check who answers about what, and write it down; all else follows from that."""
    answer, record = approval.answer, work.drafts.get([asked.draft_id])[0]
    question = _question_of(s, work, record, asked)
    _check(s, question, approval.decided_by)
    if (record.version, record.content_hash) != (asked.version, asked.content_hash):
        raise RefusedError(f"draft {record.id} is at version {record.version} by now")
    now = s.clock.now()
    kept = work.reviews.decide(approval, now, parcel_id)
    if kept is not approval:
        return kept  # somebody else was first
    work.mailboxes.use_tokens(record.id, record.version, asked.step, now)
    # Where a step left the policy meanwhile, the next run approves by the chain of that day.
    is_last = question.chain == asked.chain and question.step.name == question.chain[-1]
    if not _move_on(work, question, answer, is_last=is_last):
        raise RefusedError(f"draft {record.id} is {record.state} and waits for no answer")
    _tell(s, work, question, approval, is_last=is_last)
    return approval


def _question_of(
    s: Services, work: UnitOfWork, record: DraftRecord, asked: ReviewRequest
) -> Question:
    steps = {step.name: step for step in _chain(s, Reviewed((asked,)), ())}
    question = _next_question(s, work, record, tuple(steps.values()))
    if question is None or question.step.name != asked.step:
        raise RefusedError(f"step {asked.step} is not in config/review.yaml any more")
    return question


def _check(s: Services, question: Question, login: str) -> None:
    check_approver(
        login,
        question.step,
        gross=question.record.draft.totals.gross,
        author=question.record.author,
        earlier=question.earlier,
        policy=s.book.review,
        today=question.today,
        overdue=question.overdue,
        authors=question.authors,
    )


def _move_on(work: UnitOfWork, question: Question, answer: Answer, *, is_last: bool) -> bool:
    """Move the draft as its answer says; a step that is not the last one leaves it waiting."""
    record = question.record
    item = ParcelItem(record.id, record.version)
    if answer is Answer.APPROVE and not is_last:
        work.parcels.let_go(item)  # the next run asks the next step
        return record.state is DraftState.AWAITING_REVIEW
    return work.drafts.move(item, DraftState.AWAITING_REVIEW, _AFTER[answer])


def _refused(s: Services, parcel_id: str, label: str, login: str, refusal: RefusedError) -> None:
    now = s.clock.now()
    with s.write("refuse") as work:
        parcel = work.parcels.get(parcel_id)
        subject = parcel.items[0].draft_id if parcel.items else parcel_id
        _let_go(work, parcel)
        detail = {"answer": label, "refused": str(refusal)}
        work.trail.add(subject, "answer_refused", now, detail, login or SYSTEM)
        work.exceptions.open("answer_refused", subject, str(refusal), now)


def _tell(
    s: Services, work: UnitOfWork, question: Question, approval: Approval, *, is_last: bool
) -> None:
    now, login, answer = s.clock.now(), approval.decided_by, approval.answer
    record = question.record
    action = str(_AFTER[answer]) if answer is not Answer.SEND_BACK else "sent_back"
    if answer is Answer.APPROVE and not is_last:
        action = "step_approved"
    told = {
        "step": approval.step,
        "comment": approval.comment,
        "in_place_of": stands_in_for(login, question.step, s.book.review),
    }
    detail = _about(record) | {name: text for name, text in told.items() if text}
    work.trail.add(record.id, action, now, detail, login)
    for code in ("answer_refused", "nobody_may_approve"):
        work.exceptions.close(code, record.id, login, f"answered: {answer}", now)
    if answer is not Answer.APPROVE:
        cause = f"{login}: {approval.comment or 'no comment'}"
        work.exceptions.open(action, record.id, cause, now)


def _about(record: DraftRecord) -> dict[str, str]:
    return {"version": str(record.version), "content_hash": record.content_hash}
