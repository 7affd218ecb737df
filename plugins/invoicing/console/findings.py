"""Tell on the terminal which promises hold, and name every row that breaks one."""

from collections.abc import Iterator, Sequence

from invoicing.console.tables import visible
from invoicing.domain.promises import NOT_BUILT, PROMISES, Finding


def tell(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines about all promises, each with what breaks it."""
    for promise, sentence in PROMISES.items():
        broken = [finding.where for finding in findings if finding.promise is promise]
        word = "not yet" if promise in NOT_BUILT else "BROKEN" if broken else "holds"
        yield f"{word:8}{promise:4} {sentence}"
        yield from (f"        {visible(where)}" for where in broken)
