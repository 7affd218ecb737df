"""Two workers who do the same step of the same thing at the same moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from invoicing.domain.errors import InvoicingError
from invoicing.services.ports import Services
from tests.support.services import House

Step = Callable[[Services], object]
PATIENCE_SECONDS = 0.1  # a twin who is kept out by a lock never comes


@dataclass
class Meeting:
    """A fault point at which the first waits for the second before it commits."""

    seen: set[str] = field(default_factory=set)
    arrived: dict[str, threading.Event] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, name: str) -> None:
        """Wait here for the twin, for a moment."""
        step, _, point = name.rpartition(".")
        if point != "before_commit":
            return
        with self.lock:
            is_first = step not in self.seen
            self.seen.add(step)
            twin = self.arrived.setdefault(step, threading.Event())
        if is_first:
            twin.wait(PATIENCE_SECONDS)
        else:
            twin.set()


@dataclass(frozen=True)
class Outcome:
    """What twins said, and which steps they passed."""

    said: list[object]
    refused: list[InvoicingError]
    steps: set[str]


def together(house: House, step: Step) -> Outcome:
    """Let two do a step at once; one of them may be told that it was too late."""
    meeting = Meeting()
    services = replace(house.s, fault=meeting)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(step, services) for _ in range(2)]
    said: list[object] = []
    refused: list[InvoicingError] = []
    for one in running:
        with _told(refused):
            said.append(one.result())
    return Outcome(said, refused, meeting.seen)


def twice(house: House, step: Step) -> set[str]:
    """Do a step, and once more; return the steps that were passed."""
    meeting = Meeting()
    services = replace(house.s, fault=meeting)
    for _ in range(2):
        with _told([]):
            step(services)
    return meeting.seen


@contextmanager
def _told(refused: list[InvoicingError]) -> Iterator[None]:
    try:
        yield
    except InvoicingError as error:
        refused.append(error)
