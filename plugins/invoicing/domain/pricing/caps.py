"""Caps: the most that is billed in all, and the least that is billed in a period."""

from dataclasses import dataclass

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money


@dataclass(frozen=True, slots=True)
class CapSplit:
    """What of an amount is billed, what is not, and what the cap leaves for later."""

    billed: Money
    not_billed: Money
    remaining: Money


def within_cap(amount: Money, billed: Money, cap: Money) -> CapSplit:
    """Bill ``amount`` as far as ``cap`` allows after what was ``billed`` before.

    A credit (an amount below zero) is billed whole and makes room again.
    """
    nothing = Money.zero(cap.currency)
    if cap < nothing:
        raise MoneyError(f"a cap of {cap} is below zero; write the most that may be billed")
    room = max(cap - billed, nothing)
    now = min(amount, room)
    return CapSplit(now, amount - now, max(cap - billed - now, nothing))


def true_up(usage: Money, minimum: Money) -> Money:
    """Return what is missing from ``usage`` to the agreed ``minimum``; nothing when none is."""
    nothing = Money.zero(minimum.currency)
    if minimum < nothing:
        raise MoneyError(f"a minimum of {minimum} is below zero; write the least that is billed")
    return max(minimum - usage, nothing)
