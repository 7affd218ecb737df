"""A small company whose files each test spoils in one place."""

COMPANY = """\
entities:
  ours:
    legal_name: Ours GmbH
    address: {street: Hauptstr. 1, postal_code: 01067, city: Dresden, country: DE}
    zone: Europe/Berlin
    currency: EUR
    tax_id: DE123456788
    email: billing@ours.example.com
    bank:
      holder: Ours GmbH
      name: Elbebank
      iban: DE89 3704 0044 0532 0130 00
    series:
      name: INV
      pattern: "INV-{year}-{number:05d}"
"""
CLIENTS = """\
clients:
  acme:
    name: Acme Ltd
    address:
      street: 1 High Street
      postal_code: EC1A 1BB
      city: London
      country: GB
    currency: EUR
    zone: Europe/London
    terms_days: 14
    billing_to:
      - pay@acme.example.com
    established: true
  globex:
    name: Globex AS
    address: {street: Storgata 1, postal_code: 0155, city: Oslo, country: NO}
    currency: NOK
    zone: Europe/Oslo
    terms_days: 30
    billing_to: [faktura@globex.test]
    mode: off
"""
AGREEMENTS = """\
agreements:
  acme-care:
    model: retainer
    client: acme
    entity: ours
    description: Care
    fee: 1800.00 EUR
    starts_on: 2026-01-31
  globex-frame:
    model: deal
    client: globex
    entity: ours
    description: Frame
    starts_on: 2025-03-01
"""
RULES = """\
rules:
  - model: retainer
    name: monthly
  - model: deal
    name: deals
    part: onboarding
    clients: [globex]
"""
TAXES = """\
taxes:
  - country: GB
    category: standard
    code: O
    percent: 0
    label: No VAT
    note: Outside the scope.
    valid_from: 2021-01-01
  - country: NO
    category: standard
    code: S
    percent: 12.5
    label: VAT 12.5 %
    valid_from: 2021-01-01
    valid_to: 2025-12-31
"""
REVIEW = """\
thresholds:
  - 5000.00 EUR
approvers: [finance, lead]
"""

TEXTS = {
    "company.yaml": COMPANY,
    "clients.yaml": CLIENTS,
    "agreements.yaml": AGREEMENTS,
    "rules.yaml": RULES,
    "taxes.yaml": TAXES,
    "review.yaml": REVIEW,
}


def spoiled(file: str, old: str, new: str) -> dict[str, str]:
    """Replace one piece of one file, which must be there exactly once."""
    assert TEXTS[file].count(old) == 1, f"{old!r} is not once in {file}"
    return TEXTS | {file: TEXTS[file].replace(old, new)}
