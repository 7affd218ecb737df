"""Projects: the milestones make up the whole, and the last part can settle the deposit."""

from collections.abc import Iterator
from decimal import Decimal

from invoicing.config.agreements import ProjectAgreement
from invoicing.config.checks.entries import repeated
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem
from invoicing.config.strict_yaml import Route
from invoicing.domain.agreements import Project
from invoicing.domain.drafting.worth import deposit_worth, milestone_worth, step_worth
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, plain, total

_ALL = Decimal(100)


def check(desk: Desk) -> Iterator[Problem]:
    """Yield projects whose milestones do not make up the whole, or whose deposit is too large."""
    for route, project in desk.agreements.parts(ProjectAgreement).items():
        keys = [((*route, "milestones", i), one.key) for i, one in enumerate(project.milestones)]
        for again, _ in repeated(keys):
            text = f"there is a milestone {project.milestones[int(again[-1])].key!r} already"
            yield desk.agreements.at((*again, "key"), text, "Give every milestone its own key.")
        yield from _parts(desk, route, project)
        yield from _deposit(desk, route, project)


def _parts(desk: Desk, route: Route, project: ProjectAgreement) -> Iterator[Problem]:
    values = [one.value for one in project.milestones if one.value is not None]
    percents = [one.percent for one in project.milestones if one.percent is not None]
    if len(values) + len(percents) != len(project.milestones) or not project.milestones:
        return  # a milestone without a worth, or with two, has been named before
    if any(value.currency != project.total.currency for value in values):
        return
    at, shares = (*route, "milestones"), sum(percents, Decimal(0))
    if not values and shares != _ALL:
        text = f"the milestones are {plain(shares)} percent of the total, not 100"
        yield desk.agreements.at(at, text, "Correct one of them.")
    elif values and (whole := _sum(project.total, values, shares)) != project.total:
        text = f"the milestones come to {whole.rounded()}, not to the total of {project.total}"
        yield desk.agreements.at(at, text, "Correct a milestone, or the total.")


def _sum(whole: Money, values: list[Money], shares: Decimal) -> Money:
    return total(values, whole.currency) + whole.times(shares.scaleb(-2))


def _deposit(desk: Desk, route: Route, agreement: ProjectAgreement) -> Iterator[Problem]:
    project = agreement.pricing
    if project.deposit is None:
        return
    try:
        deposit, last = deposit_worth(project), _last_worth(project)
    except MoneyError:
        return  # what is wrong with the amounts has been named before
    if last is None or last.currency != deposit.currency or deposit <= last:
        return
    name = f"milestone {project.milestones[-1].key!r}" if project.milestones else "part"
    text = (
        f"the deposit of {deposit} is more than the last {name} of {last}, so the last invoice"
        " could not settle it"
    )
    advice = "Lower the deposit, or make the last part larger."
    yield desk.agreements.at((*route, "deposit"), text, advice)


def _last_worth(project: Project) -> Money | None:
    if project.milestones:
        return milestone_worth(project, project.milestones[-1].key)
    return step_worth(project, _ALL)
