"""Settings: where this process finds its ledger, its files and its peers.

The same function resolves them for the command line and for Airflow, so that every process of an
installation looks at the same ledger. Secrets arrive here from the environment or from Airflow's
connections and are never written anywhere.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from invoicing.domain.errors import SettingsError

SHORTEST_SECRET = 24


class Environment(StrEnum):
    """What this installation is for; production refuses everything that is meant for tests."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server that takes our mails.

    ``connections`` is how many one process opens at once. ``mails_per_minute`` is what the provider
    allows, for all processes of this host together; 0 is no limit.
    """

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = "starttls"  # starttls, tls, or plain (sandbox only)
    sender: str = ""
    connections: int = 4
    mails_per_minute: int = 0


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """The mailbox that answers to our mails come to.

    ``sent_folder`` holds what we sent, by a rule of the server or as a blind copy. ``trusted`` are
    the names under which our own mail server says who a mail is from (RFC 8601 authserv-id).
    """

    host: str
    port: int = 993
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = "tls"  # tls, starttls, or plain (sandbox only)
    folder: str = "INBOX"
    sent_folder: str = ""
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """An outside system: where to ask for an object again, and how its webhooks are signed.

    Two webhook secrets may be valid at once, so that one can be replaced without a gap. ``updates``
    are the collections (clients, projects, ...) whose records it wants invoices to be noted in.
    """

    name: str
    base_url: str
    token: str = field(default="", repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    updates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations of the same code and config."""

    home: Path
    ledger_url: str = field(repr=False)  # may hold a password; use `ledger_place` to show it
    environment: Environment = Environment.PRODUCTION
    smtp: SmtpSettings | None = None
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    lease_seconds: int = 600
    send_seconds: int = 120
    faults: str = ""
    state: Path = Path("state")
    imap: ImapSettings | None = None
    pages: str = ""  # the address of Airflow's pages, for links in mails to our own people
    archive: Path | None = None
    portal: Path | None = None

    @property
    def sandbox(self) -> bool:
        """Tell whether clocks may be moved and peers may be unsafe."""
        return self.environment is Environment.SANDBOX

    @property
    def ledger_place(self) -> str:
        """Name the ledger database without user and password, for logs."""
        parts = urlsplit(self.ledger_url)
        place = f"{parts.hostname or ''}{parts.path}"
        return f"{parts.scheme}://{place}"


def settings_from(
    environ: Mapping[str, str] | None = None,
    *,
    connection_url: str = "",
    smtp: SmtpSettings | None = None,
    sources: Mapping[str, SourceSettings] | None = None,
    imap: ImapSettings | None = None,
    pages: str = "",
) -> Settings:
    """Resolve the settings of this process.

    The ledger is `INVOICING_LEDGER_URL`, else the Airflow connection (``connection_url``), else
    `ledger.db` in `INVOICING_STATE`. Copies of documents go to `INVOICING_ARCHIVE`, else to
    `archive` in `INVOICING_STATE`, and for clients with a portal to `INVOICING_PORTAL`.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("INVOICING_HOME") or env.get("AIRFLOW_HOME") or ".").resolve()
    state = Path(env.get("INVOICING_STATE") or home / "state").resolve()
    url = env.get("INVOICING_LEDGER_URL") or connection_url or f"sqlite:///{state}/ledger.db"
    settings = Settings(
        home=home,
        ledger_url=ledger_dialect(url),
        environment=_environment(env.get("INVOICING_ENV", "production")),
        smtp=smtp,
        sources=dict(sources or {}),
        lease_seconds=_seconds(env, "INVOICING_LEASE_SECONDS", 600),
        send_seconds=_seconds(env, "INVOICING_SEND_SECONDS", 120),
        faults=env.get("INVOICING_FAULTS", ""),
        state=state,
        imap=imap,
        pages=pages.rstrip("/"),
        archive=_folder(env, "INVOICING_ARCHIVE") or state / "archive",
        portal=_folder(env, "INVOICING_PORTAL"),
    )
    _refuse_unsafe(settings)
    return settings


def ledger_dialect(url: str) -> str:
    """Name the driver we ship: PostgreSQL URLs of any spelling go through psycopg 3."""
    scheme, sep, rest = url.partition("://")
    if scheme in {"postgres", "postgresql", "postgresql+psycopg2"}:
        return f"postgresql+psycopg{sep}{rest}"
    return url


def _environment(name: str) -> Environment:
    try:
        return Environment(name)
    except ValueError:
        raise SettingsError(
            f"INVOICING_ENV is {name!r}; it must be production or sandbox"
        ) from None


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name, "")
    return Path(text).resolve() if text else None


def _seconds(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise SettingsError(f"{name} is {text!r}; it must be a whole number of seconds, at least 1")
    return int(text)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _refuse_unsafe(settings: Settings) -> None:
    if settings.send_seconds >= settings.lease_seconds:
        raise SettingsError(
            "INVOICING_SEND_SECONDS must be less than INVOICING_LEASE_SECONDS:"
            " a sender has to give up before its lease runs out"
        )
    if settings.portal and settings.archive and _overlap(settings.portal, settings.archive):
        raise SettingsError(
            "INVOICING_PORTAL and INVOICING_ARCHIVE must be folders apart from each other: clients"
            " look into the one, and must not see the other"
        )
    if not settings.sandbox:
        _refuse_toys(settings)


def _refuse_toys(settings: Settings) -> None:
    """Refuse what is meant for tests and demonstrations."""
    if settings.imap and settings.imap.security == "plain":
        raise SettingsError("a mailbox without TLS is refused in production; use tls or starttls")
    if settings.faults:
        raise SettingsError("INVOICING_FAULTS is for tests and refused in production")
    if settings.smtp and settings.smtp.security == "plain":
        raise SettingsError("mail without TLS is refused in production; use starttls or tls")
    for source in settings.sources.values():
        if any(len(secret) < SHORTEST_SECRET for secret in source.webhook_secrets):
            raise SettingsError(
                f"a webhook secret of source {source.name} has fewer than {SHORTEST_SECRET}"
                " characters and looks like a placeholder; make one with"
                " `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
            )
