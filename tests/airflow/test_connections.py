"""Airflow's connections mean the same to us as to Airflow's own forms."""

import json
from pathlib import Path
from typing import Any

import pytest

from invoicing.config.settings import Settings
from invoicing.domain.errors import SettingsError
from invoicing.hooks.connections import settings_from_airflow


@pytest.fixture(autouse=True)
def _no_ledger_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("INVOICING_LEDGER_URL", raising=False)
    monkeypatch.setenv("INVOICING_STATE", str(tmp_path))
    monkeypatch.setenv("INVOICING_ENV", "sandbox")


def settings_with(monkeypatch: pytest.MonkeyPatch, **connections: Any) -> Settings:
    for name, value in connections.items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"AIRFLOW_CONN_INVOICING_{name.upper()}", text)
    return settings_from_airflow()


def test_without_connections_the_ledger_is_a_file_and_nothing_else_is_set(tmp_path: Path) -> None:
    settings = settings_from_airflow()

    assert settings.ledger_url == f"sqlite:///{tmp_path}/ledger.db"
    assert settings.smtp is None
    assert settings.sources == {}


def test_the_ledger_connection_goes_through_our_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(monkeypatch, ledger="postgres://billing:pw@db.example:5433/ledger")

    assert settings.ledger_url == "postgresql+psycopg://billing:pw@db.example:5433/ledger"
    assert "pw" not in settings.ledger_place


def test_the_environment_wins_over_the_ledger_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INVOICING_LEDGER_URL", f"sqlite:///{tmp_path}/other.db")

    settings = settings_with(monkeypatch, ledger="postgres://billing:pw@db.example/ledger")

    assert settings.ledger_url.endswith("other.db")


def test_connections_and_pace_of_the_mail_server_are_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extra = {"connections": 3, "mails_per_minute": "30"}
    connection = {"conn_type": "smtp", "host": "mail.example", "extra": extra}
    smtp = settings_with(monkeypatch, smtp=connection).smtp

    assert smtp is not None
    assert (smtp.connections, smtp.mails_per_minute) == (3, 30)


@pytest.mark.parametrize(
    "extra", [{"connections": 0}, {"connections": "many"}, {"mails_per_minute": -1}], ids=str
)
def test_a_number_of_mails_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any]
) -> None:
    connection = {"conn_type": "smtp", "host": "mail.example", "extra": extra}
    with pytest.raises(SettingsError, match=next(iter(extra))):
        settings_with(monkeypatch, smtp=connection)


@pytest.mark.parametrize(
    ("extra", "security", "port"),
    [
        ({}, "tls", 465),
        ({"disable_ssl": True}, "starttls", 587),
        ({"disable_ssl": "true", "disable_tls": "True"}, "plain", 25),
        ({"disable_tls": True}, "tls", 465),
    ],
)
def test_mail_security_means_what_airflows_form_says(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, object], security: str, port: int
) -> None:
    connection = {"conn_type": "smtp", "host": "mail.example", "login": "us", "extra": extra}

    smtp = settings_with(monkeypatch, smtp=connection).smtp

    assert smtp is not None
    assert (smtp.host, smtp.user, smtp.security, smtp.port) == (
        "mail.example",
        "us",
        security,
        port,
    )


@pytest.mark.parametrize(
    ("extra", "security", "port"),
    [
        ({}, "tls", 993),
        ({"use_ssl": False}, "starttls", 143),
        ({"use_ssl": "false", "disable_tls": "true"}, "plain", 143),
        ({"disable_tls": True}, "tls", 993),
    ],
)
def test_a_mailbox_is_as_safe_as_airflows_form_says(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, object], security: str, port: int
) -> None:
    connection = {"conn_type": "imap", "host": "mail.example", "login": "us", "extra": extra}

    imap = settings_with(monkeypatch, imap=connection).imap

    assert imap is not None
    assert (imap.host, imap.user, imap.security, imap.port) == (
        "mail.example",
        "us",
        security,
        port,
    )
    assert (imap.folder, imap.sent_folder, imap.trusted) == ("INBOX", "", ())


