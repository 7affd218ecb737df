"""The plugin: what Airflow learns about us when it starts; the web part loads on first use."""

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/invoicing"


class WebPart:
    """The web application, imported by the first request.

    Airflow loads plugins in every process and task; only the API server ever serves a page, so
    only it pays for importing the pages (more than a second).
    """

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve a request; the import runs beside the server's other requests."""
        app = await asyncio.to_thread(_application)
        await app(scope, receive, send)


@cache
def _application() -> "ASGIApp":
    from invoicing.web.app import app

    return app


def _menu(name: str, page: str) -> dict[str, object]:
    return {
        "name": name,
        "href": f"{PREFIX}/{page}",
        "url_route": f"invoicing-{page}",
        "destination": "nav",
        "nav_top_level": True,
        "icon": f"{PREFIX}/static/{page}.svg",
    }


class InvoicingPlugin(AirflowPlugin):
    """Webhooks and pages under one prefix, and the ways to the pages in Airflow's own menu."""

    name = "invoicing"
    fastapi_apps = [{"app": WebPart(), "url_prefix": PREFIX, "name": "Invoicing"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012 - Airflow's own way to declare
        _menu("Invoices", "invoices"),
        _menu("Queue", "queue"),
    ]

    @classmethod
    def on_load(cls, *_args: object, **_kwargs: object) -> None:
        """Import what tasks and DAG files need, in the process that Airflow forks them from.

        Else each task and each parse of a DAG file imports it again.
        """
        import psycopg  # SQLAlchemy imports it as late as in the first connection  # noqa: F401

        import invoicing.blueprints.cycle
        import invoicing.wiring  # noqa: F401
