"""Report, fetching: asks a peer for one JSON object and believes nothing about the answer."""

import json
import re
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import httpx

from invoicing.domain.errors import NotFoundError, SettingsError, TerminalError, TransientError

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | Decimal | bool | None

MOST_BYTES = 1_048_576
MOST_DEPTH = 64
MOST_DIGITS = 40
_STRING = re.compile(
    r'"(?:[^"\\]|\\.)*+"?', re.DOTALL
)  # one without end takes the rest: linear time
_VISIBLE = re.compile(r"[!-~]*")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Peer:
    """An outside system: where to ask for an object, and how to prove who asks.

    ``updates`` are the collections whose objects it wants to be told about invoices of.
    """

    name: str
    base_url: str
    token: str = field(default="", repr=False)
    updates: tuple[str, ...] = ()

    @property
    def connection(self) -> str:
        """The Airflow connection that holds these values."""
        return f"invoicing_source_{self.name}"


@dataclass(frozen=True, slots=True)
class _Limits:
    """When an answer must be there, and how long it may be."""

    end: float
    most_bytes: int


def safe_id(text: str) -> bool:
    """Tell whether ``text`` can be a part of a URL and of our keys without meaning anything."""
    return _ID.fullmatch(text) is not None


def fetch_object(
    client: httpx.Client,
    peer: Peer,
    collection: str,
    object_id: str,
    seconds: float,
    *,
    tail: str = "",
    most_bytes: int = MOST_BYTES,
) -> Json:
    """Ask ``peer`` for one object by its id; ``tail`` names a part of it, in our own words.

    NotFoundError: it is gone. SettingsError: we are not let in. TransientError: not now.
    """
    if not safe_id(object_id):
        raise TerminalError(f"{peer.name} named an object with an unusable id; it is not fetched")
    url = f"{base_of(peer)}/{collection}/{quote(object_id, safe='')}{tail}"
    what = f"{collection}/{object_id} at {peer.name}"
    limits = _Limits(time.monotonic() + seconds, most_bytes)
    try:
        status, body = _get(client, peer, url, limits)
    except httpx.InvalidURL as error:
        raise SettingsError(f"connection {peer.connection} has a malformed host") from error
    except httpx.TransportError as error:
        reason = f"{what}: no usable answer ({type(error).__name__})"
        raise TransientError(reason) from error
    if status != 200:
        raise _refusal(status, what, peer)
    try:
        return parse_json(body, most_bytes)
    except ValueError as error:
        raise TerminalError(f"{what}: the answer is not the JSON we accept: {error}") from error


def parse_json(raw: bytes, most_bytes: int = MOST_BYTES) -> Json:
    """Read strict JSON; ValueError tells what is wrong without quoting the text.

    Numbers with a fraction become Decimal. Refused: NaN and Infinity, a key that occurs twice,
    absurd numbers, deep nesting, NUL, lone surrogates.
    """
    if len(raw) > most_bytes:
        raise ValueError(f"it is larger than {most_bytes} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    _refuse_depth(text)
    try:
        value: Json = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    _refuse_odd_text(value)
    return value


def base_of(peer: Peer) -> str:
    """Return the address that everything of a peer lies below; SettingsError if it is unusable."""
    if not _sound(peer.base_url):
        raise SettingsError(
            f"connection {peer.connection} needs a base URL like https://crm.example.com/api,"
            " without user, query or fragment"
        )
    return peer.base_url.rstrip("/")


def _sound(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    bare = parts.username is None and not parts.query and not parts.fragment
    return named and bare and _VISIBLE.fullmatch(url) is not None


def _get(client: httpx.Client, peer: Peer, url: str, limits: _Limits) -> tuple[int, bytes]:
    request = client.build_request("GET", url, headers=headers_of(peer))
    response = client.send(request, stream=True, follow_redirects=False)
    try:
        if response.status_code != 200:
            return response.status_code, b""
        return 200, _body(response, limits)
    finally:
        response.close()


def headers_of(peer: Peer) -> dict[str, str]:
    """Return what every request to a peer says; SettingsError if its token cannot be sent."""
    if not _VISIBLE.fullmatch(peer.token):
        raise SettingsError(f"connection {peer.connection} has a token that cannot be sent")
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # nothing to unpack: no small answer becomes a huge one
    }
    if peer.token:
        headers["Authorization"] = f"Bearer {peer.token}"
    return headers


def _body(response: httpx.Response, limits: _Limits) -> bytes:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise TerminalError("the answer is compressed although we asked for plain text")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limits.most_bytes:
            break  # parse_json refuses it; the rest need not be read
        if time.monotonic() > limits.end:
            raise httpx.ReadTimeout("the answer took too long as a whole")
    return bytes(body)


def _refusal(status: int, what: str, peer: Peer) -> Exception:
    if status in {404, 410}:
        return NotFoundError(f"{what}: gone (answer {status})")
    if status in {401, 403}:
        return SettingsError(
            f"{what}: not allowed (answer {status}); correct the token in connection"
            f" {peer.connection}"
        )
    if status in _LATER or status >= 500:
        return TransientError(f"{what}: not now (answer {status})")
    if 300 <= status < 400:
        return SettingsError(
            f"{what}: redirected (answer {status}), which is not followed; correct the base URL"
            f" in connection {peer.connection}"
        )
    return TerminalError(f"{what}: unexpected answer {status}")


def _refuse_depth(text: str) -> None:
    depth = 0
    for char in re.sub(r"[^\[\]{}]+", "", _STRING.sub("", text)):
        depth += 1 if char in "[{" else -1
        if depth > MOST_DEPTH:
            raise ValueError(f"it is nested deeper than {MOST_DEPTH} levels")


def _decimal(text: str) -> Decimal:
    value = Decimal(text) if len(text) <= MOST_DIGITS else None
    if value is None or abs(value.adjusted()) > MOST_DIGITS:
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    return value


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    return int(text)


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _refuse_odd_text(value: Json) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text contains NUL")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("a text contains half a character (a lone surrogate)")
    elif isinstance(value, list):
        for item in value:
            _refuse_odd_text(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_odd_text(key)
            _refuse_odd_text(item)
