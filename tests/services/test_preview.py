"""Preview: the real decision, the real draft, and what would come after them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.draft import Draft
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.obligations import Bill, Hold, Ignore
from invoicing.domain.parties import EInvoice, Mode
from invoicing.domain.rules import Model
from invoicing.services.preview import (
    Asked,
    Forecast,
    Preview,
    figures,
    newest_dues,
    preview,
    preview_all,
)
from tests.domain.builders import (
    DAY,
    INSTALMENTS,
    NORDWIND,
    PROJECT,
    RETAINER,
    agreement,
    book,
    eur,
    event,
    item,
    rule,
)


def project_event(kind: EventKind, subject: str) -> BillingEvent:
    """Return a fact about the one project."""
    return event(kind=kind, subject=subject, agreement="nordwind-projects")


def forecasts(found: Preview) -> list[Forecast]:
    """Return the invoices of a preview, none of which is held."""
    assert all(isinstance(one, Forecast) for one in found.invoices), found.invoices
    return [one for one in found.invoices if isinstance(one, Forecast)]


def test_a_preview_is_the_draft_that_would_be_made() -> None:
    what, of = event(item(), item("5.5", "1200.00", record_id="L-2")), book()

    found = preview(what, of, DAY)

    assert isinstance(found.decision, Bill)
    assert [one.draft for one in forecasts(found)] == [build_draft(found.decision.obligations, of)]


def test_it_tells_who_would_be_asked_and_when_it_would_be_due() -> None:
    (found,) = forecasts(preview(event(item("80")), book(), date(2026, 11, 6)))

    assert (found.issued_on, found.due_on) == (date(2026, 11, 6), date(2026, 11, 20))
    assert [reason.code for reason in found.reasons] == ["amount"]
    assert found.asked == (Asked("finance", ("finance", "lead")),)
    assert ("before_due", date(2026, 11, 17)) in {
        (one.step, one.planned_on) for one in found.reminders
    }
    assert found.breach is None


def test_what_is_still_to_come_is_issued_on_its_own_day() -> None:
    (found,) = forecasts(preview(event(item()), book(), date(2026, 10, 1)))
    assert found.issued_on == DAY


def test_whoever_asked_for_an_invoice_may_not_approve_it() -> None:
    (found,) = forecasts(preview(replace(event(item("80")), reported_by="lead"), book(), DAY))
    assert found.asked == (Asked("finance", ("finance",)),)


def test_the_first_invoice_of_a_client_is_the_first_one_only_once() -> None:
    new = replace(NORDWIND, established=False)
    events = [event(item(record_id=f"L-{n}"), subject=f"D-{n}") for n in (1, 2)]

    first, second = preview_all(events, book(clients=(new,)), DAY)

    assert [one.code for one in forecasts(first)[0].reasons] == ["first_invoice"]
    assert forecasts(second)[0].reasons == ()


def test_what_a_rule_does_not_cover_is_held_and_what_is_known_is_ignored() -> None:
    what = event(item())
    held = preview(what, book(rules=()), DAY)
    assert isinstance(held.decision, Hold)
    assert held.invoices == ()

    again = preview(what, book(), DAY, preview(what, book(), DAY).past)
    assert isinstance(again.decision, Ignore)


def test_a_bound_that_is_broken_is_told() -> None:
    of = replace(book(), bounds=SafetyBounds({"EUR": eur("100.00")}))
    (found,) = forecasts(preview(event(item()), of, DAY))
    assert found.breach
    assert found.breach.code == "bound_broken"


def test_drafts_of_one_day_are_counted() -> None:
    of = replace(book(), bounds=SafetyBounds(per_client_and_day=1))
    events = [event(item(record_id=f"L-{n}"), subject=f"D-{n}") for n in (1, 2)]
    first, second = preview_all(events, of, DAY)
    assert forecasts(first)[0].breach is None
    assert forecasts(second)[0].breach


def test_the_last_invoice_of_a_project_deducts_the_deposit_before_it() -> None:
    rules = (
        rule(Model.DEAL, part="deposit", kind=EventKind.DOCUMENT_SIGNED),
        rule(Model.MILESTONE),
    )
    of = book(agreements=(agreement(PROJECT),), rules=rules)
    signed = project_event(EventKind.DOCUMENT_SIGNED, "SOW-1")
    done = [project_event(EventKind.MILESTONE_DONE, key) for key in ("concept", "build", "rollout")]

    deposit, *_, last = preview_all([signed, *done], of, DAY)

    assert forecasts(deposit)[0].draft.is_deposit
    assert forecasts(last)[0].draft.totals.paid == forecasts(deposit)[0].draft.totals.gross
    *_, without = preview_all(done, of, DAY)
    assert not any(isinstance(one, Hold) for one in without.invoices)


def test_the_mode_of_the_client_is_told() -> None:
    of = book(clients=(replace(NORDWIND, mode=Mode.SHADOW),))
    assert preview(event(item()), of, DAY).mode is Mode.SHADOW


def test_the_calendar_makes_the_newest_period_due() -> None:
    of = book(
        agreements=(
            agreement(RETAINER, "nordwind-care"),
            agreement(INSTALMENTS, "nordwind-licence"),
            agreement(key="nordwind-projects"),
        ),
        rules=(rule(Model.RETAINER),),
    )

    found = {one.agreement: one for one in newest_dues(["all"], of, date(2026, 11, 15))}

    assert {key: one.subject for key, one in found.items()} == {
        "nordwind-care": "2026-11-01",
        "nordwind-licence": "2026-11-01",
    }
    (care,) = newest_dues(["nordwind-care"], of, date(2026, 11, 15))
    assert care == found["nordwind-care"]
    assert forecasts(preview(care, of, DAY))[0].draft.totals.net == eur("1800.00")


@pytest.mark.parametrize("quantity", ["8", "5.5"])
def test_every_figure_has_its_explanation(quantity: str) -> None:
    (found,) = forecasts(preview(event(item(quantity)), book(), DAY))
    draft: Draft = found.draft

    told = {figure.name: figure for figure in figures(draft)}

    assert told["line 1"].amount == str(draft.lines[0].net)
    assert "crm record L-1" in told["line 1"].why
    assert told["tax of VAT 19 %"].amount == str(draft.totals.tax)
    assert told["due"].amount == str(draft.totals.due)
    assert all(figure.why for figure in told.values())
    assert Decimal(told["gross"].amount.split()[0]) == draft.totals.gross.amount


def test_a_draft_that_lacks_a_fact_of_its_e_invoice_is_shown_as_held() -> None:
    asking = replace(NORDWIND, e_invoice=(EInvoice.XRECHNUNG,))

    (held,) = preview(event(item()), book(clients=(asking,)), DAY).invoices

    assert isinstance(held, Hold)
    assert held.code == "e_invoice_incomplete"
    assert "clients.yaml: buyer_reference" in held.reason
