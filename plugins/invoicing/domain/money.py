"""Money: a Decimal read from text, an ISO 4217 currency, and named rounding rules."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_05UP,
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from enum import StrEnum
from fractions import Fraction

from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError


class Rounding(StrEnum):
    """A rule for what lies between two minor units; HALF_UP means half away from zero."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    HALF_DOWN = "half_down"
    UP = "up"
    DOWN = "down"
    CEILING = "ceiling"
    FLOOR = "floor"


ROUNDING = Rounding.HALF_UP  # reproduces the public reference invoices to the cent
_TEXT = re.compile(r"(?P<amount>-?\d{1,30}(?:\.\d{1,10})?) (?P<currency>[A-Z]{3})", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,20})?", re.ASCII)
# The usual 28 digits would round a long product before the rule does, and any code of the process
# may change them. These hold every product of numbers read here to the last digit.
EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
# A quotient may have no last digit. ROUND_05UP leaves a trace of what was cut off, so that rounding
# again to fewer digits is the same as rounding once.
_TRACED = Context(prec=200, rounding=ROUND_05UP)
_MODES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_DOWN: ROUND_HALF_DOWN,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.CEILING: ROUND_CEILING,
    Rounding.FLOOR: ROUND_FLOOR,
}
_add, _subtract, _multiply = EXACT.add, EXACT.subtract, EXACT.multiply
_HUNDREDTH = Decimal("0.01")
_MINOR_DIGITS = 18  # what always fits the ledger's 64-bit integers
# Every line of every draft asks for these; computing them anew took longer than the arithmetic.
_UNITS = {code: Decimal(1).scaleb(-digits) for code, digits in MINOR_UNITS.items()}
_LIMITS = {code: Decimal(10 ** (_MINOR_DIGITS - digits)) for code, digits in MINOR_UNITS.items()}


def number(text: str) -> Decimal:
    """Read a plain decimal number such as ``-12.50``; no exponent, no separators, no NaN."""
    if not _NUMBER.fullmatch(text):
        raise MoneyError(f"{text!r} is not a plain decimal number; write it like 1234.50")
    return Decimal(text)


def plain(value: Decimal) -> str:
    """Write a number without exponent, so that it reads the same in every database and document."""
    return format(value, "f")


