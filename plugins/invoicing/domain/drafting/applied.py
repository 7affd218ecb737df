"""Applied: what a discount on the document came to, and who granted it."""

from collections.abc import Iterator, Sequence

from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.draft import AppliedDiscount, Line
from invoicing.domain.money import Money, plain


def applied(
    discounts: Sequence[Discount], amounts: Sequence[Money], rounded: str
) -> Iterator[AppliedDiscount]:
    """Say of each discount on the document what it came to; ``rounded`` names the rule."""
    for discount, amount in zip(discounts, amounts, strict=True):
        what = str(discount.amount) if discount.percent is None else f"{plain(discount.percent)} %"
        spread = "shared out to the tax groups by the largest remainder"
        if discount.spread is Spread.PER_GROUP:
            spread = f"off each tax group, each {rounded}"
        granted = (
            f"granted by {discount.approved_by}" if discount.approved_by else "not granted yet"
        )
        scope = f"{discount.scope}, " if discount.scope else ""
        text = f"{scope}{what} {spread} = {amount}; {discount.reason}, {granted}"
        yield AppliedDiscount(discount, amount, text)


def on_lines(lines: Sequence[Line]) -> Iterator[AppliedDiscount]:
    """Say the same of discounts on lines that will not be on the document."""
    for line in lines:
        if line.discount is not None:
            discount = Discount(line.description, percent=line.discount_percent)
            yield AppliedDiscount(discount, line.discount, line.explanation)
