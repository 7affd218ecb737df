"""What programs ask the sandbox: the product fetches objects by id, tests and the demo drive it."""

import hmac
import json
from dataclasses import asdict
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.company import SOURCES, Event, MistakeError
from sandbox.desk import Desk
from sandbox.mails import Mail
from sandbox.replies import answer, send_back
from sandbox.smtp_sink import FAULTS


class Interfaces:
    """JSON in and out; a source tells an object only to who shows its token."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """List what is answered, and by whom."""
        return [
            Route("/crm/deals/{object_id}", self.tell_deal),
            Route("/accounting/payments/{object_id}", self.tell_payment),
            Route("/psa/agreements/{agreement}/work", self.tell_work),
            Route("/api/mails", self.mails),
            Route("/api/notes", self.notes),
            Route("/api/mails/{number:int}/answer", self.answer, methods=["POST"]),
            Route("/api/mails/{number:int}/bounce", self.bounce, methods=["POST"]),
            Route("/api/fault", self.set_fault, methods=["POST"]),
            Route("/api/deals", self.deals),
            Route("/api/deals/{deal_id}/win", self.win, methods=["POST"]),
            Route("/api/payments", self.pay, methods=["POST"]),
            Route("/api/happenings", self.happenings),
            Route("/api/happenings/{happening_id}", self.let_happen, methods=["POST"]),
            Route("/api/events/{event_id}", self.event),
            Route("/api/events/{event_id}/send", self.send, methods=["POST"]),
            Route("/{source}/{collection}/{object_id}", self.tell_object),
            Route("/{source}/{collection}/{object_id}/invoices/{key}", self.note, methods=["PUT"]),
        ]

    async def tell_deal(self, request: Request) -> JSONResponse:
        self._check_token(request, "crm")
        deal = self._desk.company.deals.get(request.path_params["object_id"])
        if deal is None:
            raise HTTPException(404)
        return JSONResponse(deal.told())

    async def tell_payment(self, request: Request) -> JSONResponse:
        self._check_token(request, "accounting")
        payment = self._desk.company.payments.get(request.path_params["object_id"])
        if payment is None:
            raise HTTPException(404)
        return JSONResponse(asdict(payment))

    async def tell_object(self, request: Request) -> JSONResponse:
        source = request.path_params["source"]
        if source not in SOURCES:
            raise HTTPException(404)
        self._check_token(request, source)
        found = self._desk.company.world.told(request.url.path.removeprefix("/"))
        if found is None:
            raise HTTPException(404)
        return JSONResponse(found)

    async def note(self, request: Request) -> JSONResponse:
        """Keep what the product tells about an invoice of one of our records, once per key."""
        source, key = request.path_params["source"], request.path_params["key"]
        if source not in SOURCES:
            raise HTTPException(404)
        self._check_token(request, source)
        record = f"{source}/{request.path_params['collection']}/{request.path_params['object_id']}"
        self._desk.notes[key] = {**await _fields(request), "record": record}
        return JSONResponse({"kept": key})

    async def notes(self, _: Request) -> JSONResponse:
        return JSONResponse(list(self._desk.notes.values()))

    async def tell_work(self, request: Request) -> JSONResponse:
        self._check_token(request, "psa")
        world, agreement = self._desk.company.world, request.path_params["agreement"]
        if agreement not in world.work:
            raise HTTPException(404)
        until = request.query_params.get("until", "9999-12-31")
        return JSONResponse({"agreement": agreement, "entries": world.entries(agreement, until)})

    async def mails(self, _: Request) -> JSONResponse:
        return JSONResponse(self._desk.folder.summaries())

    async def answer(self, request: Request) -> JSONResponse:
        text = (await _fields(request)).get("text", "")
        mail = find_mail(self._desk, request.path_params["number"])
        return JSONResponse({"number": answer(self._desk.folder, mail, text)})

    async def bounce(self, request: Request) -> JSONResponse:
        mail = find_mail(self._desk, request.path_params["number"])
        return JSONResponse({"number": send_back(self._desk.folder, mail)})

    async def set_fault(self, request: Request) -> JSONResponse:
        asked = await _fields(request)
        choose_fault(self._desk, asked.get("fault", "none"), asked.get("count", "1"))
        return JSONResponse(asdict(self._desk.misbehaviour))

    async def deals(self, _: Request) -> JSONResponse:
        return JSONResponse([deal.told() for deal in self._desk.company.deals.values()])

    async def win(self, request: Request) -> JSONResponse:
        asked = await _fields(request)
        event = win_deal(self._desk, request.path_params["deal_id"], asked.get("won_on", ""))
        return JSONResponse(asdict(event))

    async def pay(self, request: Request) -> JSONResponse:
        event = receive_payment(self._desk, await _fields(request))
        return JSONResponse(asdict(event))

    async def happenings(self, _: Request) -> JSONResponse:
        found = self._desk.company.world.happenings.values()
        return JSONResponse([asdict(one) for one in found])

    async def let_happen(self, request: Request) -> JSONResponse:
        day = (await _fields(request)).get("day", "")
        event = let_happen(self._desk, request.path_params["happening_id"], day)
        return JSONResponse(asdict(event))

    async def event(self, request: Request) -> JSONResponse:
        return JSONResponse(asdict(find_event(self._desk, request.path_params["event_id"])))

    async def send(self, request: Request) -> JSONResponse:
        event = find_event(self._desk, request.path_params["event_id"])
        self._desk.courier.send(event)
        return JSONResponse(asdict(event))

    def _check_token(self, request: Request, source: str) -> None:
        expected = f"Bearer {self._desk.keys[source]['token']}".encode()
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(expected, given):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


def win_deal(desk: Desk, deal_id: str, won_on: str) -> Event:
    """Win a deal and tell the product."""
    if deal_id not in desk.company.deals:
        raise HTTPException(404)
    event = desk.company.win(deal_id, won_on)
    desk.courier.send(event)
    return event


def receive_payment(desk: Desk, asked: dict[str, str]) -> Event:
    """Receive money and tell the product."""
    names = ("number", "amount", "currency", "received_on", "reference")
    event = desk.company.receive(*(asked.get(name, "").strip() for name in names))
    desk.courier.send(event)
    return event


def let_happen(desk: Desk, happening_id: str, day: str) -> Event:
    """Let something happen and tell the product."""
    if happening_id not in desk.company.world.happenings:
        raise HTTPException(404)
    event = desk.company.let_happen(happening_id, day)
    desk.courier.send(event)
    return event


def find_event(desk: Desk, event_id: str) -> Event:
    """Return an event, or answer 404."""
    event = desk.company.events.get(event_id)
    if event is None:
        raise HTTPException(404)
    return event


def find_mail(desk: Desk, number: int) -> Mail:
    """Return a mail that arrived, or answer 404."""
    mail = desk.folder.get(number)
    if mail is None:
        raise HTTPException(404)
    return mail


def choose_fault(desk: Desk, fault: str, count: str) -> None:
    """Let the mail server go wrong with the next mails."""
    if fault not in FAULTS:
        raise MistakeError(f"The faults are {', '.join(FAULTS)}.")
    if not (count.isascii() and count.isdigit()):
        raise MistakeError("Write the number of mails as digits; 0 means all of them.")
    desk.misbehaviour.fault, desk.misbehaviour.count = fault, int(count)


async def _fields(request: Request) -> dict[str, str]:
    try:
        asked: Any = json.loads(await request.body() or b"{}")
    except ValueError:
        raise MistakeError("Send a JSON object.") from None
    if not isinstance(asked, dict):
        raise MistakeError("Send a JSON object.")
    return {name: str(value) for name, value in asked.items()}
