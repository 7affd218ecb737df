"""What people decide and ask for on the pages: done once, by whom it may be, and said clearly."""

import httpx
import pytest
from fastapi.routing import APIRoute

from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.services import correct, hold, reconcile, report
from invoicing.services.queries import invoice_story
from invoicing.services.stories import InvoiceStory
from invoicing.web.access import same_site
from invoicing.web.app import app
from invoicing.web.bodies import check_json_type
from tests.support.services import House
from tests.web.conftest import As
from tests.web.test_access import OPEN_ROUTES, OUR_PAGE, asks_for

CHANGING = {
    "/queue/{exception_id}",
    "/invoices/{invoice_id}/ask",
    "/invoices/{invoice_id}/hold",
    "/invoices/{invoice_id}/lift",
}
DISPUTE = {"kind": "disputed", "word": "not ordered"}


@pytest.fixture
def invoice(house: House) -> Invoice:
    """An invoice of 1428.00 EUR."""
    return house.invoice_of("D-1")


def post(as_user: As, login: str, path: str, **said: str) -> httpx.Response:
    answer: httpx.Response = as_user(login).post(f"/invoicing{path}", json=said, headers=OUR_PAGE)
    return answer


def story(house: House, invoice: Invoice) -> InvoiceStory:
    return invoice_story(house.s, invoice.id)


def page(as_user: As, path: str, login: str = "finance") -> str:
    text: str = as_user(login).get(f"/invoicing{path}").text
    return text


def entry(house: House, code: str) -> str:
    with house.s.ledger.read() as work:
        return next(one.id for one in work.exceptions.list_open(100) if one.code == code)


def pay(house: House, amount: str, reference: str) -> None:
    house.pay(f"P-{reference}", amount, reference)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)


def test_these_routes_change_something_and_no_other() -> None:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    changing = [route for route in routes if route.methods - {"GET", "HEAD"}]

    ours = [route for route in changing if ("POST", route.path) not in OPEN_ROUTES]
    assert {route.path for route in ours} == CHANGING
    for route in ours:
        assert asks_for(route.dependant, same_site), f"{route.path} is open to other sites"
        assert asks_for(route.dependant, check_json_type), f"{route.path} takes forms"


def requests(invoice: Invoice) -> dict[str, dict[str, str]]:
    return {
        f"/invoices/{invoice.id}/ask": {"what": "correction", "word": "wrong hours"},
        f"/invoices/{invoice.id}/hold": DISPUTE,
        f"/invoices/{invoice.id}/lift": DISPUTE,
    }


