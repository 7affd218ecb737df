"""Codes: the lists of EN 16931 that our own words have to be translated into."""

import re
from collections.abc import Mapping

ONE = "C62"  # "one": a thing without a unit of its own
# UN/ECE recommendation 20 by the words that people and systems write.
_UNITS: Mapping[str, tuple[str, ...]] = {
    "HUR": ("h", "hr", "hrs", "hour", "hours", "stunde", "stunden", "heure", "heures", "hora",
            "horas", "std"),
    "DAY": ("d", "day", "days", "tag", "tage", "jour", "jours", "dia", "dias", "día", "días"),
    "WEE": ("week", "weeks", "woche", "wochen", "semaine", "semaines", "semana", "semanas"),
    "MON": ("month", "months", "monat", "monate", "mois", "mes", "meses"),
    "QAN": ("quarter", "quarters", "quartal", "quartale", "trimestre", "trimestres"),
    "ANN": ("year", "years", "jahr", "jahre", "an", "ans", "año", "años"),
    "MIN": ("min", "minute", "minutes", "minuten", "minuto", "minutos"),
    "KMT": ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
    "MTR": ("m", "metre", "metres", "meter", "meters"),
    "KGM": ("kg", "kilogram", "kilograms"),
    "LTR": ("l", "litre", "litres", "liter", "liters"),
    "KWH": ("kwh",),
    "E34": ("gb", "gigabyte", "gigabytes"),
    "E35": ("tb", "terabyte", "terabytes"),
    "H87": ("piece", "pieces", "pc", "pcs", "stück", "stk", "pièce", "pièces", "pieza", "piezas"),
    "SET": ("set", "sets"),
    "P1": ("%", "percent"),
    "LS": ("lump sum", "flat", "pauschal", "pauschale", "forfait"),
}  # fmt: skip
_BY_WORD = {word: code for code, words in _UNITS.items() for word in words}

# Why no tax is charged, by category (VATEX); an exemption (E) says it in words alone.
REASON_CODES: Mapping[str, str] = {
    "AE": "VATEX-EU-AE",
    "K": "VATEX-EU-IC",
    "G": "VATEX-EU-G",
    "O": "VATEX-EU-O",
}
UNTAXED = frozenset({"Z", "E", "AE", "K", "G", "O"})
REASONED = frozenset({"E", "AE", "K", "G", "O"})

# Electronic address schemes, as the EN 16931 artefacts 1.3.16 list them (BR-CL-25).
ADDRESS_SCHEMES = frozenset(
    [
        "0002",
        "0007",
        "0009",
        "0037",
        "0060",
        "0088",
        "0096",
        "0097",
        "0106",
        "0130",
        "0135",
        "0142",
        "0147",
        "0151",
        "0154",
        "0158",
        "0170",
        "0177",
        "0183",
        "0184",
        "0188",
        "0190",
        "0191",
        "0192",
        "0193",
        "0194",
        "0195",
        "0196",
        "0198",
        "0199",
        "0200",
        "0201",
        "0202",
        "0203",
        "0204",
        "0205",
        "0208",
        "0209",
        "0210",
        "0211",
        "0212",
        "0213",
        "0215",
        "0216",
        "0217",
        "0218",
        "0219",
        "0220",
        "0221",
        "0225",
        "0230",
        "0235",
        "0240",
        "0244",
        "0242",
        "0245",
        "0246",
        "0248",
        "9910",
        "9913",
        "9914",
        "9915",
        "9918",
        "9919",
        "9920",
        "9922",
        "9923",
        "9924",
        "9925",
        "9926",
        "9927",
        "9928",
        "9929",
        "9930",
        "9931",
        "9932",
        "9933",
        "9934",
        "9935",
        "9936",
        "9937",
        "9938",
        "9939",
        "9940",
        "9941",
        "9942",
        "9943",
        "9944",
        "9945",
        "9946",
        "9947",
        "9948",
        "9949",
        "9950",
        "9951",
        "9952",
        "9953",
        "9957",
        "9959",
        "AN",
        "AQ",
        "AS",
        "AU",
        "EM",
    ]
)
MAIL_SCHEME = "EM"
# A note's subject (UNTDID 4451, BR-CL-08): three letters of a list of more than 300.
NOTE_CODE = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)

# Where a tax id is a VAT id, it begins so; elsewhere it is a number of another kind.
_VAT_COUNTRIES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
        "GB",
        "CH",
        "LI",
        "NO",
        "IS",
        "AD",
        "MC",
        "SM",
        "ME",
        "MK",
        "RS",
        "AL",
        "BA",
        "UA",
        "TR",
    ]
)
_VAT_ID = re.compile(r"[A-Z]{2}[A-Z0-9+*.\- ]{2,}", re.ASCII)

# A transfer inside the single euro payments area; everywhere else it is a plain one (UNTDID 4461).
SEPA_TRANSFER, TRANSFER, SET_OFF = "58", "30", "97"
_SEPA = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)

# The register numbers that have a code of their own (ISO 6523), by country and shape.
_REGISTERS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "FR": ((re.compile(r"\d{9}"), "0002"), (re.compile(r"\d{14}"), "0009")),
    "BE": ((re.compile(r"\d{10}"), "0208"),),
    "NL": ((re.compile(r"\d{8}"), "0106"),),
    "SE": ((re.compile(r"\d{10}"), "0007"),),
    "NO": ((re.compile(r"\d{9}"), "0192"),),
    "DK": ((re.compile(r"DK\d{8}"), "0184"),),
    "FI": ((re.compile(r"\d{7}-\d"), "0212"),),
}


def unit_code(word: str) -> str:
    """Return the code of a unit; what nobody listed counts as single things."""
    return _BY_WORD.get(word.strip().rstrip(".").casefold(), ONE)


def is_vat_id(tax_id: str) -> bool:
    """Tell whether a tax id can stand as a VAT id: it begins with a country that has VAT."""
    return bool(_VAT_ID.fullmatch(tax_id)) and tax_id[:2] in _VAT_COUNTRIES


def legal_scheme(country: str, legal_id: str) -> str:
    """Return the code of the register that a number looks like, or nothing."""
    for shape, scheme in _REGISTERS.get(country, ()):
        if shape.fullmatch(legal_id):
            return scheme
    return ""


def transfer_means(account: str, currency: str) -> str:
    """Return the code of a transfer to an account."""
    return SEPA_TRANSFER if currency == "EUR" and account[:2] in _SEPA else TRANSFER
