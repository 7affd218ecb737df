"""Facts reach the inbox once, whatever a source repeats or forgets."""

from dataclasses import replace
from datetime import UTC, datetime
from unittest.mock import patch

from invoicing.domain.errors import SettingsError, TransientError
from invoicing.domain.events import BillingEvent, Hint
from invoicing.domain.parties import Mode
from invoicing.domain.reconcile import Payment
from invoicing.domain.rules import Model
from invoicing.services import report
from invoicing.services.ledger_ports import Receipt
from tests.support.services import House, a_book, a_hint


def test_a_delivery_repeated_is_known(house: House) -> None:
    hint = a_hint("D-1")

    receipts = [report.accept_hint(house.s, hint) for _ in range(3)]

    assert receipts == [Receipt.NEW, Receipt.KNOWN, Receipt.KNOWN]
    assert house.open_codes() == []


def test_the_same_event_id_with_another_content_is_shown(house: House) -> None:
    hint = a_hint("D-1")
    report.accept_hint(house.s, hint)

    receipt = report.accept_hint(house.s, replace(hint, payload_hash="other"))

    assert receipt is Receipt.CHANGED
    assert house.open_codes() == ["event_changed"]


def test_a_hint_is_believed_only_after_its_object_was_fetched(house: House) -> None:
    report.accept_hint(house.s, a_hint("D-1"))

    assert report.report_events(house.s, Model.DEAL) == []
    assert house.open_codes() == ["object_missing"]


def test_a_source_that_is_away_is_shown_and_asked_again(house: House) -> None:
    house.win_deal("D-1")
    for failure in (TransientError("no answer"), SettingsError("token refused")):
        house.sources.failure = failure
        assert report.report_events(house.s, Model.DEAL) == []
        assert house.open_codes() == ["source_unreachable"]

    house.sources.failure = None

    assert len(report.report_events(house.s, Model.DEAL)) == 1
    assert house.open_codes() == []


def test_a_younger_answer_does_not_hide_an_object_that_never_comes(house: House) -> None:
    house.win_deal("D-1")
    house.win_deal("D-2")
    fetch = house.sources.fetch

    def slow_about_one(hint: Hint) -> BillingEvent | Payment:
        if hint.object_id == "D-1":
            raise TransientError("no answer")
        return fetch(hint)

    with patch.object(house.sources, "fetch", slow_about_one):
        assert len(report.report_events(house.s, Model.DEAL)) == 1
        assert house.open_codes() == ["source_unreachable"]

    assert len(report.report_events(house.s, Model.DEAL)) == 1
    assert house.open_codes() == []


def test_a_retainer_is_reported_once_per_period_on_the_clients_calendar(house: House) -> None:
    assert len(report.report_events(house.s, Model.RETAINER)) == 1
    assert report.report_events(house.s, Model.RETAINER) == []

    house.clock.at = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)  # still 30 November in New York
    assert report.report_events(house.s, Model.RETAINER) == []

    house.clock.at = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    assert len(report.report_events(house.s, Model.RETAINER)) == 1


def test_periods_missed_are_caught_up(house: House) -> None:
    house.clock.at = datetime(2027, 2, 15, 12, 0, tzinfo=UTC)

    assert len(report.report_events(house.s, Model.RETAINER)) == 4


def test_a_client_that_is_off_is_left_alone(house: House) -> None:
    off = house.with_book(a_book(modes={"harbor": Mode.OFF}))

    assert report.report_events(off.s, Model.RETAINER) == []


def test_a_kind_that_nobody_handles_is_shown_once(house: House) -> None:
    for _ in range(2):
        report.note_unknown(house.s, "crm", "evt-1", "deal_lost" * 20)

    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.list_open(10)
    assert (entry.code, entry.subject) == ("unknown_event", "crm:evt-1")
    assert "milestone_done" in entry.cause
    assert "one_off_requested" not in entry.cause
    assert len(entry.cause) < 500
