"""The judgement about mails: what the outside accepted, against what the ledger says of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from hashlib import sha256

from tests.crash.check import Facts
from tests.crash.company import ENTITIES, MODES, recipients_of
from tests.crash.places import Row

LEASE_SECONDS = 600
_DOUBTS = {"send_failed": "failed", "send_uncertain": "uncertain"}
_DROPPED = ("reminder_dropped", "message_dropped")


def mail_findings(facts: Facts) -> Iterator[str]:
    """Return what is wrong with the mails."""
    rows = {row["message_id"]: row for row in facts.rows["outbox"]}
    again, arrived = _words_of_people(facts)
    accepted = Counter(mail.message_id for mail in facts.mails)
    for message_id, times in accepted.items():
        row = rows.get(message_id)
        if row is None:
            yield f"the world has mail {message_id}, of which the ledger knows nothing"
        elif times > 1 + again[row["id"]]:
            words = f"people sent it again {again[row['id']]} times"
            yield f"{_name(row)} arrived {times} times, and {words}"
    for row in rows.values():
        count = accepted[row["message_id"]]
        yield from _state(facts, row, count if not again[row["id"]] else None)
        if row["state"] == "done" and not count and row["id"] not in arrived:
            yield f"{_name(row)} is done, and the world does not have it"
    yield from _contents(facts, rows)
    yield from _documents(facts)
    yield from _leases(facts)


def _name(row: Row) -> str:
    return f"mail {row['message_id']} ({row['kind']} {row['step']})"


def _words_of_people(facts: Facts) -> tuple[Counter[str], set[str]]:
    """Return how often people sent each message again, and which they said arrived."""
    again: Counter[str] = Counter()
    arrived: set[str] = set()
    for row in facts.rows["trail"]:
        if row["action"] == "send_again" and row["actor"] != "system":
            again[dict(json.loads(row["detail"]))["message"]] += 1
        if row["action"] == "mark_delivered":
            arrived.add(dict(json.loads(row["detail"]))["message"])
    return again, arrived


def _state(facts: Facts, row: Row, count: int | None) -> Iterator[str]:
    """A state is true, and what a person has to decide is shown; ``count`` is None where it may
    have arrived before somebody sent it again."""
    state, dropped = row["state"], _is_dropped(facts, row)
    if state in {"failed", "pending"} and count:
        yield f"{_name(row)} is {state}, and the world has it"
    for code, doubtful in _DOUBTS.items():
        shown = facts.is_open(row["id"], code)
        if shown != (state == doubtful) and not (dropped and not shown):
            yield f"{_name(row)} is {state}, and {code} is {'open' if shown else 'not shown'}"
    if state == "sending":
        yield f"{_name(row)} is still being sent, by a sender that is gone"
    if state == "pending" and not _may_wait(facts, row):
        yield f"{_name(row)} waits for no reason"


def _is_dropped(facts: Facts, row: Row) -> bool:
    """Tell whether a message that was not needed any more failed with a reason in the trail."""
    return bool(facts.told_of(row["invoice_id"], *_DROPPED)) or _invoice(facts, row)["state"] == (
        "void"
    )


def _may_wait(facts: Facts, row: Row) -> bool:
    return facts.is_parked(_invoice(facts, row)["client"])


def _invoice(facts: Facts, row: Row) -> Row:
    return next(one for one in facts.rows["invoices"] if one["id"] == row["invoice_id"])


def _contents(facts: Facts, rows: Mapping[str, Row]) -> Iterator[str]:
    """A mail went to its client alone, with exactly the document that the ledger keeps."""
    documents = {
        row["subject"]: row["sha256"]
        for row in facts.rows["document_links"]
        if row["kind"] == "invoice"
    }
    known = {row["id"] for row in facts.rows["invoices"]}
    for mail in facts.mails:
        row = rows.get(mail.message_id)
        if row is None or row["invoice_id"] not in known:
            continue
        client = _invoice(facts, row)["client"]
        if not _right_people(row["kind"], client, frozenset(mail.recipients)):
            yield f"{_name(row)} to {client} went to {mail.recipients}"
        if client in MODES:
            yield f"{client} is not live and got {_name(row)}"
        if (found := _attached(mail.content)) != [documents.get(row["invoice_id"])]:
            yield f"{_name(row)} carries {found}, not the document of the ledger"


def _right_people(kind: str, client: str, got: frozenset[str]) -> bool:
    if kind != "escalation":
        return got == recipients_of(client)
    ours = {one.email for one in ENTITIES.values()}
    return got <= ours | {f"manager-{client}@brightwater.example"}


def _attached(content: bytes) -> list[str | None]:
    read = BytesParser(EmailMessage, policy=policy.SMTP).parsebytes(content)
    assert isinstance(read, EmailMessage)
    found: list[str | None] = []
    for part in read.iter_attachments():
        raw = part.get_content()
        found.append(sha256(raw if isinstance(raw, bytes) else str(raw).encode()).hexdigest())
    return found


def _documents(facts: Facts) -> Iterator[str]:
    """Each invoice has its one message and document; the bytes of each document have its name."""
    messages: dict[str, int] = defaultdict(int)
    for row in facts.rows["outbox"]:
        messages[row["invoice_id"]] += row["kind"] == "invoice"
    for row in facts.rows["invoices"]:
        if messages[row["id"]] != 1:
            yield f"{row['number']} has {messages[row['id']]} messages"
    for row in facts.rows["documents"]:
        if sha256(row["content"]).hexdigest() != row["sha256"]:
            yield f"document {row['sha256']} is not what it was"
    links = Counter(
        row["subject"] for row in facts.rows["document_links"] if row["kind"] == "invoice"
    )
    for subject, times in links.items():
        if times > 1:
            yield f"invoice {subject} has {times} documents"


def _leases(facts: Facts) -> Iterator[str]:
    """A message is taken from its sender only when the lease is over."""
    for row in facts.rows["attempts"]:
        if row["phase"] == "lease" and not row["entry"]:
            begun, ended = (datetime.fromisoformat(row[at]) for at in ("started_at", "ended_at"))
            if (ended - begun).total_seconds() < LEASE_SECONDS:
                yield f"message {row['outbox_id']} was taken from a sender whose lease still ran"
