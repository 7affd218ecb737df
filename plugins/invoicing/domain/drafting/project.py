"""Project: milestones, steps of progress, and change orders of a fixed price."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from invoicing.domain.agreements import Project
from invoicing.domain.draft import Draft, Line
from invoicing.domain.drafting.items import add_work, no_hours
from invoicing.domain.drafting.sheet import ONE, HeldError, Sheet
from invoicing.domain.drafting.worth import milestone_worth, step_worth, takes_the_rest
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money, percent_of, plain, total
from invoicing.domain.work import Cost, SlaBreach, ref_of

STEP = "step:"
OVER_TOTAL = "over_total"
_OWN_LINES = {EventKind.CHANGE_APPROVED, EventKind.ONE_OFF_REQUESTED}


def price_project(sheet: Sheet, pricing: Project) -> None:
    """Write what a milestone or step is worth; change orders and one-off requests bring lines."""
    work = sheet.obligation.work
    if sheet.obligation.kind in _OWN_LINES:
        no_hours(sheet)
        add_work(sheet, work)
        return
    text, worth, how = _worth(sheet, pricing)
    outlays = tuple(one for one in work if isinstance(one, Cost | SlaBreach))
    done = (ref_of(one) for one in work if one not in outlays)
    net = worth.rounded(sheet.rounding)
    sheet.add(text, ONE, "item", worth, net, how, records=(sheet.own_ref(), *done))
    add_work(sheet, outlays)


def check_total(sheet: Sheet, pricing: Project, units: Sequence[str]) -> None:
    """Refuse to bill more than the total, however milestones and steps were edited meanwhile.

    Change orders, requests and outlays come on top of the total, deposits are a part of it.
    """
    currency = sheet.client.currency
    drafts = [one.draft for one in sheet.earlier if not one.draft.is_deposit]
    before = total((line.net for one in drafts for line in _of_total(sheet, one)), currency)
    here = total((line.net for line in _billing(sheet, sheet.lines, units)), currency)
    if here.amount > 0 and before + here > pricing.total:
        raise HeldError(
            OVER_TOTAL,
            f"{before} of {sheet.agreement.key} are billed already, so with {here} more it would be"
            f" above its total of {pricing.total}; its milestones or steps were edited after some"
            " of them were billed",
        )


def _of_total(sheet: Sheet, draft: Draft) -> Iterator[Line]:
    return _billing(sheet, draft.lines, [key.unit for key in draft.obligations])


def _billing(sheet: Sheet, lines: Sequence[Line], units: Sequence[str]) -> Iterator[Line]:
    """Yield the lines that bill milestones and steps themselves."""
    own = {f"{sheet.agreement.key}:{unit}" for unit in units}
    return (
        line
        for line in lines
        if line.net.amount > 0 and any(ref.record_id in own for ref in line.records)
    )


def _worth(sheet: Sheet, pricing: Project) -> tuple[str, Money, str]:
    unit, project = sheet.obligation.key.unit, sheet.agreement.description
    worth = milestone_worth(pricing, unit, sheet.rounding)
    if worth is not None:
        (milestone,) = (one for one in pricing.milestones if one.key == unit)
        how = f"milestone {unit} of {pricing.total}"
        if milestone.value is None and milestone.percent is not None:
            how = f"{plain(milestone.percent)} % of {pricing.total}"
        if takes_the_rest(pricing, unit):
            how += ", the last part takes the rest"
        text = sheet.say("milestone", project=project, milestone=milestone.description)
        return text, worth, how
    percent = step_of(unit)
    if percent is not None:
        billed = dict(_billed_steps(sheet))
        worth = step_worth(pricing, percent, sheet.rounding, [*_owed_steps(sheet), *billed])
        if worth is not None:
            how = f"{plain(percent)} % of {pricing.total} is done, less what the former steps"
            left = _left(sheet, pricing, percent, worth)
            how += f" billed ({worth - left} of it by later ones)" if left != worth else " billed"
            return sheet.say("percent_done", project=project, percent=percent), left, how
    raise HeldError(
        "not_computable",
        f"agreement {sheet.agreement.key} has no milestone and no step {unit!r} (any more)",
    )


def _owed_steps(sheet: Sheet) -> Iterator[Decimal]:
    for unit in sheet.standing.owed:
        if (percent := step_of(unit)) is not None:
            yield percent


def _billed_steps(sheet: Sheet) -> Iterator[tuple[Decimal, Money]]:
    """Yield each step that is billed, here or on another invoice, with what was billed for it."""
    own, found = f"{sheet.agreement.key}:", [*sheet.lines]
    found += [line for one in sheet.earlier for line in one.draft.lines]
    for line in found:
        for ref in line.records:
            if ref.record_id.startswith(own) and line.net.amount > 0:
                percent = step_of(ref.record_id.removeprefix(own))
                if percent is not None:
                    yield percent, line.net


def _left(sheet: Sheet, pricing: Project, percent: Decimal, worth: Money) -> Money:
    """Return what of a step's worth no higher step billed: they may have been agreed before it."""
    top = percent_of(pricing.total, percent, sheet.rounding)
    left = worth
    for step, net in _billed_steps(sheet):
        if step > percent:
            # A higher step billed everything from here up to itself.
            bottom = percent_of(pricing.total, step, sheet.rounding) - net
            left = min(left, max(bottom - (top - worth), Money.zero(worth.currency)))
    if not left.amount and worth.amount:
        raise HeldError(
            OVER_TOTAL,
            f"{plain(percent)} % of {sheet.agreement.key} is billed already, with a higher step;"
            " its steps were edited meanwhile",
        )
    return left


def step_of(unit: str) -> Decimal | None:
    """Return the percentage that a step's unit names, or None when it names no step."""
    if not unit.startswith(STEP):
        return None
    try:
        return Decimal(unit.removeprefix(STEP))
    except InvalidOperation:
        return None
