"""Warnings: what works and will surprise somebody is named, and stops nothing."""

from collections.abc import Mapping

import pytest

from invoicing.config.load import check_texts
from tests.config.mistakes import AG, CL, CO, RE, RU, TA
from tests.config.small_company import TEXTS, spoiled

# The rate of the small company's Norwegian client ends; here it goes on.
RATES = (
    "exchange_rates:\n"
    "  - {base: EUR, currency: NOK, rate: 11.5, valid_from: 2025-03-01, source: ECB}\n"
)
GOOD = TEXTS | {TA: TEXTS[TA].replace("    valid_to: 2025-12-31\n", "") + RATES}


def warnings(texts: Mapping[str, str]) -> list[str]:
    checked = check_texts(texts)
    assert checked.errors == ()
    assert checked.book is not None
    return [f"{problem.place}: {problem.text}" for problem in checked.warnings]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            RE, "    delegate: lead\n", "",
            "config/review.yaml:4:12: 'finance' has no delegate: while away, only others",
        ),
        (
            RU, "  - model: milestone\n    name: projects\n", "",
            "config/agreements.yaml:15:3: no rule in config/rules.yaml bills the work of agreement",
        ),
        (
            RU, "    part: deposit\n", "    part: rest\n    clients: [acme]\n",
            "bills the deposit of agreement 'acme-shop'",
        ),
        (
            RU, "  - model: threshold\n    name: blocks\n", "",
            "bills the next blocks of agreement 'acme-block'",
        ),
        (
            RU, "    name: blocks\n", "    name: blocks\n    clients: [globex]\n",
            "config/rules.yaml:17:5: rule 'blocks' has no agreement to act on",
        ),
        (
            AG, "    cycle: month\n    work_source: psa\n", "    cycle: month\n",
            "the hours of each period are billed, but no work_source says where",
        ),
        (
            AG, "    fee: 1800.00 EUR\n",
            "    fee: 1800.00 EUR\n    included: {hours: 10, overage_rate: 90.00 EUR}\n",
            "config/agreements.yaml:2:3: it includes hours, but no work_source",
        ),
        (
            AG, "    starts_on: 2026-02-04\n", "    starts_on: 2026-02-04\n    minimum: 1.00 EUR\n",
            "a minimum counts for each period, but without a cycle there are no periods",
        ),
        (
            AG, "    fee: 1800.00 EUR\n",
            "    fee: 1800.00 EUR\n    discounts: [{reason: x, percent: 5, approved_by: boss}]\n",
            "'boss' is not among the people in config/review.yaml",
        ),
        (
            RU, "    name: projects\n", "    name: projects\n    client_types: [public]\n",
            "config/rules.yaml:14:20: no client is of type 'public'",
        ),
        (
            RE, "people:\n", "client_types: [public]\npeople:\n",
            "config/review.yaml:3:16: no client is of type 'public'",
        ),
        (
            CO, "    currency: EUR\n",
            "    currency: EUR\n    holidays: [2026-12-25, 2026-12-26, 2026-12-25]\n",
            "config/company.yaml:7:40: 2026-12-25 is a holiday already, see line 7",
        ),
        (
            CL, "clients:\n", "profiles:\n  north: {currency: EUR}\nclients:\n",
            "config/clients.yaml:2:3: no client names the profile 'north'",
        ),
        (
            CL, "    established: true\n", "    established: true\n    e_invoice: [peppol]\n",
            "3: invoices of 'ours' to 'acme' will be held: Peppol BIS Billing 3.0: clients.yaml:",
        ),
        (
            TA, RATES, "",
            "config/agreements.yaml:9:3: agreement 'globex-frame' has tax in NOK, which 'ours'",
        ),
        (
            TA, "valid_from: 2025-03-01", "valid_from: 2025-03-02",
            "no exchange rate is known on 2025-03-01",
        ),
        (
            RE, "    delegate: lead\n  - {login: lead, delegate: finance}\n",
            "    limits: [4999.99 EUR]\n  - {login: lead, limits: [9999.00 USD]}\n",
            "config/review.yaml:2:5: step 'review' is asked about 5000.00 EUR, which nobody",
        ),
    ],
)  # fmt: skip
def test_it_is_named_with_its_place(file: str, old: str, new: str, said: str) -> None:
    found = warnings(GOOD | {file: GOOD[file].replace(old, new)})

    assert any(said in text for text in found), found


def test_a_rule_about_a_category_leaves_work_without_one_alone() -> None:
    rule = "    name: projects\n    categories: [web]\n"

    assert warnings(GOOD | {RU: GOOD[RU].replace("    name: projects\n", rule)}) == []


def with_sources(*sources: str) -> dict[str, str]:
    text = GOOD[AG].replace("    work_source: psa\n", "")
    for day, source in enumerate(sources, start=3):
        start = f"    starts_on: 2026-02-0{day}\n"
        text = text.replace(start, f"{start}    work_source: {source}\n")
    return GOOD | {AG: text}


def test_a_source_that_others_spell_another_way_is_named() -> None:
    (found,) = warnings(with_sources("psa", "spa", "psa"))

    assert found == (
        "config/agreements.yaml:55:18: no other agreement has the source 'spa'; did you mean 'psa'?"
    )
    assert warnings(with_sources("psa", "tracker", "psa")) == []
    assert warnings(with_sources("psa", "spa")) == []  # nobody can tell which of the two is right


def test_a_delegate_whose_limit_is_high_enough_can_answer() -> None:
    people = (
        "people:\n  - {login: finance, delegate: lead, limits: [1.00 EUR]}\n"
        "  - {login: lead, delegate: finance, limits: [5000.00 EUR]}\n"
        "chain: [{name: one, approvers: [finance]}]\n"
    )

    assert warnings(GOOD | {RE: f"thresholds: [5000.00 EUR]\n{people}"}) == []


def test_nothing_is_said_about_a_good_company() -> None:
    assert warnings(GOOD) == []


def test_a_rate_that_ends_before_its_agreement_is_named() -> None:
    taxes = {TA: TEXTS[TA] + RATES}
    assert warnings(TEXTS | taxes) == [
        "config/taxes.yaml:9:5: no tax rule for NO and 'standard' is known after 2025-12-31"
    ]
    ended = spoiled(AG, "starts_on: 2025-03-01", "starts_on: 2025-03-01\n    ends_on: 2025-12-31")
    assert warnings(ended | taxes) == []


def test_a_client_with_little_left_of_its_profile_is_named_with_the_keys() -> None:
    profile = (
        "profiles:\n  north: {currency: EUR, zone: Europe/Berlin, terms: 5 days, language: de,"
        " type: private, mode: live}\nclients:\n"
    )
    text = GOOD[CL].replace("clients:\n", profile).replace("    mode: off\n", "")
    for extra, count in (("", 0), ("    language: nb\n    type: public\n", 1)):
        own = text.replace(
            "    name: Globex AS\n", f"    name: Globex AS\n    profile: north\n{extra}"
        )
        found = warnings(GOOD | {CL: own})
        assert len(found) == count
    assert found[0].endswith(
        "client 'globex' sets 5 values of profile 'north' aside: currency, zone, terms, language,"
        " type"
    )


def test_warnings_stop_nothing_and_errors_hide_them() -> None:
    broken = TEXTS | {RE: "thresholds: []\n"}

    checked = check_texts(broken)

    assert checked.book is None
    assert checked.errors
    assert checked.warnings == ()
