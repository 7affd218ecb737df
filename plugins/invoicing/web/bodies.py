"""Request bodies of strangers: read with a cap, parsed strictly, never trusted."""

import asyncio
import json
from collections.abc import Collection

from fastapi import HTTPException, Request, status

MAX_BYTES = 64 * 1024
READ_SECONDS = 10.0
MAX_SPOKEN = 500


class BodyError(ValueError):
    """The body is not what was agreed; the text says what is wrong with it."""


async def capped_body(request: Request) -> bytes:
    """Read the raw body as it comes, and stop at the cap or when the sender dawdles."""
    read = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                read += chunk
                if len(read) > MAX_BYTES:
                    text = f"the body is larger than {MAX_BYTES} bytes"
                    raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, text)
    except TimeoutError:
        text = f"the body did not arrive within {READ_SECONDS:.0f} seconds"
        raise HTTPException(status.HTTP_408_REQUEST_TIMEOUT, text) from None
    return bytes(read)


def check_json_type(request: Request) -> None:
    """Refuse what is not declared to be JSON, such as everything a plain HTML form can send."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        text = "send application/json"
        raise HTTPException(status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, text)


def strict_texts(
    raw: bytes, keys: Collection[str], optional: Collection[str] = ()
) -> dict[str, str]:
    """Read a JSON object that has ``keys`` and perhaps some of ``optional``, each a text.

    A key given twice, a number that JSON has not and anything nested are refused, because two
    readers of such a body could understand two different things.
    """
    try:
        parsed: object = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise BodyError(f"not valid JSON: {_short(error)}") from None
    if not isinstance(parsed, dict) or not set(keys) <= set(parsed) <= {*keys, *optional}:
        raise BodyError(f"expected one object with exactly the keys {_named(keys, optional)}")
    texts = {str(key): value for key, value in parsed.items() if isinstance(value, str)}
    if len(texts) != len(parsed):
        raise BodyError("every value must be a text")
    return texts


def spoken(text: str) -> str:
    """Return what a person wrote into a field, without blanks around it.

    It stays in the ledger for good, so what hides in a text or cannot be stored is refused here.
    """
    text = text.strip()
    if len(text) > MAX_SPOKEN:
        raise BodyError(f"write at most {MAX_SPOKEN} characters")
    if not text.isprintable():  # neither are surrogates and what reorders the text around it
        raise BodyError("write plain text on one line")
    return text


def _named(keys: Collection[str], optional: Collection[str]) -> str:
    named = ", ".join(sorted(keys))
    return f"{named} (and perhaps {', '.join(sorted(optional))})" if optional else named


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyError("a key is given twice")
    return found


def _refuse(constant: str) -> object:
    raise BodyError(f"{constant} is not JSON")


def _short(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
