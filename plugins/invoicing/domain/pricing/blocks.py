"""Blocks: hours that are paid for already, what is used beyond them, and what rolls over."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class HoursUse:
    """What a period allowed, what was used beyond it, and what the next period gets on top."""

    allowance: Decimal
    overage: Decimal
    carried_out: Decimal


def use_hours(
    included: Decimal,
    used: Decimal,
    carried_in: Decimal = _NONE,
    rollover_max: Decimal = _NONE,
) -> HoursUse:
    """Use up what is included and carried in; what is left rolls over, up to ``rollover_max``.

    All four are in the same unit, hours or minutes.
    """
    for name, value in (
        ("included", included),
        ("used", used),
        ("carried in", carried_in),
        ("allowed to roll over", rollover_max),
    ):
        if not value.is_finite() or value < 0:
            raise MoneyError(f"the hours {name} are {value}; they must be 0 or more")
    allowance = EXACT.add(included, carried_in)
    left = EXACT.subtract(allowance, used)
    if left < 0:
        return HoursUse(allowance, EXACT.minus(left), _NONE)
    return HoursUse(allowance, _NONE, min(left, rollover_max))
