"""What surrounds the company: a post office that can fail, and workers that can be killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from invoicing.domain.dispatch import Delivery, Message, MessageKind, Outcome
from invoicing.services.faults import FaultError
from invoicing.services.ports import FaultPoint, no_faults
from tests.machine.model import Facts
from tests.machine.post import numbers_in
from tests.support.services import ACCEPTED

_ARRIVES = {Outcome.ACCEPTED, Outcome.UNCERTAIN}  # of the latter nobody knows: it may have
_REMINDING = {MessageKind.REMINDER, MessageKind.ESCALATION}


@dataclass
class PostOffice:
    """Takes mails, answers what was laid out, and objects to a reminder that must not come."""

    facts: Facts
    parked: Callable[[], set[str]]
    answers: list[Delivery] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    came_back: Callable[[], set[str]] = set  # numbers whose mails came back, nobody knows where to
    fault: FaultPoint = no_faults
    meanwhile: Callable[[], object] | None = None  # what others do while a mail is under way

    connections = 1

    @contextmanager
    def session(self) -> Iterator["PostOffice"]:
        """Open a way out."""
        yield self

    def wait(self) -> None:
        """Go on at once."""

    def send(self, message: Message) -> Delivery:
        """Take one message; a worker may be killed before it is handed over, or after."""
        self.fault("smtp.connect")
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        if answer.outcome in _ARRIVES:
            self.facts.handed_over[message.message_id] += 1
            self.taken.append(message)
            for number in numbers_in(message):
                self._look_at(message, number)
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        self.fault("smtp.reply")
        return answer

    def _look_at(self, message: Message, number: str) -> None:
        kind = message.subject.split()[0]
        account = self.facts.accounts.get(number)
        if account is None:  # it was issued just now
            return
        objections = {
            "of a client that is parked": account.client in self.parked(),
            "of a client in shadow": account.client == "solveig",
        }
        if kind in {MessageKind.INVOICE, *_REMINDING}:
            objections["void"] = account.is_void
        if kind in _REMINDING:
            objections["back from where it went"] = number in self.came_back()
            objections["paid"] = account.open <= 0
            objections[f"held ({', '.join(account.holds)})"] = bool(account.holds)
        self.facts.wrong += [
            f"{kind} {number} was mailed, which is {text}"
            for text, objects in objections.items()
            if objects
        ]


def killed_at(visit: int, note: Callable[[str], None]) -> FaultPoint:
    """Return a fault point that ends the worker at its n-th visit to any of them."""
    visits = 0

    def fault(name: str) -> None:
        nonlocal visits
        visits += 1
        if visits == visit:
            note(name)
            raise FaultError(name)

    return fault
