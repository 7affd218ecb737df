"""Review: ask a person where the policy says so, and bind the answer to what was shown."""

from invoicing.domain.draft import DraftRecord
from invoicing.domain.errors import RefusedError
from invoicing.domain.money import plain
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.review import (
    AUTO_RULE,
    SYSTEM,
    Answer,
    Approval,
    ReviewReason,
    ReviewRequest,
    answer_of,
    as_markdown,
    check_approver,
    options,
)
from invoicing.domain.states import DraftState
from invoicing.services.parcels import is_live, reasons_to_review
from invoicing.services.ports import Services, UnitOfWork

_WHAT_ANSWERS_DO = (
    "*Approve* sends it. *Reject* closes it for good. *Send back* holds it until it was corrected;"
    " then you are asked again."
)
_AFTER = {
    Answer.APPROVE: DraftState.APPROVED,
    Answer.REJECT: DraftState.REJECTED,
    Answer.SEND_BACK: DraftState.HELD,
}


def open_review(s: Services, parcel_id: str) -> ReviewRequest | None:
    """Return the question to put to a person, or None when there is nobody to ask.

    Drafts that need nobody get their recorded auto-approval here.
    """
    with s.ledger.write() as work:
        parcel = work.parcels.get(parcel_id)
        records = _current(work, parcel)
        reasons = reasons_to_review(s, work, records)
        if parcel.needs_review:
            return _ask(s, work, parcel, records, reasons)
        for record in records:
            if record.state is DraftState.DRAFT and not reasons[record.id] and is_live(s, record):
                _approve_by_rule(s, work, record)
        return None


def answer_review(
    s: Services, parcel_id: str, label: str, login: str, comment: str = ""
) -> Approval:
    """Write a person's answer down; a refused answer is recorded, shown and raised.

    Answering again about a version that is decided changes nothing and returns that decision.
    """
    try:
        with s.ledger.write() as work:
            return _answer(s, work, work.parcels.get(parcel_id), label, login, comment)
    except RefusedError as refusal:
        _refused(s, parcel_id, label, login, refusal)
        raise


def expire_review(s: Services, parcel_id: str) -> None:
    """Record that nobody answered in time; a time-out approves nothing, the next run asks again."""
    now = s.clock.now()
    with s.ledger.write() as work:
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


def _approve_by_rule(s: Services, work: UnitOfWork, record: DraftRecord) -> None:
    now = s.clock.now()
    approval = Approval(
        record.id, record.version, record.content_hash, Answer.APPROVE, SYSTEM, AUTO_RULE
    )
    item = ParcelItem(record.id, record.version)
    if work.drafts.move(item, DraftState.DRAFT, DraftState.APPROVED):
        work.reviews.decide(approval, now)
        work.trail.add(record.id, "approved", now, _about(record) | {"rule": AUTO_RULE})


def _ask(
    s: Services,
    work: UnitOfWork,
    parcel: Parcel,
    records: list[DraftRecord],
    reasons: dict[str, tuple[ReviewReason, ...]],
) -> ReviewRequest | None:
    waiting = {DraftState.DRAFT, DraftState.AWAITING_REVIEW}
    asking = [record for record in records if record.state in waiting and is_live(s, record)]
    if not asking:
        return None
    record, now = asking[0], s.clock.now()
    request = work.reviews.ask(_request(parcel, record, reasons[record.id]), now)
    if request.content_hash != record.content_hash:
        raise RefusedError(f"the question about {record.id} v{record.version} is not about it")
    item = ParcelItem(record.id, record.version)
    if work.drafts.move(item, DraftState.DRAFT, DraftState.AWAITING_REVIEW):
        codes = ", ".join(reason.code for reason in reasons[record.id])
        work.trail.add(record.id, "review_asked", now, _about(record) | {"reasons": codes})
    return request


