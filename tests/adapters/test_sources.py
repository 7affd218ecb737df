"""Fetching by id from a source: what becomes an event, what is refused, and what may be retried."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicing.adapters.rest import Peer
from invoicing.adapters.sources import RestSources
from invoicing.domain.errors import (
    InvoicingError,
    NotFoundError,
    SettingsError,
    TerminalError,
    TransientError,
)
from invoicing.domain.events import BillingEvent, Claim, EventKind, Hint, Reference
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Payment
from invoicing.domain.work import WorkItem
from tests.adapters.peer import Answer, TestPeer

CANARY = "Zaphod-Beeblebrox"
LINE = {
    "id": "1",
    "description": "Warehouse analysis",
    "quantity": "8",
    "unit": "h",
    "unit_price": "120.00",
    "tax_category": "standard",
}
DEAL = {
    "id": "D-1",
    "client": "nordwind",
    "agreement": "nordwind-projects",
    "title": "Warehouse",
    "won_on": "2026-11-02",
    "currency": "EUR",
    "lines": [LINE],
}
PAYMENT = {
    "id": "P-1",
    "amount": "100.00",
    "currency": "EUR",
    "received_on": "2026-11-20",
    "reference": "INV-2026-00001",
}


@pytest.fixture(scope="module")
def peer() -> Iterator[TestPeer]:
    with TestPeer() as peer:
        yield peer


def ask(
    peer: TestPeer,
    answer: Answer | dict[str, Any] | bytes,
    kind: EventKind = EventKind.DEAL_WON,
    object_id: str = "",
    seconds: float = 20,
) -> BillingEvent | Payment:
    if isinstance(answer, dict):
        answer = json.dumps(answer).encode()
    if isinstance(answer, bytes):
        answer = Answer(body=answer)
    deal = kind is EventKind.DEAL_WON
    object_id = object_id or ("D-1" if deal else "P-1")
    peer.answers = {f"/api/{'deals' if deal else 'payments'}/{object_id}": answer}
    peers = {"crm": Peer("crm", f"{peer.url}/api/", "t0ken")}
    with RestSources(peers, seconds=seconds) as sources:
        return sources.fetch(Hint("crm", "e-1", kind, object_id, "0" * 64))


def deal(**changes: object) -> dict[str, Any]:
    return DEAL | changes


def line(**changes: object) -> dict[str, Any]:
    return deal(lines=[LINE | changes])


def payment(**changes: object) -> dict[str, Any]:
    return PAYMENT | changes


def test_a_won_deal_becomes_a_billing_event(peer: TestPeer) -> None:
    found = ask(peer, deal(owner=CANARY, custom={"deep": [1.5]}))
    assert found == BillingEvent(
        source="crm",
        event_id="e-1",
        kind=EventKind.DEAL_WON,
        client="nordwind",
        agreement="nordwind-projects",
        subject="D-1",
        occurred_on=date(2026, 11, 2),
        work=(
            WorkItem(
                "crm",
                "deal:D-1/line:1",
                "Warehouse analysis",
                Decimal(8),
                "h",
                Money.parse("120.00 EUR"),
                "standard",
            ),
        ),
        title="Warehouse",
        references=(Reference("deal", "D-1"),),
    )
    assert peer.tokens[-1] == "Bearer t0ken"


def test_a_payment_becomes_a_payment(peer: TestPeer) -> None:
    assert ask(peer, payment(), EventKind.PAYMENT_RECEIVED) == Payment(
        "crm", "P-1", Money.parse("100.00 EUR"), date(2026, 11, 20), "INV-2026-00001"
    )


@pytest.mark.parametrize("agreement", ["", None])
def test_a_source_need_not_know_our_agreements(peer: TestPeer, agreement: str | None) -> None:
    found = ask(peer, deal(agreement=agreement))
    assert isinstance(found, BillingEvent)
    assert found.agreement == ""


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b'"0.10"', "0.10"), (b"0.10", "0.10"), (b"7", "7"), (b"1e2", "100"), (b'"-3.5"', "-3.5")],
)
def test_numbers_are_never_floats(peer: TestPeer, raw: bytes, text: str) -> None:
    body = json.dumps(line(quantity="@")).encode().replace(b'"@"', raw)
    found = ask(peer, body)
    assert isinstance(found, BillingEvent)
    (item,) = found.work
    assert isinstance(item, WorkItem)
    assert str(item.quantity) == text


def test_a_deal_may_say_its_value_and_discount_its_lines(peer: TestPeer) -> None:
    found = ask(peer, deal(value="912.00", lines=[LINE | {"discount_percent": "5"}]))
    assert isinstance(found, BillingEvent)
    assert found.claims == (Claim("crm", "value of deal D-1", Money.parse("912.00 EUR")),)
    (item,) = found.work
    assert isinstance(item, WorkItem)
    assert item.discount_percent == 5


def test_texts_lose_what_is_not_text(peer: TestPeer) -> None:
    found = ask(peer, deal(title=" a\r\nb\t\x1b[31m\u202ec\u2028d " + "x" * 400))
    assert isinstance(found, BillingEvent)
    assert found.title.startswith("a b [31m c d xxx")
    assert len(found.title) == 300


def test_cleaning_a_reference_never_joins_two_numbers(peer: TestPeer) -> None:
    told = payment(reference="INV-2026-00001\u202e2 \x00 INV-9\n".replace("\x00", "\x01"))
    found = ask(peer, told, EventKind.PAYMENT_RECEIVED)
    assert isinstance(found, Payment)
    assert found.reference == "INV-2026-00001 2 INV-9"


@pytest.mark.parametrize(
    "told",
    [
        deal(won_on=None),
        deal(won_on=20261102),
        deal(won_on="20261102"),
        deal(won_on="2026-13-01"),
        deal(won_on="\uff12\uff10\uff12\uff16-11-02"),
        deal(won_on="2026-11-02T00:00:00Z"),
        deal(currency="XXX"),
        deal(currency="eur"),
        deal(currency=None),
        deal(client=""),
        deal(client=7),
        deal(client=f"{CANARY}\n"),
        deal(agreement="../x"),
        deal(lines=[]),
        deal(lines=None),
        deal(lines=[LINE, LINE]),
        deal(lines=[LINE] * 1001),
        deal(title=["x"]),
        deal(id="D-2"),
        line(id="1/line:2"),
        line(id=""),
        line(quantity=None),
        line(quantity=True),
        line(quantity=[8]),
        line(quantity=CANARY),
        line(quantity="1,5"),
        line(quantity="1e3"),
        line(quantity=" 8"),
        line(quantity="\uff18"),
        line(quantity="1" * 31),
        line(unit_price="NaN"),
        line(unit_price="-1.00"),
        line(discount_percent="101"),
        line(discount_percent="-1"),
        line(base_quantity="0"),
        deal(value="1.001"),
        deal(value="-1.00"),
        deal(flags=["two words"]),
        deal(flags=["x"] * 21),
        deal(references=[{"kind": "order"}]),
        line(unit_price="1." + "1" * 60),
        line(tax_category=""),
        {key: value for key, value in DEAL.items() if key != "lines"},
    ],
    ids=lambda told: ascii(told)[-40:],
)
def test_unusable_deals_are_refused_without_quoting_them(
    peer: TestPeer, told: dict[str, Any]
) -> None:
    with pytest.raises(TerminalError) as refused:
        ask(peer, told)
    assert "deals/D-1 at crm" in str(refused.value)
    assert CANARY not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "told",
    [
        payment(amount="0.001"),
        payment(amount=None),
        payment(amount="100.00 EUR"),
        payment(currency="BTC"),
        payment(received_on=""),
        payment(reference=None),
        payment(reference="x" * 1001),
        payment(id="P-2"),
    ],
    ids=lambda told: ascii(told)[-30:],
)
def test_unusable_payments_are_refused(peer: TestPeer, told: dict[str, Any]) -> None:
    with pytest.raises(TerminalError, match="payments/P-1 at crm"):
        ask(peer, told, EventKind.PAYMENT_RECEIVED)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b'{"id": NaN}', b"\xff", b"7"])
def test_an_answer_that_is_no_object_is_refused(peer: TestPeer, body: bytes) -> None:
    with pytest.raises(TerminalError, match="deals/D-1 at crm"):
        ask(peer, body)


def test_an_endless_answer_is_not_read_to_its_end(peer: TestPeer) -> None:
    with pytest.raises(TerminalError, match="larger"):
        ask(peer, b" " * 8_000_000)


def test_a_compressed_answer_is_refused(peer: TestPeer) -> None:
    with pytest.raises(TerminalError, match="compressed"):
        ask(peer, Answer(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFoundError),
        (410, NotFoundError),
        (401, SettingsError),
        (403, SettingsError),
        (429, TransientError),
        (408, TransientError),
        (500, TransientError),
        (502, TransientError),
        (503, TransientError),
        (400, TerminalError),
        (418, TerminalError),
        (201, TerminalError),
        (204, TerminalError),
    ],
)
def test_each_status_says_whether_a_retry_helps(
    peer: TestPeer, status: int, error: type[InvoicingError]
) -> None:
    with pytest.raises(error) as raised:
        ask(peer, Answer(status))
    assert str(status) in str(raised.value)
    if error is SettingsError:
        assert "invoicing_source_crm" in str(raised.value)


def test_redirects_are_not_followed_and_the_token_stays_home(peer: TestPeer) -> None:
    with TestPeer({"/deals/D-1": Answer(body=json.dumps(DEAL).encode())}) as thief:
        to_thief = Answer(302, headers={"Location": f"{thief.url}/deals/D-1"})
        with pytest.raises(SettingsError, match="not followed"):
            ask(peer, to_thief)
        assert not thief.asked


def test_nobody_there_is_worth_a_retry() -> None:
    with TestPeer() as gone:
        pass
    sources = RestSources({"crm": Peer("crm", gone.url)})
    with sources, pytest.raises(TransientError):
        sources.fetch(Hint("crm", "e", EventKind.DEAL_WON, "D-1", ""))


def test_a_dripping_answer_ends_at_the_deadline(peer: TestPeer) -> None:
    with pytest.raises(TransientError):
        ask(peer, Answer(drip=True), seconds=0.3)


@pytest.mark.parametrize(
    "object_id",
    [
        "../payments/P-1",
        "..",
        ".",
        "a/b",
        "a%2fb",
        "a?b",
        "a#b",
        "a b",
        "a\n",
        "",
        "-a",
        "é",
        "x" * 101,
        "@evil",
    ],
    ids=ascii,
)
def test_an_id_never_leads_anywhere_else(peer: TestPeer, object_id: str) -> None:
    before = len(peer.asked)
    sources = RestSources({"crm": Peer("crm", peer.url)})
    with sources, pytest.raises(TerminalError, match="unusable id"):
        sources.fetch(Hint("crm", "e", EventKind.DEAL_WON, object_id, ""))
    assert len(peer.asked) == before


def test_an_unknown_source_names_the_connection_to_add() -> None:
    with pytest.raises(SettingsError, match="invoicing_source_erp"):
        RestSources({}).fetch(Hint("erp", "e", EventKind.DEAL_WON, "D-1", ""))


def test_a_kind_that_is_not_fetched_is_refused(peer: TestPeer) -> None:
    sources = RestSources({"crm": Peer("crm", peer.url)})
    with pytest.raises(TerminalError, match="retainer_due"):
        sources.fetch(Hint("crm", "e", EventKind.RETAINER_DUE, "D-1", ""))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.test",
        "ftp://crm.test",
        "file:///etc/passwd",
        "http://",
        "http://u:p@crm.test",
        "http://crm.test/?a=b",
        "http://crm.test/#x",
        "http://crm.test:99999",
        "http://[::1",
        "http://exa mple.test",
    ],
)
def test_a_malformed_base_url_names_the_connection(url: str) -> None:
    sources = RestSources({"crm": Peer("crm", url, "t0ken")})
    with sources, pytest.raises(SettingsError, match="invoicing_source_crm") as refused:
        sources.fetch(Hint("crm", "e", EventKind.DEAL_WON, "D-1", ""))
    assert "t0ken" not in str(refused.value)


@pytest.mark.parametrize("token", ["line\nbreak", "tökén", "\ud800"], ids=ascii)
def test_an_unusable_token_names_the_connection(peer: TestPeer, token: str) -> None:
    sources = RestSources({"crm": Peer("crm", peer.url, token)})
    with sources, pytest.raises(SettingsError, match="invoicing_source_crm"):
        sources.fetch(Hint("crm", "e", EventKind.DEAL_WON, "D-1", ""))


def test_the_token_is_not_in_the_repr() -> None:
    assert "t0ken" not in repr(Peer("crm", "http://crm.test", "t0ken"))
