"""The trail, one subject at a time, read as it was written."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row

from invoicing.domain.promises import Finding, Promise
from invoicing.domain.trail import TrailEntry
from invoicing.ledger.audit.check import streamed

_TRAIL = (
    "SELECT subject, sequence, at, actor, action, detail, before, hash"
    " FROM trail ORDER BY subject, sequence"
)


def each_trail(connection: Connection) -> Iterator[list[TrailEntry] | Finding]:
    """Stream the trail by subject; one whose text is no value any more is a finding."""
    rows = streamed(connection, _TRAIL)
    for subject, group in groupby(rows, lambda row: str(row.subject)):
        entries: list[TrailEntry] = []
        for row in group:
            try:
                entries.append(_entry(row))
            except (TypeError, ValueError):
                yield Finding(Promise.TRAIL, f"{subject}, entry {row.sequence} cannot be read")
                entries.clear()
                break
        if entries:
            yield entries


def _entry(row: Row[Any]) -> TrailEntry:
    detail = tuple((str(name), str(value)) for name, value in json.loads(row.detail))
    return TrailEntry(
        row.subject,
        row.sequence,
        datetime.fromisoformat(row.at),
        row.actor,
        row.action,
        detail,
        row.before,
        row.hash,
    )
