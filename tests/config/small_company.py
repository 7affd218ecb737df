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
    credit_notes: {name: CN, pattern: "CN-{year}-{number:04d}"}
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
    terms: 14 days
    billing_to:
      - pay@acme.example.com
    established: true
  globex:
    name: Globex AS
    address: {street: Storgata 1, postal_code: 0155, city: Oslo, country: NO}
    currency: NOK
    zone: Europe/Oslo
    terms: 30 days
    billing_to: [faktura@globex.test]
    mode: off
"""
AGREEMENTS = """\
agreements:
  acme-care:
    kind: retainer
    client: acme
    entity: ours
    description: Care
    fee: 1800.00 EUR
    starts_on: 2026-01-31
  globex-frame:
    kind: frame
    client: globex
    entity: ours
    description: Frame
    starts_on: 2025-03-01
  acme-shop:
    kind: project
    client: acme
    entity: ours
    description: Shop
    total: 9000.00 EUR
    milestones:
      - {key: plan, description: Plan, percent: 40}
      - {key: work, description: Work, percent: 60}
    deposit: {percent: 25}
    starts_on: 2026-02-01
  acme-move:
    kind: project
    client: acme
    entity: ours
    description: Move
    total: 7000.00 EUR
    steps: [30, 70]
    starts_on: 2026-02-02
  acme-help:
    kind: time_and_materials
    client: acme
    entity: ours
    description: Help
    rates:
      - {role: senior, per_hour: 120.00 EUR}
    cycle: month
    work_source: psa
    starts_on: 2026-02-03
  acme-data:
    kind: time_and_materials
    client: acme
    entity: ours
    description: Data
    tariff:
      mode: graduated
      tiers:
        - {up_to: 10, price: 95.00 EUR}
        - {price: 85.00 EUR}
    starts_on: 2026-02-04
  acme-block:
    kind: prepaid_block
    client: acme
    entity: ours
    description: Block
    hours: 25
    price: 2500.00 EUR
    starts_on: 2026-02-05
  acme-loan:
    kind: instalments
    client: acme
    entity: ours
    description: Licence
    total: 1200.00 EUR
    parts: 4
    starts_on: 2026-02-06
"""
RULES = """\
rules:
  - model: retainer
    name: monthly
  - model: deal
    name: deals
    part: onboarding
    clients: [globex]
  - model: deal
    name: deposits
    part: deposit
    events: [document_signed]
  - model: milestone
    name: projects
  - model: threshold
    name: hours
    every: 40 h
  - model: threshold
    name: blocks
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
people:
  - login: finance
    delegate: lead
  - {login: lead, delegate: finance}
"""
REMINDERS = """\
plans:
  - name: standard
    steps:
      - {name: soon, when: 3 days before due, to: client}
"""

TEXTS = {
    "company.yaml": COMPANY,
    "clients.yaml": CLIENTS,
    "agreements.yaml": AGREEMENTS,
    "rules.yaml": RULES,
    "taxes.yaml": TAXES,
    "review.yaml": REVIEW,
    "reminders.yaml": REMINDERS,
}


def spoiled(file: str, old: str, new: str) -> dict[str, str]:
    """Replace one piece of one file, which must be there exactly once."""
    assert TEXTS[file].count(old) == 1, f"{old!r} is not once in {file}"
    return TEXTS | {file: TEXTS[file].replace(old, new)}
