"""Money: a Decimal read from text, an ISO 4217 currency, and one rounding rule."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError

ROUNDING = "half_up"  # half away from zero; reproduces the public reference invoices to the cent
_TEXT = re.compile(r"(?P<amount>-?\d{1,30}(?:\.\d{1,10})?) (?P<currency>[A-Z]{3})", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,20})?", re.ASCII)
# The usual 28 digits would round a long product before the rule does, and any code of the process
# may change them. These hold every product of numbers read here to the last digit.
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
_MINOR_DIGITS = 18  # what always fits the ledger's 64-bit integers


def number(text: str) -> Decimal:
    """Read a plain decimal number such as ``-12.50``; no exponent, no separators, no NaN."""
    if not _NUMBER.fullmatch(text):
        raise MoneyError(f"{text!r} is not a plain decimal number; write it like 1234.50")
    return Decimal(text)


def plain(value: Decimal) -> str:
    """Write a number without exponent, so that it reads the same in every database and document."""
    return format(value, "f")


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency; two currencies never mix."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise MoneyError(f"money needs a Decimal, got {type(self.amount).__name__}")
        if not self.amount.is_finite():
            raise MoneyError(f"{self.amount} is not an amount of money")
        if self.currency not in MINOR_UNITS:
            raise MoneyError(f"{self.currency!r} is not an ISO 4217 currency with minor units")
        if self.amount and self.amount.adjusted() >= _MINOR_DIGITS - MINOR_UNITS[self.currency]:
            raise MoneyError(f"{self} is more money than an invoice can be about")

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
        return cls(Decimal(0), currency).rounded()

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> "Money":
        """Return the amount that ``minor`` minor units (cents) make."""
        unit = cls(Decimal(0), currency).minor_unit
        return cls(_EXACT.multiply(Decimal(minor), unit), currency)

    @property
    def minor_unit(self) -> Decimal:
        """The smallest amount of the currency: 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
        return Decimal(1).scaleb(-MINOR_UNITS[self.currency])

    @property
    def minor(self) -> int:
        """The amount in minor units; refuses an amount that is finer than them."""
        units = _EXACT.divide(self.amount, self.minor_unit)
        if units != units.to_integral_value():
            raise MoneyError(f"{self} is finer than the minor unit {self.minor_unit}")
        return int(units)

    def rounded(self) -> "Money":
        """Round half away from zero to the minor unit."""
        rounded = _EXACT.quantize(self.amount, self.minor_unit)
        return Money(_EXACT.plus(rounded), self.currency)  # plus: never -0.00

    def times(self, factor: Decimal) -> "Money":
        """Multiply without rounding; round the result once, where the rule says so."""
        return Money(_EXACT.multiply(self.amount, factor), self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(_EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(_EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __neg__(self) -> "Money":
        return Money(_EXACT.minus(self.amount), self.currency)

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
            raise MoneyError(f"{self} and {other} are of two currencies and cannot be combined")
        return other.amount


def total(parts: Iterable[Money], currency: str) -> Money:
    """Add up ``parts``; nothing to add is zero of ``currency``."""
    return sum(parts, Money.zero(currency))
