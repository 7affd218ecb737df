"""Obligations become drafts once; what cannot be computed or shown is held."""

from dataclasses import replace

import pytest

from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.money import Money
from invoicing.domain.render import DocumentKind
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.domain.tax import TaxTable
from invoicing.services import decide, draft, report
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
    assert str(record.draft.totals.net) == str(owed.work[0].unit_price) == "1300.00 EUR"
    assert house.open_codes() == []


def test_a_retainer_drafted_again_has_todays_fee(house: House) -> None:
    house.printer.broken.add("harbor")
    assert house.plan("run-1", Model.RETAINER) == []
    house.printer.broken.clear()
    book = a_book()
    dearer = replace(book.agreements["harbor-support"], fee=Money.parse("2500.00 USD"))
    renewed = house.with_book(
        replace(book, agreements={**book.agreements, "harbor-support": dearer})
    )
    with house.s.ledger.read() as work:
        (held,) = work.drafts.in_state(DraftState.HELD, 10)

    draft.draft_again(renewed.s, held.id, "lead")

    with house.s.ledger.read() as work:
        assert str(work.drafts.get([held.id])[0].draft.totals.due) == "2500.00 USD"


def test_a_record_that_is_gone_leaves_the_draft_held(house: House) -> None:
    house.printer.broken.add("nordwind")
    house.win_deal("D-1")
    decided(house)
    (draft_id,) = draft.draft_obligations(house.s, Model.DEAL)
    del house.sources.objects["D-1"]

    with pytest.raises(NotFoundError, match="D-1"):
        draft.draft_again(house.s, draft_id, "lead")

    assert house.open_codes() == ["preview_failed"]
