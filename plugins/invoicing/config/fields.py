"""The kinds of fields in config/: how each is read, and what an editor should expect of it."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from invoicing.config import readers
from invoicing.config.countries import COUNTRIES
from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.money import Money
from invoicing.domain.parties import Mode

# An editor sees `postal_code: 02210` as a number; here it is text like everything else.
_TEXT = {"title": "text", "type": ["string", "number"]}
_DAY = {"title": "day", "type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}

Line = Annotated[str, PlainValidator(readers.read_line), WithJsonSchema(_TEXT)]
Key = Annotated[
    str,
    PlainValidator(readers.read_key),
    WithJsonSchema({"title": "key", "type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}),
]
SeriesName = Annotated[
    str,
    PlainValidator(readers.read_series),
    WithJsonSchema({**_TEXT, "title": "series name"}),
]
Login = Annotated[
    str, PlainValidator(readers.read_login), WithJsonSchema({**_TEXT, "title": "login"})
]
Email = Annotated[
    str,
    PlainValidator(readers.read_email),
    WithJsonSchema({"title": "mail address", "type": "string", "format": "email"}),
]
Flag = Annotated[
    bool, PlainValidator(readers.read_flag), WithJsonSchema({"title": "flag", "type": "boolean"})
]
_read_terms = PlainValidator(partial(readers.read_whole, 0, 365))
_TERMS = WithJsonSchema({"title": "whole number", "type": "integer", "minimum": 0, "maximum": 365})
TermsDays = Annotated[int, _read_terms, _TERMS]
OptionalTermsDays = Annotated[int | None, _read_terms, _TERMS]
Percent = Annotated[
    Decimal,
    PlainValidator(readers.read_percent),
    WithJsonSchema({"title": "percent", "type": "number", "minimum": 0, "maximum": 100}),
]
Day = Annotated[date, PlainValidator(readers.read_day), WithJsonSchema(_DAY)]
OptionalDay = Annotated[date | None, PlainValidator(readers.read_day), WithJsonSchema(_DAY)]
MoneyText = Annotated[
    Money,
    PlainValidator(readers.read_money),
    WithJsonSchema(
        {
            "title": "money",
            "type": "string",
            "pattern": r"^\d+(\.\d+)? [A-Z]{3}$",
            "examples": ["2400.00 EUR"],
        }
    ),
]
Currency = Annotated[
    str,
    PlainValidator(readers.read_currency),
    WithJsonSchema({"title": "currency", "type": "string", "enum": sorted(MINOR_UNITS)}),
]
Country = Annotated[
    str,
    PlainValidator(readers.read_country),
    WithJsonSchema({"title": "country", "type": "string", "enum": sorted(COUNTRIES)}),
]
Zone = Annotated[
    str,
    PlainValidator(readers.read_zone),
    WithJsonSchema({"title": "time zone", "type": "string", "examples": ["Europe/Berlin"]}),
]
Language = Annotated[
    str,
    PlainValidator(readers.read_language),
    WithJsonSchema({"title": "language", "type": "string", "pattern": "^[a-z]{2}$"}),
]
Iban = Annotated[
    str,
    PlainValidator(readers.read_iban),
    WithJsonSchema({"title": "IBAN", "type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9 ]+$"}),
]
Bic = Annotated[
    str,
    PlainValidator(readers.read_bic),
    WithJsonSchema(
        {"title": "BIC", "type": "string", "pattern": "^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"}
    ),
]
NumberPattern = Annotated[
    str,
    PlainValidator(readers.read_pattern),
    WithJsonSchema(
        {"title": "number pattern", "type": "string", "examples": ["INV-{year}-{number:05d}"]}
    ),
]
ModeWord = Annotated[
    Mode,
    PlainValidator(partial(readers.read_choice, Mode)),
    WithJsonSchema({"title": "word", "type": "string", "enum": [mode.value for mode in Mode]}),
]
