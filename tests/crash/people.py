"""The people of a schedule: they answer questions and attend to exceptions, not always wisely."""

from collections.abc import Sequence
from hashlib import sha256
from random import Random
from typing import NamedTuple

from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.review import ReviewRequest
from tests.crash.company import APPROVERS

CLERK = "clerk"  # asks for things and may therefore not approve them
_APPROVERS = tuple(login for logins in APPROVERS.values() for login in logins)
_EVERYBODY = (*_APPROVERS, CLERK)
_BY_APPROVERS = {Action.VOID, Action.CORRECT, Action.WRITE_OFF}
# What a person does who wants things to go on, the first that is offered.
_TRIED_AGAIN = (
    Action.RELEASE, Action.DRAFT_AGAIN, Action.DECIDE_AGAIN, Action.RENDER_AGAIN, Action.UN_PARK,
)  # fmt: skip
_MOST_TRIES = 10


class Doing(NamedTuple):
    """What somebody does about an exception."""

    action: Action
    login: str
    word: str = ""


class Somebody:
    """Whoever happens to look, on a day of work like any other."""

    def __init__(self, random: Random, *, is_out: bool = False) -> None:
        self._random = random
        self._looks = 0.05 if is_out else 0.7

    def answer(self, request: ReviewRequest) -> tuple[str, str] | None:
        """Return an answer and the login that gives it; None when nobody looks today."""
        random = self._random
        if random.random() > self._looks:
            return None
        label = random.choices(request.options, (82, 6, 12))[0]
        if random.random() < 0.04:
            label = f"Approve v9-{request.content_hash[-6:]}"
        return label, random.choice(_EVERYBODY)

    def attend(self, entry: ExceptionEntry, numbers: Sequence[str]) -> Doing | None:
        """Return what is done about an exception; None when it is left alone today."""
        random = self._random
        # Money that lies about is looked at first.
        if random.random() < (0.05 if Action.PLACE in entry.kind.actions else 0.5):
            return None
        wise = [one for one in entry.kind.actions if one is not Action.ACKNOWLEDGE]
        # Who only acknowledges what could be mended gives up what is owed.
        action = random.choice(wise or entry.kind.actions)
        login = random.choice(_EVERYBODY) if action in _BY_APPROVERS else CLERK
        if action is Action.PLACE:
            return Doing(action, login, random.choice(numbers)) if numbers else None
        return Doing(action, login, "decided so")


class Diligent(Somebody):
    """Who clears the desk at the end: approves all, and leaves a part of the doubts open.

    What is decided about an exception follows from the seed and its subject, once.
    """

    def __init__(self, random: Random, seed: int) -> None:
        super().__init__(random)
        self._seed = seed
        self._asked: dict[tuple[str, int, str], int] = {}
        self._done: dict[tuple[str, str], int] = {}

    def answer(self, request: ReviewRequest) -> tuple[str, str] | None:
        """Approve, as one of those who may; who is refused lets a colleague try the next time."""
        about = (request.draft_id, request.version, request.step)
        tries = self._asked[about] = self._asked.get(about, -1) + 1
        return request.options[0], _APPROVERS[tries % len(_APPROVERS)]

    def attend(self, entry: ExceptionEntry, numbers: Sequence[str]) -> Doing | None:
        """Decide about each exception; a part of the doubts stays.

        What may have to wait for another entry (of a parked client) is tried again the next day.
        """
        about = (entry.code, entry.subject)
        times = self._done[about] = self._done.get(about, 0) + 1
        actions = entry.kind.actions
        again = next((action for action in _TRIED_AGAIN if action in actions), None)
        if again and times <= _MOST_TRIES:
            return Doing(again, CLERK)
        if again or times > 1:
            return None
        chance = sha256(f"{self._seed} {about}".encode()).digest()[0] % 3
        if Action.SEND_AGAIN in actions:
            other = Action.SEND_TO_OTHER
            first = other if other in actions and self._seed % 2 else Action.SEND_AGAIN
            doubt = (first, Action.MARK_DELIVERED, None)[chance]
            return Doing(doubt, CLERK) if doubt else None
        if _BY_APPROVERS.intersection(actions):
            return Doing(actions[chance % len(actions)], _APPROVERS[chance], "cleared")
        return None
