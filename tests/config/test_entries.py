"""What one file says by itself: entries that contradict themselves, profiles, plans, policies."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

import pytest

from invoicing.config.agreements import AgreementsFile
from invoicing.config.clients import ClientsFile
from invoicing.config.company import CompanyFile
from invoicing.config.reminders import RemindersFile
from invoicing.config.review import ReviewFile
from invoicing.config.sheet import read_sheet
from invoicing.config.taxes import TaxesFile
from invoicing.config.written import Written
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.follow_up import DEFAULT_PLAN, Anchor, Audience, ReminderStep
from invoicing.domain.money import Money, Rounding
from invoicing.domain.parties import Mode, Reset
from invoicing.domain.periods import Period
from invoicing.domain.tax import TaxPart
from invoicing.domain.terms import Terms

F = TypeVar("F", bound=Written)
HERE = "▸"  # where the mistake must be reported

COMPANY = """\
entities:
  swiss:
    legal_name: Swiss AG
    address: {street: Weg 1, postal_code: 8001, city: Zürich, country: CH}
    zone: Europe/Zurich
    currency: CHF
    tax_id: CHE-1
    email: billing@swiss.example
    bank: {holder: Swiss AG, name: Bank, iban: CH93 0076 2011 6238 5295 7}
    series:
      name: CB
      pattern: CB{year}{month:02d}-{number:04d}
      reset: monthly
    credit_notes:
      name: CBCN
      pattern: "{series}-{number}"
      reset: never
    brand: modern
    rounding: half_even
    holidays: [2026-12-25, 2026-12-26]
"""
CLIENTS = """\
profiles:
  swiss:
    currency: CHF
    zone: Europe/Zurich
    terms: 30 days
    language: de
    cash_rounding: 0.05 CHF
    billing_cc: [copy@swiss.example]
    mode: shadow
clients:
  alpina:
    profile: swiss
    name: Alpina AG
    address: {street: Weg 2, postal_code: 8002, city: Zürich, country: CH}
    billing_to: [ap@alpina.example]
    terms: month end + 14 days
    language: de
    mode: live
    exemption:
      reason: Exempt
      certificate: A-1
      valid_from: 2026-01-01
      valid_to: 2026-12-31
"""
REMINDERS = """\
plans:
  - name: gentle
    most_per_week: 2
    steps:
      - {name: hello, when: 3 days before due}
      - {name: call, when: 14 days after issue, to: us}
"""
REVIEW = """\
thresholds: [2000.00 EUR]
people:
  - login: finance
    limits: [10000.00 EUR]
    delegate: boss
    away:
      - {from: 2026-12-20, to: 2027-01-06}
  - login: boss
unusual: {factor: 3}
bounds:
  gross: [50000.00 EUR]
  gross_per_client_and_day: [50000.00 EUR, 1.00 USD]
  per_client_and_run: 7
  median_factor: 10
"""
TAXES = """\
taxes:
  - country: US
    region: CO
    category: standard
    code: S
    percent: 8.81
    label: Sales tax
    valid_from: 2026-01-01
    parts:
      - {name: State, percent: 2.9}
      - {name: City, percent: 5.91}
exchange_rates:
  - {base: USD, currency: EUR, rate: 0.92, valid_from: 2026-11-01, source: ECB}
"""
AGREEMENTS = """\
agreements:
  portal:
    kind: project
    client: kestrel
    entity: swiss
    description: Portal
    starts_on: 2026-01-01
    total: 48000.00 CHF
    steps: [25, 50, 100]
    pauses: [{from: 2026-02-01, to: 2026-02-28}]
