"""Mistakes a person may write in one entry; ▸ stands where each must be reported."""

from typing import NamedTuple

from tests.config.small_company import TEXTS

CO, CL, AG = "company.yaml", "clients.yaml", "agreements.yaml"
RU, TA, RE, RM = "rules.yaml", "taxes.yaml", "review.yaml", "reminders.yaml"
CLIENT = TEXTS[CL].partition("  globex:")[0]
RETAINER = TEXTS[AG].partition("  globex-frame:")[0]


class Case(NamedTuple):
    """Replace ``old`` by ``new`` in ``file``; the mistake's text and help must hold ``words``."""

    file: str
    old: str
    new: str
    words: tuple[str, ...]


IN_ONE_ENTRY = {
    # what YAML itself would have swallowed
    "unknown key": Case(
        CL, "    currency: EUR", "    ▸curency: EUR",
        ("unknown key 'curency'; did you mean 'currency'?", "The keys of client: name"),
    ),
    "unknown key of a file": Case(
        RE, "people:", "▸peple:", ("unknown key 'peple'; did you mean 'people'?",)
    ),
    "unknown key deep inside": Case(
        CL, "      postal_code: EC1A 1BB", "      ▸zip: EC1A 1BB",
        ("unknown key 'zip'", "The keys of address: street, postal_code"),
    ),
    "unknown key in a list": Case(
        RU, "    part: onboarding", "    part: onboarding\n    ▸deal: x", ("unknown key 'deal'",)
    ),
    "duplicate key": Case(
        CL, "    terms: 14 days", "    terms: 14 days\n    ▸terms: 15 days",
        ("'terms' is written twice; first in line 11", "Keep one of the two"),
    ),
    "duplicate client": Case(
        CL, "  globex:", "  ▸acme:", ("'acme' is written twice; first in line 2",)
    ),
    "tab": Case(
        CL, "    terms: 14 days", "▸\tterms: 14 days", ("not YAML", "'\\t'", "Indent with spaces")
    ),
    "indentation": Case(CL, "    terms: 14 days", "   ▸terms: 14 days", ("Check the indentation",)),
    "colon in a text": Case(
        AG, "description: Care", "description: Care▸: gold", ("not YAML", "needs quotes")
    ),
    "open quote": Case(
        RE, TEXTS[RE], 'thresholds: ["5000.00 EUR]\n▸',
        ("not YAML", "never closed"),
    ),
    "tag": Case(
        AG, "starts_on: 2026-01-31", "starts_on: ▸!!timestamp 2026-01-31",
        ("tags such as !!timestamp are not read", "Remove"),
    ),
    "python tag": Case(
        CL, "name: Acme Ltd", "name: ▸!!python/object/apply:os.system [ls]", ("tags such as",)
    ),
    "merge key": Case(CL, "    established: true", "    ▸<<: {}", ("merge keys (<<)",)),
    "key that is a list": Case(
        CL, "    established: true", "    ? ▸[a]\n    : b", ("a key must be a plain word",)
    ),
    "second document": Case(
        RE, "people:", "▸---\npeople:", ("a second document", "remove the line '---'")
    ),
    "alias to nothing": Case(
        CL, "name: Acme Ltd", "name: ▸*acme", ("*acme points to &acme", "Quote the text")
    ),
    "control character": Case(
        CL, "name: Acme Ltd", "name: Acme▸\x07 Ltd", ("U+0007", "invisible in most editors")
    ),
    "nothing written": Case(
        CL, "    established: true", "    ▸established:",
        ("nothing is written for 'established'", "remove the key"),
    ),
    # scalars that YAML 1.1 would have retyped
    "yes is no flag": Case(
        CL, "established: true", "established: ▸yes",
        ("established: 'yes' is neither true nor false", "Write true or false"),
    ),
    "octal": Case(
        AG, "parts: 4", "parts: ▸04",
        ("parts: '04' is not a whole number", "no leading zero"),
    ),
    "hours with a zero in front": Case(
        AG, "hours: 25", "hours: ▸025", ("hours: '025' begins with a zero", "Write 25, or")
    ),
    "percent with a zero in front": Case(
        TA, "percent: 12.5", "percent: ▸012.5", ("'012.5' begins with a zero", "Write 12.5")
    ),
    "money with a zero in front": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸01800.00 EUR",
        ("'01800.00 EUR' begins with a zero", "Write 1800.00 EUR"),
    ),
    "reminder with a zero in front": Case(
        RM, "when: 3 days", "when: ▸03 days", ("'03 days before due' is no day for a reminder",)
    ),
    "sexagesimal": Case(AG, "parts: 4", "parts: ▸1:30", ("'1:30' is not a whole number",)),
    "underscores": Case(AG, "parts: 4", "parts: ▸1_4", ("'1_4' is not a whole number",)),
    "digits of another script": Case(
        AG, "parts: 4", "parts: ▸\uff11\uff14", ("'\uff11\uff14' is not a whole number",)
    ),
    "terms as a number": Case(
        CL, "terms: 14 days", "terms: ▸14", ("'14'", "30 days, month end + 14 days")
    ),
    "terms as a habit": Case(CL, "terms: 14 days", "terms: ▸net 14", ("'net 14'", "30 days")),
    "terms of ages": Case(CL, "terms: 14 days", "terms: ▸9999 days", ("9999 days",)),
    "cycle as a habit": Case(
        AG, "cycle: month", "cycle: ▸monthly", ("'monthly'", "month, quarter, year")
    ),
    "cycle of nothing": Case(AG, "cycle: month", "cycle: ▸0 days", ("'0 days'",)),
    "hours with a comma": Case(AG, "hours: 25", "hours: ▸12,5", ("'12,5'", "12.5")),
    "hours with a unit": Case(AG, "hours: 25", "hours: ▸25 h", ("'25 h'",)),
    "threshold without a unit": Case(RU, "every: 40 h", "every: ▸40", ("'40'", "40 h")),
    "increment": Case(
        AG, "    cycle: month", "    cycle: month\n    increment: ▸15 minutes",
        ("'15 minutes'", "15 min per entry"),
    ),
    "day of a reminder": Case(
        RM, "when: 3 days before due", "when: ▸due - 3", ("'due - 3'", "3 days before due")
    ),
    "reminder to nobody": Case(
        RM, "to: client", "to: ▸clients", ("'clients' is not known here; did you mean 'client'?",)
    ),
    "local date": Case(
        AG, "starts_on: 2026-01-31", "starts_on: ▸31.01.2026",
        ("starts_on: '31.01.2026' is not a day", "YYYY-MM-DD"),
    ),
    "date with a time": Case(
        AG, "starts_on: 2026-01-31", "starts_on: ▸2026-01-31T00:00:00Z", ("is not a day",)
    ),
    "day that is not in the calendar": Case(
        AG, "starts_on: 2026-01-31", "starts_on: ▸2026-02-30", ("the calendar has no 2026-02-30",)
    ),
    # money
    "money without currency": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸1800.00", ("is not an amount of money", "2400.00 EUR")
    ),
    "money with a comma": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸1.800,00 EUR", ("is not an amount of money",)
    ),
    "money without cents": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸1800 EUR", ("whole minor units of EUR", "1800.00 EUR")
    ),
    "money finer than cents": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸1800.005 EUR", ("whole minor units", "1800.01 EUR")
    ),
    "yen have no cents": Case(
        RE, "- 5000.00 EUR", "- ▸5000.00 JPY", ("whole minor units of JPY", "5000 JPY")
    ),
    "money in an unknown currency": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸1800.00 ERU", ("'ERU' is no currency of ISO 4217; did you",)
    ),
    "a day that cannot hold one invoice": Case(
        RE, "people:",
        "bounds:\n  gross: [500.00 EUR]\n"
        "  gross_per_client_and_day: [9.00 USD, ▸499.99 EUR]\npeople:",
        ("a day of 499.99 EUR at most cannot hold an invoice of 500.00 EUR", "or lower gross"),
    ),
    "two bounds in one currency": Case(
        RE, "people:", "bounds:\n  gross_per_client_and_day: [9.00 EUR, ▸8.00 EUR]\npeople:",
        ("there is an amount in EUR already",),
    ),
    "a mail limit without an address": Case(
        RE, "    delegate: lead\n", "    delegate: lead\n    mail_limits: ▸[5.00 EUR]\n",
        ("nobody is asked by mail without an address", "Write email:"),
    ),
    "a mail limit over the limit": Case(
        RE, "    delegate: lead\n",
        "    delegate: lead\n    email: fin@example.com\n    limits: [9.00 EUR]\n"
        "    mail_limits: [▸9.01 EUR]\n",
        ("9.01 EUR is more than this person may approve at all", "no more than limits"),
    ),
    "a mail limit in a currency without a limit": Case(
        RE, "    delegate: lead\n",
        "    delegate: lead\n    email: fin@example.com\n    limits: [9.00 EUR]\n"
        "    mail_limits: [9.00 EUR, ▸1.00 USD]\n",
        ("1.00 USD is more than this person may approve at all",),
    ),
    "two mail limits in one currency": Case(
        RE, "    delegate: lead\n",
        "    delegate: lead\n    email: fin@example.com\n    mail_limits: [9.00 EUR, ▸8.00 EUR]\n",
        ("there is an amount in EUR already",),
    ),
    "a run without drafts": Case(
        RE, "people:", "bounds:\n  per_client_and_run: ▸0\npeople:", ("0",)
    ),
    "negative money": Case(RE, "- 5000.00 EUR", "- ▸-5000.00 EUR", ("less than nothing",)),
    "nothing with a sign": Case(
        RE, "- 5000.00 EUR", "- ▸-0.00 EUR", ("-0.00 EUR is less than nothing",)
    ),
    "money in exponents": Case(AG, "fee: 1800.00 EUR", "fee: ▸1.8e3 EUR", ("is not an amount",)),
    "no fee at all": Case(AG, "fee: 1800.00 EUR", "fee: ▸0.00 EUR", ("a fee above zero",)),
    # the kinds of text
    "unknown currency": Case(CL, "currency: NOK", "currency: ▸NOOK", ("no currency of ISO 4217",)),
    "small currency": Case(CL, "currency: NOK", "currency: ▸nok", ("did you mean 'NOK'?",)),
    "country by habit": Case(CL, "country: GB", "country: ▸UK", ("did you mean 'GB'?",)),
    "country in words": Case(CL, "country: GB", "country: ▸England", ("is no country code",)),
    "zone with a typo": Case(
        CL, "zone: Europe/London", "zone: ▸Europe/Londn", ("did you mean 'Europe/London'?",)
    ),
    "zone as a path": Case(CL, "zone: Europe/London", "zone: ▸../../etc/passwd", ("no time zone",)),
    "zone as a folder": Case(CL, "zone: Europe/London", "zone: ▸Europe", ("no time zone",)),
    "zone as an abbreviation": Case(CL, "zone: Europe/London", "zone: ▸CET", ("no time zone",)),
    "language": Case(
        CL, "established: true", "language: ▸english", ("no language code", "en or de")
    ),
    "mode": Case(CL, "mode: off", "mode: ▸shadw", ("did you mean 'shadow'?", "off, shadow, live")),
    "key with a capital": Case(CL, "  globex:", "  ▸Globex:", ("is not a key", "small letters")),
    "IBAN": Case(
        CO, "iban: DE89 3704", "iban: ▸DE88 3704", ("check digits of IBAN", "are wrong")
    ),
    "no IBAN": Case(
        CO, "iban: DE89 3704 0044 0532 0130 00", "iban: ▸37040044 / 532013000", ("not an IBAN",)
    ),
    "BIC": Case(CO, "name: Elbebank", "name: Elbebank\n      bic: ▸ELBE", ("not a BIC",)),
    "empty text": Case(CL, "name: Acme Ltd", 'name: ▸""', ("name: the text is empty",)),
    "spaces at the ends": Case(CL, "name: Acme Ltd", 'name: ▸" Acme"', ("spaces at its ends",)),
    "line break": Case(CL, "name: Acme Ltd", 'name: ▸"Acme\\nLtd"', ("a line break",)),
    "hidden control": Case(CL, "name: Acme Ltd", 'name: ▸"Acme\\0"', ("a control character",)),
    "long street": Case(
        CL, "street: 1 High Street", f"street: ▸{'x' * 201}", ("201 characters", "The most is 200")
    ),
    "long city": Case(CL, "city: London", f"city: ▸{'x' * 201}", ("201 characters",)),
    "long text": Case(CL, "name: Acme Ltd", f"name: ▸{'x' * 501}", ("501 characters",)),
    # mail addresses: one each, nothing that could become a header
    "two addresses in one": Case(
        CL, "pay@acme.example.com", "▸pay@acme.example.com, cc@acme.example.com",
        ("is not a mail address", "one address per entry"),
    ),
    "name and address": Case(
        CL, "pay@acme.example.com", '▸"Pay <pay@acme.example.com>"', ("is not a mail address",)
    ),
    "header in an address": Case(
        CL, "pay@acme.example.com", '▸"pay@acme.example.com\\nBcc: x@y.test"', ("not a mail",)
    ),
    "address without domain": Case(CL, "pay@acme.example.com", "▸pay@localhost", ("not a mail",)),
    "address with two dots": Case(CL, "pay@acme.example.com", "▸p..y@acme.test", ("not a mail",)),
    "address with a homograph": Case(CL, "pay@acme", "▸p\u0430y@acme", ("not a mail",)),
    "address twice": Case(
        CL, "- pay@acme.example.com", "- pay@acme.example.com\n      - ▸PAY@acme.example.com",
        ("stands in billing_to already",),
    ),
    "address in cc again": Case(
        CL, "    established: true", "    billing_cc: [▸pay@acme.example.com]",
        ("stands in billing_to already", "cc is a copy"),
    ),
    # shapes
    "missing key": Case(
        CL, "  acme:\n    name: Acme Ltd\n", "  ▸acme:\n",
        ("client 'acme' lacks the key 'name'", "Full name with the legal form"),
    ),
    "client without an address to mail to": Case(
        CL, CLIENT, CLIENT.replace("  acme", "  ▸acme").partition("    billing_to")[0],
        ("client 'acme' lacks the key 'billing_to'", "invoices go nowhere else"),
    ),
    "no address to mail to": Case(
        CL, "billing_to: [faktura@globex.test]", "billing_to: ▸[]", ("billing_to: at least 1",)
    ),
    "list expected": Case(
        CL, "billing_to: [faktura@globex.test]", "billing_to: ▸faktura@globex.test",
        ("billing_to: a list is expected here, not one text", "begins with '- '"),
    ),
    "mapping expected": Case(
        CL, "    address: {street: Storgata 1, postal_code: 0155, city: Oslo, country: NO}",
        "    address: ▸Storgata 1, 0155 Oslo",
        ("a mapping of keys is expected here, not one text",),
    ),
    "text expected": Case(
        CL, "name: Globex AS", "name: ▸[Globex]", ("one value is expected here, not a list",)
    ),
    "a file that is a list": Case(
        RE, TEXTS[RE], "▸- finance\n",
        ("a mapping of keys is expected here, not a list",),
    ),
    "unknown kind": Case(
        AG, "kind: retainer", "kind: ▸retianer",
        ("unknown kind 'retianer'; did you mean 'retainer'?", "retainer, time_and_materials"),
    ),
    "no kind": Case(
        AG, "  acme-care:\n    kind: retainer\n", "  ▸acme-care:\n",
        ("agreement 'acme-care' lacks the key 'kind'",),
    ),
    "unknown model": Case(
        RU, "model: milestone", "model: ▸milestones", ("unknown model 'milestones'; did you mean",)
    ),
    "no model": Case(
        RU, "  - model: deal\n    name: deals", "  - ▸name: deals",
        ("this rule lacks the key 'model'",),
    ),
    "model of before": Case(
        AG, "  globex-frame:\n    kind: frame", "  ▸globex-frame:\n    model: deal",
        ("lacks the key 'kind'", "frame"),
    ),
    "retainer without a fee": Case(
        AG, RETAINER, RETAINER.replace("  acme", "  ▸acme").replace("    fee: 1800.00 EUR\n", ""),
        ("this retainer has neither 'fee' nor 'fees'", "2400.00 EUR"),
    ),
    "frame with a fee": Case(
        AG, "    description: Frame", "    description: Frame\n    ▸fee: 1.00 NOK",
        ("unknown key 'fee'", "The keys of frame agreement"),
    ),
    # number series
    "series without number": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"INV-{year}"', ("lacks {number}", "share a number")
    ),
    "series without year": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"INV-{number}"', ("lacks {year}", "would share a number")
    ),
    "series with another field": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"{client}-{year}-{number}"', ("nothing else",)
    ),
    "series with a field twice": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"{number}-{year}-{number}"', ("each once",)
    ),
    "series that reaches into objects": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"{year.__class__}-{number}"', ("nothing else",)
    ),
    "series in hexadecimal": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"{year}-{number:05x}"', ("unknown format",)
    ),
    "series with a conversion": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"{year!r}-{number}"', ("unknown format",)
    ),
    "series with a slash": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"INV/{year}/{number}"', ("'INV/'", "file names")
    ),
    "series with an open brace": Case(
        CO, '"INV-{year}-{number:05d}"', '▸"INV-{year"', ("is not a pattern",)
    ),
    # secrets
    "password": Case(
        CO, "    currency: EUR", "    currency: EUR\n    ▸smtp_password: hunter2-hunter2",
        ("'smtp_password' looks like a secret", "Airflow's connections"),
    ),
    "API key": Case(
        CL, "    established: true", "    ▸api-key: hunter2-hunter2", ("looks like a secret",)
    ),
    "key of a payment service": Case(
        CL, "name: Acme Ltd", "name: ▸sk_live_hunter2hunter2", ("looks like a secret",)
    ),
    "password in an address": Case(
        CO, "    currency: EUR", "    currency: EUR\n    website: ▸https://me:hunter2@ours.test",
        ("looks like a secret",),
    ),
}  # fmt: skip
