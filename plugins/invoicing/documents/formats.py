"""Write exact amounts, days and addresses the way the client's language does."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from unicodedata import bidirectional

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_decimal

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, plain

NBSP = "\N{NO-BREAK SPACE}"
_THIN_SPACE = "\N{THIN SPACE}"
_CITY_FIRST = frozenset({"AU", "CA", "GB", "IE", "NZ", "US"})


class Formats:
    """The conventions of one language; every figure arrives as exact text and leaves exact."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        pattern = str(locale.decimal_formats[None].pattern)
        self._whole = pattern.partition(".")[0]
        currency = str(locale.currency_formats["standard"].pattern)
        self._code_first = currency.partition(";")[0].lstrip().startswith("¤")

    def amount(self, money: dict[str, str]) -> str:
        """Write an amount with the digits of its currency, which is named elsewhere."""
        value = Money(Decimal(money["amount"]), money["currency"])
        if value.rounded() != value:
            raise MoneyError(f"{value} is finer than its currency can pay; print it as a price")
        return self._number(value.amount, _digits(value))

    def minus(self, money: dict[str, str]) -> str:
        """Write an amount that is taken off."""
        negated = -Money(Decimal(money["amount"]), money["currency"])
        return self.amount({**money, "amount": plain(negated.amount)})

    def price(self, money: dict[str, str]) -> str:
        """Write a unit price: the digits of its currency, and further ones where it has them."""
        value = Money(Decimal(money["amount"]), money["currency"])
        return self._number(value.amount, _digits(value))

    def money(self, money: dict[str, str]) -> str:
        """Write an amount with its ISO code: a symbol such as $ means many currencies."""
        amount, code = self.amount(money), money["currency"]
        return f"{code}{NBSP}{amount}" if self._code_first else f"{amount}{NBSP}{code}"

    def quantity(self, number: str) -> str:
        """Write a number without trailing zeros: 8, 7.5."""
        return self._number(Decimal(number), 0)

    def percent(self, number: str) -> str:
        """Write a rate given in percent: 19 becomes ``19 %`` in German, ``19%`` in English."""
        spaced = str(self._locale.percent_formats[None].pattern)[:-1].endswith(NBSP)
        return f"{self.quantity(number)}{NBSP if spaced else ''}%"

    def day(self, iso: str) -> str:
        """Write a day with the month's name, so that nobody confuses day and month."""
        return format_date(date.fromisoformat(iso), "long", locale=self._locale)

    def short_day(self, iso: str) -> str:
        """Write a day for a narrow column, as short as the language does without doubt."""
        return format_date(date.fromisoformat(iso), "medium", locale=self._locale)

    def hours(self, minutes: str) -> str:
        """Write worked time as hours and minutes, exactly: 90 becomes 1:30."""
        value = Decimal(minutes)
        whole, rest = divmod(abs(value), 60)
        sign = "-" if value < 0 else ""
        digits = self.quantity(plain(rest))
        return f"{sign}{self.quantity(plain(whole))}:{'0' if rest < 10 else ''}{digits}"

    def plural(self, number: str) -> str:
        """Name the plural form that the language uses with a number: one, few, other, ..."""
        return str(self._locale.plural_form(abs(Decimal(number))))

    def period(self, period: dict[str, str]) -> str:
        """Write a stretch of days; what both ends share stands once where the language does so."""
        starts_on, ends_on = (date.fromisoformat(period[end]) for end in ("starts_on", "ends_on"))
        written = format_interval(starts_on, ends_on, "yMMMd", locale=self._locale)
        return written.replace(_THIN_SPACE, " ")  # few fonts have one

    def address(self, address: dict[str, str]) -> list[str]:
        """Return the lines of an address as the post of its country wants them."""
        country = address["country"]
        lines = [address["street"], *_place(address)]
        lines.append(self._locale.territories.get(country, country))
        return [line for line in lines if line]

    def _number(self, value: Decimal, least: int) -> str:
        """Write all digits that a number has, and zeros where it has fewer than ``least``."""
        # Not more than it has: Babel rounds to the pattern with the 28 digits of its context.
        most = max(least, len(plain(value).partition(".")[2].rstrip("0")))
        fraction = "0" * least + "#" * (most - least)
        pattern = f"{self._whole}.{fraction}" if most else self._whole
        return format_decimal(value, format=pattern, locale=self._locale)


def _place(address: dict[str, str]) -> list[str]:
    city, code, region = address["city"], address["postal_code"], address["region"]
    if address["country"] in _CITY_FIRST:
        place = " ".join(part for part in (region, code) if part)
        return [", ".join(part for part in (city, place) if part)]
    return [" ".join(part for part in (code, city) if part), region]


def _digits(value: Money) -> int:
    return max(0, -int(value.minor_unit.as_tuple().exponent))


def added(numbers: Iterable[str]) -> str:
    """Add exact numbers up."""
    return plain(sum((Decimal(number) for number in numbers), Decimal(0)))


def direction(text: str) -> str:
    """Tell whether a text runs from the left or the right, by its first letter that says so."""
    for char in text:
        kind = bidirectional(char)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def grouped(account: str) -> str:
    """Write an IBAN in groups of four, as people read it out and type it in."""
    compact = "".join(account.split())
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))
