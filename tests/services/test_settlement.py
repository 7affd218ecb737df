"""What an agreement leaves behind when it ends is billed, and so is what is approved later."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from invoicing.domain.agreements import Retainer
from invoicing.domain.obligations import Obligation
from invoicing.domain.periods import Period
from invoicing.domain.rules import Model
from invoicing.domain.work import Cost, ref_of
from invoicing.services import decide, report
from invoicing.services.ledger_ports import EventState
from tests.services.models import carry, eur, every_model, hours
from tests.support.services import House

LAST = date(2026, 11, 30)


def ended(house: House, client: str) -> House:
    """The house with one agreement, which has ended by now and has a source of work."""
    book, key = every_model(only=client), f"{client}-work"
    over = replace(book.agreements[key], ends_on=LAST, work_source="psa")
    company = house.with_book(replace(book, agreements={key: over}))
    company.clock.at = datetime(2026, 12, 2, 9, tzinfo=UTC)
    return company


def owed(company: House, client: str) -> list[Obligation]:
    with company.s.ledger.read() as work:
        found = work.obligations.of_agreements({f"{client}-work"})
    units = {key.unit: one for key, one in found.obligations.items()}
    return [units[unit] for unit in sorted(units) if unit.startswith("settlement:")]


def sweep(company: House, *models: Model) -> list[str]:
    reported = report.report_events(company.s, Model.RETAINER)
    for model in models:
        decide.decide_events(company.s, model)
    return reported


@pytest.mark.parametrize(
    ("client", "model"),
    [
        ("juniper", Model.THRESHOLD),
        ("meridian", Model.RETAINER),
        ("ostwind", Model.RETAINER),
    ],
)
def test_work_approved_after_the_end_is_settled_once_each_time(
    house: House, client: str, model: Model
) -> None:
    company, key = ended(house, client), f"{client}-work"
    waiting = hours("T-2", "2", LAST, approved=False)
    company.sources.work[key] = (hours("T-1", "3", LAST), waiting)
    assert sweep(company, model)
    first = [ref_of(work).record_id for one in owed(company, client) for work in one.work]
    assert sweep(company, model) == []

    company.sources.work[key] = (hours("T-1", "3", LAST), replace(waiting, approved=True))
    assert len(sweep(company, model)) == 1
    assert sweep(company, model) == []

    found = [ref_of(work).record_id for one in owed(company, client) for work in one.work]
    assert [*found][len(first) :] == ["T-2"]
    assert owed(company, client)[-1].key.unit == "settlement:2026-11-30:2"
    assert company.open_codes() == []


def test_what_is_left_below_a_threshold_becomes_an_invoice(house: House) -> None:
    company = ended(house, "juniper")
    company.sources.work["juniper-work"] = (hours("T-1", "39"),)
    report.report_events(company.s, Model.RETAINER)

    (invoice,) = carry(company, "run-1", Model.THRESHOLD)

    assert str(invoice.content.totals.net) == "3900.00 EUR"
    assert company.open_codes() == []


def test_outlays_of_a_block_are_billed_at_its_end_without_another_block(house: House) -> None:
    company = ended(house, "alpina")
    outlay = Cost("psa", "X-1", "Train", eur("50.00"), LAST)
    company.sources.work["alpina-work"] = (hours("T-1", "2"), outlay)

    carry(company, "run-1", Model.RETAINER)
    (invoice,) = carry(company, "run-2", Model.THRESHOLD)

    assert str(invoice.content.totals.net) == "50.00 EUR"


def test_a_year_and_more_after_the_end_nobody_is_asked_any_more(house: House) -> None:
    company = ended(house, "juniper")
    sweep(company, Model.THRESHOLD)
    asked = len(company.sources.asked)
    company.clock.at = datetime(2028, 12, 2, 9, tzinfo=UTC)

    assert sweep(company, Model.THRESHOLD) == []
    assert len(company.sources.asked) == asked


def test_a_settlement_that_is_held_is_decided_again_without_its_source_being_a_webhook(
    house: House,
) -> None:
    company = ended(house, "juniper")
    company.sources.work["juniper-work"] = (hours("T-1", "3", LAST), hours("T-1", "4", LAST))
    (row_id,) = sweep(company, Model.THRESHOLD)
    assert company.open_codes() == ["records_disagree"]

    company.sources.work["juniper-work"] = (hours("T-1", "3", LAST),)
    decide.decide_again(company.s, row_id, "finance")

    with company.s.ledger.read() as work:
        assert work.inbox.get(row_id).state is EventState.READY
    decide.decide_events(company.s, Model.THRESHOLD)
    assert [one.work for one in owed(company, "juniper")] == [(hours("T-1", "3", LAST),)]
    assert company.open_codes() == []


def test_a_record_that_was_changed_after_it_was_billed_is_shown_until_it_was_seen(
    house: House,
) -> None:
    company = ended(house, "juniper")
    company.sources.work["juniper-work"] = (hours("T-1", "3", LAST),)
    sweep(company, Model.THRESHOLD)

    company.sources.work["juniper-work"] = (hours("T-1", "8", LAST),)
    sweep(company, Model.THRESHOLD)
    with company.s.ledger.write() as work:
        (entry,) = work.exceptions.list_open(10)
        assert (entry.code, entry.subject) == ("work_changed", owed(company, "juniper")[0].key.id)
        assert "180 min" in entry.cause
        work.exceptions.close(entry.code, entry.subject, "finance", "seen", company.clock.now())

    # The same again says nothing new; another change does.
    company.sources.work["juniper-work"] += (hours("T-2", "1", LAST),)
    sweep(company, Model.THRESHOLD)
    assert company.open_codes() == []
    company.sources.work["juniper-work"] = (hours("T-1", "9", LAST),)
    sweep(company, Model.THRESHOLD)
    assert company.open_codes() == ["work_changed"]


@pytest.mark.parametrize("key", [f"ost{at}" for at in range(6)])
def test_periods_that_are_caught_up_with_each_have_their_own_work(house: House, key: str) -> None:
    book = every_model(only="ostwind")
    one = replace(next(iter(book.agreements.values())), key=key)
    company = house.with_book(replace(book, agreements={key: one}))
    company.sources.work[key] = (
        hours("NOV", "10", date(2026, 11, 12)),
        hours("DEC", "10", date(2026, 12, 12)),
    )
    company.clock.at = datetime(2027, 1, 2, 9, tzinfo=UTC)

    invoices = carry(company, "run-1", Model.RETAINER)

    # The fee includes ten hours of each month, so nothing is beyond it.
    assert [str(invoice.content.totals.net) for invoice in invoices] == ["1800.00 EUR"] * 3


def test_an_agreement_that_fails_is_shown_and_holds_up_no_other(house: House) -> None:
    book = every_model()
    pricing = book.agreements["ostwind-work"].pricing
    assert isinstance(pricing, Retainer)
    endless = replace(pricing.cycle, every=9000 * 12)
    broken = replace(book.agreements["ostwind-work"], pricing=replace(pricing, cycle=endless))
    paused = replace(
        book.agreements["larkspur-work"], pauses=(Period(date(2026, 11, 1), date.max),)
    )
    company = house.with_book(
        replace(
            book,
            agreements={**book.agreements, "ostwind-work": broken, "larkspur-work": paused},
        )
    )

    assert len(report.report_events(company.s, Model.RETAINER)) == 2  # an instalment and a block

    with company.s.ledger.read() as work:
        (entry,) = work.exceptions.list_open(10)
    assert (entry.code, entry.subject) == ("agreement_unusable", "agreement:ostwind-work")
    mended = company.with_book(book)
    assert len(report.report_events(mended.s, Model.RETAINER)) == 1
    assert mended.open_codes() == []
