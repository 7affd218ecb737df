"""The DAG that reads mail, over a mailbox that speaks IMAP and connections as Airflow has them."""

import json
from pathlib import Path

import pytest

from invoicing.hooks.connections import services_from_airflow
from invoicing.ledger.migrate import migrate
from invoicing.services.ledger_ports import MailSort
from sandbox.mails import MailFolder
from tests.adapters.test_imap import mailbox_at
from tests.airflow.test_runs import run
from tests.support.mailboxes import a_bounce


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MailFolder:
    """The mails of the sandbox, beside an empty ledger."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    monkeypatch.setenv("INVOICING_LEDGER_URL", url)
    return MailFolder(tmp_path / "mail")


def test_a_run_reads_the_mailbox_of_the_connection_once(
    mails: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails.keep("", ["billing@brightwater.example"], a_bounce("<x@y.example>"))
    with mailbox_at(mails) as port:
        connection = {
            "conn_type": "imap", "host": "127.0.0.1", "port": port,
            "login": "billing", "password": "secret",
            "extra": {"use_ssl": False, "disable_tls": True, "authserv_id": "sandbox"},
        }  # fmt: skip
        monkeypatch.setenv("AIRFLOW_CONN_INVOICING_IMAP", json.dumps(connection))
        assert run("approval_mail").state == "success"
        assert run("approval_mail").state == "success"
        services = services_from_airflow()

    assert services.mailbox is not None
    with services.ledger.read() as work:
        position = work.mailboxes.position(services.mailbox.name)
        (record,) = work.mailboxes.about("")
    assert position is not None
    assert position.uid == 1
    assert (record.sort, record.outcome) == (MailSort.BOUNCE, "failed: about no mail of ours")


def test_without_a_connection_a_run_does_nothing(mails: MailFolder) -> None:
    assert run("approval_mail").state == "success"
