"""Who gets in: every route asks for a login but the webhook, every change for a permission."""

import pytest
from airflow.api_fastapi.core_api.security import get_user
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from invoicing.services.dispatch import dispatch_due
from invoicing.web.access import may_act, may_see
from invoicing.web.app import HEADERS, app
from tests.support.services import UNCERTAIN, House
from tests.web.conftest import As

OPEN_ROUTES = {("POST", "/webhooks/{source}")}
PAGES = (
    "/",
    "/invoices",
    "/invoices/INV-2026-00001",
    "/invoices/INV-2026-00001/document.pdf",
    "/invoices/INV-2026-00001/preview.pdf",
    "/queue",
    "/static/style.css",
)
OUR_PAGE = {"X-Requested-With": "invoicing", "Content-Type": "application/json"}


def asks_for(dependant: Dependant, wanted: object) -> bool:
    return dependant.call is wanted or any(asks_for(d, wanted) for d in dependant.dependencies)


def uncertain_exception(house: House) -> str:
    house.mailer.answers = [UNCERTAIN]
    house.invoice_of("D-1")
    with house.s.ledger.read() as work:
        return work.exceptions.list_open(1)[0].id


def test_every_route_but_the_webhook_asks_for_login_and_permission() -> None:
    for route in app.routes:
        assert isinstance(route, APIRoute), f"{route} is no route that can ask for a login"
        for method in route.methods:
            if (method, route.path) in OPEN_ROUTES:
                continue
            assert asks_for(route.dependant, get_user), f"{method} {route.path} needs no login"
            assert asks_for(route.dependant, may_see), f"{method} {route.path} needs no permission"
            if method not in {"GET", "HEAD"}:
                assert asks_for(route.dependant, may_act), f"{method} {route.path} is open to all"


def test_no_route_changes_anything_on_get() -> None:
    changing = {
        route.path
        for route in app.routes
        if isinstance(route, APIRoute) and asks_for(route.dependant, may_act)
    }
    reading = {
        route.path for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods
    }
    assert changing
    assert not changing & reading


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("login", "code"), [("nobody", 401), ("viewer", 200), ("finance", 200)])
def test_pages_need_a_login(as_user: As, house: House, path: str, login: str, code: int) -> None:
    house.invoice_of("D-1")

    answer = as_user(login).get(f"/invoicing{path}")

    assert answer.status_code == (307 if code == 200 and path == "/" else code)
    for name, value in HEADERS.items():
        if name != "content-security-policy":
            assert answer.headers[name] == value, (path, name)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/static/../app.py"])
def test_there_is_nothing_else(as_user: As, path: str) -> None:
    for login in ("nobody", "finance"):
        assert as_user(login).get(f"/invoicing{path}").status_code == 404


@pytest.mark.parametrize(("login", "code"), [("nobody", 401), ("viewer", 403), ("finance", 200)])
def test_only_who_may_edit_may_decide(as_user: As, house: House, login: str, code: int) -> None:
    entry_id = uncertain_exception(house)

    answer = as_user(login).post(
        f"/invoicing/queue/{entry_id}", json={"action": "mark_delivered"}, headers=OUR_PAGE
    )

    assert answer.status_code == code
    with house.s.ledger.read() as work:
        entry = work.exceptions.get(entry_id)
    assert (entry.closed_by, entry.decision) == (
        ("finance", "mark_delivered") if code == 200 else ("", "")
    )
    assert len(house.mailer.sent) == 1


def test_a_viewer_sees_the_queue_without_buttons(as_user: As, house: House) -> None:
    uncertain_exception(house)

    assert "data-action" not in as_user("viewer").get("/invoicing/queue").text
    assert 'data-action="mark_delivered"' in as_user("finance").get("/invoicing/queue").text


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Type": "application/json"}, 403),
        ({"X-Requested-With": "invoicing", "Content-Type": "text/plain"}, 415),
        (
            {"X-Requested-With": "invoicing", "Content-Type": "application/x-www-form-urlencoded"},
            415,
        ),
        ({**OUR_PAGE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**OUR_PAGE, "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_another_site_cannot_decide_with_the_users_cookie(
    as_user: As, house: House, headers: dict[str, str], code: int
) -> None:
    entry_id = uncertain_exception(house)

    answer = as_user("finance").post(
        f"/invoicing/queue/{entry_id}", content=b'{"action":"mark_delivered"}', headers=headers
    )

    assert answer.status_code == code


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b'{"action":"burn"}', 422, "the action must be one of"),
        (b'{"action":"send_again","action":"acknowledge"}', 422, "given twice"),
        (b'{"action":["send_again"]}', 422, "must be a text"),
        (b"[" * 5000, 422, "not valid JSON"),
        (b'{"action":"acknowledge"}', 409, "not allowed for send_uncertain"),
        (b" " * (64 * 1024 + 1), 413, "larger than"),
    ],
)
def test_a_decision_that_makes_no_sense_is_explained(
    as_user: As, house: House, body: bytes, code: int, says: str
) -> None:
    entry_id = uncertain_exception(house)

    answer = as_user("finance").post(f"/invoicing/queue/{entry_id}", content=body, headers=OUR_PAGE)

    assert answer.status_code == code
    assert says in answer.json()["error"]


def test_send_again_from_the_queue_sends_the_same_mail_once_more(as_user: As, house: House) -> None:
    entry_id = uncertain_exception(house)
    path = f"/invoicing/queue/{entry_id}"

    first = as_user("finance").post(path, json={"action": "send_again"}, headers=OUR_PAGE)
    again = as_user("finance").post(path, json={"action": "send_again"}, headers=OUR_PAGE)
    dispatch_due(house.s)
    dispatch_due(house.s)

    assert first.json() == {"done": "send_again"}
    assert "closed before by finance" in again.json()["done"]
    assert len(house.mailer.sent) == 2
    assert house.mailer.sent[0].message_id == house.mailer.sent[1].message_id


def test_an_unknown_exception_is_not_found(as_user: As) -> None:
    answer = as_user("finance").post(
        "/invoicing/queue/none", json={"action": "acknowledge"}, headers=OUR_PAGE
    )
    assert answer.status_code == 404


def test_a_bug_shows_nothing_of_itself(
    as_user: As, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("invoicing.web.pages.overview", broken)

    answer = as_user("finance").get("/invoicing/invoices")

    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
