"""The judgement about copies outside the ledger: folders of files, and notes at the sources."""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from tests.crash.check import Facts
from tests.crash.places import Row
from tests.crash.shelves import ARCHIVE, PORTAL

_KEPT = {"invoice", "credit_note"}


def copy_findings(facts: Facts) -> Iterator[str]:
    """Return what is wrong with what we put elsewhere."""
    archived, shown = facts.shelves.files(ARCHIVE), facts.shelves.files(PORTAL)
    yield from _whole(facts, {f"{ARCHIVE}/{place}": one for place, one in archived.items()})
    yield from _whole(facts, {f"{PORTAL}/{place}": one for place, one in shown.items()})
    for link in facts.rows["document_links"]:
        if link["kind"] in _KEPT and link["sha256"] not in archived.values():
            yield f"the {link['kind']} of {link['subject']} is not in the archive"
    for row in facts.rows["outbox"]:
        if row["channel"] == "portal":
            yield from _state(facts, row, _document(facts, row) in shown.values())
        elif row["channel"] == "source":
            yield from _state(facts, row, _was_told(facts, row))


def _whole(facts: Facts, files: Mapping[str, str]) -> Iterator[str]:
    """Every file that a reader sees is a whole document of the ledger, under its number."""
    numbers = {row["id"]: row["number"] for name in ("invoices", "credit_notes")
               for row in facts.rows[name]}  # fmt: skip
    named = {link["sha256"]: numbers[link["subject"]] for link in facts.rows["document_links"]
             if link["subject"] in numbers and link["kind"] != "preview"}  # fmt: skip
    for place, digest in files.items():
        if digest not in named:
            yield f"{place} is no document of the ledger, or not all of one"
        elif named[digest] not in PurePath(place).name:
            yield f"{place} is the document of {named[digest]}"


def _document(facts: Facts, row: Row) -> str | None:
    subject = row["step"].partition("~")[0] if row["kind"] == "credit_note" else row["invoice_id"]
    found = (
        link["sha256"]
        for link in facts.rows["document_links"]
        if link["subject"] == subject and link["kind"] in _KEPT
    )
    return next(found, None)


def _was_told(facts: Facts, row: Row) -> bool:
    """Tell whether a source has the note: its number and the invoice agree."""
    number = facts.invoices[row["invoice_id"]]["number"]
    return any(
        place.endswith(f"/{row['id']}") and json.loads(told)["invoice"] == number
        for place, told in facts.notes.items()
    )


def _state(facts: Facts, row: Row, there: bool) -> Iterator[str]:
    name = f"{row['kind']} {row['step']} by {row['channel']}"
    if row["state"] == "done" and not there:
        decided = facts.told_of(row["invoice_id"], "mark_delivered")
        if not decided:
            yield f"{name} is done, and it is not there"
    if row["state"] == "failed" and not facts.about(row["id"]):
        dropped = facts.told_of(row["invoice_id"], "message_dropped")
        if not (dropped or facts.is_void(row["invoice_id"])):
            yield f"{name} failed, and nobody was told"
    if row["state"] in {"uncertain", "bounced", "sending"}:
        yield f"{name} is {row['state']}, which makes no sense of a copy"
    waits = facts.is_parked(facts.client_of(row["invoice_id"]))
    if row["state"] == "pending" and not waits:
        yield f"{name} waits for no reason"
