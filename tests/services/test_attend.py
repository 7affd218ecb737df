"""A person may do what the kind of exception allows, once, under their name."""

from dataclasses import replace

import pytest

from invoicing.domain.errors import RefusedError
from invoicing.domain.exceptions import Action
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services import attend, decide, dispatch, report, resolve
from invoicing.services.ports import Services
from tests.support.services import REFUSED, House, a_book, a_deal, a_hint


def held(house: House) -> str:
    ruleless = house.with_book(replace(a_book(), rules=()))
    house.win_deal("D-1")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(ruleless.s, Model.DEAL)
    with house.s.ledger.read() as work:
        return work.exceptions.list_open(1)[0].id


def test_an_action_closes_the_exception_with_name_and_decision(house: House) -> None:
    entry_id = held(house)

    assert attend.act(house.s, entry_id, Action.DECIDE_AGAIN, "engineer") == "decide_again"

    with house.s.ledger.read() as work:
        entry = work.exceptions.get(entry_id)
    assert (entry.closed_by, entry.decision) == ("engineer", "decide_again")
    assert "closed before by engineer" in attend.act(
        house.s, entry_id, Action.DECIDE_AGAIN, "finance"
    )


def test_an_action_that_is_not_offered_is_refused(house: House) -> None:
    entry_id = held(house)

    with pytest.raises(RefusedError, match="not allowed for no_rule"):
        attend.act(house.s, entry_id, Action.SEND_AGAIN, "engineer")

    assert house.open_codes() == ["no_rule"]


def test_what_fails_again_right_after_an_action_stays_in_the_queue(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send_at_once(s: Services, outbox_id: str, actor: str) -> None:
        resolve.send_again(s, outbox_id, actor)
        dispatch.dispatch_due(s)  # another worker, before the action has returned

    monkeypatch.setattr(attend, "send_again", send_at_once)
    house.mailer.answers += [REFUSED, REFUSED]
    house.invoice_of("D-1")
    with house.s.ledger.read() as work:
        entry_id = work.exceptions.list_open(1)[0].id

    attend.act(house.s, entry_id, Action.SEND_AGAIN, "finance")

    assert house.open_codes() == ["send_failed"]
    with house.s.ledger.read() as work:
        assert work.exceptions.list_open(1)[0].id != entry_id


def test_a_contradiction_is_settled_at_both_its_ends(house: House) -> None:
    house.win_deal("D-1", "3000.00 EUR")
    house.plan("run-1")
    house.sources.objects["D-1"] = a_deal("D-1", "3500.00 EUR", "nordwind")
    report.accept_hint(house.s, a_hint("D-1", event_id="another"))
    house.plan("run-2")
    with house.s.ledger.read() as work:
        entries = work.exceptions.list_open(10)
        drafts = {record.id for record in work.drafts.in_state(DraftState.HELD, 10)}
    (draft_entry,) = [entry for entry in entries if entry.subject in drafts]
    (event_entry,) = [entry for entry in entries if entry.subject not in drafts]

    attend.act(house.s, draft_entry.id, Action.DRAFT_AGAIN, "finance")
    attend.act(house.s, event_entry.id, Action.DECIDE_AGAIN, "finance")

    (parcel,) = house.plan("run-3")
    assert house.open_codes() == []
    (invoice_id,) = house.release(parcel)
    with house.s.ledger.read() as work:
        (invoice,) = work.invoices.get([invoice_id])
    assert str(invoice.content.totals.net) == "3500.00 EUR"


def test_an_acknowledged_entry_is_closed_and_told(house: House) -> None:
    entry_id = held(house)

    attend.act(house.s, entry_id, Action.ACKNOWLEDGE, "engineer")

    with house.s.ledger.read() as work:
        entry = work.exceptions.get(entry_id)
    assert (entry.closed_by, entry.decision) == ("engineer", "acknowledge")
    assert house.actions(entry.subject)[-1] == "attended"
