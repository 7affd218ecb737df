"""Questions: what a person who reviews a draft is told, before anything else the money."""

from dataclasses import dataclass
from datetime import date, timedelta

from invoicing.domain.approvers import who_may
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.money import plain
from invoicing.domain.review import (
    LABELS,
    Approval,
    ReviewPolicy,
    ReviewReason,
    ReviewRequest,
    ReviewStep,
    as_markdown,
    options,
)

_WHAT_ANSWERS_DO = (
    "*Approve* lets it go on. *Reject* closes it for good. *Send back* holds it until it was"
    " corrected; then you are asked again."
)
ANSWER_WITHIN = timedelta(days=3)  # then the delegates of a step may answer besides


@dataclass(frozen=True, slots=True)
class Question:
    """One step of the chain for one draft: what was said before it, and who is asked today."""

    record: DraftRecord
    step: ReviewStep
    chain: tuple[str, ...]
    said: tuple[Approval, ...]
    today: date
    overdue: bool = False
    authors: frozenset[str] = frozenset()

    @property
    def earlier(self) -> tuple[str, ...]:
        """Who approved an earlier step."""
        return tuple(one.decided_by for one in self.said)

    def may(self, policy: ReviewPolicy) -> tuple[str, ...]:
        """Return who may answer today."""
        return who_may(
            self.step,
            gross=self.record.draft.totals.gross,
            author=self.record.author,
            earlier=self.earlier,
            policy=policy,
            today=self.today,
            overdue=self.overdue,
            authors=self.authors,
        )


def _addresses(addresses: tuple[str, ...]) -> str:
    """Show every address: one that is cut off could be the wrong one."""
    return ", ".join(as_markdown(address) for address in addresses)


def put(
    question: Question, parcel_id: str, reasons: tuple[ReviewReason, ...], policy: ReviewPolicy
) -> ReviewRequest:
    """Write a question down as its approvers will read it."""
    record = question.record
    draft, mark = record.draft, f"v{record.version}-{record.content_hash[:6]}"
    subject = f"{draft.client.name}: {draft.totals.gross} ({mark})"
    if len(question.chain) > 1:
        subject += f", {_place(question)}"
    return ReviewRequest(
        parcel_id,
        record.id,
        record.version,
        record.content_hash,
        " ".join(subject.split()),
        _body(question, mark, reasons, policy),
        options(record.version, record.content_hash),
        question.step.name,
        question.chain,
    )


def _place(question: Question) -> str:
    at = question.chain.index(question.step.name) + 1
    return f"step {at} of {len(question.chain)}: {question.step.name}"


def _body(
    question: Question, mark: str, reasons: tuple[ReviewReason, ...], policy: ReviewPolicy
) -> str:
    """Amounts, account, client and version come first: what a forged invoice would change."""
    record, draft = question.record, question.record.draft
    facts = [
        *_money(draft),
        ("Client", as_markdown(f"{draft.client.name} [{draft.client.key}]")),
        ("For", as_markdown(draft.title)),
        ("Goes to", _addresses(draft.client.billing_to)),
        ("Copy to", _addresses(draft.client.billing_cc) or "nobody"),
        ("Terms", as_markdown(str(draft.terms))),
        ("Version", as_markdown(f"{mark}, made by {record.author}")),
        ("You are asked because", "; ".join(as_markdown(reason.text) for reason in reasons)),
        ("Asked now", _asked_now(question, policy)),
        *(("Before", _said(one)) for one in question.said),
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


def _money(draft: Draft) -> list[tuple[str, str]]:
    totals, bank = draft.totals, draft.entity.bank
    off = [
        *(("Discount", f"{one.amount} ({one.discount.reason})") for one in draft.discounts),
        *(("Deposit", f"{one.gross} ({one.title})") for one in draft.deposits),
    ]
    if totals.withheld.amount:
        off.append(("Kept back by the client", str(totals.withheld)))
    return [
        ("Amount due", f"**{as_markdown(str(totals.due))}**"),
        ("Net + tax", as_markdown(f"{totals.net} + {totals.tax}")),
        *((name, as_markdown(text)) for name, text in off),
        ("Paid to", as_markdown(f"{bank.iban} ({bank.holder})")),
    ]


def _asked_now(question: Question, policy: ReviewPolicy) -> str:
    """Say whom this step asks; nobody at all is a mistake in the policy that a person must see."""
    names = ", ".join(question.may(policy))
    whom = names or "nobody: no approver of this step may answer (limits, author, absence)"
    later = f"; delegates too, {ANSWER_WITHIN.days} days after the question"
    return as_markdown(f"{_place(question)}: {whom}{'' if question.overdue else later}")


def _said(approval: Approval) -> str:
    comment = f": {approval.comment}" if approval.comment else ""
    said = LABELS[approval.answer].lower()
    return as_markdown(f"{approval.step}, {approval.decided_by}, {said}{comment}")
