"""The judgement about money: what clients paid, against what the ledger placed and reminded of."""

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from invoicing.domain.events import Hint
from tests.crash.check import Facts
from tests.crash.places import Row
from tests.crash.shared import BUSINESS, LEASE
from tests.crash.words import ITEM
from tests.crash.world_mail import Mail


def money_findings(facts: Facts) -> Iterator[str]:
    """Return what is wrong with payments, balances and reminders."""
    yield from _payments(facts)
    yield from _balances(facts)
    yield from _reminders(facts)
    yield from _dropped(facts)


def _payments(facts: Facts) -> Iterator[str]:
    """Each payment that was told is there once, as it was paid."""
    kept = {row["external_id"]: row for row in facts.rows["payments"]}
    told = {one.fact.object_id for one in facts.told if isinstance(one.fact, Hint)}
    for paid in facts.paid:
        row = kept.pop(paid.external_id, None)
        if row is None:
            if paid.external_id in told:
                yield f"payment {paid.external_id} was told and is not in the ledger"
        elif (Decimal(row["amount"]), row["currency"]) != (paid.amount, paid.currency):
            yield f"payment {paid.external_id} is {row['amount']} {row['currency']} in the ledger"
    for row in kept.values():
        yield f"payment {row['external_id']} was never made"


def _balances(facts: Facts) -> Iterator[str]:
    """What was placed on each invoice is what was paid for it, up to what it asked for."""
    placed: dict[str, Decimal] = defaultdict(Decimal)
    of_payment: dict[str, Decimal] = defaultdict(Decimal)
    for row in facts.rows["allocations"]:
        placed[row["invoice_id"]] += Decimal(row["amount"])
        of_payment[row["external_id"]] += Decimal(row["amount"])
        if Decimal(row["amount"]).scaleb(2) != row["amount_minor"]:
            yield f"an allocation of {row['amount']} counts as {row['amount_minor']}"
    for row in facts.rows["payments"]:
        if of_payment[row["external_id"]] > max(Decimal(0), Decimal(row["amount"])):
            yield f"payment {row['external_id']} was spent more than once"
    touched = _touched(facts)
    for row in facts.rows["invoices"]:
        if placed[row["id"]] > Decimal(row["due"]):
            yield f"{row['number']}: {placed[row['id']]} are placed, it asked for {row['due']}"
        expected = min(_meant_for(facts, row), Decimal(row["due"]))
        if row["id"] not in touched and placed[row["id"]] != expected:
            yield f"{row['number']}: {placed[row['id']]} are placed, {expected} were paid for it"
    yield from _unplaced(facts, of_payment)


def _meant_for(facts: Facts, invoice: Row) -> Decimal:
    named = (one for one in facts.paid if one.number == invoice["number"] and one.amount > 0)
    told = {one.fact.object_id for one in facts.told if isinstance(one.fact, Hint)}
    right = (one for one in named if one.currency == invoice["currency"])
    return sum((one.amount for one in right if one.external_id in told), Decimal(0))


def _touched(facts: Facts) -> set[str]:
    """Return the invoices whose money people changed: there the order of things decides."""
    found = {
        row["invoice_id"] for name in ("credit_notes", "write_offs") for row in facts.rows[name]
    }
    found |= {row["id"] for row in facts.rows["invoices"] if row["state"] == "void"}
    placed = {row["external_id"] for row in facts.rows["payments"]
              if facts.told_of(f"{row['source']}:{row['external_id']}", "placed")}  # fmt: skip
    return found | {
        row["invoice_id"] for row in facts.rows["allocations"] if row["external_id"] in placed
    }


def _unplaced(facts: Facts, of_payment: dict[str, Decimal]) -> Iterator[str]:
    """Money that no invoice took was shown to a person."""
    for row in facts.rows["payments"]:
        rest = Decimal(row["amount"]) - of_payment[row["external_id"]]
        if rest and not facts.about(f"{row['source']}:{row['external_id']}"):
            yield f"{rest} of payment {row['external_id']} are nowhere, and nobody sees it"


def _reminders(facts: Facts) -> Iterator[str]:
    """Nothing is claimed to be sent that must not go any more: paid, written off, void, held."""
    over = _over(facts)
    rows = {row["message_id"]: row for row in facts.rows["outbox"]}
    for message_id, mails in _by_message(facts).items():
        row = rows.get(message_id)
        if row is None or row["kind"] not in {"invoice", "reminder", "escalation"}:
            continue
        for mail, claims in zip(mails, _claims(facts, row, len(mails)), strict=True):
            for invoice in _asked_for(facts, row, mail):
                reasons = [_reason(facts, over[invoice], row["kind"], at) for at in claims]
                if reasons and all(reasons):
                    yield f"{row['kind']} {row['step']} of {invoice} was sent: it is {reasons[0]}"


