"""The kinds of fields in config/: how each is read, and what an editor should expect of it."""

from collections.abc import Collection, Iterable
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from invoicing.config import readers, readers_company, readers_numbers, readers_time
from invoicing.config.countries import COUNTRIES
from invoicing.domain.agreements import DepositStyle, Increment, Proration, TierMode
from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.events import EventKind
from invoicing.domain.follow_up import Anchor, Audience
from invoicing.domain.money import Money, Rounding
from invoicing.domain.parties import Channel, EInvoice, Mode, Paper, Reset, TaxRounding
from invoicing.domain.periods import Cycle
from invoicing.domain.rules import EVENTS_OF_MODEL, Model
from invoicing.domain.terms import Terms


def _texts(title: str, *examples: str, pattern: str = "") -> WithJsonSchema:
    found = {"title": title, "type": "string"}
    shape = {"pattern": pattern} if pattern else {}
    return WithJsonSchema({**found, **shape, **({"examples": [*examples]} if examples else {})})


def _numbers(title: str, **limits: int) -> WithJsonSchema:
    return WithJsonSchema({"title": title, "type": "number", **limits})


def _words(known: Iterable[StrEnum]) -> WithJsonSchema:
    words = [member.value for member in known]
    return WithJsonSchema({"title": "word", "type": "string", "enum": words})


def _one_of(known: Collection[StrEnum]) -> PlainValidator:
    return PlainValidator(partial(readers.read_choice, known))


def _whole(low: int, high: int) -> PlainValidator:
    return PlainValidator(partial(readers_numbers.read_whole, low, high))


def _whole_numbers(low: int, high: int) -> WithJsonSchema:
    limits = {"minimum": low, "maximum": high}
    return WithJsonSchema({"title": "whole number", "type": "integer", **limits})


# Texts. An editor sees `postal_code: 02210` as a number; here it is text like everything else.
_TEXT = {"title": "text", "type": ["string", "number"]}
_read_line, _LINE = PlainValidator(readers.read_line), WithJsonSchema(_TEXT)
Line = Annotated[str, _read_line, _LINE]
OptionalLine = Annotated[str | None, _read_line, _LINE]
ShortLine = Annotated[
    str,
    PlainValidator(readers.read_short_line),
    WithJsonSchema({**_TEXT, "title": "short text", "maxLength": 200}),
]
_read_key = PlainValidator(readers.read_key)
_KEY = _texts("key", pattern="^[a-z0-9][a-z0-9_-]{0,62}$")
Key = Annotated[str, _read_key, _KEY]
OptionalKey = Annotated[str | None, _read_key, _KEY]
SeriesName = Annotated[
    str,
    PlainValidator(readers.read_series),
    WithJsonSchema({**_TEXT, "title": "series name"}),
]
_read_login = PlainValidator(readers.read_login)
_LOGIN = WithJsonSchema({**_TEXT, "title": "login"})
Login = Annotated[str, _read_login, _LOGIN]
OptionalLogin = Annotated[str | None, _read_login, _LOGIN]
_read_email = PlainValidator(readers.read_email)
_EMAIL = WithJsonSchema({"title": "mail address", "type": "string", "format": "email"})
Email = Annotated[str, _read_email, _EMAIL]
OptionalEmail = Annotated[str | None, _read_email, _EMAIL]

