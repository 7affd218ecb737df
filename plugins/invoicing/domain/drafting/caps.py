"""Caps: what goes beyond the most that was agreed is shown on the invoice and taken off again."""

from decimal import Decimal

from invoicing.domain.agreements import Project, TimeAndMaterials
from invoicing.domain.discounts import Discount
from invoicing.domain.draft import CAP_REMAINING, Balance, Draft
from invoicing.domain.drafting.sheet import ONE, Sheet
from invoicing.domain.money import Money, Rounding, ratio, split_by_weight, total
from invoicing.domain.pricing.caps import CapSplit, within_cap
from invoicing.domain.tax import TaxRate
from invoicing.domain.totals import Extras, Policy, compute_sums

CAP_REACHED = "cap_reached"


def limit_to_cap(sheet: Sheet, policy: Policy, discounts: tuple[Discount, ...]) -> None:
    """Take off what the invoice bills beyond the agreement's cap, and note what is left of it.

    What counts is what the client pays for the work: the lines less the discounts on the document.
    """
    match sheet.agreement.pricing:
        case TimeAndMaterials(cap=Money() as cap) | Project(cap=Money() as cap):
            _limit(sheet, cap, policy, discounts)
        case _:
            return


def _limit(sheet: Sheet, cap: Money, policy: Policy, discounts: tuple[Discount, ...]) -> None:
    currency = sheet.client.currency
    billed = total((billed_by(one.draft) for one in sheet.earlier), currency)
    amount = _discounted(sheet, policy, discounts)
    split = within_cap(amount, billed, cap)
    left = split.remaining
    if split.not_billed.amount > 0:
        how = f"{billed} billed before + {amount} here - cap {cap} is not billed"
        now = _take_off(sheet, policy, discounts, split, how)
        left += split.billed - now
        sheet.flags.append(CAP_REACHED)
    sheet.balances.append(Balance(CAP_REMAINING, left.amount, currency))


def _take_off(
    sheet: Sheet, policy: Policy, discounts: tuple[Discount, ...], split: CapSplit, how: str
) -> Money:
    """Write what is not billed, before discounts; return what the invoice comes to after them."""
    lines, over = list(sheet.lines), split.not_billed
    off, is_first = over, True
    while True:
        sheet.lines[:] = lines
        for rate, share in _by_rate(sheet, off):
            sheet.add(
                sheet.say("above_cap"), -ONE, "item", share, -share,
                f"{how}, {share} of it at {rate.label}: -1 x {share}", rate=rate,
            )  # fmt: skip
        now = _discounted(sheet, policy, discounts)
        if now == split.billed or (now < split.billed and not is_first):
            return now
        # Another amount is discounted now. In proportion it fits, but for the cents that discounts
        # lose in rounding: rounded up, it grows until nothing is above the cap.
        is_first = False
        off = ratio(off, over.amount, (split.billed + over - now).amount, Rounding.UP)


def _discounted(sheet: Sheet, policy: Policy, discounts: tuple[Discount, ...]) -> Money:
    """Return what the lines come to less the discounts on the document."""
    if not discounts:
        return total((line.net for line in sheet.lines), sheet.client.currency)
    nets = [(line.rate, line.net) for line in sheet.lines]
    totals = compute_sums(nets, policy, Extras(discounts)).totals
    return totals.sum - totals.discount


def billed_by(draft: Draft) -> Money:
    """Return what counts against a cap: lines less discounts, no deposits and their settlement."""
    if draft.is_deposit:
        return Money.zero(draft.currency)
    lines = (line.net for line in draft.lines if not line.settles_deposit)
    return total(lines, draft.currency) - draft.totals.discount


def _by_rate(sheet: Sheet, whole: Money) -> list[tuple[TaxRate, Money]]:
    """Share an amount out to the rates of the lines, by what each has on the invoice."""
    nets: dict[TaxRate, Decimal] = {}
    for line in sheet.lines:
        nets[line.rate] = nets.get(line.rate, Decimal(0)) + line.net.amount
    rates = [rate for rate, net in nets.items() if net > 0]
    shares = split_by_weight(whole, [nets[rate] for rate in rates])
    return [(rate, share) for rate, share in zip(rates, shares, strict=True) if share.amount]
