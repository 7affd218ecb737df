"""An answer by mail counts like one in Airflow, or not at all."""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.money import Money
from invoicing.domain.review import Answer, Approval
from invoicing.domain.states import DraftState
from invoicing.services import dispatch, issue, mail_answers, review
from invoicing.services.compose import Said, said
from invoicing.services.ledger_ports import MailSort, UnitOfWork
from invoicing.services.ports import Services
from invoicing.services.read_mail import read_mail
from invoicing.services.verify import verify
from tests.services.post_room import (
    FINANCE,
    LEAD,
    TOKEN,
    answer,
    asked,
    box,
    entries,
    mailed,
    office,
    records,
    rows,
    state,
)
from tests.support.mailboxes import Pigeonhole, a_mail, a_reply
from tests.support.services import House, a_book

__all__ = ["box", "office"]


def test_everybody_who_may_answer_by_mail_is_asked_once(office: House) -> None:
    draft_id, parcel = asked(office)
    review.open_review(office.s, parcel)

    found = [row for row in rows(office, draft_id) if row.kind is MessageKind.APPROVAL]
    assert [(row.step, row.recipients.to) for row in found] == [
        ("v1:finance:finance", (FINANCE,)),
        ("v1:finance:lead", (LEAD,)),
    ]


def test_nobody_is_asked_beyond_the_mail_limit_or_where_no_mailbox_is_read(office: House) -> None:
    draft_id, _ = asked(office, "8000.00 EUR")
    assert [row.step for row in rows(office, draft_id)] == ["v1:finance:finance"]

    office.s = replace(office.s, mailbox=None)
    draft_id, _ = asked(office, "7000.00 EUR", "D-2")
    assert rows(office, draft_id) == []


def test_the_letter_shows_the_money_and_the_token(office: House) -> None:
    draft_id, _ = asked(office)
    row = mailed(office, draft_id)

    with office.s.ledger.read() as work:
        letter = mail_answers.approval_letter(office.s, work, row, TOKEN)
    assert letter is not None
    assert letter.question is not None
    assert letter.question.token == f"ap-{TOKEN}"
    assert letter.question.gross == Money.parse("8330.00 EUR")
    assert "Paid to: DE89370400440532013000" in letter.question.body
    assert any("5000.00 EUR" in reason for reason in letter.question.reasons)
    assert letter.question.link == ""


@pytest.mark.parametrize(
    ("words", "said", "after"),
    [
        ("approve", Answer.APPROVE, DraftState.APPROVED),
        ("reject\nwrong client", Answer.REJECT, DraftState.REJECTED),
        ("send back", Answer.SEND_BACK, DraftState.HELD),
    ],
)
def test_an_answer_by_mail_counts_like_one_in_airflow(
    office: House, box: Pigeonhole, words: str, said: Answer, after: DraftState
) -> None:
    draft_id, parcel = asked(office)
    mailed(office, draft_id)
    box.put(a_mail(FINANCE, answer(words)))

    assert len(read_mail(office.s)) == 1

    assert state(office, draft_id) is after
    with office.s.ledger.read() as work:
        decision = work.reviews.decision(draft_id, 1)
    assert decision is not None
    assert (decision.answer, decision.decided_by, decision.step) == (said, "finance", "finance")
    assert [one.sort for one in records(office, draft_id)] == [MailSort.ANSWER]
    # Whoever answers the question that Airflow still shows is told what was decided.
    assert review.answer_review(office.s, parcel, "Reject v1-000000", "lead").answer is said


def test_what_was_approved_by_mail_leaves_with_the_next_run_while_the_old_one_is_parked(
    office: House, box: Pigeonhole
) -> None:
    draft_id, parcel = asked(office)
    mailed(office, draft_id)
    box.put(a_mail(FINANCE, answer("approve")))
    read_mail(office.s)

    (again,) = office.plan("run-2")
    assert review.open_review(office.s, again) is None
    assert issue.issue_parcel(office.s, again) == [draft_id]
    assert issue.issue_parcel(office.s, parcel) == []


def test_of_two_steps_a_mail_answers_the_one_that_was_asked(house: House, box: Pigeonhole) -> None:
    book = a_book(chain=(("pm", ("finance",)), ("lead", ("lead",))))
    approvers = {
        login: replace(one, email=f"{login}@brightwater.example",
                       mail_limits={"EUR": Money.parse("9000.00 EUR")})
        for login, one in book.review.approvers.items()
    }  # fmt: skip
    house.s = replace(house.s, mailbox=box)
    office = house.with_book(replace(book, review=replace(book.review, approvers=approvers)))
    draft_id, _ = asked(office)
    mailed(office, draft_id)
    box.put(a_mail("finance@brightwater.example", answer("approve")))
    read_mail(office.s)
    assert state(office, draft_id) is DraftState.AWAITING_REVIEW

    (parcel,) = office.plan("run-2")
    review.open_review(office.s, parcel)
    mailed(office, draft_id, "lead", "u" * 43)
    box.put(a_mail("lead@brightwater.example", answer("approve", "u" * 43)))
    read_mail(office.s)

    assert state(office, draft_id) is DraftState.APPROVED


