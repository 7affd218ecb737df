"""The judgement about invoices: what is owed is billed once, to the cent, numbered, approved."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.crash.check import Facts
from tests.crash.company import APPROVERS, MODES
from tests.crash.owed import Thing
from tests.crash.places import Row

_APPROVERS = {login for logins in APPROVERS.values() for login in logins}
_WAIT = {"draft", "approved"}
Units = Mapping[tuple[str, str], list[Row]]


def bill_findings(facts: Facts) -> Iterator[str]:
    """Return what is wrong with what was billed."""
    yield from _things(facts)
    yield from _numbers(facts, "invoices")
    yield from _numbers(facts, "credit_notes")
    yield from _counters(facts)
    yield from _approvals(facts)
    yield from _left_standing(facts)
    for row in facts.rows["invoices"]:
        if row["client"] in MODES:
            yield f"{row['client']} is not live and has {row['number']}"


def _invoiced(facts: Facts, state: str) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts.rows["invoices"]:
        if row["state"] == state:
            for key in json.loads(row["content"])["obligations"]:
                found[key["agreement"], key["unit"]].append(row)
    return found


def _things(facts: Facts) -> Iterator[str]:
    """Every thing owed has its one live invoice of the right amount; nothing else has one."""
    live, void = _invoiced(facts, "issued"), _invoiced(facts, "void")
    for thing in facts.owed:
        bills = live.pop((thing.agreement, thing.unit), [])
        if len(bills) > 1:
            yield f"{thing.name} is on {len(bills)} invoices"
        for bill in bills:
            yield from _bill(thing, bill)
        if not bills and thing.billable:
            yield from _not_billed(facts, thing, void)
    for (agreement, unit), bills in live.items():
        yield f"{agreement}/{unit} is not owed and is on {len(bills)} invoices"


def _bill(thing: Thing, bill: Row) -> Iterator[str]:
    if not thing.billable:
        yield f"{thing.name} of {thing.client}, who is not live, has number {bill['number']}"
    amount = (Decimal(bill["due"]), bill["currency"], bill["client"])
    if amount != (thing.due, thing.currency, thing.client):
        yield f"{thing.name} is {thing.due} {thing.currency} to {thing.client}, billed: {amount}"


def _not_billed(facts: Facts, thing: Thing, void: Units) -> Iterator[str]:
    """Say what is wrong when a thing owed has no live invoice; some reasons are good ones."""
    row = _newest(facts, thing)
    if row is None:
        if not (thing.contested or facts.is_parked(thing.client)):
            yield f"{thing.name} is owed, and the ledger knows nothing of it"
        return
    draft = row["draft_id"] or ""
    if any(bill["id"] == draft for bill in void.get((thing.agreement, thing.unit), ())):
        if not facts.told_of(draft, "voided"):
            yield f"{thing.name} has a void invoice that nobody voided"
        return
    state = next((one["state"] for one in facts.rows["drafts"] if one["id"] == draft), "")
    if not _waits_rightly(facts, thing, row, state):
        yield f"{thing.name} has no invoice: it is {row['state']}, its draft {state or 'none'}"


def _newest(facts: Facts, thing: Thing) -> Row | None:
    mine = [
        row
        for row in facts.rows["obligations"]
        if (row["agreement"], row["unit"]) == (thing.agreement, thing.unit)
    ]
    return max(mine, key=lambda row: int(row["revision"]), default=None)


def _waits_rightly(facts: Facts, thing: Thing, row: Row, state: str) -> bool:
    """Tell whether a person stopped it, or sees that it waits for a person."""
    draft = row["draft_id"] or ""
    if state == "rejected":
        return any(
            one["answer"] == "reject" and one["draft_id"] == draft
            for one in facts.rows["approvals"]
        )
    if state == "awaiting_review" and facts.is_open(draft, "nobody_may_approve"):
        return True
    if facts.is_parked(thing.client) or facts.is_open(row["id"], "bound_broken"):
        return True
    held = row["state"] == "held" or state == "held"
    return thing.contested and held and bool(facts.about(draft or row["id"]))


def _numbers(facts: Facts, table: str) -> Iterator[str]:
    """Each series counts from 1 without a gap."""
    for key, taken in _taken(facts, table).items():
        if sorted(taken) != list(range(1, len(taken) + 1)):
            yield f"series {key} has the numbers {sorted(taken)}"
    for number, times in Counter(row["number"] for row in facts.rows[table]).items():
        if times > 1:
            yield f"{times} of {table} are called {number}"


def _taken(facts: Facts, table: str) -> dict[tuple[Any, ...], list[int]]:
    series: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in facts.rows[table]:
        series[row["entity"], row["series"], row["year"]].append(row["sequence"])
    return series


def _counters(facts: Facts) -> Iterator[str]:
    taken = {**_taken(facts, "invoices"), **_taken(facts, "credit_notes")}
    for row in facts.rows["series"]:
        count = len(taken.get((row["entity"], row["series"], row["year"]), ()))
        if row["last"] != count:
            yield f"the counter of {row['series']} {row['year']} is {row['last']}, not {count}"


def _approvals(facts: Facts) -> Iterator[str]:
    """Exactly what was issued was approved: by a rule, or by people of whom none made it."""
    said: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in facts.rows["approvals"]:
        said[row["draft_id"], row["version"]].append(row)
    for invoice in facts.rows["invoices"]:
        makers = {row["actor"] for row in facts.told_of(invoice["id"], "drafted")}
        approvals = said[invoice["id"], invoice["version"]]
        if not approvals:
            yield f"{invoice['number']} was approved by nobody"
        for row in approvals:
            allowed = row["decided_by"] in _APPROVERS or (row["rule"] and makers)
            same = row["content_hash"] == invoice["content_hash"]
            own = row["decided_by"] in makers - {"system"}
            if row["answer"] != "approve" or not same or not allowed or own:
                yield f"{invoice['number']} was issued on {row['answer']} of {row['decided_by']}"


def _left_standing(facts: Facts) -> Iterator[str]:
    """Nothing waits without a reason that a person sees."""
    for row in facts.rows["obligations"]:
        client = json.loads(row["content"])["client"]
        if row["state"] == "open" and not facts.is_parked(client):
            yield f"{row['agreement']}/{row['unit']} waits to be drafted"
        if row["state"] == "held" and not _bundle_is_shown(facts, row):
            yield f"{row['agreement']}/{row['unit']} is held, and nobody sees it"
    for row in facts.rows["drafts"]:
        yield from _draft(facts, row)
    rendered = {row["subject"] for row in facts.rows["document_links"] if row["kind"] == "invoice"}
    for row in facts.rows["invoices"]:
        seen = facts.is_open(row["id"], "render_failed") or row["state"] == "void"
        if row["id"] not in rendered and not seen:
            yield f"{row['number']} has no document"


def _draft(facts: Facts, row: Row) -> Iterator[str]:
    clients = {
        json.loads(one["content"])["client"]
        for one in facts.rows["obligations"]
        if one["draft_id"] == row["id"]
    }
    if any(facts.is_parked(client) for client in clients):
        return
    asked = row["state"] == "awaiting_review"
    if row["state"] in _WAIT or (asked and not facts.is_open(row["id"], "nobody_may_approve")):
        yield f"draft {row['id']} is still {row['state']}"
    if row["state"] == "held" and not facts.about(row["id"]):
        yield f"draft {row['id']} is held, and nobody sees it"


def _bundle_is_shown(facts: Facts, row: Row) -> bool:
    """A bundle is shown under the first of its obligations."""
    mine = json.loads(row["content"])["bundle"]
    together = [row] + [
        one
        for one in facts.rows["obligations"]
        if mine
        and one["agreement"] == row["agreement"]
        and json.loads(one["content"])["bundle"] == mine
    ]
    return any(facts.about(one["id"]) for one in together)