def _answer(
    s: Services, work: UnitOfWork, parcel: Parcel, label: str, login: str, comment: str
) -> Approval:
    if not parcel.items:
        raise RefusedError("this question moved to a newer run; answer it there")
    item = parcel.items[0]
    asked = work.reviews.asked(item.draft_id, item.version)
    if asked is None:
        raise RefusedError(f"nobody was asked about draft {item.draft_id} v{item.version}")
    if decided := work.reviews.decision(item.draft_id, item.version):
        return decided
    answer = answer_of(label, asked.version, asked.content_hash)
    record = work.drafts.get([item.draft_id])[0]
    check_approver(login, record.author, s.book.review)
    if (record.version, record.content_hash) != (asked.version, asked.content_hash):
        raise RefusedError(f"draft {record.id} is at version {record.version} by now")
    if not work.drafts.move(item, DraftState.AWAITING_REVIEW, _AFTER[answer]):
        raise RefusedError(f"draft {record.id} is {record.state} and waits for no answer")
    return _decided(s, work, record, answer, login, comment)


def _refused(s: Services, parcel_id: str, label: str, login: str, refusal: RefusedError) -> None:
    now = s.clock.now()
    with s.ledger.write() as work:
        parcel = work.parcels.get(parcel_id)
        subject = parcel.items[0].draft_id if parcel.items else parcel_id
        _let_go(work, parcel)
        detail = {"answer": label, "refused": str(refusal)}
        work.trail.add(subject, "answer_refused", now, detail, login or SYSTEM)
        work.exceptions.open("answer_refused", subject, str(refusal), now)


def _decided(
    s: Services, work: UnitOfWork, record: DraftRecord, answer: Answer, login: str, comment: str
) -> Approval:
    now = s.clock.now()
    approval = Approval(
        record.id, record.version, record.content_hash, answer, login, comment=comment
    )
    work.reviews.decide(approval, now)
    said = {"comment": comment} if comment else {}
    action = str(_AFTER[answer]) if answer is not Answer.SEND_BACK else "sent_back"
    work.trail.add(record.id, action, now, _about(record) | said, login)
    work.exceptions.close("answer_refused", record.id, login, f"answered: {answer}", now)
    if answer is not Answer.APPROVE:
        cause = f"{login}: {comment or 'no comment'}"
        work.exceptions.open(action, record.id, cause, now)
    return approval


def _about(record: DraftRecord) -> dict[str, str]:
    return {"version": str(record.version), "content_hash": record.content_hash}


def _addresses(addresses: tuple[str, ...]) -> str:
    """Show every address: one that is cut off could be the wrong one."""
    return ", ".join(as_markdown(address) for address in addresses)


def _request(
    parcel: Parcel, record: DraftRecord, reasons: tuple[ReviewReason, ...]
) -> ReviewRequest:
    draft, mark = record.draft, f"v{record.version}-{record.content_hash[:6]}"
    subject = f"{draft.client.name}: {draft.totals.gross} ({mark})"
    return ReviewRequest(
        parcel.id,
        record.id,
        record.version,
        record.content_hash,
        " ".join(subject.split()),
        _body(record, mark, reasons),
        options(record.version, record.content_hash),
    )


def _body(record: DraftRecord, mark: str, reasons: tuple[ReviewReason, ...]) -> str:
    """Amounts, account, client and version come first: what a forged invoice would change."""
    draft = record.draft
    totals, bank = draft.totals, draft.entity.bank
    facts = [
        ("Amount due", f"**{as_markdown(str(totals.due))}**"),
        ("Net + tax", as_markdown(f"{totals.net} + {totals.tax}")),
        ("Paid to", as_markdown(f"{bank.iban} ({bank.holder})")),
        ("Client", as_markdown(f"{draft.client.name} [{draft.client.key}]")),
        ("For", as_markdown(draft.title)),
        ("Goes to", _addresses(draft.client.billing_to)),
        ("Copy to", _addresses(draft.client.billing_cc) or "nobody"),
        ("Terms", f"{draft.terms_days} days"),
        ("Version", as_markdown(f"{mark}, made by {record.author}")),
        ("You are asked because", "; ".join(as_markdown(reason.text) for reason in reasons)),
    ]
    lines = [
        f"| {line.position} | {as_markdown(line.description)} | {plain(line.quantity)}"
        f" {as_markdown(line.unit)} | {as_markdown(str(line.net))} |"
        for line in draft.lines
    ]
    return "\n".join(
        [
            "| | |",
            "|:--|:--|",
            *(f"| {name} | {text} |" for name, text in facts),
            "",
            "| # | What | Quantity | Net |",
            "|--:|:--|--:|--:|",
            *lines,
            "",
            f"[Preview and how every figure came about](/invoicing/invoices/{record.id})",
            "",
            _WHAT_ANSWERS_DO,
        ]
    )
