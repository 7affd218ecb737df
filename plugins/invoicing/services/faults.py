"""Fault points: the named places at which a test may end, stop or delay a process.

The steps of a use case have two points around each commit, which `Services.write` passes; the
points of `POINTS` lie between them. In production all of them are dead.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping

from invoicing.domain.errors import SettingsError
from invoicing.services.ports import FaultPoint, no_faults

STEPS = (
    "report", "request", "unknown", "dues", "dues_asked", "fetch", "hold_hint", "unreachable",
    "decide", "decide_again", "flood", "draft", "redraft", "reopen", "plan",
    "ask", "answer", "expire", "refuse", "issue", "render",
    "claim", "dispatch", "give_up", "recover", "resolve",
    "send_to_other", "found_sent", "archive", "archive_failed", "remind", "reconcile",
    "anchor", "audit",
    "acknowledge", "unpark", "refuse_unpark", "release", "refuse_redraft",
    "ask_correction", "void", "correct", "credit", "write_off", "place",
    "place_hold", "lift_hold", "refuse_act", "read_mail", "refuse_mail", "mailbox",
)  # fmt: skip

POINTS = (
    "report.begin", "fetch.source_read", "dues.source_read",
    "draft.begin", "draft.source_read", "draft.mid_lines",
    "ask.requested", "answer.arrived",
    "issue.begin", "issue.number_taken", "issue.numbered",
    "render.rendered", "archive.begin", "archive.written", "archive.synced", "archive.renamed",
    "smtp.connect", "smtp.ehlo", "smtp.tls", "smtp.auth", "smtp.mail", "smtp.rcpt", "smtp.data",
    "smtp.body", "smtp.dot", "smtp.reply", "dispatch.reply_read",
    "remind.due_computed", "remind.rechecked",
    "reconcile.page_read", "reconcile.inserted",
    "read_mail.page_read",
    "migrate.mid", "migrate.done",
    "correct.source_read", "credit.begin", "credit.number_taken", "credit.numbered",
)  # fmt: skip


def fault_points() -> tuple[str, ...]:
    """Return the name of every fault point there is."""
    around = (f"{step}.{side}" for step in STEPS for side in ("before_commit", "committed"))
    return (*POINTS, *around)


class FaultError(Exception):
    """What a planned fault of the kind `raise` raises: no error of ours, so nothing catches it."""


def fault_point(faults: str) -> FaultPoint:
    """Return what happens at the fault points: nothing, unless a test asks for it.

    ``faults`` is a list such as `issue.begin=kill,smtp.dot=sleep:5,claim.committed=stop@2`: what
    happens at a point (kill, stop, raise, sleep for seconds), and at which visit (each, unless
    told).
    """
    if not faults:
        return no_faults
    planned = dict(_planned(part) for part in faults.split(","))
    visits: Counter[str] = Counter()

    def fault(name: str) -> None:
        if name in planned:
            visits[name] += 1
            action, visit = planned[name]
            if visit in {0, visits[name]}:
                action(name)

    return fault


def _planned(part: str) -> tuple[str, tuple[Callable[[str], None], int]]:
    name, _, told = part.partition("=")
    told, _, visit = told.partition("@")
    kind, _, seconds = told.partition(":")
    if name not in fault_points():
        raise SettingsError(f"INVOICING_FAULTS names {name!r}, which is no fault point")
    if kind not in _ACTIONS or not (visit or "0").isdigit() or not (seconds or "0").isdigit():
        raise SettingsError(
            f"INVOICING_FAULTS knows {', '.join(_ACTIONS)} (sleep:5, kill@2), not {told!r}"
        )
    action = _ACTIONS[kind]
    return name, (lambda point: action(point, int(seconds or 1)), int(visit or 0))


def _raise(name: str, _seconds: int) -> None:
    raise FaultError(name)


_ACTIONS: Mapping[str, Callable[[str, int], None]] = {
    "kill": lambda _name, _seconds: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda _name, _seconds: os.kill(os.getpid(), signal.SIGSTOP),
    "sleep": lambda _name, seconds: time.sleep(seconds),
    "raise": _raise,
}
