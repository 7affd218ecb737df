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
from tests.crash.company import (
    APPROVERS,
    CHANNELS,
    ENTITIES,
    MODES,
    hidden_from,
    manager_of,
    other_address_of,
    recipients_of,
)
from tests.crash.places import Row
from tests.crash.world_mail import Mail

LEASE_SECONDS = 600
_DOUBTS = {"send_failed": "failed", "send_uncertain": "uncertain", "mail_bounced": "bounced"}
_APPROVERS = {f"{login}@brightwater.example" for logins in APPROVERS.values() for login in logins}
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
        if row["channel"] != "mail":
            continue  # a copy in a folder or at a source is judged where it lies
        yield from _state(facts, row, count if not again[row["id"]] else None)
        if row["state"] == "done" and not count and row["id"] not in arrived:
            yield f"{_name(row)} is done, and the world does not have it"
    yield from _contents(facts, rows)
    yield from _messages(facts)
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
    state, dropped = row["state"], _is_settled(facts, row)
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


def _is_settled(facts: Facts, row: Row) -> bool:
    """Tell whether nobody has to decide any more: it was not needed, or went to another address."""
    about = row["invoice_id"]
    elsewhere = (dict(json.loads(one["detail"])) for one in facts.told_of(about, "send_to_other"))
    return (
        bool(facts.told_of(about, *_DROPPED))
        or facts.is_void(about)
        or any(one["message"] == row["id"] for one in elsewhere)
    )


def _may_wait(facts: Facts, row: Row) -> bool:
    """Tell whether a client is stopped, or the news of a mail waits until that mail left."""
    invoice = row["invoice_id"]
    left = any(
        one["state"] == "done"
        for one in facts.rows["outbox"]
        if (one["invoice_id"], one["kind"]) == (invoice, "invoice")
    )
    is_news = row["kind"] == "notice" and row["step"] == "issued"
    return facts.is_parked(facts.client_of(invoice)) or (
        is_news and not left and not facts.is_void(invoice)
    )


def _contents(facts: Facts, rows: Mapping[str, Row]) -> Iterator[str]:
    """A mail went to its people alone, shows nobody who is hidden, and has the right documents."""
    known = {row["id"] for row in facts.rows["drafts"]}
    for mail in facts.mails:
        row = rows.get(mail.message_id)
        if row is None or row["invoice_id"] not in known:
            continue
        client = facts.client_of(row["invoice_id"])
        if not _right_people(facts, row, client, frozenset(mail.recipients)):
            yield f"{_name(row)} to {client} went to {mail.recipients}"
        if any(one.encode() in mail.content for one in hidden_from(client, row["kind"])):
            yield f"{_name(row)} to {client} shows who got a hidden copy"
        if client in MODES:
            yield f"{client} is not live and got {_name(row)}"
        yield from _carried(facts, row, mail)


def _right_people(facts: Facts, row: Row, client: str, got: frozenset[str]) -> bool:
    kind = str(row["kind"])
    if kind in {"escalation", "notice"}:
        return got <= {one.email for one in ENTITIES.values()} | {manager_of(client)}
    if kind == "approval":
        return len(got) == 1 and got <= _APPROVERS
    usual = recipients_of(client, kind)
    if "~" in row["step"]:  # somebody wanted it to go elsewhere, and from there perhaps back
        return got >= other_address_of(client) or (got == usual and not row["step"].endswith("to2"))
    return got == usual or (kind == "reminder" and _followed(facts, row, got))


def _followed(facts: Facts, row: Row, got: frozenset[str]) -> bool:
    """Tell whether a reminder goes to where the invoice went after its first mail came back."""
    about = {row["invoice_id"]} | {one["invoice_id"] for one in json.loads(row["about"])}
    mails = [one for one in facts.rows["outbox"] if one["invoice_id"] in about]
    invoices = [one for one in mails if (one["kind"], one["channel"]) == ("invoice", "mail")]
    codes = {entry["code"] for one in invoices for entry in facts.about(one["id"])}
    elsewhere = (one["recipients"] for one in invoices if "~" in one["step"])
    to = [set(json.loads(recipients)["to"]) for recipients in elsewhere]
    return "mail_bounced" in codes and any(each <= got for each in to)


def _carried(facts: Facts, row: Row, mail: Mail) -> Iterator[str]:
    """Each document of a mail is one that the ledger keeps for what the mail is about."""
    found, about = _attached(mail.content), _about(facts, row)
    kept = {
        link["sha256"] for link in facts.rows["document_links"] if link["subject"] in about
    }  # fmt: skip
    if strangers := [one for one in found if one not in kept]:
        yield f"{_name(row)} carries {strangers}, which are no documents of the ledger"
    needs = {"invoice": row["invoice_id"], "credit_note": row["step"].partition("~")[0]}
    subject = needs.get(row["kind"])
    mine = {
        link["sha256"]
        for link in facts.rows["document_links"]
        if link["subject"] == subject and link["kind"] != "preview"
    }
    if subject and set(found) != mine:
        yield f"{_name(row)} carries {found}, not the documents of the ledger"


def _about(facts: Facts, row: Row) -> set[str]:
    others = {one["invoice_id"] for one in json.loads(row["about"])}
    notes = {one["id"] for one in facts.rows["credit_notes"]} & {row["step"].partition("~")[0]}
    return {row["id"], row["invoice_id"]} | others | notes


def _attached(content: bytes) -> list[str | None]:
    read = BytesParser(EmailMessage, policy=policy.SMTP).parsebytes(content)
    assert isinstance(read, EmailMessage)
    found: list[str | None] = []
    for part in read.iter_attachments():
        raw = part.get_content()
        found.append(sha256(raw if isinstance(raw, bytes) else str(raw).encode()).hexdigest())
    return found


def _messages(facts: Facts) -> Iterator[str]:
    """Each invoice has one message on each of its client's ways."""
    messages: dict[str, list[str]] = defaultdict(list)
    for row in facts.rows["outbox"]:
        if row["kind"] == "invoice" and "~" not in row["step"]:
            messages[row["invoice_id"]].append(row["channel"])
    for row in facts.rows["invoices"]:
        if sorted(messages[row["id"]]) != CHANNELS.get(row["client"], ["mail"]):
            yield f"{row['number']} has the messages {messages[row['id']]}"


def _documents(facts: Facts) -> Iterator[str]:
    """Each document is there once, and its bytes have its name."""
    planned = {(row["kind"], row["step"]) for row in facts.rows["outbox"]}
    for row in facts.rows["credit_notes"]:
        if ("credit_note", row["id"]) not in planned:
            yield f"{row['number']} has no message"
    for row in facts.rows["documents"]:
        if sha256(row["content"]).hexdigest() != row["sha256"]:
            yield f"document {row['sha256']} is not what it was"
    links = Counter((row["subject"], row["kind"]) for row in facts.rows["document_links"])
    for (subject, kind), times in links.items():
        if times > 1 and kind in {"invoice", "credit_note"}:
            yield f"{kind} {subject} has {times} documents"


def _leases(facts: Facts) -> Iterator[str]:
    """A message is taken from its sender only when the lease is over."""
    for row in facts.rows["attempts"]:
        if row["phase"] == "lease" and not row["entry"]:
            begun, ended = (datetime.fromisoformat(row[at]) for at in ("started_at", "ended_at"))
            if (ended - begun).total_seconds() < LEASE_SECONDS:
                yield f"message {row['outbox_id']} was taken from a sender whose lease still ran"