def _dropped(facts: Facts) -> Iterator[str]:
    """A reminder that was left out was left out for a reason that there was."""
    settled = _settled_at(facts)
    for row in facts.rows["reminders"]:
        outcome, invoice, at = row["outcome"], row["invoice_id"], row["settled_at"]
        if outcome in {"", "queued"} or outcome.endswith(("came due meanwhile", "not live")):
            continue
        reasons = [entry["at"] for entry in facts.told_of(invoice, "voided")]
        reasons += [one["placed_at"] for one in facts.rows["holds"] if one["invoice_id"] == invoice]
        reasons += [settled[invoice]] if invoice in settled else []
        reasons += [one["at"] for one in facts.told_of(invoice, "written_off", "credited")]
        if not any(since <= at for since in reasons):
            yield f"{row['step']} of {invoice} was left out ({outcome}), and that is not true"


def _by_message(facts: Facts) -> dict[str, list[Mail]]:
    found: dict[str, list[Mail]] = defaultdict(list)
    for mail in facts.mails:
        found[mail.message_id].append(mail)
    return found


def _claims(facts: Facts, row: Row, mails: int) -> list[list[str]]:
    """Return when each mail of a message was claimed: where that is not certain, all it may be."""
    claims = sorted(
        attempt["started_at"]
        for attempt in facts.rows["attempts"]
        if attempt["outbox_id"] == row["id"]
        and not attempt["entry"]
        and attempt["outcome"] not in {"retry", "failed"}
    )
    return [[at] for at in claims] if len(claims) == mails else [claims] * mails


def _asked_for(facts: Facts, row: Row, mail: Mail) -> list[str]:
    """Return the invoices that a mail asks money for, as its words say."""
    named = {number.decode() for number, _, _ in ITEM.findall(mail.content)}
    found = [one for one, invoice in facts.invoices.items() if invoice["number"] in named]
    return found or [row["invoice_id"]]


def _reason(facts: Facts, over: list["Span"], kind: str, claimed: str) -> str:
    """Say why an invoice must not have been claimed then, or nothing."""
    for since, until, why in over:
        if kind == "invoice" and why != "void":
            continue
        ended = until is not None and not _is_within(facts, claimed, until)
        if facts.came_after(claimed, since) and not ended:
            return why
    return ""


def _is_within(facts: Facts, claimed: str, until: str) -> bool:
    """Tell whether a claim certainly came before an end."""
    claim_pass, claimed_at = facts.times.place(LEASE, claimed)
    end_pass, ended_at = facts.times.place(BUSINESS, until)
    # A claim waits for its transaction, so one shortly before the end may have come after it.
    return claim_pass < end_pass if facts.exact else claimed_at < ended_at and claim_pass < end_pass


Span = tuple[str, str | None, str]


def _over(facts: Facts) -> dict[str, list[Span]]:
    """Return from when (and until when) each invoice must not be followed up, and why."""
    found: dict[str, list[Span]] = defaultdict(list)
    for row in facts.rows["invoices"]:
        found[row["id"]] += [
            (entry["at"], None, "void") for entry in facts.told_of(row["id"], "voided")
        ]
    for row in facts.rows["holds"]:
        if row["amount"] is None and row["ends_on"] is None:
            found[row["invoice_id"]].append((row["placed_at"], row["lifted_at"], row["kind"]))
    for invoice, at in _settled_at(facts).items():
        found[invoice].append((at, None, "paid"))
    for invoice, since, until in _came_back(facts):
        found[invoice].append((since, until, "nowhere its mails arrive"))
    return found


def _came_back(facts: Facts) -> Iterator[tuple[str, str, str | None]]:
    """Return from when until when nobody had decided where an invoice's mails are to go."""
    for row in facts.rows["outbox"]:
        if row["kind"] not in {"invoice", "reminder", "credit_note"}:
            continue
        for entry in facts.about(row["id"]):
            if entry["code"] == "mail_bounced":
                others = [one["invoice_id"] for one in json.loads(row["about"])]
                for invoice in (row["invoice_id"], *others):
                    until = _let_go(facts, invoice, entry)
                    yield invoice, entry["opened_at"], until


def _let_go(facts: Facts, invoice: str, entry: Row) -> str | None:
    """Return when a person closed an entry, or lifted what it held."""
    ends = [
        one["at"]
        for one in facts.told_of(invoice, "hold_lifted")
        if one["at"] >= entry["opened_at"] and '"paused"' in one["detail"]
    ]
    return min([*ends, *filter(None, [entry["closed_at"]])], default=None)


def _settled_at(facts: Facts) -> dict[str, str]:
    """Return when nothing was open any more on each invoice, by the business clock."""
    left = {row["id"]: Decimal(row["due"]) for row in facts.rows["invoices"]}
    found: dict[str, str] = {}
    moves = [
        *((row["allocated_at"], row) for row in facts.rows["allocations"]),
        *((row["written_off_at"], row) for row in facts.rows["write_offs"]),
    ]
    for at, row in sorted(moves, key=lambda move: str(move[0])):
        left[row["invoice_id"]] -= Decimal(row["amount"])
        if left[row["invoice_id"]] <= 0:
            found.setdefault(row["invoice_id"], at)
    return found
