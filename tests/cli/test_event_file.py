"""Event files: what may be left out, what is read exactly, and mistakes that are all named."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from invoicing.console.event_file import LONGEST, EventFileError, read_events, read_file
from invoicing.domain.canonical import canonical_json
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.events import BillingEvent, Claim, EventKind, Reference
from invoicing.domain.money import Money
from invoicing.domain.work import Cost, CostSort, SlaBreach, TimeEntry, WorkItem

TODAY = date(2026, 11, 2)
ITEM = {
    "description": "Analysis",
    "quantity": "10",
    "unit": "h",
    "unit_price": "120.00 EUR",
    "tax_category": "standard",
}


def read(text: str) -> BillingEvent:
    """Read the one event of a file."""
    (event,) = read_events(text, "deal.json", TODAY)
    return event


def mistakes(text: str) -> str:
    """Return what is said about a file that is refused."""
    with pytest.raises(EventFileError) as caught:
        read_events(text, "deal.json", TODAY)
    return str(caught.value)


def test_what_has_a_usual_value_may_be_left_out() -> None:
    event = read(json.dumps({"kind": "deal_won", "client": "nordwind", "work": [ITEM, ITEM]}))

    assert (event.source, event.event_id, event.occurred_on) == ("file", "deal.json", TODAY)
    assert event.agreement == event.subject == ""
    assert [(one.source, one.record_id) for one in event.work] == [
        ("file", "deal.json/1"),
        ("file", "deal.json/2"),
    ]


def test_the_ledgers_own_form_is_read_back_as_it_was() -> None:
    price = Money.parse("120.00 EUR")
    event = BillingEvent(
        "psa", "e-1", EventKind.ESTIMATE_ACCEPTED, "nordwind", "nordwind-projects", "Q-1",
        date(2026, 10, 1),
        (
            WorkItem("psa", "r-1", "Workshop", Decimal("7.5"), "h", price, "standard"),
            TimeEntry("psa", "r-2", "Coding", "dana", "engineer", TODAY, Decimal(90), False),
            Cost("psa", "r-3", "Server", price, TODAY, CostSort.HARDWARE, Decimal("1.1")),
            SlaBreach("psa", "r-4", "Outage", TODAY, percent=Decimal(5)),
        ),
        "Analysis", "D-1", Decimal(50), (Claim("crm", "deal value", price),),
        (Discount("loyal", Decimal(5)), Discount("late", None, price, Spread.PRO_RATA, "lead")),
        (Reference("order", "PO-1"),), ("disputed_scope",), "fixed", "dana",
    )  # fmt: skip

    assert read(canonical_json(event)) == event


def test_json_numbers_count_by_their_text() -> None:
    text = '{"kind": "deal_won", "client": "nordwind", "progress": 33.330000000000000001}'
    assert read(text).progress == Decimal("33.330000000000000001")


def test_several_events_are_a_list_with_names_of_their_own() -> None:
    text = json.dumps([{"kind": "deal_won", "client": "nordwind"}] * 2)
    first, second = read_events(text, "deal.json", TODAY)
    assert (first.event_id, second.event_id) == ("deal.json#1", "deal.json#2")


def test_every_mistake_is_named_at_once_with_its_place() -> None:
    told = mistakes(
        json.dumps(
            {
                "kind": "deal_one",
                "titel": "x",
                "occurred_on": "2.11.2026",
                "work": [
                    {**ITEM, "unit_price": "1,50 EUR", "quantity": True},
                    {**ITEM, "kind": "tine"},
                    {**ITEM, "unit_price": {"amount": "1.50"}, "unit": 3},
                    "hours",
                    {"kind": "time", "description": "x"},
                ],
                "claims": {"source": "crm"},
            }
        )
    )
    for words in (
        "kind: \"deal_one\" is unknown; did you mean 'deal_won'?; use retainer_due, deal_won,",
        "did you mean 'deal_won'?",
        "titel: unknown key; did you mean 'title'?",
        "client: is missing",
        'occurred_on: "2.11.2026" is not a day; write it like 2026-11-02',
        "work[0].unit_price: '1,50 EUR' is not money; write it like 2400.00 EUR",
        "work[0].quantity: true is not a number; write it like 1234.50",
        "work[1].kind: \"tine\" is unknown; did you mean 'time'?; use item, time, cost, breach",
        'work[2].unit_price: money is "2400.00 EUR", or an object of amount and currency',
        "work[2].unit: 3 is not a text",
        'work[3]: "hours" is not an object',
        "work[4].person: is missing",
        "work[4].minutes: is missing",
        "claims: an object is not a list",
    ):
        assert words in told, words
    assert all(line.startswith("deal.json: ") for line in told.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "deal.json:1:2: this is not JSON"),
        ('{"kind": "a", "kind": "b"}', "the key 'kind' stands twice"),
        ("[" * 200_000, "nested too deeply"),
        ('"deal_won"', 'the event: "deal_won" is not an object'),
        ('{"kind": NaN, "client": "x"}', "kind: NaN is unknown; use"),
        (" " * (LONGEST + 1), "larger than"),
        ('{"kind": "deal_won", "client": "x", "progress": 1e400}', "'1e400' is not a plain"),
        ('{"kind": "deal_won", "client": null}', "client: null is not a text"),
    ],
)
def test_what_is_no_event_is_refused(text: str, words: str) -> None:
    assert words in mistakes(text)


def test_a_long_value_is_cut_in_the_message() -> None:
    told = mistakes(json.dumps({"kind": "x" * 5000, "client": "nordwind"}))
    assert len(told) < 600


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EventFileError, match="No such file"):
        read_file(tmp_path / "gone.json")
    latin = tmp_path / "latin.json"
    latin.write_bytes(b"\xe4")
    with pytest.raises(EventFileError, match="not UTF-8"):
        read_file(latin)