# Flags, numbers and money.
_read_flag = PlainValidator(readers.read_flag)
_FLAG = WithJsonSchema({"title": "flag", "type": "boolean"})
Flag = Annotated[bool, _read_flag, _FLAG]
OptionalFlag = Annotated[bool | None, _read_flag, _FLAG]
Count = Annotated[int, _whole(1, 100_000), _whole_numbers(1, 100_000)]
Whole = Annotated[int, _whole(0, 100_000), _whole_numbers(0, 100_000)]
_read_percent = PlainValidator(readers_numbers.read_percent)
_PERCENT = _numbers("percent", minimum=0, maximum=100)
Percent = Annotated[Decimal, _read_percent, _PERCENT]
OptionalPercent = Annotated[Decimal | None, _read_percent, _PERCENT]
_read_positive_percent = PlainValidator(readers_numbers.read_positive_percent)
_POSITIVE_PERCENT = _numbers("percent above zero", exclusiveMinimum=0, maximum=100)
PositivePercent = Annotated[Decimal, _read_positive_percent, _POSITIVE_PERCENT]
OptionalPositivePercent = Annotated[Decimal | None, _read_positive_percent, _POSITIVE_PERCENT]
MarkupPercent = Annotated[
    Decimal,
    PlainValidator(readers_numbers.read_markup),
    _numbers("percent on top", minimum=0, maximum=1000),
]
_read_hours, _HOURS = PlainValidator(readers_numbers.read_hours), _numbers("hours", minimum=0)
HoursNumber = Annotated[Decimal, _read_hours, _HOURS]
OptionalHoursNumber = Annotated[Decimal | None, _read_hours, _HOURS]
_read_quantity = PlainValidator(partial(readers_numbers.read_positive, "a quantity"))
_QUANTITY = _numbers("quantity", exclusiveMinimum=0)
Quantity = Annotated[Decimal, _read_quantity, _QUANTITY]
OptionalQuantity = Annotated[Decimal | None, _read_quantity, _QUANTITY]
_read_positive = PlainValidator(partial(readers_numbers.read_positive, "a number above zero"))
_POSITIVE = _numbers("number", exclusiveMinimum=0)
PositiveNumber = Annotated[Decimal, _read_positive, _POSITIVE]
OptionalPositiveNumber = Annotated[Decimal | None, _read_positive, _POSITIVE]
_read_money = PlainValidator(readers_numbers.read_money)
_MONEY_SHAPE = r"^(0|[1-9]\d*)(\.\d+)? [A-Z]{3}$"
_MONEY = _texts("money", "2400.00 EUR", pattern=_MONEY_SHAPE)
MoneyText = Annotated[Money, _read_money, _MONEY]
OptionalMoneyText = Annotated[Money | None, _read_money, _MONEY]
PriceText = Annotated[
    Money,
    PlainValidator(readers_numbers.read_price),
    _texts("price", "0.0125 EUR", pattern=_MONEY_SHAPE),
]
EveryText = Annotated[
    Decimal | Money,
    PlainValidator(readers_numbers.read_every),
    _texts("hours or money", "40 h", "5000.00 EUR"),
]
OptionalEveryText = Annotated[
    Decimal | Money | None,
    PlainValidator(readers_numbers.read_every),
    _texts("hours or money", "40 h", "5000.00 EUR"),
]
_read_increment = PlainValidator(readers_numbers.read_increment)
_INCREMENT = _texts(
    "increment", "15 min per entry", pattern="^(exact|[1-9][0-9]{0,3} min (per entry|in total))$"
)
IncrementText = Annotated[Increment, _read_increment, _INCREMENT]
OptionalIncrementText = Annotated[Increment | None, _read_increment, _INCREMENT]