def _refused(
    words: str = "approve", sender: str = FINANCE, *, proven: bool = True
) -> Callable[[], bytes]:
    return lambda: a_mail(sender, answer(words), proven=proven)


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (_refused(sender=LEAD), "not from the address"),
        (_refused(sender="eve@evil.example"), "not from the address"),
        (_refused(proven=False), "proven"),
        (_refused("Approve? I am not sure"), "first line"),
        (_refused("approve\nor reject"), "first line"),
        (_refused(""), "first line"),
        (
            lambda: a_mail(FINANCE, answer("approve") + f"\n> ap-{'x' * 43}"),
            "token of one question",
        ),
    ],
)
def test_whatever_is_missing_nothing_is_decided_and_finance_sees_why(
    office: House, box: Pigeonhole, mail: Callable[[], bytes], why: str
) -> None:
    draft_id, _ = asked(office)
    mailed(office, draft_id)
    box.put(mail())

    assert len(read_mail(office.s)) == 1

    assert state(office, draft_id) is DraftState.AWAITING_REVIEW
    (entry,) = entries(office, "mail_answer_refused")
    assert entry.subject == draft_id
    assert why in entry.cause
    assert "@" not in entry.cause
    # The token was not used up, so the right answer still counts, and closes the entry.
    box.put(a_mail(FINANCE, answer("approve")))
    read_mail(office.s)
    assert state(office, draft_id) is DraftState.APPROVED
    assert entries(office, "mail_answer_refused") == []


def test_a_token_works_once_and_for_a_week(office: House, box: Pigeonhole) -> None:
    draft_id, _ = asked(office)
    mailed(office, draft_id)
    office.clock.pass_by(days=7, seconds=1)
    box.put(a_mail(FINANCE, answer("approve")))
    read_mail(office.s)
    assert state(office, draft_id) is DraftState.AWAITING_REVIEW

    mailed(office, draft_id, token="u" * 43)
    mailed(office, draft_id, "lead", "v" * 43)
    box.put(a_mail(FINANCE, answer("send back", "u" * 43)))
    box.put(a_mail(FINANCE, answer("approve", "u" * 43), head="X: second"))
    box.put(a_mail(LEAD, answer("approve", "v" * 43)))
    assert len(read_mail(office.s)) == 3

    assert state(office, draft_id) is DraftState.HELD
    assert "answered" in entries(office, "mail_answer_refused")[0].cause


def test_a_question_that_was_answered_in_airflow_is_not_answered_by_mail(
    office: House, box: Pigeonhole
) -> None:
    draft_id, parcel = asked(office)
    row = mailed(office, draft_id)
    with office.s.ledger.read() as work:
        request = work.reviews.asked(draft_id, 1)
    assert request is not None
    review.answer_review(office.s, parcel, request.options[1], "lead")
    box.put(a_mail(FINANCE, answer("approve")))
    read_mail(office.s)

    assert state(office, draft_id) is DraftState.REJECTED
    assert "answered" in entries(office, "mail_answer_refused")[0].cause
    with office.s.ledger.read() as work:
        assert mail_answers.approval_letter(office.s, work, row, TOKEN) is None


def test_who_lost_the_limit_or_the_address_meanwhile_is_refused(
    office: House, box: Pigeonhole
) -> None:
    draft_id, _ = asked(office)
    row = mailed(office, draft_id)
    policy = office.s.book.review
    less = replace(policy.approvers["finance"], mail_limits={"EUR": Money.parse("1.00 EUR")})
    office = office.with_book(
        replace(
            office.s.book,
            review=replace(policy, approvers={**policy.approvers, "finance": less}),
        )
    )
    box.put(a_mail(FINANCE, answer("approve")))
    read_mail(office.s)

    assert "over the mail limit" in entries(office, "mail_answer_refused")[0].cause
    with office.s.ledger.read() as work:
        assert mail_answers.approval_letter(office.s, work, row, TOKEN) is None


def test_an_absence_note_that_quotes_the_token_answers_nothing(
    office: House, box: Pigeonhole
) -> None:
    draft_id, _ = asked(office)
    mailed(office, draft_id)
    box.put(a_mail(FINANCE, answer("approve"), head="Auto-Submitted: auto-replied"))
    read_mail(office.s)

    assert state(office, draft_id) is DraftState.AWAITING_REVIEW
    assert office.open_codes() == []


