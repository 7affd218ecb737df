"""The judgement about what came back by mail: read once, and nothing decided on a false word."""

import json
from collections.abc import Iterator
from hashlib import sha256

from tests.crash.check import Facts
from tests.crash.correspondents import BOUNCE, REPLY, Written
from tests.crash.places import Row

_MARK = "ap-"
_HELD = {"invoice", "reminder"}
_TO_CLIENTS = {*_HELD, "credit_note", "receipt"}


def post_findings(facts: Facts) -> Iterator[str]:
    """Return what is wrong with what we made of the mails to us."""
    yield from _read(facts)
    rows = {row["message_id"]: row for row in facts.rows["outbox"]}
    for one in facts.written:
        row = rows.get(one.message_id)
        if row is None:
            yield f"a {one.what} is about {one.message_id}, of which the ledger knows nothing"
        elif one.what == BOUNCE:
            yield from _bounce(facts, row)
        elif one.what == REPLY:
            yield from _objection(facts, row, one.number)
    yield from _approvals(facts)
    yield from _tokens(facts)


def _read(facts: Facts) -> Iterator[str]:
    """Each mail in our mailbox is on record, and nothing else is."""
    records = {row["digest"]: row for row in facts.rows["mails"]}
    written = {sha256(one.content).hexdigest(): one for one in facts.written}
    for digest in written.keys() - records.keys():
        yield f"a mail to us, a {written[digest].what}, was never read"
    for digest in records.keys() - written.keys():
        yield f"the ledger has read mail {digest}, which nobody wrote"
    places = {row["mailbox"]: (row["validity"], row["uid"]) for row in facts.rows["mailboxes"]}
    for row in records.values():
        if (row["validity"], row["uid"]) > places[row["mailbox"]]:
            yield f"mail {row['uid']} was read, and our place in the mailbox is before it"


def _bounce(facts: Facts, row: Row) -> Iterator[str]:
    """A person sees what came back; unless one had it sent again before it did."""
    name = f"mail {row['message_id']} ({row['kind']} {row['step']})"
    told = {one["code"] for one in facts.about(row["id"])}
    words = facts.told_of(row["invoice_id"], "send_again", "mark_delivered")
    decided = {dict(json.loads(one["detail"]))["message"] for one in words}
    if row["id"] in decided:
        return
    if "mail_bounced" not in told and not facts.is_void(row["invoice_id"]):
        yield f"{name} came back, and nobody was told"
    if row["state"] == "done":
        yield f"{name} came back, and counts as done on nobody's word"


def _objection(facts: Facts, row: Row, number: str) -> Iterator[str]:
    """A client who objects is heard: a person saw it, and what was asked for is held."""
    named = (one["id"] for one in facts.rows["invoices"] if one["number"] == number)
    invoice, kind = next(named, row["invoice_id"]), row["kind"]
    if facts.is_void(invoice) or kind not in _TO_CLIENTS:
        return
    name = f"a client objected to {kind} {row['step']} of {invoice}"
    if not any(one["code"] == "client_replied" for one in facts.about(invoice)):
        yield f"{name}, and nobody was told"
    holds = (one for one in facts.rows["holds"] if one["invoice_id"] == invoice)
    if kind in _HELD and not any(one["kind"] == "disputed" for one in holds):
        yield f"{name}, and it is not held"


def _approvals(facts: Facts) -> Iterator[str]:
    """Whoever approved said so: in Airflow, or in a mail that proves who wrote it."""
    said = {tuple(words) for words in facts.journal.of("said")}
    tokens = {row["token_hash"]: row for row in facts.rows["mail_tokens"]}
    for one in facts.written:
        row = tokens.get(sha256(one.token.removeprefix(_MARK).encode()).hexdigest())
        if row and one.login:
            said.add(_words(row["draft_id"], row["version"], one))
    for row in facts.rows["approvals"]:
        words = (row["draft_id"], str(row["version"]), row["decided_by"], row["answer"])
        if not (row["rule"] and row["decided_by"] == "system") and words not in said:
            yield f"{row['decided_by']} never said {row['answer']} to {row['draft_id']}"


def _words(draft: str, version: int, one: Written) -> tuple[str, ...]:
    return draft, str(version), one.login, one.what.replace(" ", "_")


def _tokens(facts: Facts) -> Iterator[str]:
    """A token goes to one person who was asked, and is of no use once the question is answered."""
    answered = {
        (row["draft_id"], row["version"], row["step"]): row["decided_at"]
        for row in facts.rows["approvals"]
    }
    for row in facts.rows["mail_tokens"]:
        question = (row["draft_id"], row["version"], row["step"])
        if (
            question in answered
            and row["used_at"] is None
            and row["issued_at"] < answered[question]
        ):
            yield f"a token of {row['approver']} outlives the answer about {row['draft_id']}"
