"""The trail: the story of an invoice, each entry chained to the one before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from invoicing.domain.canonical import canonical_json, fingerprint

START = "0" * 64


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One thing that happened to one subject (an event, a draft, an invoice, a payment)."""

    subject: str
    sequence: int
    at: datetime
    actor: str
    action: str
    detail: tuple[tuple[str, str], ...]
    before: str
    hash: str


def chained(
    subject: str,
    last: TrailEntry | None,
    at: datetime,
    actor: str,
    action: str,
    detail: dict[str, str],
) -> TrailEntry:
    """Return the next entry of a subject's trail; its hash covers the entry before it."""
    sequence = last.sequence + 1 if last else 1
    before = last.hash if last else START
    facts = tuple(sorted(detail.items()))
    digest = fingerprint([subject, sequence, at, actor, action, facts, before])
    return TrailEntry(subject, sequence, at, actor, action, facts, before, digest)


def broken_at(entries: list[TrailEntry]) -> int | None:
    """Return the sequence at which the chain breaks, or None when it holds.

    A changed entry breaks it in its own place, a missing one where it should be. Entries cut off
    at the end leave no mark in the chain itself.
    """
    last: TrailEntry | None = None
    for entry in entries:
        again = chained(
            entry.subject, last, entry.at, entry.actor, entry.action, dict(entry.detail)
        )
        if again != entry:
            return again.sequence
        last = entry
    return None


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of one subject's trail at the moment of an anchor."""

    subject: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """One hash over the heads of all trails that moved since the anchor before it.

    It is kept in a second place: whoever cuts entries off the end of a trail, or makes a chain anew
    from the start, would have to change that place as well.
    """

    day: date
    anchored_at: datetime
    heads: int
    before: str
    hash: str


def anchored(day: date, at: datetime, heads: Iterable[Head], before: str) -> Anchor:
    """Return the anchor over ``heads``, in the order of their hashes, chained to the one before.

    The heads go by one at a time: a ledger has more of them than fit into memory.
    """
    digest, count = sha256(canonical_json([day, before]).encode()), 0
    for head in heads:
        digest.update(b"\n" + canonical_json(head).encode())
        count += 1
    return Anchor(day, at, count, before, digest.hexdigest())
