"""Every billing model, from the fact to the invoice: what is owed is billed once, to the cent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from invoicing.domain.errors import NotFoundError, RefusedError, TransientError
from invoicing.domain.events import EventKind
from invoicing.domain.exceptions import Action
from invoicing.domain.parties import Mode
from invoicing.domain.render import Page
from invoicing.domain.review import SYSTEM
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services import attend, report, review
from invoicing.services.ports import Rendered
from invoicing.services.verify import verify
from tests.services.models import (
    carry,
    claim,
    every_model,
    fact,
    granted,
    hours,
    line,
    pay,
    tell,
)
from tests.support.services import House


@pytest.fixture
def company(house: House) -> House:
    """The house under a book with an agreement of every kind."""
    return house.with_book(every_model())


def only(house: House, client: str) -> House:
    """The house under a book with one agreement."""
    return house.with_book(every_model(only=client))


def at(house: House, year: int, month: int, day: int) -> None:
    house.clock.at = datetime(year, month, day, 9, 0, tzinfo=UTC)


def test_a_milestone_done_twice_is_billed_once(company: House) -> None:
    for event_id in ("done", "reopened-and-done"):
        tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "build", event_id=event_id))

    (invoice,) = carry(company, "run-1", Model.MILESTONE)

    assert str(invoice.content.totals.net) == "24000.00 EUR"
    assert carry(company, "run-2", Model.MILESTONE) == []
    assert company.open_codes() == []
    assert verify(company.s) == []


def test_hours_are_billed_when_they_reach_the_threshold_and_once(company: House) -> None:
    logged = [hours("T-1", "39.9")]
    for event_id, more, bills in (("a", (), 0), ("b", ("0.1",), 1), ("c", ("0.1",), 0)):
        logged += [hours(f"{event_id}-{extra}", extra) for extra in more]
        tell(
            company,
            fact("juniper", EventKind.HOURS_LOGGED, "juniper-work", *logged, event_id=event_id),
        )
        assert len(carry(company, f"run-{event_id}", Model.THRESHOLD)) == bills

    assert verify(company.s) == []


def test_a_cap_holds_over_several_invoices_of_one_batch(company: House) -> None:
    logged = [hours(f"T-{n:03}", "8") for n in range(16)]  # three times 40 h, and 8 h left
    tell(company, fact("juniper", EventKind.HOURS_LOGGED, "juniper-work", *logged))

    invoices = carry(company, "run-1", Model.THRESHOLD)

    nets = [str(invoice.content.totals.net) for invoice in invoices]
    assert nets == ["4000.00 EUR", "4000.00 EUR", "2000.00 EUR"]
    assert "cap_reached" in invoices[-1].content.flags


def test_a_jump_over_two_steps_bills_both(company: House) -> None:
    for percent in ("40", "80", "80"):
        event = fact("pinecrest", EventKind.PROJECT_PROGRESSED, "P-1", event_id=f"at-{percent}")
        tell(company, replace(event, progress=line("x", percent).unit_price.amount))

    invoices = carry(company, "run-1", Model.MILESTONE)

    units = [key.unit for one in invoices for key in one.content.obligations]
    assert sorted(units) == ["step:25", "step:50", "step:75"]
    assert {str(one.content.totals.net) for one in invoices} == {"2500.00 EUR"}


def test_a_project_that_is_complete_bills_the_rest_on_one_invoice(company: House) -> None:
    tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "concept"))
    carry(company, "run-1", Model.MILESTONE)
    tell(company, fact("kestrel", EventKind.PROJECT_COMPLETED, "P-1"))

    (invoice,) = carry(company, "run-2", Model.MILESTONE)

    assert str(invoice.content.totals.net) == "38400.00 EUR"
    assert len(invoice.content.obligations) == 2


def test_a_deposit_is_deducted_from_the_invoice_that_completes_the_project(
    company: House,
) -> None:
    signed = fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1", claims=(claim("48000.00"),))
    tell(company, signed)
    tell(company, replace(signed, event_id="second-signer"))
    (deposit,) = carry(company, "run-d", Model.DEAL)
    assert str(deposit.content.totals.gross) == "11424.00 EUR"

    last = []
    for milestone in ("concept", "build", "rollout"):
        tell(company, fact("kestrel", EventKind.MILESTONE_DONE, milestone))
        last = carry(company, f"run-{milestone}", Model.MILESTONE)

    (final,) = last
    totals = final.content.totals
    assert (str(totals.gross), str(totals.paid)) == ("17136.00 EUR", "11424.00 EUR")
    assert str(totals.due) == "5712.00 EUR"
    assert verify(company.s) == []


def test_the_last_invoice_waits_for_the_deposit(company: House) -> None:
    tell(company, fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1"))
    company.plan("run-d", Model.DEAL)  # nobody has approved it yet
    tell(company, fact("kestrel", EventKind.PROJECT_COMPLETED, "P-1"))

    assert carry(company, "run-1", Model.MILESTONE) == []

    assert company.open_codes() == ["deposit_not_issued"]
    company.clock.pass_by(hours=2)
    assert len(carry(company, "run-2", Model.DEAL)) == 1
    (final,) = carry(company, "run-3", Model.MILESTONE)
    assert str(final.content.totals.net) == "48000.00 EUR"
    assert len(final.content.obligations) == 3
    assert company.open_codes() == []


def act(house: House, code: str, action: Action, actor: str) -> None:
    """Let a person do something about the one open exception of a kind."""
    with house.s.ledger.read() as work:
        (entry,) = [one for one in work.exceptions.list_open(50) if one.code == code]
    attend.act(house.s, entry.id, action, actor)


def test_the_last_invoice_comes_after_the_deposit_though_somebody_closed_its_entry(
    company: House,
) -> None:
    tell(company, fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1"))
    company.plan("run-d", Model.DEAL)
    tell(company, fact("kestrel", EventKind.PROJECT_COMPLETED, "P-1"))
    carry(company, "run-1", Model.MILESTONE)
    act(company, "deposit_not_issued", Action.ACKNOWLEDGE, "finance")
    company.clock.pass_by(hours=2)
    carry(company, "run-2", Model.DEAL)

    (final,) = carry(company, "run-3", Model.MILESTONE)

    assert (len(final.content.deposits), company.open_codes()) == (1, [])


def test_a_deposit_issued_while_the_last_invoice_is_computed_does_not_hold_it(
    company: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(company, fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1"))
    (parcel,) = company.plan("run-d", Model.DEAL)
    request = review.open_review(company.s, parcel)
    assert request is not None
    tell(company, fact("kestrel", EventKind.PROJECT_COMPLETED, "P-1"))
    plain = company.printer.render

    def slow(pages: Sequence[Page]) -> list[Rendered]:
        monkeypatch.setattr(company.printer, "render", plain)
        review.answer_review(company.s, parcel, request.options[0], "lead")
        company.finish(parcel)
        return plain(pages)

    monkeypatch.setattr(company.printer, "render", slow)

    assert carry(company, "run-1", Model.MILESTONE) == []  # it was counted without the deposit

    (final,) = carry(company, "run-2", Model.MILESTONE)
    assert (len(final.content.deposits), company.open_codes()) == (1, [])


def test_who_asks_for_a_held_obligation_again_may_not_approve_it(company: House) -> None:
    taxless = replace(company.s.book, taxes=replace(company.s.book.taxes, rules=()))
    tell(company, fact("tessin", EventKind.DEAL_WON, "D-1", line("L-1", "9000.00")))
    carry(company.with_book(taxless), "run-1", Model.DEAL)
    act(company, "tax_unknown", Action.DRAFT_AGAIN, "lead")

    with pytest.raises(RefusedError, match="lead made this draft"):
        carry(company, "run-2", Model.DEAL)


def test_hours_nobody_approves_any_more_are_not_drafted_again(company: House) -> None:
    good, bad = hours("T-1", "39"), hours("T-2", "11")
    logged = fact("juniper", EventKind.HOURS_LOGGED, "juniper-work", good, bad)
    tell(company, logged)
    company.printer.broken.add("juniper")
    company.plan("run-1", Model.THRESHOLD)
    company.printer.broken.clear()
    withdrawn = replace(logged, work=(good, replace(bad, approved=False)))
    company.sources.objects[logged.event_id] = withdrawn

    act(company, "preview_failed", Action.DRAFT_AGAIN, "finance")

    (invoice,) = carry(company, "run-2", Model.THRESHOLD)
    assert str(invoice.content.totals.net) == "3900.00 EUR"


def test_a_record_that_a_new_version_lets_go_is_billed_by_another_draft(house: House) -> None:
    company = only(house, "meridian")
    good, bad = hours("T-1", "60", date(2026, 11, 3)), hours("T-2", "5", date(2026, 11, 30))
    company.sources.work["meridian-work"] = (good, bad)
    at(company, 2026, 12, 1)
    company.printer.broken.add("meridian")
    company.plan("run-11", Model.RETAINER)
    company.printer.broken.clear()
    company.sources.work["meridian-work"] = (good, replace(bad, approved=False))
    act(company, "preview_failed", Action.DRAFT_AGAIN, "finance")
    company.sources.work["meridian-work"] = (good, bad)
    at(company, 2027, 1, 1)

    invoices = carry(company, "run-12", Model.RETAINER)

    assert {str(one.content.totals.net) for one in invoices} == {"6600.00 EUR", "550.00 EUR"}
    assert company.open_codes() == []
    assert verify(company.s) == []


def test_monthly_hours_come_with_late_ones_and_without_what_nobody_approved(house: House) -> None:
    company = only(house, "meridian")
    november = [hours("T-1", "10", date(2026, 11, 3)), hours("T-2", "5", date(2026, 11, 30))]
    waiting = hours("T-3", "2", date(2026, 11, 5), approved=False)
    company.sources.work["meridian-work"] = (
        *november,
        waiting,
        hours("T-9", "1", date(2026, 12, 1)),
    )
    at(company, 2026, 12, 1)

    (first,) = carry(company, "run-11", Model.RETAINER)

    assert str(first.content.totals.net) == "1650.00 EUR"
    assert company.sources.asked == [("psa", "meridian-work", date(2026, 11, 30))]

    late = hours("T-4", "3", date(2026, 11, 20))
    company.sources.work["meridian-work"] = (*november, replace(waiting, approved=True), late)
    at(company, 2027, 1, 1)
    (second,) = carry(company, "run-12", Model.RETAINER)
    assert str(second.content.totals.net) == "550.00 EUR"
    assert verify(company.s) == []


def test_the_next_block_comes_when_few_hours_are_left_and_the_last_one_is_paid(
    house: House,
) -> None:
    company = only(house, "alpina")
    (first,) = carry(company, "run-0", Model.RETAINER)
    used = [hours("T-1", "15")]

    def poll(event_id: str) -> int:
        event = fact("alpina", EventKind.HOURS_LOGGED, "alpina-work", *used, event_id=event_id)
        tell(company, event)
        return len(carry(company, f"run-{event_id}", Model.THRESHOLD))

    assert poll("a") == 0  # 5 hours are left
    used.append(hours("T-2", "1"))
    assert poll("b") == 0  # 4 are left, but the first block is not paid
    pay(company, first)
    assert poll("c") == 1
    assert poll("d") == 0
    used.append(hours("T-3", "19"))
    assert poll("e") == 0  # the second block is not paid
    assert company.open_codes() == []


def test_an_estimate_is_billed_line_by_line_and_once(company: House) -> None:
    lines = line("L-1", "100.00", "3", "10"), line("L-2", "50.00")
    quote = fact("tessin", EventKind.ESTIMATE_ACCEPTED, "Q-1", *lines, discounts=(granted("5"),))
    tell(company, quote)
    tell(company, replace(quote, event_id="converted-again"))

    (invoice,) = carry(company, "run-1", Model.ESTIMATE)

    content = invoice.content
    assert [(one.quantity, one.unit_price, one.discount_percent) for one in content.lines] == [
        (one.quantity, one.unit_price, one.discount_percent) for one in lines
    ]
    assert str(content.totals.net) == "304.00 EUR"
    assert company.open_codes() == []


def test_a_request_from_a_form_has_its_author_and_comes_once(company: House) -> None:
    request = fact("tessin", EventKind.ONE_OFF_REQUESTED, "F-1", line("F-1", "900.00"))
    request = replace(request, source="form", reported_by="finance")

    ids = {report.report_request(company.s, request) for _ in range(2)}
    company.plan("run-1", Model.ONE_OFF)

    with company.s.ledger.read() as work:
        (record,) = work.drafts.in_state(DraftState.DRAFT, 10)
    assert record.author == "finance"
    assert [company.actions(one)[0] for one in ids] == ["reported"]
    assert company.open_codes() == []
    changed = replace(request, title="another text")
    report.report_request(company.s, changed)
    assert company.open_codes() == ["event_changed"]


def test_instalments_are_billed_part_by_part(house: House) -> None:
    company = only(house, "larkspur")
    at(company, 2027, 3, 1)

    invoices = carry(company, "run-1", Model.RETAINER)

    nets = [str(invoice.content.totals.net) for invoice in invoices]
    assert sorted(nets) == ["333.33 EUR", "333.33 EUR", "333.34 EUR"]


def test_hours_above_the_included_ones_come_with_the_next_fee(house: House) -> None:
    company = only(house, "ostwind")
    company.sources.work["ostwind-work"] = (hours("T-1", "13.5", date(2026, 11, 12)),)
    at(company, 2026, 12, 1)

    november, december = carry(company, "run-1", Model.RETAINER)

    assert str(november.content.totals.net) == "1800.00 EUR"
    assert str(december.content.totals.net) == "2220.00 EUR"


def test_a_deal_and_its_contract_that_disagree_hold_the_draft(company: House) -> None:
    company = only(company, "tessin")
    deal = fact("tessin", EventKind.DEAL_WON, "D-1", line("D-1/1", "8500.00"), source="crm")
    tell(company, deal)
    (parcel,) = company.plan("run-1", Model.DEAL)
    contract = fact("tessin", EventKind.DOCUMENT_SIGNED, "S-1", source="esign", deal="D-1")
    tell(company, replace(contract, claims=(claim("9200.00"),)))

    assert company.plan("run-2", Model.DEAL) == []

    assert company.release(parcel) == []
    assert company.open_codes() == ["amounts_disagree"] * 2
    assert company.mailer.sent == []


def test_a_client_in_shadow_is_computed_and_nothing_leaves(house: House) -> None:
    shadow = house.with_book(every_model(modes={"pinecrest": Mode.SHADOW}))
    tell(shadow, fact("pinecrest", EventKind.PROJECT_COMPLETED, "P-1"))

    assert carry(shadow, "run-1", Model.MILESTONE) == []

    with shadow.s.ledger.read() as work:
        (record,) = work.drafts.in_state(DraftState.EXPIRED, 10)
    assert str(record.draft.totals.net) == "10000.00 EUR"
    assert (record.author, shadow.mailer.sent) == (SYSTEM, [])


def test_a_source_that_is_away_holds_up_no_other_and_loses_nothing(company: House) -> None:
    company.sources.failures["meridian-work"] = TransientError("no answer")
    company.sources.failures["ostwind-work"] = NotFoundError("no such agreement")
    at(company, 2026, 12, 1)

    first = report.report_events(company.s, Model.RETAINER)

    assert company.open_codes() == ["source_unreachable"] * 2
    company.sources.failures.clear()
    second = report.report_events(company.s, Model.RETAINER)
    assert (len(first), len(second)) == (3, 3)  # block and two instalments; hours, two fees
    assert company.open_codes() == []
    asked = len(company.sources.asked)
    assert report.report_events(company.s, Model.RETAINER) == []
    assert len(company.sources.asked) == asked  # what is known is not asked for again
