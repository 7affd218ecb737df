"""Decide what a document may load: data it carries itself, and files that lie beside its template.

WeasyPrint's own fetcher opens files and sockets. This one is no subclass of it on purpose: there
is no opener here that a mistake could reach.
"""

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit
from urllib.request import DataHandler, Request

from invoicing.documents.templates import Templates

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcherResponse

# What relative addresses are joined to. RFC 6761 reserves .invalid: it never leads anywhere.
BASE_URL = "https://templates.invalid/invoice/"
_HOST = "templates.invalid"
_ROOT = f"https://{_HOST}/"
_LINK_SCHEMES = frozenset({"https", "mailto"})
_MEDIA_TYPES = {
    ".css": "text/css",
    ".jpg": "image/jpeg",
    ".otf": "font/otf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


class StrictFetcher:
    """Loads ``data:`` addresses and the templates' own assets; refuses and records all others.

    The record matters as much as the refusal: inside an SVG image WeasyPrint swallows the error
    and prints on.
    """

    _fail_on_errors = True  # asked for by WeasyPrint where a fetcher raised something ordinary

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.denied: list[str] = []

    def __call__(self, url: str) -> "URLFetcherResponse":
        """Return what ``url`` names, or stop the rendering."""
        from weasyprint.urls import URLFetcherResponse

        if url.startswith("data:"):
            found = DataHandler().data_open(Request(url))  # noqa: S310 # data: only, as just seen
            return URLFetcherResponse(url[:40], found.read(), found.headers)
        name = _asset_name(url)
        content = self.templates.asset(name, tuple(_MEDIA_TYPES)) if name else None
        if content is None:
            self._refuse(url)
        media_type = _MEDIA_TYPES[name[name.rindex(".") :]]
        return URLFetcherResponse(url, content, {"Content-Type": media_type})

    def check_link(self, url: str, *, attaches: bool = False) -> None:
        """Record a link that leads anywhere but to a web page over TLS or to a mailbox.

        One that would attach what it names is none of these.
        """
        try:
            parts = urlsplit(url)
            safe = parts.scheme in _LINK_SCHEMES and parts.hostname != _HOST
        except ValueError:  # such as https://[
            safe = False
        if attaches or not safe:
            self.denied.append(url)

    def _refuse(self, url: str) -> NoReturn:
        from weasyprint.urls import FatalURLFetchingError

        self.denied.append(url)
        raise FatalURLFetchingError(f"may not load {url}")


def _asset_name(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return unquote(parts.path).lstrip("/") if parts.netloc == _HOST else ""


def denial(denied: list[str]) -> str:
    """Say which addresses were refused, and what a template may use instead."""
    shown = ", ".join(url.removeprefix(_ROOT)[:120] for url in dict.fromkeys(denied))
    return (
        f"refused to load or link {shown}: a template may use data: addresses and the pictures,"
        " fonts and style sheets in its own folders, and link to https and mailto only"
    )
