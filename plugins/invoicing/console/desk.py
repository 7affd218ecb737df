"""Tell the queue on the terminal: each exception with its age, its owner and what may be done."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from invoicing.console.tables import visible
from invoicing.domain.exceptions import KINDS, ExceptionEntry


def tell(entries: Sequence[ExceptionEntry], now: datetime) -> Iterator[str]:
    """Yield the lines about entries of the queue."""
    for entry in entries:
        stands = f"closed by {entry.closed_by}" if entry.closed_at else f"{_age(entry, now)} old"
        yield f"{entry.id}  {entry.code}  {_owner(entry)}, {stands}"
        yield f"    about {visible(entry.subject)}: {visible(entry.cause)}"
        if entry.closed_at:
            yield f"    decided: {visible(entry.decision)}"
        else:
            yield f"    may be done: {', '.join(_actions(entry)) or 'nothing'}"
    if not entries:
        yield "nothing waits for a person"


def as_json(entries: Sequence[ExceptionEntry], now: datetime) -> str:
    """Write entries for programs."""
    found = [
        {
            "id": entry.id,
            "code": entry.code,
            "owner": _owner(entry),
            "subject": entry.subject,
            "cause": entry.cause,
            "opened_at": entry.opened_at.isoformat(),
            "age_seconds": int((now - entry.opened_at).total_seconds()),
            "actions": _actions(entry),
            "closed_at": entry.closed_at.isoformat() if entry.closed_at else None,
            "closed_by": entry.closed_by,
            "decision": entry.decision,
        }
        for entry in entries
    ]
    return json.dumps(found, indent=2, ensure_ascii=False)


def _owner(entry: ExceptionEntry) -> str:
    return entry.kind.owner if entry.code in KINDS else "nobody"


def _actions(entry: ExceptionEntry) -> list[str]:
    """Return what may be done; nothing where the entry is closed, or of no kind of ours."""
    if entry.closed_at or entry.code not in KINDS:
        return []
    return [str(action) for action in entry.kind.actions]


def _age(entry: ExceptionEntry, now: datetime) -> str:
    age = max(now - entry.opened_at, timedelta())
    if age.days:
        return f"{age.days} d"
    minutes = age.seconds // 60
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
