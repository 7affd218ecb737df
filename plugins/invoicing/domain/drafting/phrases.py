"""Phrases: the words of lines that nobody wrote down, in the language of the client.

A line is frozen with its invoice and stands in the e-invoice as well, so its words are chosen when
it is drafted, not when it is printed. What a language has no phrase for is said in English.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from invoicing.domain.money import Money, plain
from invoicing.domain.periods import Period

ENGLISH: Mapping[str, str] = {
    "decimal_sign": ".",
    "thousands_sign": "",
    "day": "%(year)04d-%(month)02d-%(day)02d",
    "period": "%(first)s to %(last)s",
    "and": "%(before)s and %(after)s",
    "of_sum": "of %(sum)s",
    "percent_of_sum": "%(percent)s %% of %(sum)s",
    "hours": "Hours",
    "hours_of_role": "Hours, %(role)s",
    "hours_within_fee": "Hours within the fee",
    "hours_within_fee_late": "Hours within the fee, %(period)s",
    "hours_beyond_fee": "Hours beyond the fee",
    "hours_beyond_fee_late": "Hours beyond the fee, %(period)s",
    "hours_at_new_price": "Hours billed before, at the new price",
    "hours_at_old_price": "Hours billed before, at the old price",
    "hours_in_advance": "%(what)s, %(hours)s hours in advance",
    "minimum": "Minimum, %(period)s",
    "in_period": "%(what)s, %(period)s",
    "old_fee": "Old fee, %(period)s",
    "new_fee": "New fee, %(period)s",
    "instalment": "%(what)s, instalment %(number)d of %(count)d",
    "milestone": "%(project)s: %(milestone)s",
    "percent_done": "%(project)s: %(percent)s %% done",
    "part": "%(what)s: %(part)s",
    "deposit": "Deposit, %(what)s: %(part)s",
    "charged_already": "Charged already: %(what)s",
    "above_cap": "Not billed: above the agreed cap",
}


class Phrases:
    """The phrases of one language; ``own`` are those it has."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self._patterns = ENGLISH if own is None else {**ENGLISH, **own}

    def say(self, phrase: str, **facts: object) -> str:
        """Fill a phrase; a pattern that cannot take these facts is said in English."""
        told = {name: self._written(fact) for name, fact in facts.items()}
        try:
            return self._patterns[phrase] % told
        except (KeyError, TypeError, ValueError):
            return ENGLISH[phrase] % told

    def stretches(self, periods: Iterable[Period]) -> str:
        """Name stretches of days."""
        named = [self._written(one) for one in periods]
        told = str(named[0])
        for one in named[1:]:
            told = self.say("and", before=told, after=one)
        return told

    def _written(self, fact: object) -> object:
        match fact:
            case Period():
                first, last = self._day(fact.starts_on), self._day(fact.ends_on)
                return self.say("period", first=first, last=last)
            case Decimal():
                return self._number(plain(fact))
            case Money():
                return f"{self._number(plain(fact.amount))} {fact.currency}"
            case _:
                return fact

    def _day(self, day: date) -> str:
        return self.say("day", year=day.year, month=day.month, day=day.day)

    def _number(self, text: str) -> str:
        whole, _, fraction = text.partition(".")
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        grouped = f"{int(digits):,}".replace(",", self._patterns["thousands_sign"])
        rest = f"{self._patterns['decimal_sign']}{fraction}" if fraction else ""
        return f"{sign}{grouped}{rest}"
