"""Each kind of object of a source: what it becomes, and what of it is refused."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from invoicing.adapters.rest import Peer
from invoicing.adapters.sources import Deal, PaymentReport, RestSources
from invoicing.adapters.sources.hours import Timesheet, WorkLog
from invoicing.adapters.sources.projects import ChangeOrder, MilestoneReached, ProjectStand
from invoicing.adapters.sources.sales import Estimate, NewClient, Signed
from invoicing.adapters.sources.told import Told
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.errors import NotFoundError, SettingsError, TerminalError
from invoicing.domain.events import BillingEvent, Claim, EventKind, Hint, Reference
from invoicing.domain.money import Money
from invoicing.domain.work import Cost, CostSort, SlaBreach, TimeEntry, Work, WorkItem
from tests.adapters.peer import Answer, TestPeer

CANARY = "Zaphod-Beeblebrox"
LINE = {
    "id": "1",
    "description": "Migration",
    "quantity": "2",
    "unit": "day",
    "unit_price": "900.00",
    "tax_category": "standard",
}
ESTIMATE = {
    "id": "Q-7",
    "client": "tessin",
    "agreement": "tessin-projects",
    "deal": "D-9",
    "title": "Move to the new data centre",
    "accepted_on": "2026-11-03",
    "currency": "CHF",
    "lines": [LINE],
    "discounts": [
        {"reason": "Launch offer", "percent": "10", "approved_by": "lead"},
        {"reason": "Goodwill", "amount": "50.00", "spread": "pro_rata"},
    ],
}
SIGNED = {
    "id": "S-1",
    "client": "kestrel",
    "agreement": "kestrel-portal",
    "deal": "D-5",
    "title": "Contract",
    "signed_on": "2026-11-02",
    "status": "completed",
    "total": "48000.00",
    "currency": "EUR",
}
NEW_CLIENT = {"id": "kestrel", "agreement": "kestrel-portal", "onboarded_on": "2026-11-02"}
MILESTONE = {
    "id": "M-1",
    "client": "kestrel",
    "agreement": "kestrel-portal",
    "project": "PRJ-1",
    "milestone": "concept",
    "title": "Concept",
    "status": "done",
    "done_on": "2026-11-02",
    "value": "9600.00",
    "currency": "EUR",
    "flags": ["disputed_scope"],
}
PROJECT = {
    "id": "PRJ-2",
    "client": "pinecrest",
    "agreement": "pinecrest-migration",
    "progress": "52.5",
    "as_of": "2026-11-02",
}
CHANGE = {
    "id": "C-1",
    "client": "kestrel",
    "agreement": "kestrel-portal",
    "project": "PRJ-1",
    "status": "approved",
    "approved_on": "2026-11-02",
    "currency": "EUR",
    "lines": [LINE | {"quantity": "-1"}],
}
TIME = {
    "kind": "time",
    "id": "T-1",
    "description": "Pipelines",
    "person": "Mara",
    "role": "senior",
    "worked_on": "2026-11-02",
    "minutes": "95",
    "approved": True,
}
COST: dict[str, Any] = {
    "kind": "cost",
    "id": "X-1",
    "description": "Train to Lugano",
    "amount": "100.00",
    "currency": "CHF",
    "spent_on": "2026-11-02",
    "fx": "1.0321",
    "approved": False,
}
BREACH: dict[str, Any] = {
    "kind": "breach",
    "id": "B-1",
    "description": "Answered too late",
    "breached_on": "2026-11-01",
    "percent": "5",
}
TIMESHEET = {
    "client": "juniper",
    "agreement": "juniper-cloud",
    "as_of": "2026-11-02",
    "entries": [TIME, COST, BREACH],
}
OBJECTS: dict[EventKind, tuple[str, str, dict[str, Any]]] = {
    EventKind.ESTIMATE_ACCEPTED: ("estimates", "Q-7", ESTIMATE),
    EventKind.DOCUMENT_SIGNED: ("documents", "S-1", SIGNED),
    EventKind.CLIENT_ONBOARDED: ("clients", "kestrel", NEW_CLIENT),
    EventKind.MILESTONE_DONE: ("milestones", "M-1", MILESTONE),
    EventKind.PROJECT_PROGRESSED: ("projects", "PRJ-2", PROJECT),
    EventKind.PROJECT_COMPLETED: ("projects", "PRJ-2", PROJECT),
    EventKind.CHANGE_APPROVED: ("changes", "C-1", CHANGE),
    EventKind.HOURS_LOGGED: ("timesheets", "juniper-cloud", TIMESHEET),
}


@pytest.fixture(scope="module")
def peer() -> Iterator[TestPeer]:
    with TestPeer() as peer:
        yield peer


def tell(peer: TestPeer, kind: EventKind, **changes: object) -> BillingEvent:
    """Let the source answer with the object of a kind, changed, and fetch it."""
    collection, object_id, told = OBJECTS[kind]
    body = json.dumps(told | changes).encode()
    peer.answers = {f"/api/{collection}/{object_id}": Answer(body=body)}
    with RestSources({"psa": Peer("psa", f"{peer.url}/api")}) as sources:
        found = sources.fetch(Hint("psa", "e-1", kind, object_id, "0" * 64))
    assert isinstance(found, BillingEvent)
    assert (found.source, found.event_id, found.kind) == ("psa", "e-1", kind)
    return found


def work_of(peer: TestPeer, until: str, **told: object) -> tuple[Work, ...]:
    body = json.dumps({"agreement": "juniper-cloud"} | told).encode()
    peer.answers = {f"/api/agreements/juniper-cloud/work?until={until}": Answer(body=body)}
    with RestSources({"psa": Peer("psa", f"{peer.url}/api")}) as sources:
        return sources.work_of("psa", "juniper-cloud", date.fromisoformat(until))


def test_every_object_of_the_manual_is_understood() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/sources.md").read_text("utf-8")
    blocks = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    models: list[type[Told]] = [
        Deal,
        Estimate,
        Signed,
        NewClient,
        MilestoneReached,
        ProjectStand,
        ChangeOrder,
        Timesheet,
        WorkLog,
        PaymentReport,
    ]

    assert len(blocks) == len(models)
    for model, block in zip(models, blocks, strict=True):
        assert isinstance(model.model_validate(block), model)


def test_an_estimate_brings_lines_and_discounts(peer: TestPeer) -> None:
    found = tell(peer, EventKind.ESTIMATE_ACCEPTED)

    assert (found.subject, found.deal, found.occurred_on) == ("Q-7", "D-9", date(2026, 11, 3))
    assert [str(one) for one in found.work if isinstance(one, WorkItem)]
    assert found.work[0].record_id == "estimate:Q-7/line:1"
    assert found.discounts == (
        Discount("Launch offer", percent=Decimal(10), approved_by="lead"),
        Discount("Goodwill", amount=Money.parse("50.00 CHF"), spread=Spread.PRO_RATA),
    )
    assert found.references == (Reference("deal", "D-9"), Reference("estimate", "Q-7"))


def test_a_signed_document_claims_its_total_and_may_have_no_lines(peer: TestPeer) -> None:
    found = tell(peer, EventKind.DOCUMENT_SIGNED)

    assert (found.subject, found.deal, found.work) == ("S-1", "D-5", ())
    assert found.claims == (Claim("psa", "total of document S-1", Money.parse("48000.00 EUR")),)
    with_lines = tell(peer, EventKind.DOCUMENT_SIGNED, lines=[LINE])
    assert [one.record_id for one in with_lines.work] == ["document:S-1/line:1"]


def test_a_new_client_is_named_by_our_key(peer: TestPeer) -> None:
    found = tell(peer, EventKind.CLIENT_ONBOARDED)

    assert (found.client, found.subject, found.occurred_on) == (
        "kestrel",
        "kestrel",
        date(2026, 11, 2),
    )


def test_a_milestone_is_known_by_our_key_and_claims_its_value(peer: TestPeer) -> None:
    found = tell(peer, EventKind.MILESTONE_DONE)

    assert (found.subject, found.flags) == ("concept", ("disputed_scope",))
    assert found.claims == (Claim("psa", "value of milestone concept", Money.parse("9600.00 EUR")),)
    assert found.references == (Reference("project", "PRJ-1"), Reference("milestone", "concept"))
    assert tell(peer, EventKind.MILESTONE_DONE, value=None).claims == ()


def test_progress_is_a_percentage_as_of_a_day(peer: TestPeer) -> None:
    found = tell(peer, EventKind.PROJECT_PROGRESSED)

    assert (found.progress, found.occurred_on) == (Decimal("52.5"), date(2026, 11, 2))


def test_a_completed_project_is_about_the_day_of_its_completion(peer: TestPeer) -> None:
    found = tell(peer, EventKind.PROJECT_COMPLETED, completed_on="2026-11-20", progress=None)

    assert (found.subject, found.occurred_on) == ("PRJ-2", date(2026, 11, 20))


def test_a_change_may_cost_less(peer: TestPeer) -> None:
    found = tell(peer, EventKind.CHANGE_APPROVED)

    (item,) = found.work
    assert isinstance(item, WorkItem)
    assert (item.record_id, item.quantity) == ("change:C-1/line:1", Decimal(-1))


def test_logged_work_keeps_what_nobody_approved_apart(peer: TestPeer) -> None:
    found = tell(peer, EventKind.HOURS_LOGGED)

    assert (found.agreement, found.subject) == ("juniper-cloud", "juniper-cloud")
    day = date(2026, 11, 2)
    assert found.work == (
        TimeEntry("psa", "time:T-1", "Pipelines", "Mara", "senior", day, Decimal(95)),
        Cost(
            "psa",
            "cost:X-1",
            "Train to Lugano",
            Money.parse("100.00 CHF"),
            day,
            fx=Decimal("1.0321"),
            approved=False,
        ),
        SlaBreach("psa", "breach:B-1", "Answered too late", date(2026, 11, 1), Decimal(5)),
    )


def test_the_work_of_an_agreement_ends_on_the_day_asked_for(peer: TestPeer) -> None:
    later = TIME | {"id": "T-2", "worked_on": "2026-11-04"}
    hardware = COST | {"id": "X-2", "sort": "hardware", "tax_category": "hardware"}

    found = work_of(peer, "2026-11-03", entries=[TIME, later, hardware])

    assert [one.record_id for one in found] == ["time:T-1", "cost:X-2"]
    assert isinstance(found[1], Cost)
    assert (found[1].sort, found[1].tax_category) == (CostSort.HARDWARE, "hardware")


def test_an_agreement_without_work_has_none(peer: TestPeer) -> None:
    assert work_of(peer, "2026-11-30", entries=[]) == ()


def test_years_of_work_fit_into_an_answer(peer: TestPeer) -> None:
    many = [TIME | {"id": f"T-{number}"} for number in range(8000)]

    assert len(work_of(peer, "2026-11-30", entries=many)) == 8000


def test_work_is_asked_of_known_sources_about_sound_keys_only(peer: TestPeer) -> None:
    until = date(2026, 11, 30)
    with pytest.raises(SettingsError, match="invoicing_source_erp"):
        RestSources({}).work_of("erp", "juniper-cloud", until)
    peer.answers = {}
    with RestSources({"psa": Peer("psa", peer.url)}) as sources:
        with pytest.raises(TerminalError, match="unusable id"):
            sources.work_of("psa", "../juniper", until)
        with pytest.raises(NotFoundError, match="agreements/juniper-cloud"):
            sources.work_of("psa", "juniper-cloud", until)


@pytest.mark.parametrize(
    "told",
    [
        {"entries": [TIME], "agreement": "another"},
        {"entries": [TIME, TIME]},
        {"entries": None},
        {},
        {"entries": [COST | {"amount": "1.005"}]},
        {"entries": [COST | {"currency": "XXX"}]},
        {"entries": [BREACH | {"percent": None, "amount": "1.00", "currency": "nope"}]},
    ],
    ids=lambda told: ascii(told)[-40:],
)
def test_unusable_work_is_refused(peer: TestPeer, told: dict[str, Any]) -> None:
    with pytest.raises(TerminalError, match="agreements/juniper-cloud/work at psa"):
        work_of(peer, "2026-11-30", **told)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (EventKind.ESTIMATE_ACCEPTED, {"accepted_on": None}),
        (EventKind.ESTIMATE_ACCEPTED, {"lines": []}),
        (EventKind.ESTIMATE_ACCEPTED, {"lines": [LINE, LINE]}),
        (EventKind.ESTIMATE_ACCEPTED, {"deal": "../x"}),
        (EventKind.ESTIMATE_ACCEPTED, {"discounts": [{"reason": "", "percent": "1"}]}),
        (EventKind.ESTIMATE_ACCEPTED, {"discounts": [{"reason": "both"}]}),
        (
            EventKind.ESTIMATE_ACCEPTED,
            {"discounts": [{"reason": "both", "percent": "1", "amount": "1.00"}]},
        ),
        (
            EventKind.ESTIMATE_ACCEPTED,
            {"discounts": [{"reason": "r", "percent": "1", "spread": CANARY}]},
        ),
        (EventKind.ESTIMATE_ACCEPTED, {"discounts": [{"reason": "r", "amount": "0.005"}]}),
        (EventKind.ESTIMATE_ACCEPTED, {"discounts": [{"reason": "r", "percent": "1"}] * 21}),
        (EventKind.DOCUMENT_SIGNED, {"status": "sent"}),
        (EventKind.DOCUMENT_SIGNED, {"signed_on": None}),
        (EventKind.DOCUMENT_SIGNED, {"total": None}),
        (EventKind.DOCUMENT_SIGNED, {"total": "1.001"}),
        (EventKind.DOCUMENT_SIGNED, {"total": "-1.00"}),
        (EventKind.CLIENT_ONBOARDED, {"onboarded_on": None}),
        (EventKind.CLIENT_ONBOARDED, {"id": "another"}),
        (EventKind.MILESTONE_DONE, {"status": "open"}),
        (EventKind.MILESTONE_DONE, {"status": "done", "done_on": None}),
        (EventKind.MILESTONE_DONE, {"milestone": ""}),
        (EventKind.MILESTONE_DONE, {"currency": ""}),
        (EventKind.MILESTONE_DONE, {"value": CANARY}),
        (EventKind.PROJECT_PROGRESSED, {"progress": None}),
        (EventKind.PROJECT_PROGRESSED, {"progress": "100.1"}),
        (EventKind.PROJECT_PROGRESSED, {"as_of": None}),
        (EventKind.PROJECT_COMPLETED, {}),
        (EventKind.CHANGE_APPROVED, {"status": "requested"}),
        (EventKind.CHANGE_APPROVED, {"approved_on": None}),
        (EventKind.CHANGE_APPROVED, {"lines": []}),
        (EventKind.HOURS_LOGGED, {"agreement": "another"}),
        (EventKind.HOURS_LOGGED, {"as_of": None}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME, TIME]}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME | {"kind": CANARY}]}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME | {"minutes": "-1"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME | {"minutes": "10081"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME | {"minutes": 1.5e300}]}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME | {"approved": None}]}),
        (EventKind.HOURS_LOGGED, {"entries": [TIME | {"approved": "yes"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [{**TIME, "role": CANARY + "\n"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [COST | {"fx": "0"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [COST | {"sort": CANARY}]}),
        (EventKind.HOURS_LOGGED, {"entries": [COST | {"amount": "-5.00"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [BREACH | {"percent": None}]}),
        (EventKind.HOURS_LOGGED, {"entries": [BREACH | {"amount": "5.00"}]}),
        (EventKind.HOURS_LOGGED, {"entries": [BREACH | {"percent": "101"}]}),
    ],
    ids=lambda value: value if isinstance(value, str) else ascii(value)[-40:],
)
def test_what_is_not_so_far_or_makes_no_sense_is_refused_without_quoting_it(
    peer: TestPeer, kind: EventKind, changes: dict[str, Any]
) -> None:
    collection, object_id, _ = OBJECTS[kind]
    with pytest.raises(TerminalError) as refused:
        tell(peer, kind, **changes)
    assert f"{collection}/{object_id} at psa" in str(refused.value)
    assert CANARY not in str(refused.value)
    assert len(str(refused.value)) < 400
