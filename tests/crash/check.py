"""The judgement: the ledger against the outside, by rules of its own and no code of the product.

What the product computes is computed again here: sums with plain Decimal, hashes from the bytes.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from tests.crash.correspondents import Written
from tests.crash.journal import Journal
from tests.crash.owed import Thing
from tests.crash.payers import Paid
from tests.crash.places import Row
from tests.crash.shared import BUSINESS, LEASE, Times
from tests.crash.shelves import Shelves
from tests.crash.story import Delivery, Story
from tests.crash.world_mail import Mail

_ENDS = {"billed", "merged", "held", "ignored", "applied"}


@dataclass
class Facts:
    """All that is known at the end: the ledger's rows, what was owed, and what the outside has."""

    rows: Mapping[str, Sequence[Row]]
    owed: Sequence[Thing]
    story: Story
    paid: Sequence[Paid]
    told: Sequence[Delivery]
    mails: Sequence[Mail]
    written: Sequence[Written]  # what came to our mailbox
    notes: Mapping[str, bytes]  # what sources were told, by its place
    shelves: Shelves
    journal: Journal
    times: Times
    exact: bool  # two instants of two processes tell which transaction came first

    def about(self, subject: str) -> list[Row]:
        """Return the exceptions about a subject."""
        return self._exceptions.get(subject, [])

    def is_open(self, subject: str, *codes: str) -> bool:
        """Tell whether a person sees one of these exceptions."""
        return any(
            row["closed_at"] is None and (not codes or row["code"] in codes)
            for row in self.about(subject)
        )

    def is_void(self, invoice_id: str) -> bool:
        """Tell whether an invoice was taken back."""
        row = self.invoices.get(invoice_id)
        return row is not None and row["state"] == "void"

    def client_of(self, draft_id: str) -> str:
        """Return the client that a draft, or the invoice it became, is for."""
        return self._clients[draft_id]

    def is_parked(self, client: str) -> bool:
        """Tell whether a person sees that a client is stopped as a whole."""
        return self.is_open(client, "client_parked")

    def told_of(self, subject: str, *actions: str) -> list[Row]:
        """Return what the trail tells of a subject, the oldest first."""
        rows = self._trails.get(subject, ())
        return [row for row in rows if not actions or row["action"] in actions]

    def came_after(self, claimed: str, fact: str) -> bool:
        """Tell whether a claim came after another fact: to the microsecond, or by its pass.

        A claim reads the lease clock before its transaction, a fact the business clock within its
        own. SQLite has one writer at a time, so a claim with the later instant saw the fact;
        PostgreSQL has many, so there only what happened in an earlier pass counts.
        """
        claim_pass, claimed_at = self.times.place(LEASE, claimed)
        fact_pass, fact_at = self.times.place(BUSINESS, fact)
        return claimed_at > fact_at if self.exact else claim_pass > fact_pass

    @cached_property
    def invoices(self) -> dict[str, Row]:
        """The invoices by their ids."""
        return {row["id"]: row for row in self.rows["invoices"]}

    @cached_property
    def _clients(self) -> dict[str, str]:
        versions = self.rows["draft_versions"]
        return {row["draft_id"]: json.loads(row["content"])["client"]["key"] for row in versions}

    @cached_property
    def _exceptions(self) -> dict[str, list[Row]]:
        return _by_subject(self.rows["exceptions"])

    @cached_property
    def _trails(self) -> dict[str, list[Row]]:
        return _by_subject(sorted(self.rows["trail"], key=lambda row: int(row["sequence"])))


def _by_subject(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["subject"]].append(row)
    return found


def event_findings(facts: Facts) -> Iterator[str]:
    """Every event that we acknowledged, and every one there is, came to exactly one end."""
    rows = {(row["source"], row["event_id"]): row for row in facts.rows["billing_events"]}
    unknown = {one.key for one in facts.story.deliveries if one.unknown}
    for source, event, _ in facts.journal.of("acknowledged"):
        if (source, event) in unknown:
            if not facts.about(f"{source}:{event}"):
                yield f"event {event} of no known kind was acknowledged and is nowhere"
        elif (source, event) not in rows:
            yield f"event {event} of {source} was acknowledged and is lost"
    for row in rows.values():
        yield from _end(facts, row)
    had = {tuple(message) for message in facts.journal.of("acknowledged")}
    for one in (one for one in facts.story.deliveries if one.changed and one.message in had):
        kept = rows.get(one.key)
        if kept and not any(e["code"] == "event_changed" for e in facts.about(kept["id"])):
            yield f"event {one.key[1]} came with two contents, and nobody was told"


def _end(facts: Facts, row: Row) -> Iterator[str]:
    if row["state"] not in _ENDS:
        yield f"event {row['event_id']} is still {row['state']}"
    elif not row["reason"]:
        yield f"event {row['event_id']} is {row['state']} for no reason"
    if row["state"] == "held" and not facts.about(row["id"]):
        yield f"event {row['event_id']} is held, and nobody sees it"


def trail_findings(facts: Facts) -> Iterator[str]:
    """Each trail is one chain, every hash of it is the one of its content."""
    for subject in {row["subject"] for row in facts.rows["trail"]}:
        before = "0" * 64
        for place, row in enumerate(facts.told_of(subject), 1):
            if row["sequence"] != place or row["before"] != before or row["hash"] != _hash(row):
                yield f"the trail of {subject} breaks at entry {place}"
                break
            before = row["hash"]
    for row in facts.rows["invoices"]:
        times = len(facts.told_of(row["id"], "issued"))
        if times != 1:
            yield f"the trail of {row['number']} says 'issued' {times} times"
    for row in facts.rows["exceptions"]:
        if row["closed_at"] is not None and not (row["closed_by"] and row["decision"]):
            yield f"exception {row['code']} of {row['subject']} was closed by nobody or for nothing"


def _hash(row: Row) -> str:
    at = datetime.fromisoformat(row["at"]).isoformat()
    parts = [
        row["subject"], row["sequence"], at, row["actor"], row["action"],
        json.loads(row["detail"]), row["before"],
    ]  # fmt: skip
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()