def test_an_answer_without_its_token_is_shown(office: House, box: Pigeonhole) -> None:
    draft_id, _ = asked(office)
    row = mailed(office, draft_id)
    box.put(a_reply(FINANCE, "approve", row.message_id))
    box.put(a_mail("eve@evil.example", answer("approve", "z" * 43)))
    read_mail(office.s)

    assert [one.subject for one in entries(office, "mail_answer_refused")] == [draft_id]
    assert state(office, draft_id) is DraftState.AWAITING_REVIEW


def test_of_an_answer_by_mail_and_one_in_airflow_at_once_one_counts(
    office: House, box: Pigeonhole
) -> None:
    draft_id, parcel = asked(office)
    mailed(office, draft_id)
    with office.s.ledger.read() as work:
        request = work.reviews.asked(draft_id, 1)
    assert request is not None
    reject = request.options[1]
    box.put(a_mail(FINANCE, answer("approve")))

    with ThreadPoolExecutor(2) as pool:
        by_mail = pool.submit(read_mail, office.s)
        in_airflow = pool.submit(review.answer_review, office.s, parcel, reject, "lead")
    assert len(by_mail.result()) == 1

    with office.s.ledger.read() as work:
        decision = work.reviews.decision(draft_id, 1)
    assert decision == in_airflow.result()
    after = {Answer.APPROVE: DraftState.APPROVED, Answer.REJECT: DraftState.REJECTED}
    assert decision is not None
    assert state(office, draft_id) is after[decision.answer]
    assert verify(office.s) == []


def test_a_question_that_is_answered_while_its_mail_is_claimed_stops_no_other_mail(
    office: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id, parcel = asked(office)
    asked(office, deal="D-2")
    with office.s.ledger.read() as work:
        request = work.reviews.asked(draft_id, 1)
    assert request is not None
    reject = request.options[1]
    looks: list[str] = []
    in_airflow: list[Future[Approval]] = []

    def said_and_answered(s: Services, work: UnitOfWork, row: OutboxRow, token: str) -> Said | None:
        found = said(s, work, row, token)
        looks.append(row.invoice_id)
        if row.invoice_id == draft_id and looks.count(draft_id) == 2:  # the one that claims
            in_airflow.append(pool.submit(review.answer_review, office.s, parcel, reject, "lead"))
            wait(in_airflow, 0.5)
        return found

    monkeypatch.setattr(dispatch, "said", said_and_answered)
    with ThreadPoolExecutor(1) as pool:
        dispatch.dispatch_due(office.s)

    assert in_airflow[0].result().answer is Answer.REJECT
    assert state(office, draft_id) is DraftState.REJECTED
    assert len(office.mailer.sent) >= 2
    assert verify(office.s) == []


def _forged(chance: random.Random) -> bytes:
    """A valid answer in which one thing that it needs is a little different."""
    at = chance.randrange(len(TOKEN))
    other = TOKEN[:at] + chance.choice("abcXYZ-_019") + TOKEN[at + 1 :]
    domain = FINANCE.partition("@")[2]
    senders = (
        f"fin@mail.{domain}", f"fin@{domain}.evil.example", f"fin@evil{domain}", f"fim@{domain}",
        f"{FINANCE}, eve@evil.example", f'"{FINANCE}" <eve@evil.example>',
        f"{FINANCE}@evil.example",
    )  # fmt: skip
    valid = a_mail(FINANCE, answer("approve"))
    head, _, rest = valid.partition(b"\r\n")
    proof = head.decode()
    proofs = (
        proof.replace("pass", "fail"), proof.replace("mx.", "mx2."), proof.replace("dmarc", "spf"),
        proof.replace(domain, "evil.example", 2), f"X-{proof}", proof.replace(";", " ("),
        f"Authentication-Results: mx.evil.example; none\r\n{proof}", "X: y",
    )  # fmt: skip
    words = ("aprove", "approve it", "approve\nreject", "> approve", "Dear all,\napprove", "ok", "")
    return (
        chance.choice(
            [
                a_mail(FINANCE, answer("approve", other)),
                a_mail(chance.choice(senders), answer("approve")),
                chance.choice(proofs).encode() + b"\r\n" + rest,
                a_mail(FINANCE, answer(chance.choice(words))),
            ]
        )
        + f"{chance.random()}\r\n".encode()
    )


def test_of_two_hundred_forged_answers_none_counts(office: House, box: Pigeonhole) -> None:
    draft_id, _ = asked(office)
    mailed(office, draft_id)
    chance = random.Random(11)
    for _ in range(200):
        box.put(_forged(chance))

    assert len(read_mail(office.s, 200)) == 200
    assert state(office, draft_id) is DraftState.AWAITING_REVIEW
    box.put(a_mail(FINANCE, answer("approve")))
    read_mail(office.s)
    assert state(office, draft_id) is DraftState.APPROVED