@pytest.mark.parametrize(("login", "code"), [("nobody", 401), ("viewer", 403), ("finance", 200)])
def test_only_who_may_edit_may_ask_and_hold(
    as_user: As, house: House, invoice: Invoice, login: str, code: int
) -> None:
    for path, said in requests(invoice).items():
        assert post(as_user, login, path, **said).status_code == code

    found = story(house, invoice)
    assert bool(found.holds) is bool(found.exceptions) is (code == 200)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Type": "application/json"}, 403),
        ({**OUR_PAGE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**OUR_PAGE, "Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_another_site_cannot_ask_with_the_users_cookie(
    as_user: As, house: House, invoice: Invoice, headers: dict[str, str], code: int
) -> None:
    for path in requests(invoice):
        answer = as_user("finance").post(f"/invoicing{path}", content=b"{}", headers=headers)
        assert answer.status_code == code

    assert story(house, invoice).exceptions == ()


def test_a_correction_is_asked_for_by_one_and_carried_out_by_another(
    as_user: As, house: House, invoice: Invoice
) -> None:
    asked = post(
        as_user, "finance", f"/invoices/{invoice.id}/ask", what="correction", word="wrong hours"
    )
    url = f"/queue/{entry(house, 'correction_asked')}"
    refused = post(as_user, "finance", url, action="void")
    done = post(as_user, "lead", url, action="void")
    again = post(as_user, "lead", url, action="void")

    assert asked.json() == {"done": "it stands in the queue; another person decides"}
    assert refused.status_code == 409
    assert "finance" in refused.json()["error"]
    assert done.json() == {"done": "INV-2026-00001 is void with CN-2026-00001"}
    assert again.json()["done"].startswith("it was closed before by lead: void")
    text = page(as_user, f"/invoices/{invoice.id}")
    for words in ("Void invoice", "This invoice is void", "CN-2026-00001", "closes it",
                  "wrong hours", "asked for by <bdi>finance</bdi>, carried out by <bdi>lead</bdi>",
                  "-1,428.00", "Credited", "/credit-notes/CN-2026-00001.pdf"):  # fmt: skip
        assert words in text, words
    assert "days late" not in text
    assert ">void</span>" in page(as_user, "/invoices?shown=void")
    assert "No invoice is like this" in page(as_user, "/invoices?shown=open")


def test_what_is_written_off_is_shown_and_open_no_more(
    as_user: As, house: House, invoice: Invoice
) -> None:
    pay(house, "428.00 EUR", invoice.number)
    post(as_user, "finance", f"/invoices/{invoice.id}/ask", what="write_off", word="insolvent")

    done = post(as_user, "lead", f"/queue/{entry(house, 'write_off_asked')}", action="write_off")

    assert done.status_code == 200
    money = story(house, invoice).money
    assert money
    assert money.balance == Money.parse("0.00 EUR")
    due = invoice.content.totals.due
    settled = money.settled
    assert due - settled.paid - settled.credited - settled.written_off == money.balance
    text = page(as_user, f"/invoices/{invoice.id}")
    for words in ("Written off", "-1,000.00", "-428.00", "insolvent", ">settled</span>"):
        assert words in text, words
    assert "Ask to write off</button>" not in text.partition("panel")[0]


def test_a_payment_is_placed_on_the_invoice_that_a_person_names(
    as_user: As, house: House, invoice: Invoice
) -> None:
    pay(house, "100.00 EUR", "thank you")
    url = f"/queue/{entry(house, 'payment_unmatched')}"

    unknown = post(as_user, "finance", url, action="place", word="INV-2026-99999")
    placed = post(as_user, "finance", url, action="place", word=f" {invoice.number} ")

    assert (unknown.status_code, "INV-2026-99999" in unknown.json()["error"]) == (409, True)
    assert placed.status_code == 200
    money = story(house, invoice).money
    assert money
    assert money.settled.paid == Money.parse("100.00 EUR")


def test_what_a_decision_was_about_the_money_of_a_client_is_kept(
    as_user: As, house: House, invoice: Invoice
) -> None:
    pay(house, "428.00 EUR", invoice.number)
    correct.ask_correction(house.s, invoice.id, "twice", "finance")
    post(as_user, "lead", f"/queue/{entry(house, 'correction_asked')}", action="void")
    assert "In the client's favour" in page(as_user, f"/invoices/{invoice.id}").replace(
        "&#39;", "'"
    )
    url = f"/queue/{entry(house, 'credit_left')}"

    silent = post(as_user, "finance", url, action="acknowledge")
    told = post(as_user, "finance", url, action="acknowledge", word="paid back on 5 November")

    assert (silent.status_code, told.status_code) == (409, 200)
    assert "paid back on 5 November" in page(as_user, f"/invoices/{invoice.id}")


def test_a_hold_is_placed_shown_and_lifted(as_user: As, house: House, invoice: Invoice) -> None:
    url = f"/invoices/{invoice.id}"
    part = {"amount": "100.00", "currency": "EUR", "line": "1"}

    placed = post(as_user, "finance", f"{url}/hold", **DISPUTE, **part)
    twice = post(as_user, "finance", f"{url}/hold", **DISPUTE, **part)
    until = post(
        as_user, "finance", f"{url}/hold", kind="paused", word="a week", ends_on="2026-11-30"
    )

    assert {placed.status_code, twice.status_code, until.status_code} == {200}
    assert "already" in twice.json()["done"]
    held = story(house, invoice).open_holds
    assert [(one.kind, one.amount, one.line) for one in held] == [
        (HoldKind.DISPUTED, Money.parse("100.00 EUR"), 1),
        (HoldKind.PAUSED, None, 0),
    ]
    text = page(as_user, url)
    for words in (">disputed</span>", ">reminders paused</span>", "not ordered", "30 Nov 2026",
                  "line 1", "End the dispute", "Remind again", "Payment under way"):  # fmt: skip
        assert words in text, words
    lifted = post(as_user, "finance", f"{url}/lift", kind="paused", word="paid")
    assert lifted.status_code == 200
    assert [one.kind for one in story(house, invoice).open_holds] == [HoldKind.DISPUTED]
    assert "lifted by <bdi>finance</bdi>" in page(as_user, url)


def test_a_hold_that_is_over_is_not_shown_as_one(house: House, invoice: Invoice) -> None:
    ends_on = house.clock.now().date()
    hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "a day", "finance", ends_on=ends_on)
    assert story(house, invoice).open_holds

    house.clock.pass_by(days=2)

    assert not story(house, invoice).open_holds
    assert len(story(house, invoice).holds) == 1


