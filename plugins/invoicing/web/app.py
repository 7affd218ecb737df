"""The web application of the plugin, mounted by Airflow's API server under one prefix."""

import logging

from fastapi import FastAPI, HTTPException, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoicing.domain.errors import (
    InvoicingError,
    NotFoundError,
    RefusedError,
    StateError,
)
from invoicing.web import decisions, pages, webhooks

log = logging.getLogger(__name__)

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

_TITLES = {
    status.HTTP_401_UNAUTHORIZED: "Please log in to Airflow first",
    status.HTTP_403_FORBIDDEN: "You may not see this",
    status.HTTP_404_NOT_FOUND: "There is nothing here",
    status.HTTP_503_SERVICE_UNAVAILABLE: "Invoicing is not available right now",
}


class SafeHeaders:
    """Puts the security headers on every answer that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the start of the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def create_app() -> FastAPI:
    """Put the application together; its own API pages stay off, they would need no login."""
    app = FastAPI(title="Invoicing", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(webhooks.router)
    app.include_router(pages.router)
    app.include_router(decisions.router)
    app.add_middleware(SafeHeaders)
    app.add_exception_handler(StarletteHTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(InvoicingError, _on_our_error)
    app.add_exception_handler(Exception, _on_bug)
    return app


def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException | StarletteHTTPException):
        raise error
    return _answer(request, error.status_code, str(error.detail))


def _on_invalid(request: Request, _error: Exception) -> Response:
    return _answer(request, status.HTTP_422_UNPROCESSABLE_CONTENT, "this request makes no sense")


def _on_our_error(request: Request, error: Exception) -> Response:
    """Say what a person can act on; what only the operator can mend goes to the log."""
    if isinstance(error, NotFoundError):
        return _answer(request, status.HTTP_404_NOT_FOUND, str(error))
    if isinstance(error, RefusedError | StateError):
        return _answer(request, status.HTTP_409_CONFLICT, str(error))
    log.error("%s: %s", type(error).__name__, error)
    text = "the ledger or the configuration cannot be read; the API server's log says why"
    return _answer(request, status.HTTP_503_SERVICE_UNAVAILABLE, text)


def _on_bug(request: Request, _error: Exception) -> Response:
    """Answer a bug without a word about it; the server logs the traceback itself."""
    answer = _answer(request, status.HTTP_500_INTERNAL_SERVER_ERROR, "something went wrong")
    answer.headers.update(HEADERS)
    return answer


def _answer(request: Request, code: int, text: str) -> Response:
    """Answer in the language of the caller: a page for people, JSON for scripts and machines."""
    if request.method == "GET":
        title = _TITLES.get(code, "This did not work")
        return pages.page(request, "error.html", code, title=title, text=text)
    return JSONResponse({"error": text}, code)


app = create_app()
