"""Tells an outside system about an invoice of one of its objects; telling it twice does no harm."""

import time
from urllib.parse import quote

import httpx

from invoicing.adapters.rest import Peer, base_of, headers_of, safe_id
from invoicing.domain.dispatch import Delivery, Outcome
from invoicing.domain.errors import SettingsError
from invoicing.domain.letters import Note
from invoicing.domain.money import plain

_TAKEN = frozenset({200, 201, 202, 204})
_LATER = frozenset({408, 409, 425, 429})
_MOST_OF_AN_ANSWER = 65_536


def tell_object(client: httpx.Client, peer: Peer, note: Note, seconds: float) -> Delivery:
    """Put the note to one object of ``peer``, under the note's own key.

    Whatever interrupts it may be tried again: the key is in the address and in `Idempotency-Key`,
    so the other side keeps one note, the newest.
    """
    for part in (note.collection, note.object_id, note.key):
        if not safe_id(part):
            return _failed("address", f"{part!r} cannot stand in an address")
    try:
        place = f"{note.collection}/{quote(note.object_id, safe='')}/invoices/{note.key}"
        headers = {**headers_of(peer), "Idempotency-Key": note.key}
        request = client.build_request(
            "PUT", f"{base_of(peer)}/{place}", headers=headers, json=_told(note)
        )
        return _answer(peer, _send(client, request, time.monotonic() + seconds))
    except httpx.InvalidURL:
        return _failed("settings", f"connection {peer.connection} has a malformed host")
    except SettingsError as error:
        return _failed("settings", str(error))
    except httpx.TransportError as error:
        text = f"{peer.name} gave no usable answer ({type(error).__name__})"
        return Delivery(Outcome.RETRY, "connect", 0, text)


def _send(client: httpx.Client, request: httpx.Request, end: float) -> int:
    """Return the answer's status; what else it says has no say in anything."""
    response = client.send(request, stream=True, follow_redirects=False)
    try:
        read = 0
        for chunk in response.iter_raw():
            read += len(chunk)
            if read > _MOST_OF_AN_ANSWER or time.monotonic() > end:
                break
        return response.status_code
    finally:
        response.close()


def _answer(peer: Peer, status: int) -> Delivery:
    if status in _TAKEN:
        return Delivery(Outcome.ACCEPTED, "reply", status, "taken")
    if status in _LATER or status >= 500:
        return Delivery(Outcome.RETRY, "reply", status, f"{peer.name}: not now")
    if status in {401, 403}:
        text = f"not allowed; correct the token in connection {peer.connection}"
        return _failed("reply", text, status)
    if status in {404, 410}:
        return _failed("reply", f"{peer.name} does not know this object", status)
    return _failed("reply", f"{peer.name} refused", status)


def _failed(phase: str, text: str, code: int = 0) -> Delivery:
    return Delivery(Outcome.FAILED, phase, code, text)


def _told(note: Note) -> dict[str, str | int]:
    """Return what is told; amounts as texts, so that nothing on the way rounds them."""
    told: dict[str, str | int] = {
        "id": note.key,
        "invoice": note.number,
        "state": note.state,
        "issued_on": note.issued_on.isoformat(),
        "due_on": note.due_on.isoformat(),
        "currency": note.due.currency,
        "due": plain(note.due.amount),
        "open": plain(note.open.amount),
        "days_late": note.days_late,
    }
    return told