@pytest.mark.parametrize(
    ("way", "said", "code", "says"),
    [
        ("hold", {"kind": "burnt", "word": "x"}, 422, "the kind must be one of disputed"),
        ("hold", {"kind": "paused"}, 422, "expected one object"),
        ("hold", {**DISPUTE, "amount": "ten", "currency": "EUR"}, 422, "is not money"),
        ("hold", {**DISPUTE, "amount": "1.001", "currency": "EUR"}, 422, "finer than"),
        ("hold", {**DISPUTE, "amount": "1.00", "currency": "USD"}, 409, "is in EUR"),
        ("hold", {**DISPUTE, "amount": "9999.00", "currency": "EUR"}, 409, "cannot be held"),
        ("hold", {**DISPUTE, "line": "x"}, 422, "the line must be"),
        ("hold", {**DISPUTE, "line": "\u0661"}, 422, "the line must be"),
        ("hold", {**DISPUTE, "line": "7"}, 409, "has no line 7"),
        ("hold", {**DISPUTE, "ends_on": "tomorrow"}, 422, "write the day as"),
        ("hold", {**DISPUTE, "ends_on": "2020-01-01"}, 409, "is over already"),
        ("hold", {"kind": "disputed", "word": " "}, 409, "needs a reason"),
        ("hold", {"kind": "disputed", "word": "x" * 501}, 422, "at most 500"),
        ("hold", {"kind": "disputed", "word": "a\u202eb"}, 422, "plain text"),
        ("hold", {"kind": "disputed", "word": "a\x00b"}, 422, "plain text"),
        ("hold", {"kind": "disputed", "word": "a\nb"}, 422, "plain text"),
        ("ask", {"what": "refund", "word": "x"}, 422, "what must be one of"),
        ("ask", {"what": "correction", "word": ""}, 409, "a name and a reason"),
        ("lift", {"kind": "nothing", "word": "x"}, 422, "the kind must be one of"),
    ],
)
def test_what_cannot_be_done_is_explained(
    as_user: As, invoice: Invoice, way: str, said: dict[str, str], code: int, says: str
) -> None:
    answer = post(as_user, "finance", f"/invoices/{invoice.id}/{way}", **said)

    assert answer.status_code == code
    assert says in answer.json()["error"]
    assert "<h2>Holds</h2>" not in page(as_user, f"/invoices/{invoice.id}")


@pytest.mark.parametrize("way", ["ask", "hold", "lift"])
def test_an_unknown_invoice_is_not_found(as_user: As, way: str) -> None:
    said = {"what": "correction", "word": "x"} if way == "ask" else DISPUTE

    assert post(as_user, "finance", f"/invoices/none/{way}", **said).status_code == 404


def test_a_lone_surrogate_never_reaches_the_ledger(as_user: As, invoice: Invoice) -> None:
    body = b'{"kind":"disputed","word":"\\ud800"}'

    answer = as_user("finance").post(
        f"/invoicing/invoices/{invoice.id}/hold", content=body, headers=OUR_PAGE
    )

    assert answer.status_code == 422


def test_who_may_only_look_sees_no_buttons(as_user: As, house: House, invoice: Invoice) -> None:
    hold.place_hold(house.s, invoice.id, HoldKind.DISPUTED, "not ordered", "finance")

    for path in ("/queue", f"/invoices/{invoice.id}"):
        assert "data-send" in page(as_user, path)
        assert "data-send" not in page(as_user, path, "viewer")


def test_what_is_final_asks_for_a_tick_and_what_needs_a_word_for_the_word(
    as_user: As, house: House, invoice: Invoice
) -> None:
    correct.ask_correction(house.s, invoice.id, "wrong hours", "finance")
    pay(house, "100.00 EUR", "thank you")

    panels = page(as_user, "/queue").split('<div class="panel')[1:]

    assert len(panels) == 5
    for panel in panels:
        is_final = any(f'value="{each}"' in panel for each in ("void", "correct", "place"))
        assert ("data-sure" in panel) is is_final
        assert ("required" in panel) is ('value="place"' in panel)


def test_hostile_words_stay_text(as_user: As, house: House, invoice: Invoice) -> None:
    word = "<script>alert(1)</script>\"'><img src=x>"
    post(as_user, "finance", f"/invoices/{invoice.id}/hold", kind="disputed", word=word)
    post(as_user, "finance", f"/invoices/{invoice.id}/ask", what="correction", word=word)

    for path in ("/queue", f"/invoices/{invoice.id}"):
        text = page(as_user, path)
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "<img" not in text


def test_a_parked_client_is_said_on_the_page_and_leaves_by_the_queue(
    as_user: As, house: House, invoice: Invoice
) -> None:
    with house.s.ledger.write() as work:
        work.parking.park("nordwind", "12 drafts on one day", house.clock.now())
        work.exceptions.open("client_parked", "nordwind", "12 drafts on one day", house.clock.now())

    assert "The client is parked" in page(as_user, f"/invoices/{invoice.id}")
    queue = page(as_user, "/queue?code=client_parked")
    assert "Nordwind Logistik GmbH" in queue
    done = post(as_user, "finance", f"/queue/{entry(house, 'client_parked')}", action="un_park")

    assert done.json() == {"done": "nordwind goes on"}
    assert "The client is parked" not in page(as_user, f"/invoices/{invoice.id}")


def test_the_page_names_the_versions_an_invoice_was_computed_from(
    as_user: As, house: House, invoice: Invoice
) -> None:
    book = house.s.book
    with house.s.ledger.write() as work:
        work.parties.keep(book.clients.values(), book.agreements.values(), 1)

    text = page(as_user, f"/invoices/{invoice.id}")

    assert "<bdi>nordwind</bdi>, version 1" in text
    assert "<bdi>nordwind-projects</bdi>, version 1" in text
