"""The 21 ways in which a mail server can behave, and what may be said of a mail after each.

Each is met with a small and with a big mail: a big one leaves no server the chance to answer before
it was read, and is still on its way when a connection breaks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from invoicing.domain.dispatch import Delivery, Outcome
from tests.adapters.misbehaving_smtp import DROP, GARBAGE, HANG, MisbehavingServer

SIZES = {"small": 200, "big": 1_000_000}

_AT_THE_DOT = frozenset({"dot", "reply"})
_GONE = {"rcpt1": "550 5.1.1 unknown", "rcpt2": "550 5.1.1 unknown"}


@dataclass(frozen=True)
class Behaviour:
    """What goes wrong at which place, and the only true outcome; silence ends by deadline."""

    name: str
    faults: Mapping[str, str]
    outcome: Outcome
    silent: bool = field(default=False)


BEHAVIOURS = (
    Behaviour("takes it", {}, Outcome.ACCEPTED),
    Behaviour("takes it, hangs up at QUIT", {"quit": DROP}, Outcome.ACCEPTED),
    Behaviour("greets with 421", {"greeting": "421 4.3.2 not now"}, Outcome.RETRY),
    Behaviour("greets with 554", {"greeting": "554 5.7.1 go away"}, Outcome.FAILED),
    Behaviour("hangs up instead of greeting", {"greeting": DROP}, Outcome.RETRY),
    Behaviour("never greets", {"greeting": HANG}, Outcome.RETRY, silent=True),
    Behaviour("refuses EHLO", {"ehlo": "550 5.7.1 not you"}, Outcome.FAILED),
    Behaviour("defers MAIL", {"mail": "451 4.3.0 not now"}, Outcome.RETRY),
    Behaviour("refuses MAIL", {"mail": "552 5.3.4 too big"}, Outcome.FAILED),
    Behaviour("greylists", {"rcpt1": "451 4.7.1 greylisted"}, Outcome.RETRY),
    Behaviour("knows nobody", _GONE, Outcome.FAILED),
    Behaviour("knows one of two", {"rcpt2": "550 5.1.1 unknown"}, Outcome.FAILED),
    Behaviour("hangs up at RCPT", {"rcpt2": DROP}, Outcome.RETRY),
    Behaviour("refuses DATA", {"data": "554 5.7.1 no"}, Outcome.FAILED),
    Behaviour("hangs up in the body", {"body": DROP}, Outcome.RETRY),
    Behaviour("defers after the dot", {"dot": "451 4.3.0 not now"}, Outcome.RETRY),
    Behaviour("refuses after the dot", {"dot": "550 5.7.1 spam"}, Outcome.FAILED),
    Behaviour("hangs up at the dot, has nothing", {"dot": DROP}, Outcome.UNCERTAIN),
    Behaviour("hangs up at the dot, has it", {"stored": DROP}, Outcome.UNCERTAIN),
    Behaviour("never answers, has it", {"stored": HANG}, Outcome.UNCERTAIN, silent=True),
    Behaviour("talks nonsense, has it", {"stored": GARBAGE}, Outcome.UNCERTAIN),
)
CASES = tuple((behaviour, size) for behaviour in BEHAVIOURS for size in SIZES.values())


def is_true(delivery: Delivery, server: MisbehavingServer) -> bool:
    """Tell whether an outcome agrees with what the server has; unknown only where nobody knows."""
    server.wait_for_sessions()
    match delivery.outcome:
        case Outcome.ACCEPTED:
            return len(server.stored) == 1
        case Outcome.UNCERTAIN:
            return delivery.phase in _AT_THE_DOT and len(server.stored) <= 1
    return not server.stored
