"""People: everybody who is asked is known, can be replaced, and somebody can always answer."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from invoicing.config.checks.entries import repeated, texts
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.review import ReviewFile, WrittenApprover, WrittenReviewStep
from invoicing.config.strict_yaml import Route
from invoicing.domain.approvers import steps_for, who_may
from invoicing.domain.reasons import FLAGS
from invoicing.domain.review import SYSTEM, ReviewReason

# The codes of `review_reasons`; a rule of the chain names them.
_CODES = (
    "no_threshold",
    "amount",
    "first_invoice",
    "credit_hold",
    "client_type",
    "category",
    *FLAGS,
    "flag",
    "discount",
    "tax_check",
    "unusual",
)
_ANY_DAY = date(2026, 1, 1)  # nobody is away
_STAND_IN = "Write delegate: and the login of whoever is asked meanwhile."


def check(desk: Desk) -> Iterator[Problem]:
    """Yield reviews that nobody could answer, and who or what is written twice."""
    people = desk.review.parts(WrittenApprover)
    yield from _twice(desk)
    for route, person in people.items():
        if person.login == SYSTEM:
            text = f"{SYSTEM!r} is the author of automatic drafts and cannot approve"
            yield desk.review.at((*route, "login"), text, "Name the login of a person.")
    yield from _circles(desk, people)
    known = {person.login: person for person in people.values()}
    steps = desk.review.parts(WrittenReviewStep)
    for route, step in steps.items():
        yield from _step(desk, route, step, known)
    yield from _same_person(desk, steps)


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield approvers without a delegate: while they are away their work waits for others."""
    steps = desk.review.parts(WrittenReviewStep).values()
    asked = {login for step in steps for login in step.approvers}
    for route, person in desk.review.parts(WrittenApprover).items():
        if person.delegate is None and (person.login in asked or not steps):
            text = f"{person.login!r} has no delegate: while away, only others can answer"
            yield desk.review.at((*route, "login"), text, _STAND_IN)
    if desk.review.whole is not None:
        yield from _beyond_all(desk, desk.review.whole)


def _beyond_all(desk: Desk, file: ReviewFile) -> Iterator[Problem]:
    """Yield thresholds above the limits of all whom a step asks, delegates included."""
    policy = file.to_domain()
    there = {login: replace(one, away=()) for login, one in policy.approvers.items()}
    policy = replace(policy, approvers=there)
    for index, amount in enumerate(file.thresholds):
        for step in steps_for([ReviewReason("amount", "")], policy):
            if who_may(
                step,
                gross=amount,
                author=SYSTEM,
                earlier=(),
                policy=policy,
                today=_ANY_DAY,
                overdue=True,
            ):
                continue
            text = f"step {step.name!r} is asked about {amount}, which nobody it asks may approve"
            advice = "Raise the limits of one of these people, or name somebody else in the step."
            yield desk.review.at(("thresholds", index), text, advice)


def _twice(desk: Desk) -> Iterator[Problem]:
    sheet = desk.review
    limits = [
        (route, text.rpartition(" ")[2])
        for route, text in texts(sheet.entries("thresholds").items())
    ]
    for again, first in repeated(limits):
        line = sheet.document.value_at(first).line
        text = f"this currency has a threshold already, in line {line}"
        yield sheet.at(again, text, "Keep one per currency.")
    people = sheet.parts(WrittenApprover).items()
    for again, _ in repeated(((*at, "login"), person.login) for at, person in people):
        yield sheet.at(again, "this person is listed twice", "Remove one of the two.")
    addresses = [((*at, "email"), one.email.casefold()) for at, one in people if one.email]
    for again, _ in repeated(addresses):
        text = "this is another person's address already; both could answer for each other by mail"
        yield sheet.at(again, text, "Give each person an address that nobody else reads.")
    steps = sheet.parts(WrittenReviewStep).items()
    for again, _ in repeated(((*at, "name"), step.name) for at, step in steps):
        yield sheet.at(again, "there is a step of this name already", "Give it a name of its own.")


def _circles(desk: Desk, people: Mapping[Route, WrittenApprover]) -> Iterator[Problem]:
    """Yield people who are away at a time when everybody in the line of delegates is, too."""
    known = {person.login: person for person in people.values()}
    told: set[frozenset[str]] = set()
    for route, person in people.items():
        line = _line_of(person, known)
        circle = frozenset(one.login for one in line)
        if circle in told or len(line) < 2 or line[-1].delegate not in circle:
            continue
        day = next((day for day in _first_days(line) if all(_away(one, day) for one in line)), None)
        if day is not None:
            told.add(circle)
            names = ", ".join(one.login for one in line)
            text = f"{names} stand in for each other only, and are all away on {day}"
            advice = "Name somebody else as the delegate of one of them, or change the days."
            yield desk.review.at((*route, "delegate"), text, advice)


def _line_of(
    person: WrittenApprover, known: Mapping[str, WrittenApprover]
) -> list[WrittenApprover]:
    """Return a person, the delegate, the delegate's delegate: each once."""
    line: dict[str, WrittenApprover] = {}
    follower: WrittenApprover | None = person
    while follower is not None and follower.login not in line:
        line[follower.login] = follower
        follower = known.get(follower.delegate or "")
    return list(line.values())


def _first_days(line: list[WrittenApprover]) -> list[date]:
    return sorted(stretch.from_on for person in line for stretch in person.away)


def _away(person: WrittenApprover, day: date) -> bool:
    return any(stretch.from_on <= day <= stretch.to_on for stretch in person.away)


def _step(
    desk: Desk, route: Route, step: WrittenReviewStep, known: Mapping[str, WrittenApprover]
) -> Iterator[Problem]:
    named = [((*route, "approvers", i), login) for i, login in enumerate(step.approvers)]
    for again, _ in repeated(named):
        yield desk.review.at(again, "this approver is named twice", "Remove one of the two.")
    (place, only), *others = named
    if not others and only in known and known[only].delegate is None:
        text = f"step {step.name!r} asks {only!r} only, who has no delegate: nobody could stand in"
        yield desk.review.at(place, text, f"{_STAND_IN} Or name a second approver here.")
    for index, code in enumerate(step.reasons):
        if code not in _CODES:
            text = f"unknown reason {code!r}{did_you_mean(code, _CODES)}"
            advice = f"The reasons: {', '.join(_CODES)}."
            yield desk.review.at((*route, "reasons", index), text, advice)


def _same_person(desk: Desk, steps: Mapping[Route, WrittenReviewStep]) -> Iterator[Problem]:
    alone = [
        ((*at, "approvers"), step.approvers[0])
        for at, step in steps.items()
        if len(step.approvers) == 1
    ]
    for again, first in repeated(alone):
        line = desk.review.document.key_at(first[:-1]).line
        text = f"the step in line {line} asks nobody else either, and each needs another person"
        yield desk.review.at(again, text, "Name a second approver in one of the two steps.")
