"""Whatever happens in whatever book: one answer, always the same, with a reason, nothing twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.domain.agreements import (
    Agreement,
    Frame,
    Pricing,
    RecurringItem,
    Tariff,
    Tier,
    TierMode,
    TimeAndMaterials,
)
from invoicing.domain.book import Book
from invoicing.domain.decide import Bill, Hold, Ignore, decide, possible_agreements
from invoicing.domain.discounts import Discount
from invoicing.domain.events import BillingEvent, Claim, EventKind
from invoicing.domain.exceptions import KINDS
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation, Owed
from invoicing.domain.parties import Mode
from invoicing.domain.periods import Period
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model, can_bill
from invoicing.domain.work import Cost, SlaBreach, TimeEntry, Work, WorkItem, ref_of
from tests.domain.builders import (
    AURORA,
    BLOCK,
    HOURLY,
    INSTALMENTS,
    MONTHLY_HOURS,
    NORDWIND,
    PROJECT,
    RETAINER,
    STEPS,
    agreement,
    book,
    eur,
)

FIRST = date(2026, 1, 1)
DAYS = st.integers(-40, 200).map(lambda days: FIRST + timedelta(days=days))
FEW = st.sampled_from
PAUSES = st.tuples(DAYS, DAYS).map(lambda days: Period(min(days), max(days)))
WORDS = FEW(["", "a", "b", "D-7", "build", "deposit", "2026-02-01", "block:1"])
PRICES: list[Pricing] = [
    RETAINER,
    replace(RETAINER, in_arrears=True),
    HOURLY,
    MONTHLY_HOURS,
    replace(MONTHLY_HOURS, minimum=eur("100.00")),
    TimeAndMaterials(tariff=Tariff(TierMode.VOLUME, (Tier(None, eur("90.00")),))),
    PROJECT,
    STEPS,
    replace(PROJECT, milestones=(), deposit=None),
    BLOCK,
    INSTALMENTS,
    Frame(),
    Frame((RecurringItem("s", "Set-up", Decimal(1), "pc", eur("9.00"), "standard"),)),
]
AMOUNTS = st.builds(Money, st.decimals(-999, 99999, places=2), FEW(["EUR", "EUR", "EUR", "USD"]))
NUMBERS = st.one_of(
    st.decimals(-10, 5000, places=3), FEW([Decimal("NaN"), Decimal("Infinity"), Decimal("1e17")])
)
PERCENTS = st.one_of(st.none(), st.decimals(0, 200, places=1))
ROLES, RECORDS = FEW(["senior", "engineer", "juggler"]), FEW(["r1", "r2", "r3", "r4"])
WORK: st.SearchStrategy[Work] = st.one_of(
    st.builds(
        WorkItem, FEW(["crm"]), RECORDS, WORDS, NUMBERS, FEW(["h"]), AMOUNTS, FEW(["standard"]),
        discount_percent=st.decimals(0, 100, places=1), base_quantity=FEW([Decimal(1), Decimal(0)]),
    ),
    st.builds(
        TimeEntry, FEW(["psa"]), RECORDS, WORDS, WORDS, ROLES, DAYS, NUMBERS, st.booleans()
    ),
    st.builds(
        Cost, FEW(["psa"]), RECORDS, WORDS, AMOUNTS, DAYS, fx=st.one_of(st.none(), NUMBERS),
        approved=st.booleans(),
    ),
    st.builds(SlaBreach, FEW(["psa"]), RECORDS, WORDS, DAYS, PERCENTS),
)  # fmt: skip
WITH_WORK = set(EventKind) - {
    EventKind.MILESTONE_DONE,
    EventKind.PROJECT_PROGRESSED,
    EventKind.PROJECT_COMPLETED,
}
SUBJECTS: dict[EventKind, st.SearchStrategy[str]] = {
    EventKind.RETAINER_DUE: FEW(["2026-01-01", "2026-02-01", "2026-03-01", "block:1", "x"]),
    EventKind.MILESTONE_DONE: FEW(["concept", "build", "rollout", "x"]),
}


def events_of(kind: EventKind) -> st.SearchStrategy[BillingEvent]:
    return st.builds(
        BillingEvent,
        source=FEW(["crm", "psa", "calendar"]),
        event_id=WORDS,
        kind=st.just(kind),
        client=FEW(["nordwind"] * 7 + ["aurora", "nobody"] + ["nordwind"] * 7),
        agreement=FEW(["one", "one", "", "two", "one", "one"]),
        subject=SUBJECTS.get(kind, WORDS),
        occurred_on=DAYS,
        work=st.lists(WORK, max_size=4).map(tuple) if kind in WITH_WORK else st.just(()),
        deal=FEW(["", "D-7"]),
        progress=st.one_of(st.none(), st.integers(0, 110).map(Decimal), NUMBERS),
        claims=FEW([(), (), (), (Claim("crm", "value", eur("48000.00")),)]),
        discounts=FEW([(), (), (Discount("Loyalty", percent=Decimal(5)),)]),
        category=FEW(["", "x"]),
    )


ANY_EVENT = st.one_of([events_of(kind) for kind in EventKind])


def agreed(key: str, pricing: Pricing, **changes: object) -> Agreement:
    return replace(agreement(pricing, key), **changes)  # type: ignore[arg-type]


USUALLY = FEW([FIRST, FIRST - timedelta(days=40), FIRST + timedelta(days=31), FIRST])


def agreements(key: str, pricing: st.SearchStrategy[Pricing]) -> st.SearchStrategy[Agreement]:
    return st.builds(
        agreed,
        st.just(key),
        pricing,
        starts_on=USUALLY,
        bill_from=USUALLY,
        ends_on=FEW([None, FIRST + timedelta(days=70), None]),
        pauses=FEW([(), (), (Period(FIRST, FIRST + timedelta(days=40)),)]),
        work_source=FEW(["", "psa"]),
        category=FEW(["", "x"]),
    )


def ruled(model: Model, **changes: object) -> BillingRule:
    rule = BillingRule(str(model), model, frozenset(EVENTS_OF_MODEL[model]))
    return replace(rule, **changes)  # type: ignore[arg-type]


def rules_of(model: Model, **changes: st.SearchStrategy[object]) -> st.SearchStrategy[BillingRule]:
    return st.builds(
        ruled,
        st.just(model),
        categories=FEW([frozenset(), frozenset({"x"}), frozenset()]),
        part=FEW(["", "", "deposit", "onboarding"]),
        percent=PERCENTS,
        **changes,
    )


COUNTING = st.one_of(
    rules_of(Model.THRESHOLD, every_hours=FEW([Decimal(40), Decimal("0.5"), Decimal(0)])),
    rules_of(Model.THRESHOLD, every_spend=st.one_of(st.just(eur("100.00")), AMOUNTS)),
)
RULES = st.tuples(*map(rules_of, Model), COUNTING)
ODD_RULES = st.builds(
    BillingRule, FEW(["odd"]), FEW(Model), st.frozensets(FEW(EventKind), min_size=1)
)


CLIENTS = FEW(
    [NORDWIND, replace(NORDWIND, mode=Mode.OFF), replace(NORDWIND, currency="USD"), NORDWIND]
)


def prices_for(kind: EventKind) -> list[Pricing]:
    """Return what a kind of event is usually about."""
    models = [model for model, kinds in EVENTS_OF_MODEL.items() if kind in kinds]
    fitting = [one for one in PRICES if any(can_bill(model, one) for model in models)]
    return fitting or PRICES


def draw_scene(data: st.DataObject, kind: EventKind) -> tuple[Book, list[BillingEvent]]:
    """Draw a small book and events that are mostly about its first agreement."""
    one = data.draw(agreements("one", FEW(prices_for(kind))))
    others = data.draw(st.one_of(st.just(()), st.tuples(agreements("two", FEW(PRICES)))))
    odd = data.draw(st.one_of(st.just(()), st.tuples(ODD_RULES), st.just(())))
    books = book(
        clients=(data.draw(CLIENTS), AURORA),
        agreements=(one, *others),
        rules=(*data.draw(RULES), *odd),
    )
    like = events_of(kind)
    events = data.draw(st.lists(st.one_of(like, ANY_EVENT, like), min_size=1, max_size=4))
    return books, events


def owing(obligations: Sequence[Obligation], keys: frozenset[str]) -> Owed:
    known = {one.key: one for one in obligations if one.key.agreement in keys}
    return Owed(known, frozenset(known))


@pytest.mark.parametrize("kind", EventKind)
@settings(max_examples=50)
@given(st.data())
def test_every_event_gets_one_answer_and_nothing_is_owed_twice(
    kind: EventKind, data: st.DataObject
) -> None:
    books, events = draw_scene(data, kind)
    found: list[Obligation] = []
    for event in events:
        owed = owing(found, possible_agreements(event, books))
        decision = decide(event, books, owed)
        assert decide(event, books, owed) == decision
        assert decision.reason
        match decision:
            case Bill(obligations):
                assert obligations
                found += obligations
            case Hold(code):
                assert code in KINDS
            case Ignore(owed=key):
                assert key is None or key in owed.obligations
    keys = [one.key for one in found]
    assert len(set(keys)) == len(keys)
    dated = [ref_of(work) for one in found for work in one.work if not isinstance(work, WorkItem)]
    assert len(set(dated)) == len(dated)


@given(st.data(), FEW(EventKind))
def test_what_is_billed_is_owed_from_then_on(data: st.DataObject, kind: EventKind) -> None:
    books, (event, *_) = draw_scene(data, kind)
    first = decide(event, books, Owed())
    if isinstance(first, Bill):
        again = decide(event, books, Owed({one.key: one for one in first.obligations}))
        # A next block may follow; never the same thing once more.
        keys = {one.key for one in again.obligations} if isinstance(again, Bill) else set()
        assert not keys & {one.key for one in first.obligations}
