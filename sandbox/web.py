"""The pages of the make-believe company: what a newcomer clicks to see the product work."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.company import Event, MistakeError
from sandbox.desk import Desk
from sandbox.interfaces import (
    Interfaces,
    choose_fault,
    find_event,
    find_mail,
    let_happen,
    receive_payment,
    win_deal,
)
from sandbox.mails import Mail
from sandbox.replies import answer, send_back
from sandbox.smtp_sink import FAULTS
from sandbox.world import Happening, day_of

_TEMPLATES = Path(__file__).parent / "templates"
_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9._-]+")
# A mail's HTML comes from templates and client data: it is shown, it does nothing.
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'"


class SameSite:
    """Refuses what another site makes a browser send here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything that is asked for by a person or by our own pages."""
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            sent_from = Request(scope).headers.get("sec-fetch-site", "none")
            if sent_from not in {"none", "same-origin"}:
                await Response("this must come from our own page", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Pages:
    """Mailbox, CRM, projects, e-signature and accounting as simple pages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
        )

    def routes(self) -> list[Route]:
        """List the addresses a browser may ask for."""
        return [
            Route("/", self.home),
            Route("/style.css", self.style),
            Route("/mail", self.mails),
            Route("/mail/fault", self.faults),
            Route("/mail/fault", self.set_fault, methods=["POST"]),
            Route("/mail/{number:int}", self.mail),
            Route("/mail/{number:int}/html", self.mail_html),
            Route("/mail/{number:int}/answer", self.answer, methods=["POST"]),
            Route("/mail/{number:int}/bounce", self.bounce, methods=["POST"]),
            Route("/mail/{number:int}/source", self.mail_source),
            Route("/mail/{number:int}/files/{place:int}", self.mail_file),
            Route("/crm", self.crm),
            Route("/crm/deals/{deal_id}/win", self.win, methods=["POST"]),
            Route("/psa", self.psa),
            Route("/esign", self.esign),
            Route("/happenings/{happening_id}", self.let_happen, methods=["POST"]),
            Route("/accounting", self.accounting),
            Route("/accounting/payments", self.pay, methods=["POST"]),
            Route("/events/{event_id}/send", self.send_again, methods=["POST"]),
        ]

    async def home(self, _: Request) -> Response:
        company = self._desk.company
        return self._page(
            "home",
            mails=len(self._desk.folder.summaries()),
            open_deals=sum(not deal.won_on for deal in company.deals.values()),
            to_come={
                source: sum(not one.event_id for one in company.world.of_source(source))
                for source in ("psa", "esign")
            },
            payments=len(company.payments),
        )

    async def style(self, _: Request) -> Response:
        return Response((_TEMPLATES / "style.css").read_text(), media_type="text/css")

    async def mails(self, _: Request) -> Response:
        newest_first = self._desk.folder.summaries()[::-1]
        return self._page("mails", mails=newest_first, reload_seconds=5)

    async def faults(self, _: Request) -> Response:
        return self._page("faults", faults=FAULTS, fault=self._desk.misbehaviour)

    async def set_fault(self, request: Request) -> Response:
        asked = await _form(request)
        choose_fault(self._desk, asked.get("fault", ""), asked.get("count", ""))
        return _to("/mail/fault")

    async def mail(self, request: Request) -> Response:
        mail = self._mail(request)
        return self._page(
            "mail",
            mail=mail.summary(),
            has_html=bool(mail.body("html")),
            files=mail.files(),
            may_answer=mail.is_from_product,
        )

    async def answer(self, request: Request) -> Response:
        text = (await _form(request)).get("text", "")
        answer(self._desk.folder, self._mail(request), text)
        return _to("/mail")

    async def bounce(self, request: Request) -> Response:
        send_back(self._desk.folder, self._mail(request))
        return _to("/mail")

    async def mail_html(self, request: Request) -> Response:
        html = self._mail(request).body("html")
        return HTMLResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY})

    async def mail_source(self, request: Request) -> Response:
        return Response(self._mail(request).raw, media_type="text/plain", headers=_NO_SNIFFING)

    async def mail_file(self, request: Request) -> Response:
        files = self._mail(request).files()
        place = request.path_params["place"]
        if place >= len(files):
            raise HTTPException(404)
        name = _UNSAFE_IN_NAME.sub("-", files[place].name)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', **_NO_SNIFFING}
        return Response(
            files[place].content, media_type="application/octet-stream", headers=headers
        )

    async def crm(self, _: Request) -> Response:
        company = self._desk.company
        rows = [(deal, company.event_about("crm", deal.id)) for deal in company.deals.values()]
        happenings = self._happenings("crm")
        return self._page(
            "crm",
            rows=rows,
            happenings=happenings,
            today=company.default_day,
            **_reloading([*rows, *happenings]),
        )

    async def psa(self, _: Request) -> Response:
        work = self._desk.company.world.work.items()
        shown = [(key, [(day_of(one), one) for one in entries]) for key, entries in sorted(work)]
        return self._system("psa", work=shown)

    async def esign(self, _: Request) -> Response:
        return self._system("esign")

    async def let_happen(self, request: Request) -> Response:
        asked = await _form(request)
        event = let_happen(self._desk, request.path_params["happening_id"], asked.get("day", ""))
        return _to(f"/{event.source}")

    async def win(self, request: Request) -> Response:
        asked = await _form(request)
        win_deal(self._desk, request.path_params["deal_id"], asked.get("won_on", ""))
        return _to("/crm")

    async def accounting(self, _: Request) -> Response:
        company = self._desk.company
        rows = [
            (payment, company.event_about("accounting", payment.id))
            for payment in reversed(company.payments.values())
        ]
        return self._page("accounting", rows=rows, today=company.default_day, **_reloading(rows))

    async def pay(self, request: Request) -> Response:
        receive_payment(self._desk, await _form(request))
        return _to("/accounting")

    async def send_again(self, request: Request) -> Response:
        event = find_event(self._desk, request.path_params["event_id"])
        self._desk.courier.send(event)
        return _to(f"/{event.source}")

    async def explain(self, request: Request, error: Exception) -> Response:
        """Tell a person on a page, and a program in JSON, what to write instead."""
        if request.url.path.startswith("/api/"):
            return JSONResponse({"mistake": str(error)}, 422)
        back = f"/{request.url.path.split('/')[1]}"
        page = self._page("mistake", text=str(error), back=back)
        page.status_code = 422
        return page

    def _mail(self, request: Request) -> Mail:
        return find_mail(self._desk, request.path_params["number"])

    def _happenings(self, source: str) -> list[tuple[Happening, Event | None]]:
        company = self._desk.company
        return [(one, company.events.get(one.event_id)) for one in company.world.of_source(source)]

    def _system(self, source: str, **values: Any) -> HTMLResponse:
        happenings, today = self._happenings(source), self._desk.company.default_day
        return self._page(
            source, happenings=happenings, today=today, **values, **_reloading(happenings)
        )

    def _page(self, name: str, **values: Any) -> HTMLResponse:
        known = {"airflow_url": self._desk.airflow_url, "page": name, "reload_seconds": 0}
        html = self._templates.get_template(f"{name}.html").render(known | values)
        return HTMLResponse(html, headers={"Content-Security-Policy": _PAGE_POLICY})


_NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}


def sandbox_app(desk: Desk) -> Starlette:
    """Put pages and interfaces together."""
    pages = Pages(desk)
    return Starlette(
        routes=[*pages.routes(), *Interfaces(desk).routes()],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS), Middleware(SameSite)],
        exception_handlers={MistakeError: pages.explain},
        max_body_size=65_536,
    )


def _reloading(rows: list[Any]) -> dict[str, int]:
    """Reload a page by itself only while the product has not answered."""
    waiting = any(event is not None and event.state == "pending" for _, event in rows)
    return {"reload_seconds": 2} if waiting else {}


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
