"""Progress: milestones done, steps of progress passed, and projects completed."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from invoicing.domain.agreements import Project
from invoicing.domain.deciding.case import Case, Owing, bill, known
from invoicing.domain.deciding.contradictions import contradiction
from invoicing.domain.drafting.worth import milestone_worth
from invoicing.domain.money import plain, total
from invoicing.domain.obligations import Decision, Hold, Ignore
from invoicing.domain.work import Work, WorkItem

_ALL = Decimal(100)


def decide_milestone(case: Case, project: Project) -> Decision:
    """Bill the milestone that was done, once, however often it is opened and done again."""
    unit = case.event.subject
    worth = milestone_worth(project, unit, case.rounding)
    if worth is None:
        where = f"agreement {case.agreement.key} in config/agreements.yaml"
        return Hold("milestone_unknown", f"{where} has no milestone {unit!r}")
    if held := contradiction(case, [unit], (worth, f"milestone {unit}")):
        return held
    if case.is_owed(unit):
        return known(case, unit)
    titles = (one.description for one in project.milestones if one.key == unit)
    return bill(case, Owing(unit, _came_along(case), title=next(titles)))


def decide_steps(case: Case, project: Project) -> Decision:
    """Bill every step that the progress has passed, also those that it jumped over."""
    progress = case.event.progress
    if progress is None:
        said = f"{case.event.source} did not say how far {case.event.subject} is"
        return Hold("nothing_to_bill", said)
    if held := contradiction(case, (), (project.total, f"total of {case.agreement.key}")):
        return held
    steps = _steps(project)
    if not steps:
        return Ignore(f"agreement {case.agreement.key} is billed by milestones, not by progress")
    crossed = {unit: title for unit, title in steps.items() if _percent(unit) <= progress}
    if not crossed:
        first = plain(_percent(next(iter(steps))))
        return Ignore(f"{plain(progress)} % done, and the first step is at {first} %")
    return _bill_open(case, crossed)


def decide_closing(case: Case, project: Project) -> Decision:
    """Bill what is left of a project, on one invoice."""
    if held := contradiction(case, (), (project.total, f"total of {case.agreement.key}")):
        return held
    if project.milestones and (held := _falls_short(case, project)):
        return held
    return _bill_open(case, closing_units(project), bundle=f"closing:{case.event.subject}")


def closing_units(project: Project) -> Mapping[str, str]:
    """Return the units that complete a project, with their titles."""
    if project.milestones:
        return {one.key: one.description for one in project.milestones}
    # A project is billed to the end, even if its last step is short of it.
    return _steps(project) | {_unit(_ALL): _title(_ALL)}


def _bill_open(case: Case, units: Mapping[str, str], bundle: str = "") -> Decision:
    owings = [
        Owing(unit, title=title, subject=unit, bundle=bundle)
        for unit, title in units.items()
        if not case.is_owed(unit)
    ]
    if not owings:
        return known(case, list(units)[-1])
    return bill(case, replace(owings[0], work=_came_along(case)), *owings[1:])


def _came_along(case: Case) -> tuple[Work, ...]:
    """Return what is billed besides the fixed price, and the hours that it covers.

    Lines are the source's own story of that price, which was compared with the agreement's.
    """
    return tuple(one for one in case.work if not isinstance(one, WorkItem))


def _falls_short(case: Case, project: Project) -> Hold | None:
    """Return the question to a person when the milestones are not the whole of a project."""
    keys = (one.key for one in project.milestones)
    worths = (milestone_worth(project, key, case.rounding) for key in keys)
    whole = total((one for one in worths if one is not None), project.total.currency)
    if whole == project.total:
        return None
    key = case.agreement.key
    return Hold(
        "amounts_disagree",
        f"amounts disagree: the milestones of {key} come to {whole}, but its total is"
        f" {project.total} (both config/agreements.yaml); its end is not billed until they agree",
    )


def _steps(project: Project) -> dict[str, str]:
    """Return the units of a project's steps with their titles; without any, all at the end."""
    steps = () if project.milestones else project.steps or (_ALL,)
    return {_unit(step): _title(step) for step in steps}


def _unit(step: Decimal) -> str:
    return f"step:{plain(step.normalize())}"


def _percent(unit: str) -> Decimal:
    return Decimal(unit.removeprefix("step:"))


def _title(step: Decimal) -> str:
    return f"{plain(step.normalize())} % of the project"
