"""Deposits: what is asked for ahead of a project."""

from decimal import Decimal

from invoicing.domain.agreements import DepositTerms
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import ROUNDING, Money, Rounding, percent_of


def deposit_net(whole: Money, terms: DepositTerms, rounding: Rounding = ROUNDING) -> Money:
    """Return the deposit on a project that costs ``whole``, before tax."""
    match terms.percent, terms.amount:
        case Decimal() as percent, None:
            deposit = percent_of(whole, percent, rounding)
        case None, Money() as amount:
            deposit = amount.rounded(rounding)
        case _:
            raise MoneyError("a deposit is either a percentage or an amount; write one of them")
    if not Money.zero(whole.currency) <= deposit <= whole:
        raise MoneyError(f"a deposit of {deposit} is not between nothing and the whole, {whole}")
    return deposit
