"""The office: our people ask for corrections of what is issued, hold it, credit parts of it."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from invoicing.domain.credit import LineCredit
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.services.correct import ask_correction, ask_write_off, credit_lines
from invoicing.services.hold import lift_hold, place_hold
from invoicing.services.ports import Services
from tests.crash.people import CLERK

_WHY = "the client called"


def something_to_ask(
    s: Services, invoices: Sequence[Invoice], random: Random
) -> Callable[[], object]:
    """Return what somebody does about some invoice today."""
    # By id: numbers depend on which process was first.
    invoice = random.choice(sorted(invoices, key=lambda one: one.id)).id
    hold, approver = random.choice(list(HoldKind)), random.choice(("lea", "anna", CLERK))
    line = (LineCredit(1),)
    doings: list[tuple[int, Callable[[], object]]] = [
        (30, partial(ask_correction, s, invoice, _WHY, CLERK)),
        (15, partial(ask_write_off, s, invoice, _WHY, CLERK)),
        (30, partial(place_hold, s, invoice, hold, _WHY, CLERK)),
        (15, partial(lift_hold, s, invoice, hold, CLERK, _WHY)),
        (10, partial(credit_lines, s, invoice, line, _WHY, CLERK, approver)),
    ]
    return random.choices([do for _, do in doings], [weight for weight, _ in doings])[0]