@dataclass(frozen=True, slots=True, init=False)
class Money:
    """An exact amount in one currency; two currencies never mix."""

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal, currency: str) -> None:
        # Written out: every figure of every draft comes through here, and what a frozen dataclass
        # generates takes half as long again.
        if not isinstance(amount, Decimal):
            raise MoneyError(f"money needs a Decimal, got {type(amount).__name__}")
        if not amount.is_finite():
            raise MoneyError(f"{amount} is not an amount of money")
        limit = _LIMITS.get(currency)
        if limit is None:
            raise MoneyError(f"{currency!r} is not an ISO 4217 currency with minor units")
        if amount.copy_abs() >= limit:
            raise MoneyError(
                f"{plain(amount)} {currency} is more money than an invoice can be about"
            )
        _set_amount(self, amount)
        _set_currency(self, currency)

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Read ``2400.00 EUR``: amount, one space, currency."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise MoneyError(f"{text!r} is not money; write it like 2400.00 EUR")
        return cls(Decimal(found["amount"]), found["currency"])

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, in ``currency``, with the digits of its minor unit."""
        return _ZEROS.get(currency) or cls(Decimal(0), currency)  # an unknown one is refused

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> "Money":
        """Return the amount that ``minor`` minor units (cents) make."""
        unit = cls(Decimal(0), currency).minor_unit
        return cls(EXACT.multiply(Decimal(minor), unit), currency)

    @property
    def minor_unit(self) -> Decimal:
        """The smallest amount of the currency: 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
        return _UNITS[self.currency]

    @property
    def minor(self) -> int:
        """The amount in minor units; refuses an amount that is finer than them."""
        units = self.amount.scaleb(MINOR_UNITS[self.currency], EXACT)
        whole = int(units)
        if units != whole:
            raise MoneyError(f"{self} is finer than the minor unit {self.minor_unit}")
        return whole

    def rounded(self, rounding: Rounding = ROUNDING) -> "Money":
        """Round to the minor unit; the usual rule is half away from zero."""
        amount = self.amount.quantize(_UNITS[self.currency], _MODES[rounding], EXACT)
        return Money(amount if amount else amount.copy_abs(), self.currency)  # never -0.00

    def product(self, factor: Decimal, rounding: Rounding = ROUNDING) -> "Money":
        """Multiply and round once; as ``times(factor).rounded(rounding)``, but faster."""
        exact = _multiply(self.amount, factor)
        amount = exact.quantize(_UNITS[self.currency], _MODES[rounding], EXACT)
        return Money(amount if amount else amount.copy_abs(), self.currency)

    def times(self, factor: Decimal) -> "Money":
        """Multiply without rounding; round the result once, where the rule says so."""
        return Money(_multiply(self.amount, factor), self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(_add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(_subtract(self.amount, self._same(other)), self.currency)

    def __neg__(self) -> "Money":
        return Money(EXACT.minus(self.amount), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{plain(self.amount)} {self.currency}"

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise MoneyError(_mixed(self, other))
        return other.amount


def _mixed(one: Money, other: Money) -> str:
    return f"{one} and {other} are of two currencies and cannot be combined"


_set_amount: Callable[[Money, Decimal], None] = vars(Money)["amount"].__set__
_set_currency: Callable[[Money, str], None] = vars(Money)["currency"].__set__
_ZEROS = {code: Money(Decimal(0), code).rounded() for code in MINOR_UNITS}


def total(parts: Iterable[Money], currency: str) -> Money:
    """Add up ``parts``; nothing to add is zero of ``currency``."""
    whole = Money.zero(currency)
    amount = whole.amount
    for part in parts:
        if part.currency != currency:
            raise MoneyError(_mixed(whole, part))
        amount = _add(amount, part.amount)
    return Money(amount, currency)


def ratio(
    money: Money, numerator: Decimal, denominator: Decimal, rounding: Rounding = ROUNDING
) -> Money:
    """Return ``money * numerator / denominator``, rounded once to the minor unit.

    The quotient is never cut before the rule sees it: a third of a cent stays below a tie, and an
    exact half stays a tie.
    """
    if not denominator:
        raise MoneyError(f"{money} cannot be divided by zero; give the whole that it is a part of")
    product = EXACT.multiply(money.amount, numerator)
    return Money(_TRACED.divide(product, denominator), money.currency).rounded(rounding)


def percent_of(money: Money, percent: Decimal, rounding: Rounding = ROUNDING) -> Money:
    """Return ``percent`` per cent of ``money``, rounded once."""
    # As exact as a division by 100, and faster.
    return money.product(_multiply(percent, _HUNDREDTH), rounding)


def split_by_weight(whole: Money, weights: Sequence[Decimal]) -> list[Money]:
    """Share ``whole`` out in proportion to ``weights``, to the last minor unit.

    Rounding each share on its own would lose or invent cents, so every share is cut down and the
    cents left over go to the largest remainders, the earlier share first when two are equal.
    Nothing makes shares of nothing, whatever the weights. Weights below zero count by their size,
    as long as none is above zero.
    """
    if not whole.amount:
        return [Money.zero(whole.currency) for _ in weights]
    if not any(weights) or min(weights) < 0 < max(weights):
        listed = ", ".join(map(plain, weights)) or "none"
        raise MoneyError(f"weights must have one sign and not all be zero; these are {listed}")
    sign = -1 if whole.amount < 0 else 1
    exact_weights = [abs(Fraction(weight)) for weight in weights]
    unit_share = abs(whole.minor) / sum(exact_weights, Fraction(0))
    exact = [unit_share * weight for weight in exact_weights]
    shares = [int(share) for share in exact]
    left_over = abs(whole.minor) - sum(shares)
    by_remainder = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:left_over]:
        shares[place] += 1
    return [Money.of_minor(sign * share, whole.currency) for share in shares]


def share_out(whole: Money, parts: Sequence[Money]) -> list[Money]:
    """Share ``whole`` out over amounts by their size, to the last minor unit.

    Amounts below zero among others get nothing: what is taken off an invoice comes off its sales,
    not off a rebate. Where all are below zero, as in a correction, their sizes count.
    """
    weights = [part.amount for part in parts]
    if any(weight > 0 for weight in weights):
        weights = [weight if weight > 0 else Decimal(0) for weight in weights]
    return split_by_weight(whole, weights)
