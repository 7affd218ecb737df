"""Mistakes that only a look at several entries or files shows; ▸ as in mistakes.py."""

from tests.config.mistakes import AG, CL, CO, RE, RM, RU, TA, Case
from tests.config.small_company import TEXTS

BETWEEN_ENTRIES = {
    # what only a look at several files shows
    "unknown client": Case(
        AG, "client: acme\n    entity: ours\n    description: Care",
        "client: ▸acne\n    entity: ours\n    description: Care",
        ("unknown client 'acne'; did you mean 'acme'?", "config/clients.yaml"),
    ),
    "unknown entity": Case(
        AG, "entity: ours\n    description: Care", "entity: ▸our\n    description: Care",
        ("unknown entity 'our'; did you mean 'ours'?", "config/company.yaml"),
    ),
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
        RU, "  - model: milestone", "  - ▸model: retainer\n    name: second\n  - model: milestone",
        ("rules 'monthly' (line 2) and 'second' both bill retainer_due of all clients", "held"),
    ),
    "two rules for one client": Case(
        RU, "    clients: [globex]",
        "    clients: [globex]\n  - ▸model: deal\n    name: more\n    part: rest\n"
        "    clients: [acme, globex]",
        ("'deals' (line 4) and 'more' both bill deal_won, document_signed of globex",),
    ),
    "two rules for an agreement and its client": Case(
        RU, "    name: projects",
        "    name: projects\n    clients: [acme]\n  - ▸model: milestone\n    name: shop\n"
        "    agreements: [acme-shop]",
        ("'projects' (line 12) and 'shop' both bill", "of acme-shop"),
    ),
    "one name for two rules": Case(RU, "name: deals", "name: ▸monthly", ("the rule in line 3",)),
    "unknown agreement in a rule": Case(
        RU, "    name: projects", "    name: projects\n    agreements: [▸acme-shp]",
        ("unknown agreement 'acme-shp'; did you mean 'acme-shop'?", "config/agreements.yaml"),
    ),
    "event twice": Case(
        RU, "events: [document_signed]", "events: [document_signed, ▸document_signed]",
        ("this event is named twice",),
    ),
    "share of nothing": Case(
        RU, "    part: deposit", "    part: deposit\n    percent: ▸0",
        ("0 percent is no part of anything", "above 0"),
    ),
    "estimate of nothing": Case(
        RU, "  - model: milestone",
        "  - {model: estimate, name: estimates, percent: ▸0}\n  - model: milestone",
        ("0 percent is no part of anything",),
    ),
    "unknown event": Case(
        RU, "events: [document_signed]", "events: [▸document_sined]",
        ("'document_sined' is not known here; did you mean 'document_signed'?",),
    ),
    "limit in nobody's currency": Case(
        RU, "every: 40 h", "every: ▸4000.00 USD",
        ("the limit is in USD, but client 'acme' of agreement 'acme-data' is billed in EUR",),
    ),
    # prices of every kind of agreement
    "fee and fees": Case(
        AG, "    fee: 1800.00 EUR",
        "    fee: 1800.00 EUR\n    fees: ▸[{from: 2026-01-31, fee: 1.00 EUR}]",
        ("has 'fee' and 'fees'", "Keep one of the two"),
    ),
    "fees in a wrong order": Case(
        AG, "    fee: 1800.00 EUR",
        "    fees:\n      - {from: 2026-01-31, fee: 9.00 EUR}\n"
        "      - {from: ▸2026-01-01, fee: 8.00 EUR}",
        ("the fee from 2026-01-01 on stands after the one from 2026-01-31",),
    ),
    "no fee on the first day": Case(
        AG, "    fee: 1800.00 EUR", "    fees: ▸[{from: 2026-02-01, fee: 9.00 EUR}]",
        ("no fee holds on 2026-01-31, the first billed day", "2026-02-01"),
    ),
    "fee of one step in another currency": Case(
        AG, "    fee: 1800.00 EUR", "    fees: [{from: 2026-01-31, fee: ▸9.00 USD}]",
        ("the fee is in USD, but client 'acme' is billed in EUR",),
    ),
    "months of 30 days in a cycle of weeks": Case(
        AG, "    fee: 1800.00 EUR",
        "    fee: 1800.00 EUR\n    cycle: 2 weeks\n    proration: ▸30/360",
        ("30/360 counts months of 30 days, but the cycle is 2 weeks", "proration: actual"),
    ),
    "item that ends before it begins": Case(
        AG, "    fee: 1800.00 EUR",
        "    fee: 1800.00 EUR\n    items:\n      - {key: a, description: A, unit_price: 1.00 EUR,"
        " from: 2026-05-01, until: ▸2026-04-30}",
        ("until 2026-04-30 is before from 2026-05-01",),
    ),
    "item in another currency": Case(
        AG, "    fee: 1800.00 EUR",
        "    fee: 1800.00 EUR\n    items: [{key: a, description: A, unit_price: ▸1.00 USD}]",
        ("the unit price is in USD, but client 'acme' is billed in EUR",),
    ),
    "pause that ends before it begins": Case(
        AG, "    fee: 1800.00 EUR",
        "    fee: 1800.00 EUR\n    pauses: [{from: 2026-05-02, to: ▸2026-05-01}]",
        ("2026-05-01 is before from 2026-05-02", "Write the first day as from"),
    ),
    "rates and a tariff": Case(
        AG, "    cycle: month",
        "    cycle: month\n    tariff: ▸{mode: volume, tiers: [{price: 1.00 EUR}]}",
        ("has 'rates' and 'tariff'",),
    ),
    "neither rates nor a tariff": Case(
        AG, "  acme-help:\n    kind: time_and_materials\n    client: acme\n    entity: ours\n"
        "    description: Help\n    rates:\n      - {role: senior, per_hour: 120.00 EUR}",
        "  ▸acme-help:\n    kind: time_and_materials\n    client: acme\n    entity: ours\n"
        "    description: Help",
        ("has neither 'rates' nor 'tariff'", "rate card"),
    ),
    "no rate on the first day": Case(
        AG, "    rates:\n      - {role: senior, per_hour: 120.00 EUR}",
        "    rates: ▸[{role: senior, per_hour: 120.00 EUR, from: 2026-03-01}]",
        ("no rate holds on 2026-02-03, the first billed day", "2026-03-01"),
    ),
    "a role twice": Case(
        AG, "      - {role: senior, per_hour: 120.00 EUR}",
        "      - {role: senior, per_hour: 120.00 EUR}\n"
        "      - ▸{role: senior, per_hour: 99.00 EUR}",
        ("role 'senior' has a rate from this day on already", "`from`"),
    ),
    "tiers that fall": Case(
        AG, "        - {up_to: 10, price",
        "        - {up_to: 20, price: 9.00 EUR}\n        - {up_to: ▸10, price",
        ("a tier up to 10 follows one up to 20", "rising order"),
    ),
    "tier of no hour": Case(
        AG, "        - {up_to: 10, price", "        - {up_to: ▸0, price",
        ("a tier up to 0 follows nothing", "rising order"),
    ),
    "tier after the last": Case(
        AG, "        - {price: 85.00 EUR}",
        "        - ▸{price: 85.00 EUR}\n        - {price: 75.00 EUR}",
        ("a tier without up_to has no end", "up_to: 10"),
    ),
    "tiers in two currencies": Case(
        AG, "        - {price: 85.00 EUR}", "        - {price: ▸85.00 USD}",
        ("a price in USD after one in EUR", "the client's currency"),
    ),
    "tiers with a hole": Case(
        AG, "        - {price: 85.00 EUR}", "        - {up_to: ▸20, price: 85.00 EUR}",
        ("nothing says what an hour above 20 costs", "last tier"),
    ),
    "milestones below the whole": Case(
        AG, "    milestones:\n      - {key: plan, description: Plan, percent: 40}",
        "    milestones:\n      ▸- {key: plan, description: Plan, percent: 30}",
        ("the milestones are 90 percent of the total, not 100",),
    ),
    "milestones in money below the whole": Case(
        AG, "    milestones:\n      - {key: plan, description: Plan, percent: 40}",
        "    milestones:\n      ▸- {key: plan, description: Plan, value: 3000.00 EUR}",
        ("the milestones come to 8400.00 EUR, not to the total of 9000.00 EUR",),
    ),
    "milestone with two worths": Case(
        AG, "percent: 60", "value: 5400.00 EUR, percent: ▸60", ("has 'value' and 'percent'",)
    ),
    "milestone of nothing": Case(
        AG, "      - {key: plan, description: Plan, percent: 40}",
        "      - ▸{key: plan, description: Plan}", ("has neither 'value' nor 'percent'",),
    ),
    "milestone twice": Case(
        AG, "{key: work,", "{key: ▸plan,", ("there is a milestone 'plan' already",)
    ),
    "milestone that waits for nothing": Case(
        AG,
        "      - {key: plan, description: Plan, percent: 40}\n"
        "      - {key: work, description: Work, percent: 60}\n    deposit: {percent: 25}\n",
        "      - {key: plan, description: Plan, percent: 40, after_payment: ▸true}\n"
        "      - {key: work, description: Work, percent: 60, after_payment: true}\n",
        ("the first milestone waits for a payment, but nothing is billed before it", "a deposit"),
    ),
    "milestones and steps": Case(
        AG, "    deposit: {percent: 25}", "    deposit: {percent: 25}\n    steps: ▸[50, 100]",
        ("has 'milestones' and 'steps'",),
    ),
    "deposit above the last milestone": Case(
        AG, "deposit: {percent: 25}", "deposit: ▸{percent: 70}",
        ("the deposit of 6300.00 EUR is more than the last milestone 'work' of 5400.00 EUR",),
    ),
    "deposit above the last step, in the other style": Case(
        AG, "    steps: [30, 70]",
        "    steps: [30, 70]\n    deposit: ▸{amount: 2100.01 EUR, style: remainder}",
        ("the deposit of 2100.01 EUR is more than the last part of 2100.00 EUR",),
    ),
    "deposit of nothing": Case(
        AG, "deposit: {percent: 25}", "▸deposit: {style: full}",
        ("has neither 'percent' nor 'amount'",),
    ),
    "steps that fall": Case(
        AG, "steps: [30, 70]", "steps: [30, ▸20]",
        ("a step of 20 percent follows one of 30", "rising order"),
    ),
    "step above the whole": Case(
        AG, "steps: [30, 70]", "steps: [30, ▸170]", ("'170' is not a percentage",)
    ),
    "block of nothing": Case(
        AG, "hours: 25", "hours: ▸0", ("a block of 0 hours is never used up", "Write how many")
    ),
    "block that is always empty": Case(
        AG, "hours: 25", "hours: 25\n    reorder_at_hours: ▸25", ("as soon as one begins", "25")
    ),
    "parts and percents": Case(
        AG, "parts: 4", "parts: 4\n    percents: ▸[50, 50]",
        ("they say the same as 'parts' in another way", "Keep one"),
    ),
    "neither parts nor percents": Case(
        AG, "  acme-loan:\n    kind: instalments\n    client: acme\n    entity: ours\n"
        "    description: Licence\n    total: 1200.00 EUR\n    parts: 4",
        "  ▸acme-loan:\n    kind: instalments\n    client: acme\n    entity: ours\n"
        "    description: Licence\n    total: 1200.00 EUR\n",
        ("this agreement has neither 'parts' nor 'percents'", "parts: 12"),
    ),
    "instalments below the whole": Case(
        AG, "parts: 4", "percents: ▸[50, 40]",
        ("percents: they are 90 percent together, not 100", "Correct one"),
    ),
    "instalments that outlive their agreement": Case(
        AG, "    parts: 4\n", "    parts: 4\n    ends_on: ▸2026-05-05\n",
        ("part 4 of 4 comes due on 2026-05-06, after ends_on 2026-05-05", "ends_on: 2026-05-06"),
    ),
    "percents that outlive their agreement": Case(
        AG, "    parts: 4\n", "    percents: [50, 50]\n    ends_on: ▸2026-03-05\n",
        ("part 2 of 2 comes due on 2026-03-06",),
    ),
    "instalments that outlive the calendar": Case(
        AG, "parts: 4", "parts: ▸99999",
        ("part 99999 of 99999 would come due after the year 9999", "fewer parts"),
    ),
    "cap below the total": Case(
        AG, "    steps: [30, 70]", "    steps: [30, 70]\n    cap: ▸6999.99 EUR",
        ("the cap of 6999.99 EUR is below the total of 7000.00 EUR", "raise the cap"),
    ),
    "cap below the minimum": Case(
        AG, "    cycle: month\n", "    cycle: month\n    minimum: 500.00 EUR\n"
        "    cap: ▸499.99 EUR\n",
        ("the cap of 499.99 EUR is below the minimum of 500.00 EUR", "raise it"),
    ),
    "item twice": Case(
        AG, "    fee: 1800.00 EUR", "    fee: 1800.00 EUR\n    items:\n"
        "      - {key: a, description: A, unit_price: 1.00 EUR}\n"
        "      - {key: ▸a, description: B, unit_price: 2.00 EUR}",
        ("the item in line 9 has the key 'a' already", "its own key"),
    ),
    "onboarding item twice": Case(
        AG, "    description: Frame\n", "    description: Frame\n    onboarding:\n"
        "      - {key: a, description: A, unit_price: 1.00 NOK}\n"
        "      - {key: ▸a, description: A, unit_price: 1.00 NOK}\n",
        ("the item in line 15 has the key 'a' already",),
    ),
    "sum of nothing": Case(AG, "total: 1200.00 EUR", "total: ▸0.00 EUR", ("a total above zero",)),
    "discount in two ways": Case(
        AG, "    fee: 1800.00 EUR", "    fee: 1800.00 EUR\n"
        "    discounts: [{reason: Friends, percent: 5, amount: ▸1.00 EUR}]",
        ("has 'percent' and 'amount'",),
    ),
    "unknown reminder plan": Case(
        AG, "    fee: 1800.00 EUR", "    fee: 1800.00 EUR\n    reminder_plan: ▸standart",
        ("unknown reminder plan 'standart'; did you mean 'standard'?", "config/reminders.yaml"),
    ),
    "unknown profile": Case(
        CL, "    established: true", "    profile: ▸germn", ("unknown profile 'germn'",)
    ),
    "neither here nor in a profile": Case(
        CL, "  globex:\n    name: Globex AS\n    address: {street: Storgata 1, postal_code: 0155,"
        " city: Oslo, country: NO}\n    currency: NOK\n",
        "  ▸globex:\n    name: Globex AS\n    address: {street: Storgata 1, postal_code: 0155,"
        " city: Oslo, country: NO}\n",
        ("client 'globex' lacks the key 'currency'", "in a profile"),
    ),
    "two rates": Case(
        TA, "    valid_to: 2025-12-31\n",
        "    valid_to: 2025-12-31\n  - ▸country: NO\n    category: standard\n    code: S\n"
        "    percent: 25\n    label: VAT 25 %\n    valid_from: 2025-12-31\n",
        ("two rates for NO and 'standard' from 2025-12-31 on, see line 9", "valid_to"),
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
    "two rates that neither wins": Case(
        TA, "    valid_to: 2025-12-31\n",
        "    valid_to: 2025-12-31\n    region: Oslo\n  - ▸country: NO\n    entity: ours\n"
        "    category: standard\n    code: S\n    percent: 25\n    label: VAT 25 %\n"
        "    valid_from: 2021-01-01\n",
        ("two rates for NO, Oslo, ours and 'standard' from 2021-01-01 on",),
    ),
    "unknown entity of a tax": Case(
        TA, "    valid_to: 2025-12-31\n", "    valid_to: 2025-12-31\n    entity: ▸hours\n",
        ("unknown entity 'hours'; did you mean 'ours'?",),
    ),
    "no tax rule": Case(
        AG, "    fee: 1800.00 EUR", "    fee: 1800.00 EUR\n    tax_category: ▸standrad",
        ("no tax rule for GB and category 'standrad' on 2026-01-31", "did you mean 'standard'?"),
    ),
    "no tax rule for an item": Case(
        AG, "    fee: 1800.00 EUR", "    fee: 1800.00 EUR\n    items: [{key: a, description: A,"
        " unit_price: 1.00 EUR, tax_category: ▸books}]",
        ("no tax rule for GB and category 'books' on 2026-01-31", "every draft is held"),
    ),
    "no tax rule yet": Case(
        AG, "  globex-frame:\n    kind: frame\n    client: globex\n    entity: ours\n"
        "    description: Frame\n    starts_on: 2025-03-01",
        "  ▸globex-frame:\n    kind: frame\n    client: globex\n    entity: ours\n"
        "    description: Frame\n    starts_on: 2026-01-01",
        ("no tax rule for NO and category 'standard' on 2026-01-01", "'ours' invoices"),
    ),
    "shares of a tax": Case(
        TA, "    valid_to: 2025-12-31\n",
        "    valid_to: 2025-12-31\n    parts: ▸[{name: City, percent: 12}]\n",
        ("add up to 12 %, but percent is 12.5",),
    ),
    "exchange rate twice": Case(
        TA, "taxes:\n", "exchange_rates:\n"
        "  - {base: EUR, currency: NOK, rate: 11.5, valid_from: 2026-01-01, source: ECB}\n"
        "  - ▸{base: EUR, currency: NOK, rate: 11.6, valid_from: 2026-01-01, source: ECB}\n"
        "taxes:\n",
        ("line 2 has a rate for these currencies",),
    ),
    # people
    "no approver": Case(
        RE, TEXTS[RE], "thresholds: []\npeople: ▸[]\n", ("people: at least 1",)
    ),
    "person twice": Case(
        RE, "  - {login: lead,", "  - {login: ▸finance, delegate: lead}\n  - {login: lead,",
        ("listed twice",),
    ),
    "two people with one address": Case(
        RE, "    delegate: lead\n  - {login: lead, delegate: finance}",
        "    delegate: lead\n    email: fin@example.com\n"
        "  - {login: lead, delegate: finance, email: ▸Fin@Example.com}",
        ("another person's address already", "that nobody else reads"),
    ),
    "the system approves": Case(RE, "{login: lead,", "{login: ▸system,", ("cannot approve",)),
    "approvers in one text": Case(
        RE, "{login: lead,", '{login: ▸"finance, lead",', ("not a login",)
    ),
    "unknown delegate": Case(
        RE, "    delegate: lead", "    delegate: ▸laed", ("unknown person 'laed'; did you mean",)
    ),
    "delegate of oneself": Case(
        RE, "    delegate: lead", "    delegate: ▸finance", ("'finance' cannot stand in",)
    ),
    "everybody away": Case(
        RE, "    delegate: lead\n  - {login: lead, delegate: finance}\n",
        "    delegate: ▸lead\n    away: [{from: 2026-12-24, to: 2026-12-31}]\n"
        "  - {login: lead, delegate: finance, away: [{from: 2026-12-20, to: 2026-12-24}]}\n",
        ("finance, lead stand in for each other only, and are all away on 2026-12-24",),
    ),
    "unknown approver in a step": Case(
        RE, "people:", "chain: [{name: one, approvers: [▸finanse, lead]}]\npeople:",
        ("unknown person 'finanse'; did you mean 'finance'?", "config/review.yaml"),
    ),
    "approver twice in a step": Case(
        RE, "people:", "chain: [{name: one, approvers: [lead, ▸lead]}]\npeople:", ("named twice",)
    ),
    "step twice": Case(
        RE, "people:", "chain:\n  - {name: one, approvers: [lead, finance]}\n"
        "  - {name: ▸one, approvers: [lead, finance]}\npeople:",
        ("there is a step of this name already",),
    ),
    "step of one person without a delegate": Case(
        RE, "people:\n  - login: finance\n    delegate: lead\n",
        "chain: [{name: one, approvers: [▸finance]}]\npeople:\n  - login: finance\n",
        ("step 'one' asks 'finance' only, who has no delegate", "delegate:"),
    ),
    "two steps of the same person": Case(
        RE, "people:", "chain:\n  - {name: one, approvers: [lead]}\n"
        "  - {name: two, approvers: ▸[lead]}\npeople:",
        ("the step in line 4 asks nobody else either",),
    ),
    "unknown reason": Case(
        RE, "people:", "chain: [{name: one, approvers: [lead, finance], reasons: [▸amonut]}]\n"
        "people:",
        ("unknown reason 'amonut'; did you mean 'amount'?", "first_invoice"),
    ),
    "reminder step twice": Case(
        RM, "to: client}", "to: client}\n      - {name: ▸soon, when: 1 day after due}",
        ("has a step 'soon' already",),
    ),
    "reminder plan twice": Case(
        RM, "plans:\n  - name: standard",
        "plans:\n  - {name: standard, steps: []}\n  - name: ▸standard",
        ("there is a plan 'standard' already",),
    ),
    "electronic address of no list": Case(
        CL, "    established: true",
        '    established: true\n    electronic_address: {scheme: ▸"9999", id: "1"}',
        ("'9999' is no code of an electronic address", "EAS list"),
    ),
    "note of no subject": Case(
        CO, "    currency: EUR", "    currency: EUR\n    notes: [{code: ▸reg, text: x}]",
        ("'reg' is no code of a note's subject", "UNTDID 4451"),
    ),
    "form of e-invoice twice": Case(
        CL, "    established: true", "    established: true\n    e_invoice: [cii, ▸cii]",
        ("this form stands here already",),
    ),
    "two forms of one file": Case(
        CL, "    established: true",
        "    established: true\n    e_invoice: ▸[peppol, xrechnung]",
        ("two forms of one file", "Keep the one that the client reads"),
    ),
    "threshold twice": Case(
        RE, "  - 5000.00 EUR", "  - 5000.00 EUR\n  - ▸900.00 EUR",
        ("a threshold already, in line 2",),
    ),
}  # fmt: skip
