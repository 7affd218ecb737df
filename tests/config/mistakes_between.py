"""Mistakes that only a look at several entries or files shows; ▸ as in mistakes.py."""

from tests.config.mistakes import AG, RE, RU, TA, Case

BETWEEN_ENTRIES = {
    # what only a look at several files shows
    "unknown client": Case(
        AG, "client: acme", "client: ▸acne",
        ("unknown client 'acne'; did you mean 'acme'?", "config/clients.yaml"),
    ),
    "unknown entity": Case(AG, "client: acme\n    entity: ours", "client: acme\n    entity: ▸our",
        ("unknown entity 'our'; did you mean 'ours'?", "config/company.yaml")),
    "unknown client in a rule": Case(
        RU, "clients: [globex]", "clients: [▸glodex]", ("unknown client 'glodex'",)
    ),
    "client twice in a rule": Case(
        RU, "clients: [globex]", "clients: [globex, ▸globex]", ("this client is named twice",)
    ),
    "rule for nobody": Case(RU, "clients: [globex]", "clients: ▸[]", ("names no client",)),
    "fee in another currency": Case(
        AG, "fee: 1800.00 EUR", "fee: ▸1800.00 USD",
        ("the fee is in USD, but client 'acme' is billed in EUR", "nothing is converted"),
    ),
    "end before the start": Case(
        AG, "starts_on: 2026-01-31", "starts_on: 2026-01-31\n    ends_on: ▸2026-01-30",
        ("ends_on 2026-01-30 is before starts_on 2026-01-31",),
    ),
    "billing before the start": Case(
        AG, "starts_on: 2026-01-31", "starts_on: 2026-01-31\n    bill_from: ▸2026-01-01",
        ("bill_from 2026-01-01 is before starts_on",),
    ),
    "billing after the end": Case(
        AG, "starts_on: 2026-01-31",
        "starts_on: 2026-01-31\n    bill_from: ▸2026-04-01\n    ends_on: 2026-03-31",
        ("nothing would ever be billed",),
    ),
    "two rules for all": Case(
        RU, "  - model: deal", "  - ▸model: retainer\n    name: second\n  - model: deal",
        ("rules 'monthly' and 'second' both bill retainers of all clients", "held"),
    ),
    "two rules for one client": Case(
        RU, "    clients: [globex]",
        "    clients: [globex]\n  - ▸model: deal\n    name: more\n    part: rest\n"
        "    clients: [acme, globex]",
        ("'deals' and 'more' both bill deals of globex",),
    ),
    "one name for two rules": Case(RU, "name: deals", "name: ▸monthly", ("the rule in line 3",)),
    "two rates": Case(
        TA, "    valid_to: 2025-12-31\n",
        "    valid_to: 2025-12-31\n  - ▸country: NO\n    category: standard\n    code: S\n"
        "    percent: 25\n    label: VAT 25 %\n    valid_from: 2025-12-31\n",
        ("two rates for NO and 'standard' from 2025-12-31 on", "valid_to"),
    ),
    "rate ends before it begins": Case(
        TA, "valid_to: 2025-12-31", "valid_to: ▸2020-12-31", ("is before valid_from",)
    ),
    "code O with a rate": Case(TA, "percent: 0", "percent: ▸7", ("code O charges no tax",)),
    "code S without a rate": Case(TA, "percent: 12.5", "percent: ▸0", ("needs a percent above 0",)),
    "no reason for no tax": Case(
        TA, "    code: O\n    percent: 0\n    label: No VAT\n    note: Outside the scope.\n",
        "    code: ▸O\n    percent: 0\n    label: No VAT\n", ("lacks the key 'note'", "why no tax"),
    ),
    "unknown tax code": Case(TA, "code: O", "code: ▸X", ("'X' is not known here", "S, Z, E, AE")),
    "percent with a sign": Case(TA, "percent: 12.5", "percent: ▸12.5 %", ("not a percentage",)),
    "percent above 100": Case(TA, "percent: 12.5", "percent: ▸125", ("from 0 to 100",)),
    "no approver": Case(RE, "[finance, lead]", "▸[]", ("approvers: at least 1",)),
    "approver twice": Case(RE, "[finance, lead]", "[finance, ▸finance]", ("named twice",)),
    "the system approves": Case(RE, "[finance, lead]", "[▸system]", ("cannot approve",)),
    "approvers in one text": Case(RE, "[finance, lead]", '[▸"finance, lead"]', ("not a login",)),
    "threshold twice": Case(
        RE, "  - 5000.00 EUR", "  - 5000.00 EUR\n  - ▸900.00 EUR",
        ("a threshold already, in line 2",),
    ),
}  # fmt: skip
