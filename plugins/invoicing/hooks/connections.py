"""Connections: read Airflow's connections into settings, for tasks, triggers and the web pages."""

import os
from urllib.parse import urlsplit, urlunsplit

from airflow.sdk import BaseHook, Connection
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from invoicing.config.settings import (
    ImapSettings,
    Settings,
    SmtpSettings,
    SourceSettings,
    settings_from,
)
from invoicing.domain.errors import SettingsError
from invoicing.services.news import UPDATABLE
from invoicing.services.ports import Services

LEDGER_CONNECTION = "invoicing_ledger"
SMTP_CONNECTION = "invoicing_smtp"
IMAP_CONNECTION = "invoicing_imap"
SOURCE_CONNECTION = "invoicing_source_{name}"
DEFAULT_SOURCES = "crm,psa,esign,accounting"

_SMTP_PORTS = {"tls": 465, "starttls": 587, "plain": 25}
_IMAP_PORTS = {"tls": 993, "starttls": 143, "plain": 143}


def services_from_airflow() -> Services:
    """Open the use cases with the settings of this Airflow process."""
    # The DAG processor imports every operator but opens no ledger, mail or renderer: not its cost.
    from invoicing.wiring import open_services

    return open_services(settings_from_airflow())


def settings_from_airflow() -> Settings:
    """Resolve the settings from the environment and from Airflow's connections.

    Works wherever Airflow can look a connection up: in tasks, in the triggerer and in the API
    server. A connection that is not defined leaves its part of the settings empty.
    """
    named = bool(os.environ.get("INVOICING_LEDGER_URL"))
    ledger = None if named else _find(LEDGER_CONNECTION)
    settings = settings_from(
        connection_url=ledger.get_uri() if ledger else "",
        smtp=_smtp(_find(SMTP_CONNECTION)),
        sources=_sources(os.environ.get("INVOICING_SOURCES", DEFAULT_SOURCES)),
        imap=_imap(_find(IMAP_CONNECTION)),
        pages=conf.get("api", "base_url", fallback="") or "",
    )
    _refuse_toy_logins(settings)
    return settings


def _refuse_toy_logins(settings: Settings) -> None:
    """Refuse to bill for real where anybody may be anybody: who approves would mean nothing."""
    manager = conf.get("core", "auth_manager")
    if not settings.sandbox and manager.endswith("SimpleAuthManager"):
        raise SettingsError(
            "Airflow's SimpleAuthManager is for development and refused in production: set"
            " AIRFLOW__CORE__AUTH_MANAGER (see docker-compose.yaml), or INVOICING_ENV=sandbox"
        )


def _find(conn_id: str) -> Connection | None:
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None


def _smtp(connection: Connection | None) -> SmtpSettings | None:
    """Read a connection of Airflow's type ``smtp``, with the meaning its own form gives it."""
    if connection is None:
        return None
    extra = connection.extra_dejson
    security = "tls"
    if _flag(connection, "disable_ssl"):
        security = "plain" if _flag(connection, "disable_tls") else "starttls"
    return SmtpSettings(
        host=_host(connection),
        port=connection.port or _SMTP_PORTS[security],
        user=connection.login or "",
        password=connection.password or "",
        security=security,
        sender=str(extra.get("from_email", "")),
        connections=_count(connection, "connections", 4, least=1),
        mails_per_minute=_count(connection, "mails_per_minute", 0, least=0),
    )


def _imap(connection: Connection | None) -> ImapSettings | None:
    """Read a connection of Airflow's type ``imap``; ours adds where sent mails lie, and whom of our
    own servers we believe who a mail is from.
    """
    if connection is None:
        return None
    extra, security = connection.extra_dejson, "tls"
    if not _flag(connection, "use_ssl", default=True):
        security = "plain" if _flag(connection, "disable_tls") else "starttls"
    if connection.password:
        mask_secret(connection.password)
    return ImapSettings(
        host=_host(connection),
        port=connection.port or _IMAP_PORTS[security],
        user=connection.login or "",
        password=connection.password or "",
        security=security,
        folder=str(extra.get("folder") or "INBOX"),
        sent_folder=str(extra.get("sent_folder") or ""),
        trusted=_words(connection, "authserv_id"),
    )


def _words(connection: Connection, name: str) -> tuple[str, ...]:
    """Read a list of words, or words with commas: a connection written as a URI holds no list."""
    told = connection.extra_dejson.get(name, [])
    listed = told.split(",") if isinstance(told, str) else told
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise SettingsError(f"connection {connection.conn_id}: {name} must be a list of texts")
    return tuple(filter(None, (one.strip() for one in listed)))


def _sources(names: str) -> dict[str, SourceSettings]:
    found = {}
    for name in filter(None, (part.strip() for part in names.split(","))):
        connection = _find(SOURCE_CONNECTION.format(name=name))
        if connection is not None:
            found[name] = _source(name, connection)
    return found


def _source(name: str, connection: Connection) -> SourceSettings:
    secrets = connection.extra_dejson.get("webhook_secrets", [])
    if isinstance(secrets, str):  # a connection written as a URI cannot hold a list
        secrets = [secrets]
    if not isinstance(secrets, list) or not all(isinstance(text, str) for text in secrets):
        raise SettingsError(
            f"connection {connection.conn_id}: webhook_secrets must be a list of texts,"
            ' such as {"webhook_secrets": ["..."]}'
        )
    token = connection.password or ""
    for secret in filter(None, (token, *secrets)):
        mask_secret(secret)
    updates = _updates(connection)
    return SourceSettings(name, _base_url(connection), token, tuple(filter(None, secrets)), updates)


def _updates(connection: Connection) -> tuple[str, ...]:
    """Read which records of a source hear of their invoices: a list, or words with commas."""
    words = _words(connection, "updates")
    if unknown := ", ".join(sorted(set(words) - set(UPDATABLE))):
        raise SettingsError(
            f"connection {connection.conn_id}: updates names {unknown};"
            f" known are {', '.join(UPDATABLE)}"
        )
    return words


def _base_url(connection: Connection) -> str:
    """Join host, scheme and port as Airflow's HTTP connections have them; https unless told."""
    host = _host(connection)
    scheme = connection.schema or "https"
    parts = urlsplit(host if "://" in host else f"{scheme}://{host}")
    place = parts.netloc
    if connection.port and parts.port is None:
        place = f"{place}:{connection.port}"
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))


def _host(connection: Connection) -> str:
    if not connection.host:
        raise SettingsError(f"connection {connection.conn_id} names no host")
    return connection.host


def _count(connection: Connection, name: str, default: int, *, least: int) -> int:
    text = str(connection.extra_dejson.get(name, default))
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise SettingsError(
            f"connection {connection.conn_id}: {name} must be a whole number, at least {least}"
        )
    return int(text)


def _flag(connection: Connection, name: str, *, default: bool = False) -> bool:
    text = str(connection.extra_dejson.get(name, default)).lower()
    if text not in {"true", "false", "1", "0"}:
        raise SettingsError(f"connection {connection.conn_id}: {name} must be true or false")
    return text in {"true", "1"}