@pytest.mark.parametrize("told", [["mx1.example", "mx2.example"], " mx1.example, mx2.example "])
def test_a_mailbox_names_its_folders_and_the_servers_we_believe(
    monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    extra = {"folder": "Billing", "sent_folder": "Sent", "authserv_id": told}
    connection = {"conn_type": "imap", "host": "m", "port": 1993, "password": "pw", "extra": extra}

    imap = settings_with(monkeypatch, imap=connection).imap

    assert imap is not None
    assert (imap.folder, imap.sent_folder, imap.port) == ("Billing", "Sent", 1993)
    assert imap.trusted == ("mx1.example", "mx2.example")
    assert "pw" not in repr(imap)


@pytest.mark.parametrize(
    ("place", "base_url"),
    [
        ({"host": "http://127.0.0.1:9000/crm/"}, "http://127.0.0.1:9000/crm"),
        ({"host": "https://crm.example/api", "port": 8443}, "https://crm.example:8443/api"),
        ({"host": "crm.example", "schema": "http", "port": 81}, "http://crm.example:81"),
        ({"host": "crm.example"}, "https://crm.example"),
    ],
)
def test_a_source_is_asked_where_its_connection_points_to(
    monkeypatch: pytest.MonkeyPatch, place: dict[str, object], base_url: str
) -> None:
    connection = {"conn_type": "http", "password": "made-up-token"} | place

    source = settings_with(monkeypatch, source_crm=connection).sources["crm"]

    assert source.base_url == base_url
    assert source.token == "made-up-token"
    assert "made-up-token" not in repr(source)


@pytest.mark.parametrize(
    ("written", "secrets"), [(["new", "old"], ("new", "old")), ("one", ("one",)), ([], ())]
)
def test_two_webhook_secrets_may_be_valid_at_once(
    monkeypatch: pytest.MonkeyPatch, written: object, secrets: tuple[str, ...]
) -> None:
    extra = {"webhook_secrets": written}
    connection = {"conn_type": "http", "host": "https://crm.example", "extra": extra}

    assert settings_with(monkeypatch, source_crm=connection).sources["crm"].webhook_secrets == (
        secrets
    )


@pytest.mark.parametrize(
    ("written", "updates"),
    [(["clients", "projects"], ("clients", "projects")), ("clients, deals", ("clients", "deals"))],
)
def test_a_source_says_which_records_hear_of_invoices(
    monkeypatch: pytest.MonkeyPatch, written: object, updates: tuple[str, ...]
) -> None:
    connection = {"conn_type": "http", "host": "https://crm.example", "extra": {"updates": written}}

    assert settings_with(monkeypatch, source_crm=connection).sources["crm"].updates == updates


def test_sources_have_the_names_the_environment_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICING_SOURCES", " psa , crm,")
    connection = {"conn_type": "http", "host": "https://psa.example"}

    assert list(settings_with(monkeypatch, source_psa=connection).sources) == ["psa"]


@pytest.mark.parametrize(
    ("connection", "complaint"),
    [
        ({"conn_type": "http"}, "names no host"),
        ({"host": "a.example", "extra": {"webhook_secrets": {"a": 1}}}, "must be a list"),
        ({"host": "a.example", "extra": {"updates": [1]}}, "must be a list"),
        ({"host": "a.example", "extra": {"updates": ["invoices"]}}, "names invoices"),
    ],
)
def test_a_useless_connection_is_named(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, object], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=f"invoicing_source_crm.*{complaint}"):
        settings_with(monkeypatch, source_crm={"conn_type": "http"} | connection)


def test_a_flag_that_is_neither_true_nor_false_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"disable_ssl": True, "disable_tls": "maybe"}
    connection = {"conn_type": "smtp", "host": "mail.example", "extra": extra}

    with pytest.raises(SettingsError, match="disable_tls must be true or false"):
        settings_with(monkeypatch, smtp=connection)


def test_production_refuses_logins_that_anybody_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICING_ENV", "production")
    with pytest.raises(SettingsError, match="SimpleAuthManager"):
        settings_from_airflow()

    monkeypatch.setenv(
        "AIRFLOW__CORE__AUTH_MANAGER",
        "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    )
    assert not settings_from_airflow().sandbox