"""
FILES: dict[type[Written], str] = {
    CompanyFile: COMPANY,
    ClientsFile: CLIENTS,
    RemindersFile: REMINDERS,
    ReviewFile: REVIEW,
    TaxesFile: TAXES,
    AgreementsFile: AGREEMENTS,
}


class Case(NamedTuple):
    """Replace ``old`` by ``new`` in the example of ``model``; the report must hold ``words``."""

    model: type[Written]
    old: str
    new: str
    words: str


CASES = [
    Case(CompanyFile, "CB{year}{month:02d}-", "▸CB{month:02d}-", "lacks {year}"),
    Case(CompanyFile, "CB{year}{month:02d}-", "▸CB{year}-", "lacks {month}"),
    Case(CompanyFile, "      name: CBCN", "      name: ▸CB", "one row of numbers"),
    Case(
        CompanyFile,
        '"{series}-{number}"\n      reset: never',
        "▸CB{year}{month:02d}-{number}",
        "would get numbers that invoices have too",
    ),
    Case(
        CompanyFile,
        '"{series}-{number}"\n      reset: never',
        "▸CB{year}{month:02d}_{number}",
        "would get numbers that invoices have too",
    ),
    Case(CompanyFile, "half_even", "▸halfeven", "did you mean 'half_even'"),
    Case(CompanyFile, "2026-12-26]", "▸2026-12-32]", "no 2026-12-32"),
    Case(ClientsFile, "    currency: CHF\n", "", "lacks the key 'currency'"),
    Case(ClientsFile, "    profile: swiss", "    profile: ▸swss", "did you mean 'swiss'"),
    Case(ClientsFile, "    profile: swiss\n", "", "'currency', 'zone'"),
    Case(ClientsFile, "valid_to: 2026-12-31", "valid_to: ▸2025-12-31", "before valid_from"),
    Case(ClientsFile, "  zone:", "  ▸zon:", "did you mean 'zone'"),
    Case(RemindersFile, "name: call", "name: ▸hello", "a step 'hello' already"),
    Case(RemindersFile, "14 days after", "▸14 days before", "would never go out"),
    Case(RemindersFile, REMINDERS, f"{REMINDERS}  - {{name: ▸gentle, steps: []}}\n", "already"),
    Case(ReviewFile, "to: 2027-01-06", "to: ▸2026-01-06", "is before from 2026-12-20"),
    Case(ReviewFile, "{from: 2026-12-20, to", "▸{to", "lacks the key 'from'"),
    Case(ReviewFile, "{from: 2026", "{▸from_on: 2026", "did you mean 'from'"),
    Case(ReviewFile, "[10000.00 EUR]", "[10000.00 EUR, ▸2.00 EUR]", "in EUR already"),
    Case(ReviewFile, "[50000.00 EUR]", "[1.00 EUR, ▸2.00 EUR]", "in EUR already"),
    Case(ReviewFile, "delegate: boss", "delegate: ▸finance", "cannot stand in"),
    Case(ReviewFile, "{factor: 3}", "{factor: ▸1}", "every invoice would be unusual"),
    Case(ReviewFile, "median_factor: 10", "median_factor: ▸0.5", "every usual invoice"),
    Case(TaxesFile, "    parts:\n", "    parts:\n      ▸- {name: x, percent: 1}\n", "9.81 %"),
    Case(TaxesFile, "    region: CO", "    taxable_percent: ▸0", "nothing of the net"),
    Case(
        AgreementsFile,
        AGREEMENTS,
        AGREEMENTS.replace("[25, 50", "[75, ▸50"),
        "rising order",
    ),
    Case(AgreementsFile, "to: 2026-02-28", "to: ▸2026-01-28", "Write the first day as from"),
    Case(AgreementsFile, "kind: project", "kind: ▸projekt", "did you mean 'project'"),
    Case(AgreementsFile, "  portal:\n    kind: project", "  ▸portal:", "lacks the key 'kind'"),
    Case(TaxesFile, "currency: EUR", "currency: ▸USD", "no rate to itself"),
]


@pytest.mark.parametrize("case", CASES, ids=[case.words for case in CASES])
def test_a_contradiction_is_named_at_its_place(case: Case) -> None:
    text = FILES[case.model].replace(case.old, case.new, 1)
    assert text != FILES[case.model]
    sheet = read_sheet("x.yaml", text.replace(HERE, ""), case.model)

    assert sheet.whole is None
    found = next(each for each in sheet.problems if case.words in f"{each.text}\n{each.help}")
    if HERE in text:
        before = text[: text.index(HERE)]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        assert (found.line, found.column) == place
    assert "Error" not in found.text


def test_every_client_that_lacks_something_is_named() -> None:
    second = CLIENTS[CLIENTS.index("  alpina") :].replace("alpina:", "tessin:")
    text = CLIENTS.replace("    zone: Europe/Zurich\n", "") + second

    problems = read_sheet("clients.yaml", text, ClientsFile).problems

    assert [problem.text for problem in problems] == [
        "client 'alpina' lacks the key 'zone'",
        "client 'tessin' lacks the key 'zone'",
    ]
    assert "in its profile 'swiss'" in problems[0].help


def whole(model: type[F]) -> F:
    sheet = read_sheet("x.yaml", FILES[model], model)
    assert sheet.whole is not None, sheet.problems
    return sheet.whole


def test_a_client_has_its_own_values_then_its_profiles_then_the_usual_ones() -> None:
    clients = whole(ClientsFile)

    client = clients.to_domain()["alpina"]

    assert client.terms == Terms(14, client.terms.kind)
    assert client.mode is Mode.LIVE
    assert client.currency == "CHF"
    assert client.cash_rounding == Money(Decimal("0.05"), "CHF")
    assert client.billing_cc == ("copy@swiss.example",)
    assert client.reminder_plan == ""
    assert client.exemption is not None
    assert client.exemption.covers(date(2026, 12, 31))


def test_overrides_are_the_values_that_differ_from_the_profile() -> None:
    clients = whole(ClientsFile)

    assert clients.overrides("alpina") == ("terms", "mode")


def test_an_entity_has_two_rows_of_numbers() -> None:
    entity = whole(CompanyFile).to_domain()["swiss"]

    assert (entity.series.reset, entity.credit_notes.reset) == (Reset.MONTHLY, Reset.NEVER)
    assert entity.rounding is Rounding.HALF_EVEN
    assert entity.holidays == (date(2026, 12, 25), date(2026, 12, 26))
    assert entity.brand == "modern"


def test_plans_stand_beside_the_usual_one() -> None:
    plans = whole(RemindersFile).to_domain()

    assert plans["standard"] is DEFAULT_PLAN
    assert plans["gentle"].most_per_week == 2
    assert plans["gentle"].steps == (
        ReminderStep("hello", -3),
        ReminderStep("call", 14, Anchor.ISSUED, Audience.US),
    )


def test_without_a_chain_anybody_is_asked_once() -> None:
    review = whole(ReviewFile)

    policy = review.to_domain()

    assert [step.approvers for step in policy.chain] == [("finance", "boss")]
    assert policy.approvers["finance"].away == (Period(date(2026, 12, 20), date(2027, 1, 6)),)
    assert policy.approvers["boss"].limits == {}
    assert policy.unusual_factor == 3
    day = {"EUR": Money.parse("50000.00 EUR"), "USD": Money.parse("1.00 USD")}
    assert review.safety_bounds() == SafetyBounds(
        {"EUR": day["EUR"]},
        gross_per_client_and_day=day,
        per_client_and_run=7,
        median_factor=Decimal(10),
    )


def test_without_bounds_the_usual_ones_hold() -> None:
    text = REVIEW.partition("bounds:")[0].replace("unusual: {factor: 3}\n", "")
    review = read_sheet("review.yaml", text, ReviewFile).whole

    assert review is not None
    assert review.safety_bounds() == SafetyBounds()
    assert review.to_domain().unusual_factor is None


def test_a_combined_rate_keeps_its_parts() -> None:
    table = whole(TaxesFile).to_domain()

    rule = table.rules[0]
    assert (rule.region, rule.entity) == ("CO", "")
    assert rule.rate.parts[0] == TaxPart("State", Decimal("2.9"))
    assert rule.rate.taxable_percent == 100
    assert table.exchange_rates[0].rate == Decimal("0.92")
