"""What Airflow learns about us: one light plugin, and provider data that fits its schema."""

import json
import subprocess
import sys
from importlib.resources import files

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from invoicing import provider_info
from invoicing.plugin import PREFIX, InvoicingPlugin
from tests.web.conftest import As


def test_loading_the_plugin_loads_no_web_framework() -> None:
    code = (
        "import sys, airflow.plugins_manager; before = set(sys.modules); import invoicing.plugin;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["invoicing"]


def test_tasks_find_our_modules_in_the_process_they_are_forked_from() -> None:
    code = (
        "import sys; from invoicing.plugin import InvoicingPlugin; InvoicingPlugin.on_load();"
        "before = set(sys.modules); import invoicing.blueprints.cycle, invoicing.wiring;"
        "print(len(set(sys.modules) - before), {'weasyprint', 'invoicing.web.app'} & before)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0 set()"


def test_the_lazy_application_serves_the_pages(as_user: As) -> None:
    as_user("finance")
    airflow = FastAPI()
    [declared] = InvoicingPlugin.fastapi_apps
    airflow.mount(declared["url_prefix"], declared["app"])

    assert TestClient(airflow).get("/invoicing/invoices").status_code == 200


def test_every_view_in_the_menu_leads_to_a_page(as_user: As) -> None:
    browser = as_user("finance")
    for view in InvoicingPlugin.external_views:
        assert view["href"].startswith(PREFIX)
        assert browser.get(view["href"]).status_code == 200
        assert browser.get(view["icon"]).headers["content-type"] == "image/svg+xml"


def test_provider_data_fit_the_schema_of_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_info, "version", lambda _name: "1.2.3")
    told = provider_info.get_provider_info()

    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    Draft7Validator(schema).validate(told)
    assert told["package-name"] == "airflow-provider-invoicing"
    assert told["versions"] == ["1.2.3"]
