"""Webhooks: a source tells that something happened; it is noted as a hint, nothing is believed.

The only routes without a login: each message must carry a signature over its raw bytes. Whatever
it says is fetched again from the configured address of the source before anything is decided.
"""

import logging
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request, status
from fastapi.responses import JSONResponse

from invoicing.adapters.rest import safe_id
from invoicing.adapters.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, verify
from invoicing.domain.errors import RefusedError
from invoicing.domain.events import EventKind, Hint
from invoicing.services.ports import Receipt
from invoicing.services.report import OURS, accept_hint, note_unknown
from invoicing.web.bodies import BodyError, capped_body, check_json_type, strict_texts
from invoicing.web.desk import Desk, DeskDep
from invoicing.web.wake_up import wake_up

log = logging.getLogger(__name__)
router = APIRouter()

# What is due our calendar knows, and who asks for a single invoice the form: nobody outside tells.
KINDS = {str(kind): kind for kind in EventKind if kind not in OURS}

# Compared for a source that we do not know, so that its answer takes just as long.
_NOBODY = (secrets.token_hex(32),)

RawBody = Annotated[bytes, Depends(capped_body)]


@router.post("/webhooks/{source}", status_code=status.HTTP_202_ACCEPTED)
def receive(
    source: str, request: Request, raw: RawBody, desk: DeskDep, later: BackgroundTasks
) -> JSONResponse:
    """Take a message of ``source`` into the inbox and say what the inbox made of it."""
    check_json_type(request)
    _check_signature(desk, source, request, raw)
    try:
        fields = strict_texts(raw, ("event_id", "kind", "object_id"))
        _check_ids(fields)
    except BodyError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None
    kind = KINDS.get(fields["kind"])
    if kind is None:
        note_unknown(desk.services, source, fields["event_id"], fields["kind"])
        return _receipt("ignored")
    digest = sha256(raw).hexdigest()
    hint = Hint(source, fields["event_id"], kind, fields["object_id"], digest)
    receipt = accept_hint(desk.services, hint)
    log.info("webhook of %s: event %s is %s", source, hint.event_id, receipt)
    if receipt is Receipt.NEW:
        later.add_task(wake_up, kind)
    return _receipt(receipt)


def _receipt(receipt: str) -> JSONResponse:
    return JSONResponse({"receipt": receipt}, status.HTTP_202_ACCEPTED)


def _check_signature(desk: Desk, source: str, request: Request, raw: bytes) -> None:
    """Refuse a forged, old or unsigned message; an unknown source gets the very same answer."""
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    signature = request.headers.get(SIGNATURE_HEADER, "")
    try:
        valid = desk.secrets.get(source) or _NOBODY
        verify(valid, timestamp, signature, raw, datetime.now(UTC))
    except RefusedError as error:
        log.warning("refused a webhook: %s", error)
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the signature is not valid") from None


def _check_ids(fields: dict[str, str]) -> None:
    for name in ("event_id", "object_id"):
        if not safe_id(fields[name]):
            raise BodyError(f"{name} must be an id of letters, digits and . _ : - (at most 100)")
