"""Every process of an installation resolves the same settings, and production refuses toys."""

from pathlib import Path

import pytest

from invoicing.config.settings import (
    ImapSettings,
    Settings,
    SmtpSettings,
    SourceSettings,
    ledger_dialect,
    settings_from,
)
from invoicing.domain.errors import SettingsError

GOOD_SECRET = "s" * 32


def resolved(env: dict[str, str] | None = None, **more: object) -> Settings:
    return settings_from({"INVOICING_HOME": "/srv/billing"} | (env or {}), **more)  # type: ignore[arg-type]


def test_the_embedded_ledger_lies_in_the_state_folder_of_the_home() -> None:
    assert resolved().ledger_url == "sqlite:////srv/billing/state/ledger.db"
    assert resolved({"INVOICING_STATE": "/var/inv"}).ledger_url == "sqlite:////var/inv/ledger.db"


def test_the_home_is_airflows_unless_it_is_named() -> None:
    assert settings_from({"AIRFLOW_HOME": "/opt/airflow"}).home == Path("/opt/airflow")
    assert settings_from({}).home == Path.cwd()


def test_the_variable_wins_over_the_connection_which_wins_over_the_file() -> None:
    connection = "postgres://u:p@db/invoicing"
    named = {"INVOICING_LEDGER_URL": "postgresql://u:p@other/ledger"}

    assert resolved(connection_url=connection).ledger_url.startswith("postgresql+psycopg://u:p@db")
    assert "other" in resolved(named, connection_url=connection).ledger_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_any_spelling_of_postgresql_goes_through_our_driver(scheme: str) -> None:
    assert ledger_dialect(f"{scheme}://h/d") == "postgresql+psycopg://h/d"


def test_nothing_shows_a_password() -> None:
    settings = resolved(
        {"INVOICING_LEDGER_URL": "postgresql://bill:hush@db:5432/ledger"},
        smtp=SmtpSettings("mail", password="hush"),
        sources={"crm": SourceSettings("crm", "https://crm", "hush", (GOOD_SECRET,))},
    )

    assert settings.ledger_place == "postgresql+psycopg://db/ledger"
    assert "hush" not in repr(settings)
    assert GOOD_SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("env", "text"),
    [
        ({"INVOICING_ENV": "prod"}, "must be production or sandbox"),
        ({"INVOICING_LEASE_SECONDS": "ten"}, "whole number of seconds"),
        ({"INVOICING_LEASE_SECONDS": "0"}, "at least 1"),
        ({"INVOICING_SEND_SECONDS": "600"}, "must be less than INVOICING_LEASE_SECONDS"),
        ({"INVOICING_FAULTS": "a=kill"}, "refused in production"),
    ],
)
def test_what_cannot_be_meant_is_refused(env: dict[str, str], text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        resolved(env)


def test_copies_lie_beside_the_ledger_and_no_portal_is_served_unless_one_is_named() -> None:
    usual = resolved({"INVOICING_STATE": "/var/inv"})
    assert (usual.archive, usual.portal) == (Path("/var/inv/archive"), None)

    named = resolved({"INVOICING_ARCHIVE": "/mnt/books", "INVOICING_PORTAL": "/srv/portal"})
    assert (named.archive, named.portal) == (Path("/mnt/books"), Path("/srv/portal"))
    assert resolved({"INVOICING_PORTAL": ""}).portal is None


@pytest.mark.parametrize(
    ("archive", "portal"),
    [("/srv/a", "/srv/a"), ("/srv/a", "/srv/a/portal"), ("/srv/p/archive", "/srv/p")],
)
def test_clients_never_look_into_the_archive(archive: str, portal: str) -> None:
    with pytest.raises(SettingsError, match="apart from each other"):
        resolved({"INVOICING_ARCHIVE": archive, "INVOICING_PORTAL": portal})


def test_a_mailbox_is_read_in_the_clear_only_in_the_sandbox() -> None:
    plain = ImapSettings("mail", password="hush", security="plain")

    with pytest.raises(SettingsError, match="mailbox without TLS"):
        resolved(imap=plain)
    settings = resolved({"INVOICING_ENV": "sandbox"}, imap=plain)
    assert settings.imap == plain
    assert "hush" not in repr(settings)


def test_production_refuses_mail_in_the_clear_and_placeholder_secrets() -> None:
    plain = SmtpSettings("mail", security="plain")
    guessable = {"crm": SourceSettings("crm", "https://crm", webhook_secrets=("changeme",))}

    with pytest.raises(SettingsError, match="without TLS"):
        resolved(smtp=plain)
    with pytest.raises(SettingsError, match="looks like a placeholder"):
        resolved(sources=guessable)
    assert resolved({"INVOICING_ENV": "sandbox"}, smtp=plain, sources=guessable).sandbox
