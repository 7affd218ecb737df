"""One client with a retainer, hours and a project over a quarter, against figures made by hand."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoicing.domain.draft import Draft, DraftRecord, Standing
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.report import cutoff, due_event, dues
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.domain.work import Work, worked_on
from tests.domain.builders import (
    MONTHLY_HOURS,
    PROJECT,
    RETAINER,
    agreement,
    book,
    decided,
    event,
    hours,
    outlay,
    rule,
)
from tests.domain.drafting.made import figures

LAST = date(2026, 3, 31)
CARE = replace(agreement(RETAINER, "care"), ends_on=LAST)
DATA = replace(agreement(MONTHLY_HOURS, "data"), ends_on=LAST, work_source="psa")
PORTAL = agreement(replace(PROJECT, deposit=None), "portal")
BOOK = book(agreements=(CARE, DATA, PORTAL), rules=(rule(Model.RETAINER), rule(Model.MILESTONE)))
WORK = (
    hours("10", "T-1", role="senior", on=date(2026, 1, 12)),
    hours("20", "T-2", on=date(2026, 1, 31)),
    hours("7.5", "T-3", on=date(2026, 2, 1)),
    outlay("50.00", "X-1", on=date(2026, 2, 14)),
    hours("1", "T-4", role="senior", on=date(2026, 3, 31)),
)


def reported() -> Iterator[BillingEvent]:
    """Yield what is reported in the quarter: the calendar's periods, then two milestones."""
    for one in (CARE, DATA):
        spoken_for: set[Work] = set()
        for due in dues(one, date(2026, 4, 1)):
            last = cutoff(one, due)
            work = {each for each in WORK if (worked_on(each) or last) <= last}
            new = work - spoken_for if one is DATA else set()
            if due.is_settlement:
                assert not new  # nothing was approved late
                continue
            spoken_for |= new
            yield due_event(one, due, tuple(sorted(new, key=lambda each: each.record_id)))
    for key, day in (("concept", date(2026, 1, 20)), ("build", date(2026, 3, 15))):
        done = event(
            agreement="portal", subject=key, occurred_on=day, kind=EventKind.MILESTONE_DONE
        )
        yield replace(done, source="psa", event_id=f"done-{key}")


def test_three_models_of_one_client_add_up_to_figures_made_by_hand() -> None:
    drafts: dict[str, list[Draft]] = defaultdict(list)
    for one in reported():
        bill = decided(one, BOOK)
        (key,) = {owed.key.agreement for owed in bill.obligations}
        earlier = tuple(
            DraftRecord(each, 1, DraftState.ISSUED, "system", "c0ffee", each.content_hash)
            for each in drafts[key]
        )
        draft = build_draft(bill.obligations, BOOK, Standing(earlier))
        assert isinstance(draft, Draft), draft.reason
        drafts[key].append(draft)
    nets = {key: [figures(one, "net")[0] for one in made] for key, made in drafts.items()}
    assert nets == {
        "care": ["1800.00", "1800.00", "1800.00"],
        "data": ["3600.00", "875.00", "140.00"],  # 10 x 140 + 20 x 110; 7.5 x 110 + 50; 1 x 140
        "portal": ["9600.00", "24000.00"],
    }
    everything = [one.totals for made in drafts.values() for one in made]
    assert sum(one.net.amount for one in everything) == Decimal("43615.00")
    # 3 x 342.00 + 684.00 + 166.25 + 26.60 + 1824.00 + 4560.00
    assert sum(one.tax.amount for one in everything) == Decimal("8286.85")
    assert sum(one.due.amount for one in everything) == Decimal("51901.85")


def test_every_record_of_the_quarter_is_on_exactly_one_invoice() -> None:
    bills = [decided(one, BOOK) for one in reported()]
    drafts = [build_draft(bill.obligations, BOOK) for bill in bills]
    billed = [ref.record_id for one in drafts if isinstance(one, Draft) for ref in one.records]
    assert len(billed) == len(set(billed))
    assert {work.record_id for work in WORK} <= set(billed)
