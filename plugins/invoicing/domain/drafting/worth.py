"""Worth: what a milestone, a step of progress and a deposit of a project come to."""

from collections.abc import Collection
from decimal import Decimal

from invoicing.domain.agreements import DepositTerms, Milestone, Project
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding, percent_of, total
from invoicing.domain.pricing.deposits import deposit_net
from invoicing.domain.pricing.parts import cumulative_part

ALL = Decimal(100)  # percent of a project


def milestone_worth(
    project: Project, key: str, rounding: Rounding = Rounding.HALF_UP
) -> Money | None:
    """Return what a milestone is worth, or None when the project has none of that key.

    Where values and percentages make up the whole, the last percentage takes the rest.
    """
    found = [at for at, milestone in enumerate(project.milestones) if milestone.key == key]
    if not found:
        return None
    worths = [_by_itself(project, milestone, rounding) for milestone in project.milestones]
    if takes_the_rest(project, key):
        others = [worth for at, worth in enumerate(worths) if at != found[0]]
        return project.total - total(others, project.total.currency)
    return worths[found[0]]


def takes_the_rest(project: Project, key: str) -> bool:
    """Tell whether a milestone is the last percentage, where all of them make up the whole."""
    by_percent = [milestone.key for milestone in project.milestones if milestone.value is None]
    return by_percent[-1:] == [key] and _make_up_the_whole(project)


def _by_itself(project: Project, milestone: Milestone, rounding: Rounding) -> Money:
    if milestone.value is not None:
        return milestone.value
    if milestone.percent is None:
        raise MoneyError(f"milestone {milestone.key!r} has neither a value nor a percentage")
    return percent_of(project.total, milestone.percent, rounding)


def _make_up_the_whole(project: Project) -> bool:
    values = total((one.value for one in project.milestones if one.value), project.total.currency)
    percents = sum(
        (one.percent or Decimal(0) for one in project.milestones if one.value is None), Decimal(0)
    )
    return values + project.total.times(percents.scaleb(-2)) == project.total


def step_worth(
    project: Project,
    percent: Decimal,
    rounding: Rounding = Rounding.HALF_UP,
    others: Collection[Decimal] = (),
) -> Money | None:
    """Return what is due when ``percent`` of a project is done: what the former steps left open.

    ``others`` are the steps that are owed or billed already, in case the agreement's were edited.
    All of it is a step of every project without milestones, even if its own steps end before.
    """
    if project.milestones or percent not in {*project.steps, ALL}:
        return None
    former = former_step(project, percent, others)
    return cumulative_part(project.total, former, percent, rounding)


def former_step(project: Project, percent: Decimal, others: Collection[Decimal]) -> Decimal:
    """Return the highest step below ``percent``, of the agreement or owed already."""
    steps = (step for step in (*project.steps, *others) if step < percent)
    return max(steps, default=Decimal(0))


def deposit_worth(
    project: Project,
    share: Decimal | None = None,
    fixed: Money | None = None,
    rounding: Rounding = Rounding.HALF_UP,
) -> Money:
    """Return a project's deposit: an amount, a percentage of its total, or what its terms say."""
    if fixed is not None:
        return fixed
    terms = project.deposit if share is None else DepositTerms(percent=share)
    if terms is None:
        raise MoneyError("the agreement has no terms for a deposit")
    return deposit_net(project.total, terms, rounding)
