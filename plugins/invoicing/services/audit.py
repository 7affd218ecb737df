"""Audit: verify every night; what broke is shown to an engineer and stops the client concerned."""

from collections.abc import Iterable, Mapping, Sequence

from invoicing.domain.promises import Finding
from invoicing.domain.review import SYSTEM
from invoicing.services.gate import park
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services
from invoicing.services.verify import verify

BROKEN = "invariant_broken"
LEDGER = "ledger"  # what a finding is about that no single client is in doubt for
_SHOWN = 3


def audit_ledger(s: Services) -> list[Finding]:
    """Verify the ledger, show what breaks a promise, and park the clients whose invoices it is."""
    findings = verify(s)
    causes = _causes(findings)
    with s.write("audit") as work:
        _close_what_holds(s, work, causes)
        for subject, cause in causes.items():
            work.exceptions.open(BROKEN, subject, cause, s.clock.now())
            if subject != LEDGER:
                park(s, work, subject, f"the ledger breaks a promise: {cause}")
    return findings


def _close_what_holds(s: Services, work: UnitOfWork, causes: Mapping[str, str]) -> None:
    """Close what nobody has to look at any more; a parked client goes on by a person's word."""
    for entry in work.exceptions.open_of(BROKEN):
        if entry.subject not in causes:
            decision = "every promise holds again"
            work.exceptions.close(BROKEN, entry.subject, SYSTEM, decision, s.clock.now())


def _causes(findings: Iterable[Finding]) -> dict[str, str]:
    """Say for each client, or for the ledger, what is wrong; the first of many stand for all."""
    grouped: dict[str, list[Finding]] = {}
    for one in findings:
        grouped.setdefault(one.client or LEDGER, []).append(one)
    return {subject: _told(found) for subject, found in grouped.items()}


def _told(findings: Sequence[Finding]) -> str:
    shown = "; ".join(map(str, findings[:_SHOWN]))
    more = len(findings) - _SHOWN
    return f"{shown}; and {more} more (invoicing verify)" if more > 0 else shown
