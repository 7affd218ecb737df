"""Discounts and charges: what is taken off, or put on, besides the lines."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.money import Money, plain


class Spread(StrEnum):
    """How a discount on the document reaches the tax groups.

    ``per_group`` takes its percentage off each group and rounds each; ``pro_rata`` splits one
    amount by the largest remainder.
    """

    PER_GROUP = "per_group"
    PRO_RATA = "pro_rata"


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount on the whole document: a percentage or an amount, with the reason for it.

    ``approved_by`` names who granted it; empty means that nobody did, and a person is asked.
    ``tax_code`` and ``tax_percent`` limit it to what is taxed so; without them it is on everything.
    """

    reason: str
    percent: Decimal | None = None
    amount: Money | None = None
    spread: Spread = Spread.PER_GROUP
    approved_by: str = ""
    tax_code: str = ""
    tax_percent: Decimal | None = None

    def covers(self, code: str, percent: Decimal) -> bool:
        """Tell whether it is on what is taxed with this code at this rate."""
        return self.tax_code in {"", code} and self.tax_percent in {None, percent}

    @property
    def scope(self) -> str:
        """What it is limited to, in words such as ``what is taxed as S 7 %``; empty without."""
        if not self.tax_code and self.tax_percent is None:
            return ""
        percent = "" if self.tax_percent is None else f"{plain(self.tax_percent)} %"
        return f"what is taxed as {f'{self.tax_code} {percent}'.strip()}"
