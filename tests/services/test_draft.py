"""Obligations become drafts once; what cannot be computed or shown is held."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from invoicing.domain.agreements import FeeStep, Retainer
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.events import EventKind
from invoicing.domain.exceptions import KINDS, Action
from invoicing.domain.money import Money
from invoicing.domain.parties import EInvoice
from invoicing.domain.render import DocumentKind, Page
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.domain.tax import TaxTable
from invoicing.domain.work import WorkItem
from invoicing.services import decide, draft, park, report
from invoicing.services.ports import Rendered
from tests.services.models import every_model, fact, hours, tell
from tests.support.services import House, a_book, a_deal, a_hint


def decided(house: House) -> list[str]:
    report.report_events(house.s, Model.DEAL)
    return decide.decide_events(house.s, Model.DEAL)


def test_a_draft_has_its_preview_and_is_made_once(house: House) -> None:
    house.win_deal("D-1")
    decided(house)

    (draft_id,) = draft.draft_obligations(house.s, Model.DEAL)

    assert draft.draft_obligations(house.s, Model.DEAL) == []
    with house.s.ledger.read() as work:
        (record,) = work.drafts.get([draft_id])
        assert work.documents.find(draft_id, 1, DocumentKind.PREVIEW) is not None
    assert (record.version, record.state, record.author) == (1, DraftState.DRAFT, "system")
    assert str(record.draft.totals.gross) == "1428.00 EUR"


def test_an_unknown_tax_holds_the_obligation_until_a_person_drafts_again(house: House) -> None:
    taxless = house.with_book(replace(a_book(), taxes=TaxTable(())))
    house.win_deal("D-1")
    (obligation,) = decided(house)
    assert draft.draft_obligations(taxless.s, Model.DEAL) == []
    assert house.open_codes() == ["tax_unknown"]

    draft.draft_again(house.s, obligation, "finance")

    assert len(draft.draft_obligations(house.s, Model.DEAL)) == 1


def test_a_preview_that_cannot_be_rendered_holds_its_draft_alone(house: House) -> None:
    house.printer.broken.add("aurora")
    house.win_deal("D-1")
    house.win_deal("D-2", "700.00 EUR", "aurora")
    decided(house)

    drafts = draft.draft_obligations(house.s, Model.DEAL)

    with house.s.ledger.read() as work:
        states = {r.draft.client.key: r.state for r in work.drafts.get(drafts)}
    assert states == {"nordwind": DraftState.DRAFT, "aurora": DraftState.HELD}
    assert house.open_codes() == ["preview_failed"]


def test_a_record_billed_before_holds_the_second_draft(house: House) -> None:
    house.win_deal("D-1")
    same_line = a_deal("D-1", "1200.00 EUR", "nordwind")
    house.sources.objects["D-2"] = replace(same_line, event_id="evt-D-2", subject="D-2")
    decided(house)
    draft.draft_obligations(house.s, Model.DEAL)

    report.accept_hint(house.s, a_hint("D-2"))
    decided(house)
    draft.draft_obligations(house.s, Model.DEAL)

    assert house.open_codes() == ["already_billed"]
    assert Action.DRAFT_AGAIN in KINDS["already_billed"].actions  # the other may let it go


def test_a_draft_that_is_not_held_is_not_drafted_again(house: House) -> None:
    house.win_deal("D-1")
    decided(house)
    (draft_id,) = draft.draft_obligations(house.s, Model.DEAL)

    with pytest.raises(StateError, match="not held"):
        draft.draft_again(house.s, draft_id, "finance")


def test_drafting_again_reads_the_corrected_record(house: House) -> None:
    house.printer.broken.add("nordwind")
    house.win_deal("D-1")
    decided(house)
    (draft_id,) = draft.draft_obligations(house.s, Model.DEAL)
    house.printer.broken.clear()
    house.sources.objects["D-1"] = a_deal("D-1", "1300.00 EUR", "nordwind")

    draft.draft_again(house.s, draft_id, "lead")

    with house.s.ledger.read() as work:
        (record,) = work.drafts.get([draft_id])
        (owed,) = work.obligations.of_draft(draft_id)
    assert (record.version, record.author) == (2, "lead")
    (line,) = owed.work
    assert isinstance(line, WorkItem)
    assert str(record.draft.totals.net) == str(line.unit_price) == "1300.00 EUR"
    assert house.open_codes() == []


def test_a_retainer_drafted_again_has_todays_fee(house: House) -> None:
    house.printer.broken.add("harbor")
    assert house.plan("run-1", Model.RETAINER) == []
    house.printer.broken.clear()
    book = a_book()
    fees = (FeeStep(date(2026, 1, 1), Money.parse("2500.00 USD")),)
    dearer = replace(book.agreements["harbor-support"], pricing=Retainer(fees))
    renewed = house.with_book(
        replace(book, agreements={**book.agreements, "harbor-support": dearer})
    )
    with house.s.ledger.read() as work:
        (held,) = work.drafts.in_state(DraftState.HELD, 10)

    draft.draft_again(renewed.s, held.id, "lead")

    with house.s.ledger.read() as work:
        assert str(work.drafts.get([held.id])[0].draft.totals.due) == "2500.00 USD"


def bounded(house: House, **bounds: Any) -> House:
    return house.with_book(replace(a_book(), bounds=SafetyBounds(**bounds)))


def test_a_draft_that_breaks_a_safety_bound_is_held_and_the_others_go_on(house: House) -> None:
    strict = bounded(house, gross={"EUR": Money.parse("5000.00 EUR")})
    house.win_deal("D-1", "9000.00 EUR")
    house.win_deal("D-2", "1000.00 EUR", "aurora")
    decided(house)

    assert len(draft.draft_obligations(strict.s, Model.DEAL)) == 1
    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]

    with house.s.ledger.read() as work:
        (held,) = [one for one in work.exceptions.list_open(10) if one.code == "bound_broken"]
    draft.draft_again(house.s, held.subject, "finance")
    assert draft.draft_obligations(house.s, Model.DEAL) == []  # the client is parked
    assert house.open_codes() == ["client_parked"]


def test_a_client_gets_no_more_drafts_a_day_than_the_bound(house: House) -> None:
    strict = bounded(house, per_client_and_day=2)
    for run in range(2):
        for deal in range(2):
            house.win_deal(f"D-{run}{deal}")
        decided(house)
        drafted = draft.draft_obligations(strict.s, Model.DEAL)
        assert len(drafted) == (0 if run else 2)

    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]


def test_what_others_drafted_meanwhile_is_counted_by_the_next_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = house.with_book(every_model())
    tell(company, fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1"))
    tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "concept"))
    for model in (Model.DEAL, Model.MILESTONE):
        report.report_events(company.s, model)
        decide.decide_events(company.s, model)
    render = company.printer.render

    def meanwhile(pages: Sequence[Page]) -> list[Rendered]:
        monkeypatch.setattr(company.printer, "render", render)
        draft.draft_obligations(company.s, Model.MILESTONE)
        return render(pages)

    monkeypatch.setattr(company.printer, "render", meanwhile)
    assert draft.draft_obligations(company.s, Model.DEAL) == []
    assert len(draft.draft_obligations(company.s, Model.DEAL)) == 1


def test_where_the_limit_cuts_no_bundle_is_cut_in_two(house: House) -> None:
    company = house.with_book(every_model())
    for client in ("kestrel", "pinecrest"):
        tell(company, fact(client, EventKind.PROJECT_COMPLETED, f"P-{client}"))
    report.report_events(company.s, Model.MILESTONE)
    decide.decide_events(company.s, Model.MILESTONE)

    drafted = [draft.draft_obligations(company.s, Model.MILESTONE, limit=5) for _ in range(3)]

    assert [len(one) for one in drafted] == [1, 1, 0]


def test_a_bundle_that_is_held_is_drafted_again_as_a_whole(house: House) -> None:
    company = house.with_book(every_model())
    strict = company.with_book(
        replace(every_model(), bounds=SafetyBounds({"EUR": Money.parse("1.00 EUR")}))
    )
    tell(company, fact("kestrel", EventKind.PROJECT_COMPLETED, "P-1"))
    assert strict.plan("run-1", Model.MILESTONE) == []
    assert "goes on" in park.unpark(company.s, "kestrel", "finance")

    (drafted,) = draft.draft_obligations(company.s, Model.MILESTONE)
    with house.s.ledger.read() as work:
        assert len(work.obligations.of_draft(drafted)) == 3


def test_hours_drafted_again_are_those_of_the_crossing_as_the_source_has_them_today(
    house: House,
) -> None:
    company = house.with_book(every_model())
    logged = [hours(f"T-{n}", "10") for n in range(4)]
    event = fact("juniper", EventKind.HOURS_LOGGED, "juniper-work", *logged)
    tell(company, event)
    company.printer.broken.add("juniper")
    company.plan("run-1", Model.THRESHOLD)
    company.printer.broken.clear()
    corrected = (replace(logged[0], minutes=logged[0].minutes / 2), *logged[1:], hours("T-9", "8"))
    company.sources.objects[event.event_id] = replace(event, work=corrected)
    with house.s.ledger.read() as work:
        (held,) = work.drafts.in_state(DraftState.HELD, 10)

    draft.draft_again(company.s, held.id, "lead")

    with house.s.ledger.read() as work:
        assert str(work.drafts.get([held.id])[0].draft.totals.net) == "3500.00 EUR"


def test_a_period_drafted_again_asks_the_source_again_and_leaves_others_their_work(
    house: House,
) -> None:
    company = house.with_book(every_model(only="meridian"))
    mine, late = hours("T-1", "10"), hours("T-2", "1", date(2026, 11, 20))
    company.sources.work["meridian-work"] = (mine,)
    company.clock.at = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    company.printer.broken.add("meridian")
    company.plan("run-1", Model.RETAINER)
    company.printer.broken.clear()
    with house.s.ledger.read() as work:
        (held,) = work.drafts.in_state(DraftState.HELD, 10)
    company.sources.work["meridian-work"] = (mine, late)
    company.clock.at = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
    company.plan("run-2", Model.RETAINER)  # the late hour is December's by now

    draft.draft_again(company.s, held.id, "lead")

    with house.s.ledger.read() as work:
        assert str(work.drafts.get([held.id])[0].draft.totals.net) == "1100.00 EUR"


def test_what_is_not_owed_any_more_is_not_drafted_again(house: House) -> None:
    company = house.with_book(every_model())
    tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "build"))
    company.printer.broken.add("kestrel")
    company.plan("run-1", Model.MILESTONE)
    with house.s.ledger.read() as work:
        (held,) = work.drafts.in_state(DraftState.HELD, 10)
    ruleless = company.with_book(replace(every_model(), rules=()))

    with pytest.raises(StateError, match="nothing is owed for brightwater/kestrel-work/build"):
        draft.draft_again(ruleless.s, held.id, "lead")


def test_a_record_that_is_gone_leaves_the_draft_held(house: House) -> None:
    house.printer.broken.add("nordwind")
    house.win_deal("D-1")
    decided(house)
    (draft_id,) = draft.draft_obligations(house.s, Model.DEAL)
    del house.sources.objects["D-1"]

    with pytest.raises(NotFoundError, match="D-1"):
        draft.draft_again(house.s, draft_id, "lead")

    assert house.open_codes() == ["preview_failed"]


def test_amounts_too_large_to_count_stop_their_client_alone(house: House) -> None:
    company = bounded(
        house, gross_per_client_and_day={"EUR": Money.parse("9000000000000000.00 EUR")}
    )
    for n in range(2):
        company.win_deal(f"D-{n}", "7000000000000000.00 EUR")  # together no amount of money
    company.win_deal("A-1", "100.00 EUR", "aurora")
    decided(company)

    assert len(draft.draft_obligations(company.s, Model.DEAL)) == 2
    assert sorted(house.open_codes()) == ["bound_broken", "client_parked"]


def test_an_e_invoice_that_lacks_a_fact_holds_its_draft_until_the_fact_is_there(
    house: House,
) -> None:
    book = a_book()
    asking = replace(book.clients["nordwind"], e_invoice=(EInvoice.PEPPOL,))
    poor = house.with_book(replace(book, clients={**book.clients, "nordwind": asking}))
    poor.win_deal("D-1")
    decided(poor)
    (draft_id,) = draft.draft_obligations(poor.s, Model.DEAL)
    assert house.open_codes() == ["e_invoice_incomplete"]
    with house.s.ledger.read() as work:
        (record,) = work.drafts.get([draft_id])
        (entry,) = work.exceptions.list_open(10)
    assert record.state is DraftState.HELD
    assert "clients.yaml: electronic_address" in entry.cause

    with pytest.raises(StateError, match="the e-invoice is still not complete: Peppol"):
        draft.draft_again(poor.s, draft_id, "finance")
    draft.draft_again(house.s, draft_id, "finance")

    assert house.open_codes() == []


def test_a_client_without_a_wish_is_never_held_for_its_e_invoice(house: House) -> None:
    house.win_deal("D-1")
    decided(house)

    draft.draft_obligations(house.s, Model.DEAL)

    assert house.open_codes() == []
