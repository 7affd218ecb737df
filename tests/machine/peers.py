"""What surrounds the company: a post office that can fail, and workers that can be killed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from invoicing.domain.dispatch import Delivery, Message, MessageKind, Outcome
from invoicing.services.faults import FaultError
from invoicing.services.ports import FaultPoint, no_faults
from tests.machine.model import Facts
from tests.support.services import ACCEPTED

_ARRIVES = {Outcome.ACCEPTED, Outcome.UNCERTAIN}  # of the latter nobody knows: it may have


@dataclass
class PostOffice:
    """Takes mails, answers what was laid out, and objects to a reminder that must not come."""

    facts: Facts
    parked: Callable[[], set[str]]
    answers: list[Delivery] = field(default_factory=list)
    fault: FaultPoint = no_faults
    meanwhile: Callable[[], object] | None = None  # what others do while a mail is under way

    def send(self, message: Message) -> Delivery:
        """Take one message; a worker may be killed before it is handed over, or after."""
        self.fault("smtp.connect")
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        if answer.outcome in _ARRIVES:
            self.facts.handed_over[message.message_id] += 1
            self._look_at(message)
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        self.fault("smtp.reply")
        return answer

    def _look_at(self, message: Message) -> None:
        kind, number = message.subject.split()
        account = self.facts.accounts.get(number)
        if account is None:  # it was issued just now
            return
        objections = {
            "void": account.is_void,
            "of a client that is parked": account.client in self.parked(),
            "of a client in shadow": account.client == "solveig",
        }
        if kind != MessageKind.INVOICE:
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
