"""Shares: a deposit, or another part of a whole, with one line for each tax rate of the whole."""

from collections.abc import Sequence
from decimal import Decimal

from invoicing.domain.agreements import Project
from invoicing.domain.discounts import Discount
from invoicing.domain.drafting.applied import applied, on_lines
from invoicing.domain.drafting.frame import price_work
from invoicing.domain.drafting.sheet import ONE, HeldError, Sheet
from invoicing.domain.drafting.worth import deposit_worth
from invoicing.domain.money import Money, percent_of, plain, split_by_weight
from invoicing.domain.obligations import Obligation
from invoicing.domain.tax import TaxRate
from invoicing.domain.totals import Extras, Policy, compute_sums


def is_part(obligation: Obligation) -> bool:
    """Tell whether an obligation bills a part of a whole: a deposit, a share or a fixed amount."""
    return obligation.is_deposit or obligation.share is not None or obligation.fixed is not None


def price_part(sheet: Sheet, policy: Policy, discounts: Sequence[Discount]) -> None:
    """Write a line for each tax rate of the whole, saying what it is a part of."""
    match sheet.agreement.pricing:
        case Project() as project:
            _add_deposit(sheet, project)
        case _:
            _add_shares(sheet, policy, discounts)


def _add_deposit(sheet: Sheet, project: Project) -> None:
    share, fixed = sheet.obligation.share, sheet.obligation.fixed
    worth = deposit_worth(project, share, fixed, sheet.rounding)
    percent = project.deposit.percent if share is None and project.deposit else share
    of, words = _part_of(sheet, project.total, None if fixed is not None else percent)
    how = f"the agreed part {of}, 1 x {worth}"
    sheet.add(_named(sheet, words), ONE, "item", worth, worth.rounded(sheet.rounding), how)


def _add_shares(sheet: Sheet, policy: Policy, discounts: Sequence[Discount]) -> None:
    whole = _whole(sheet, policy, discounts)
    for (rate, of), part in zip(whole, _parts(sheet, [net for _, net in whole]), strict=True):
        told, words = _part_of(sheet, of, sheet.obligation.share)
        label = f" ({rate.label})" if len(whole) > 1 else ""
        sheet.add(
            _named(sheet, words) + label, ONE, "item", part, part,
            f"a part {told}, which {len(sheet.obligation.work)} records come to", rate=rate,
        )  # fmt: skip


def _part_of(sheet: Sheet, whole: Money, percent: Decimal | None) -> tuple[str, str]:
    """Say which part of a sum is billed, to a reviewer and to the client."""
    if percent is None:
        return f"of {whole}", sheet.say("of_sum", sum=whole)
    told = f"{plain(percent)} % of {whole}"
    return told, sheet.say("percent_of_sum", percent=percent, sum=whole)


def _named(sheet: Sheet, part: str) -> str:
    title = sheet.obligation.title or sheet.agreement.description
    phrase = "deposit" if sheet.obligation.is_deposit else "part"
    return sheet.say(phrase, what=title, part=part)


def _whole(
    sheet: Sheet, policy: Policy, discounts: Sequence[Discount]
) -> list[tuple[TaxRate, Money]]:
    """Price the work as if all of it were billed now; return what each tax rate has of it."""
    before = len(sheet.lines)
    price_work(sheet)
    lines = sheet.lines[before:]
    del sheet.lines[before:]
    sums = compute_sums([(one.rate, one.net) for one in lines], policy, Extras(tuple(discounts)))
    sheet.whole_discounts += on_lines(lines)
    sheet.whole_discounts += applied(discounts, sums.discounts, sheet.rounded)
    inside = policy.prices_include_tax
    return [each for group in sums.taxes for each in group.amounts(inside=inside)]


def _parts(sheet: Sheet, whole: Sequence[Money]) -> list[Money]:
    share, fixed = sheet.obligation.share, sheet.obligation.fixed
    if fixed is not None:
        sheet.in_currency(fixed, str(sheet.obligation.key))
        return split_by_weight(fixed.rounded(sheet.rounding), [net.amount for net in whole])
    if share is None:
        raise HeldError(
            "not_computable", f"{sheet.obligation.key} is a deposit, but nothing says how much"
        )
    return [percent_of(net, share, sheet.rounding) for net in whole]
