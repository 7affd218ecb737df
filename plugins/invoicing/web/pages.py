"""The pages finance works with: the invoices, one invoice with its whole story, and the queue."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from invoicing.domain.exceptions import ENGINEER, FINANCE
from invoicing.domain.render import DocumentKind
from invoicing.services.ledger_ports.queries import Shown
from invoicing.services.open_queue import REVIEWS, open_queue
from invoicing.services.overview import overview
from invoicing.services.queries import find_document, invoice_story
from invoicing.web.access import UserDep, is_allowed, logged_in, may_see
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


_MOST = 1_000_000  # beyond, an offset would not fit the databases
PageNumber = Annotated[int, Query(ge=1, le=_MOST)]


@router.get("/invoices")
def show_overview(
    request: Request,
    desk: DeskDep,
    shown: Shown = Shown.ALL,
    client: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=_MOST)] = 1,
) -> HTMLResponse:
    """Show invoices page by page, with what is open on all of them and how their mail stands."""
    found = overview(desk.services, shown=shown, client=client, number=number)
    named = desk.services.book.clients.get(client)
    return page(
        request,
        "overview.html",
        found=found,
        shown=shown,
        kinds=list(Shown),
        client_name=named.name if named else client,
    )


@router.get("/invoices/{ref}")
def show_invoice(request: Request, ref: str, desk: DeskDep, user: UserDep) -> HTMLResponse:
    """Show the whole story of one invoice or draft, by its number or id."""
    story = invoice_story(desk.services, ref)
    return page(request, "invoice.html", story=story, may_act=is_allowed("PUT", user))


@router.get("/invoices/{ref}/document.pdf")
def show_document(ref: str, desk: DeskDep, download: bool = False) -> Response:
    """Hand out the invoice as it was sent."""
    return _file(desk, ref, DocumentKind.INVOICE, download=download)


@router.get("/invoices/{ref}/{syntax}.xml")
def show_e_invoice(ref: str, syntax: Literal["cii", "ubl"], desk: DeskDep) -> Response:
    """Hand out the structured invoice, or that of a credit note by its number, to be saved."""
    return _file(desk, ref, DocumentKind(syntax), download=True)


@router.get("/credit-notes/{number}.pdf")
def show_credit_note(number: str, desk: DeskDep, download: bool = False) -> Response:
    """Hand out a credit note as it was sent."""
    return _file(desk, number, DocumentKind.CREDIT_NOTE, download=download)


@router.get("/invoices/{ref}/preview.pdf")
def show_preview(ref: str, desk: DeskDep, download: bool = False) -> Response:
    """Hand out the preview a reviewer decides about."""
    return _file(desk, ref, DocumentKind.PREVIEW, download=download)


@router.get("/queue")
def show_queue(
    request: Request,
    desk: DeskDep,
    user: UserDep,
    *,
    reviews: PageNumber = 1,
    finance: PageNumber = 1,
    engineer: PageNumber = 1,
    code: str = "",
) -> HTMLResponse:
    """Show what waits for a person, oldest first, with the actions this user may take."""
    numbers = {REVIEWS: reviews, FINANCE: finance, ENGINEER: engineer}
    return page(
        request,
        "queue.html",
        queue=open_queue(desk.services, numbers, code=code),
        numbers=numbers,
        only=code,
        may_act=is_allowed("PUT", user),
    )


@router.get("/static/{name}")
def show_static(name: str) -> FileResponse:
    """Hand out one of our own files, by name from a fixed list."""
    if name not in STATIC:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such file")
    return FileResponse(FOLDER / "static" / name, media_type=STATIC[name])


def _file(desk: Desk, ref: str, kind: DocumentKind, *, download: bool) -> Response:
    named = find_document(desk.services, ref, kind)
    way = "attachment" if download else "inline"
    headers = {
        "content-disposition": f'{way}; filename="{named.name}"',
        "content-security-policy": PDF_POLICY,
    }
    return Response(named.document.content, media_type=named.document.media_type, headers=headers)
