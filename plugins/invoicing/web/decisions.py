"""What people decide and ask for on the pages: every route that changes something for a person.

Each takes JSON only, from our own pages, from a login that may edit; the ledger keeps who it was.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, status
from fastapi.responses import JSONResponse

from invoicing.domain.errors import MoneyError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money
from invoicing.services.attend import act
from invoicing.services.correct import ask_correction, ask_write_off
from invoicing.services.hold import lift_hold, place_hold
from invoicing.web.access import Actor, logged_in, may_see, same_site
from invoicing.web.actions import CORRECTION, WRITE_OFF
from invoicing.web.bodies import BodyError, capped_body, check_json_type, spoken, strict_texts
from invoicing.web.desk import DeskDep

router = APIRouter(
    dependencies=[
        logged_in,
        Depends(may_see),
        Depends(same_site),
        Depends(check_json_type),
    ]
)

RawBody = Annotated[bytes, Depends(capped_body)]
_Kind = TypeVar("_Kind", bound=StrEnum)
_ASK = {CORRECTION: ask_correction, WRITE_OFF: ask_write_off}


@router.post("/queue/{exception_id}")
def attend(exception_id: str, actor: Actor, raw: RawBody, desk: DeskDep) -> JSONResponse:
    """Do what a person decided about an exception."""
    said = _texts(raw, ("action",), ("word",))
    action = _one_of(Action, "action", said)
    return _done(act(desk.services, exception_id, action, actor, said["word"]))


@router.post("/invoices/{invoice_id}/ask")
def ask(invoice_id: str, actor: Actor, raw: RawBody, desk: DeskDep) -> JSONResponse:
    """Ask for a correction or a write-off, which another person carries out from the queue."""
    said = _texts(raw, ("what", "word"))
    if said["what"] not in _ASK:
        raise _refused(f"what must be one of {', '.join(_ASK)}")
    _ASK[said["what"]](desk.services, invoice_id, said["word"], actor)
    return _done("it stands in the queue; another person decides")


@router.post("/invoices/{invoice_id}/hold")
def hold(invoice_id: str, actor: Actor, raw: RawBody, desk: DeskDep) -> JSONResponse:
    """Keep an invoice, or a part of it, from being reminded of."""
    said = _texts(raw, ("kind", "word"), ("amount", "currency", "line", "ends_on"))
    done = place_hold(
        desk.services,
        invoice_id,
        _one_of(HoldKind, "kind", said),
        said["word"],
        actor,
        amount=_amount(said),
        line=_line(said),
        ends_on=_day(said),
    )
    return _done(done)


@router.post("/invoices/{invoice_id}/lift")
def lift(invoice_id: str, actor: Actor, raw: RawBody, desk: DeskDep) -> JSONResponse:
    """Let an invoice be reminded of again."""
    said = _texts(raw, ("kind", "word"))
    kind = _one_of(HoldKind, "kind", said)
    return _done(lift_hold(desk.services, invoice_id, kind, actor, said["word"]))


def _done(what: str) -> JSONResponse:
    return JSONResponse({"done": what})


def _refused(text: str) -> HTTPException:
    return HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, text)


def _texts(raw: bytes, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, str]:
    """Read the fields of a request; what may be left out is empty then."""
    try:
        said = {key: spoken(text) for key, text in strict_texts(raw, keys, optional).items()}
    except BodyError as error:
        raise _refused(str(error)) from None
    return dict.fromkeys(optional, "") | said


def _one_of(kinds: type[_Kind], key: str, said: dict[str, str]) -> _Kind:
    try:
        return kinds(said[key])
    except ValueError:
        raise _refused(f"the {key} must be one of {', '.join(kinds)}") from None


def _amount(said: dict[str, str]) -> Money | None:
    if not said["amount"]:
        return None
    try:
        amount = Money.parse(f"{said['amount']} {said['currency']}")
    except MoneyError as error:
        raise _refused(str(error)) from None
    if amount != amount.rounded():
        raise _refused(f"{amount} is finer than its currency allows")
    return amount


def _line(said: dict[str, str]) -> int:
    text = said["line"] or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise _refused("the line must be its position, such as 2")
    return int(text)


def _day(said: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(said["ends_on"]) if said["ends_on"] else None
    except ValueError:
        raise _refused("write the day as 2026-11-30") from None
