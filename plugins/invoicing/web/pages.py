"""The pages finance works with: the invoices, one invoice with its whole story, and the queue."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse

from invoicing.domain.exceptions import ENGINEER, FINANCE, Action
from invoicing.domain.render import DocumentKind
from invoicing.services.attend import act
from invoicing.services.queries import (
    find_document,
    invoice_story,
    open_by_currency,
    open_queue,
    overview,
)
from invoicing.services.stories import QueueItem
from invoicing.web.access import Actor, UserDep, is_allowed, logged_in, may_see, same_site
from invoicing.web.bodies import BodyError, capped_body, check_json_type, strict_texts
from invoicing.web.desk import Desk, DeskDep
from invoicing.web.present import FOLDER, render

router = APIRouter(dependencies=[logged_in, Depends(may_see)])

STATIC = {
    "style.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "invoices.svg": "image/svg+xml",
    "queue.svg": "image/svg+xml",
}

# A browser's own PDF viewer counts as an object with inline styles; the bytes can load nothing.
PDF_POLICY = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


def page(request: Request, template: str, code: int = 200, **values: object) -> HTMLResponse:
    """Fill a template with what every page needs: where we are, and where Airflow is."""
    base = str(request.scope.get("root_path", ""))
    airflow = base.rpartition("/")[0]
    here = template.removesuffix(".html")
    return HTMLResponse(render(template, base=base, airflow=airflow, here=here, **values), code)


@router.get("/")
def home(request: Request) -> RedirectResponse:
    """Lead to the invoices."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/invoices")


@router.get("/invoices")
def show_overview(request: Request, desk: DeskDep) -> HTMLResponse:
    """Show the invoices issued last with what is open on them and how their mail stands."""
    rows = overview(desk.services)
    return page(request, "overview.html", rows=rows, still_open=open_by_currency(rows))


@router.get("/invoices/{ref}")
def show_invoice(request: Request, ref: str, desk: DeskDep) -> HTMLResponse:
    """Show the whole story of one invoice or draft, by its number or id."""
    return page(request, "invoice.html", story=invoice_story(desk.services, ref))


@router.get("/invoices/{ref}/document.pdf")
def show_document(ref: str, desk: DeskDep, download: bool = False) -> Response:
    """Hand out the invoice as it was sent."""
    return _pdf(desk, ref, DocumentKind.INVOICE, download=download)


@router.get("/invoices/{ref}/preview.pdf")
def show_preview(ref: str, desk: DeskDep, download: bool = False) -> Response:
    """Hand out the preview a reviewer decides about."""
    return _pdf(desk, ref, DocumentKind.PREVIEW, download=download)


@router.get("/queue")
def show_queue(request: Request, desk: DeskDep, user: UserDep) -> HTMLResponse:
    """Show what waits for a person, with the actions this user may take."""
    items = open_queue(desk.services)
    return page(
        request,
        "queue.html",
        reviews=[item for item in items if item.is_review],
        owners=_by_owner(items),
        may_act=is_allowed("PUT", user),
    )


def _action(raw: Annotated[bytes, Depends(capped_body)]) -> Action:
    try:
        return Action(strict_texts(raw, ("action",))["action"])
    except BodyError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None
    except ValueError:
        text = f"the action must be one of {', '.join(Action)}"
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, text) from None


@router.post("/queue/{exception_id}", dependencies=[Depends(same_site), Depends(check_json_type)])
def attend(
    exception_id: str, actor: Actor, action: Annotated[Action, Depends(_action)], desk: DeskDep
) -> JSONResponse:
    """Do what a person decided about an exception; the ledger keeps who it was."""
    return JSONResponse({"done": act(desk.services, exception_id, action, actor)})


@router.get("/static/{name}")
def show_static(name: str) -> FileResponse:
    """Hand out one of our own files, by name from a fixed list."""
    if name not in STATIC:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such file")
    return FileResponse(FOLDER / "static" / name, media_type=STATIC[name])


def _pdf(desk: Desk, ref: str, kind: DocumentKind, *, download: bool) -> Response:
    named = find_document(desk.services, ref, kind)
    way = "attachment" if download else "inline"
    headers = {
        "content-disposition": f'{way}; filename="{named.name}"',
        "content-security-policy": PDF_POLICY,
    }
    return Response(named.document.content, media_type="application/pdf", headers=headers)


def _by_owner(items: Sequence[QueueItem]) -> dict[str, list[QueueItem]]:
    """Sort exceptions by who has to look, the people at the money first."""
    owners: dict[str, list[QueueItem]] = {FINANCE: [], ENGINEER: []}
    for item in items:
        if not item.is_review:
            owners.setdefault(item.owner, []).append(item)
    return {owner: mine for owner, mine in owners.items() if mine}