# Days and what is counted in them.
_read_day = PlainValidator(readers_time.read_day)
_DAY = WithJsonSchema(
    {"title": "day", "type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
)
Day = Annotated[date, _read_day, _DAY]
OptionalDay = Annotated[date | None, _read_day, _DAY]
_read_terms = PlainValidator(readers_time.read_terms)
_TERMS = _texts("terms", "30 days", "month end + 14 days", "45 days to month end")
TermsText = Annotated[Terms, _read_terms, _TERMS]
OptionalTermsText = Annotated[Terms | None, _read_terms, _TERMS]
_read_cycle = PlainValidator(readers_time.read_cycle)
_CYCLE = _texts("cycle", "month", "quarter", "90 days")
CycleText = Annotated[Cycle, _read_cycle, _CYCLE]
OptionalCycleText = Annotated[Cycle | None, _read_cycle, _CYCLE]
StepText = Annotated[
    tuple[int, Anchor],
    PlainValidator(readers_time.read_step),
    _texts("day of a reminder", "3 days before due", "14 days after issue", "on due"),
]
TimeText = Annotated[
    time,
    PlainValidator(readers_time.read_time),
    _texts("time of day", "09:00", pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"),
]
_read_zone = PlainValidator(readers_time.read_zone)
_ZONE = _texts("time zone", "Europe/Berlin")
Zone = Annotated[str, _read_zone, _ZONE]
OptionalZone = Annotated[str | None, _read_zone, _ZONE]

# Codes of the world outside.
_read_currency = PlainValidator(readers_numbers.read_currency)
_CURRENCY = WithJsonSchema({"title": "currency", "type": "string", "enum": sorted(MINOR_UNITS)})
Currency = Annotated[str, _read_currency, _CURRENCY]
OptionalCurrency = Annotated[str | None, _read_currency, _CURRENCY]
Country = Annotated[
    str,
    PlainValidator(readers.read_country),
    WithJsonSchema({"title": "country", "type": "string", "enum": sorted(COUNTRIES)}),
]
_read_language = PlainValidator(readers.read_language)
_LANGUAGE = _texts("language", pattern="^[a-z]{2}$")
Language = Annotated[str, _read_language, _LANGUAGE]
OptionalLanguage = Annotated[str | None, _read_language, _LANGUAGE]
Iban = Annotated[
    str,
    PlainValidator(readers_company.read_iban),
    _texts("IBAN", pattern="^[A-Z]{2}[0-9]{2}[A-Z0-9 ]+$"),
]
Bic = Annotated[
    str,
    PlainValidator(readers_company.read_bic),
    _texts("BIC", pattern="^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"),
]
NumberPattern = Annotated[
    str,
    PlainValidator(readers_company.read_pattern),
    _texts("number pattern", "INV-{year}-{number:05d}"),
]

# Words of ours.
ModeWord = Annotated[Mode, _one_of(Mode), _words(Mode)]
OptionalModeWord = Annotated[Mode | None, _one_of(Mode), _words(Mode)]
OptionalPaperWord = Annotated[Paper | None, _one_of(Paper), _words(Paper)]
_CHOSEN = (Channel.MAIL, Channel.PORTAL)
_ChannelWord = Annotated[Channel, _one_of(_CHOSEN), _words(_CHOSEN)]
OptionalChannels = Annotated[tuple[_ChannelWord, ...] | None, Field(min_length=1, max_length=2)]
_EInvoiceWord = Annotated[EInvoice, _one_of(EInvoice), _words(EInvoice)]
OptionalEInvoices = Annotated[tuple[_EInvoiceWord, ...] | None, Field(max_length=len(EInvoice))]
ResetWord = Annotated[Reset, _one_of(Reset), _words(Reset)]
RoundingWord = Annotated[Rounding, _one_of(Rounding), _words(Rounding)]
TaxRoundingWord = Annotated[TaxRounding, _one_of(TaxRounding), _words(TaxRounding)]
AudienceWord = Annotated[Audience, _one_of(Audience), _words(Audience)]
ProrationWord = Annotated[Proration, _one_of(Proration), _words(Proration)]
TierModeWord = Annotated[TierMode, _one_of(TierMode), _words(TierMode)]
DepositStyleWord = Annotated[DepositStyle, _one_of(DepositStyle), _words(DepositStyle)]
_BILLED = tuple(kind for kinds in EVENTS_OF_MODEL.values() for kind in kinds)
_DEAL, _MILESTONE = EVENTS_OF_MODEL[Model.DEAL], EVENTS_OF_MODEL[Model.MILESTONE]
EventKindWord = Annotated[EventKind, _one_of(_BILLED), _words(_BILLED)]
DealEventWord = Annotated[EventKind, _one_of(_DEAL), _words(_DEAL)]
MilestoneEventWord = Annotated[EventKind, _one_of(_MILESTONE), _words(_MILESTONE)]
