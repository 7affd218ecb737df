"""The demo's three acts without Airflow: the seeded world makes exactly the expected invoices."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from invoicing.adapters.rest import Peer
from invoicing.adapters.sources import RestSources
from invoicing.config.load import load_book, read_texts
from invoicing.domain.approvers import who_may
from invoicing.domain.book import Book
from invoicing.domain.events import EventKind
from invoicing.domain.issue import Invoice
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import ReviewRequest
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.hooks.forms import Form, read_form
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import report, review
from invoicing.services.reconcile import reconcile_payments
from sandbox.acts import NEXT_MONTH_BEGINS, REQUEST, TWO_WEEKS_LATER
from sandbox.airflow_setup import ROOT
from sandbox.client import Sandbox, let_happen, pay, start_sandbox, win_deal
from sandbox.expected import AT_ONCE, BLOCK, LATER, NEXT_MONTH, Expected, one_off
from tests.support.services import House, a_hint, open_house

NOBODY = "http://127.0.0.1:9"  # webhooks go nowhere: the test tells the inbox itself


def example_book() -> Book:
    """The book of the example company."""
    return load_book(read_texts(ROOT))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """The make-believe company as a process."""
    with start_sandbox(tmp_path / "sandbox", NOBODY, today="2026-11-02") as sandbox:
        yield sandbox


@pytest.fixture
def house(tmp_path: Path, sandbox: Sandbox) -> Iterator[House]:
    """The use cases over an empty ledger, with the sandbox's systems as sources."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    house = open_house(ledger, example_book())
    peers = {
        name: Peer(name, url, sandbox.keys[name]["token"])
        for name, url in sandbox.base_urls.items()
    }
    with RestSources(peers) as sources:
        yield replace(house, s=replace(house.s, sources=sources))
    ledger.close()


def tell(house: House, event: dict[str, str]) -> None:
    """Take up what the sandbox says happened."""
    kind = EventKind(event["kind"])
    hint = a_hint(event["object_id"], kind, event["source"], event["event_id"])
    report.accept_hint(house.s, hint)


def bill(house: House, run: str) -> None:
    """Run each billing DAG's stages until nothing is left to do; approve all but Aurora's."""
    for turn in range(4):
        for model in Model:
            for parcel_id in house.plan(f"{run}-{turn}-{model}", model):
                request = review.open_review(house.s, parcel_id)
                if request is None:
                    house.finish(parcel_id)
                elif "Aurora" not in request.subject:
                    review.answer_review(
                        house.s, parcel_id, request.options[0], who(house, request)
                    )
                    house.finish(parcel_id)


def who(house: House, request: ReviewRequest) -> str:
    """Return somebody who may answer."""
    policy = house.s.book.review
    with house.s.ledger.read() as work:
        (record,) = work.drafts.get([request.draft_id])
        item = ParcelItem(record.id, record.version)
        earlier = [one.decided_by for one in work.reviews.of_versions([item])[record.id].approvals]
    step = next(one for one in policy.chain if one.name == request.step)
    return who_may(
        step,
        gross=record.draft.totals.gross,
        author=record.author,
        earlier=earlier,
        policy=policy,
        today=house.s.clock.now().date(),
    )[0]


def invoices(house: House) -> list[Invoice]:
    with house.s.ledger.read() as work:
        return work.invoices.recent(1000)


def amounts(house: House, expected: Iterable[Expected]) -> dict[str, str]:
    """Return gross and what is left to pay of each invoice that is expected."""
    found = {
        (key.agreement, key.unit): f"{one.content.totals.gross}, {one.content.totals.due}"
        for one in invoices(house)
        for key in one.content.obligations
    }
    return {one.what: found.get((one.agreement, one.unit), "missing") for one in expected}


def wanted(expected: Iterable[Expected]) -> dict[str, str]:
    return {one.what: f"{one.gross}, {one.due or one.gross}" for one in expected}


def move_to(house: House, day: datetime) -> None:
    house.clock.at = day


def test_every_way_of_billing_makes_its_invoices_to_the_cent(
    house: House, sandbox: Sandbox
) -> None:
    url, book = sandbox.url, house.s.book
    for deal_id in ("D-1001", "D-1002", "D-1003"):
        tell(house, win_deal(url, deal_id))
    for happening in ("contract", "estimate"):
        tell(house, let_happen(url, happening))
    report.report_request(house.s, read_form(Form(**REQUEST), book, "manual__1", "finance"))
    bill(house, "first")
    first = [*AT_ONCE, one_off("manual__1")]
    assert amounts(house, first) == wanted(first)
    assert "unknown_client" in house.open_codes()
    assert {one.content.client.key for one in invoices(house)}.isdisjoint({"aurora", "solveig"})

    block = next(one for one in invoices(house) if one.content.obligations[0].unit == BLOCK.unit)
    tell(house, pay(url, block.number, "3891.60", "CHF"))
    report.report_payments(house.s)
    reconcile_payments(house.s)
    move_to(house, TWO_WEEKS_LATER)
    for happening in ("concept", "change", "progress", "hours", "support", "onboarding"):
        tell(house, let_happen(url, happening, "2026-11-16"))
    bill(house, "second")
    assert amounts(house, LATER) == wanted(LATER)

    move_to(house, NEXT_MONTH_BEGINS)
    tell(house, let_happen(url, "completion", "2026-12-03"))
    bill(house, "third")
    assert amounts(house, NEXT_MONTH) == wanted(NEXT_MONTH)
    assert len(invoices(house)) == len([*first, *LATER, *NEXT_MONTH])
    with house.s.ledger.read() as work:
        compared = [one.draft.client.key for one in work.drafts.in_state(DraftState.EXPIRED, 10)]
    assert set(compared) == {"solveig"}
