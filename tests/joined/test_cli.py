"""The command line, as a person types it."""

import subprocess
import sys
from pathlib import Path

import pytest

from invoicing.cli import main
from invoicing.config.settings import Settings
from invoicing.domain.rules import Model
from invoicing.services import decide, draft, issue, parcels, render, report, review
from invoicing.wiring import open_services


def test_check_counts_what_is_good(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "config/ is good: 3 clients, 3 agreements, 2 rules" in capsys.readouterr().out


def test_check_names_the_place_of_a_mistake(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clients = home / "config" / "clients.yaml"
    clients.write_text(clients.read_text().replace("terms_days", "term_days", 1))

    assert main(["check"]) == 1

    told = capsys.readouterr().err
    assert "config/clients.yaml:" in told
    assert "did you mean 'terms_days'?" in told


def test_migrate_tells_before_and_after(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--check"]) == 1
    assert "invoicing migrate" in capsys.readouterr().out
    assert main(["migrate"]) == 0
    assert main(["migrate", "--check"]) == 0
    assert "up to date" in capsys.readouterr().out


def test_a_ledger_that_is_not_there_is_explained(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 1
    assert "invoicing migrate" in capsys.readouterr().err


def test_schema_writes_what_editors_read(home: Path, tmp_path: Path) -> None:
    assert main(["schema", str(tmp_path / "schemas")]) == 0
    assert (tmp_path / "schemas" / "clients.schema.json").exists()


def test_the_clock_moves_in_the_sandbox_only(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["clock", "--to", "2026-12-03T10:00+00:00"]) == 0
    assert capsys.readouterr().out.startswith("2026-12-03T10:00:0")

    monkeypatch.setenv("INVOICING_ENV", "production")
    assert main(["clock", "--to", "2026-12-24T10:00+00:00"]) == 1


def test_trail_and_verify_tell_the_story_and_find_what_was_changed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    s = open_services(settings)
    report.report_events(s, Model.RETAINER)
    decide.decide_events(s, Model.RETAINER)
    draft.draft_obligations(s, Model.RETAINER)
    for parcel in parcels.plan_parcels(s, Model.RETAINER, "run-1", lambda _: False):
        review.open_review(s, parcel)
        render.render_invoices(s, issue.issue_parcel(s, parcel))

    assert main(["trail", "INV-2026-00001"]) == 0
    told = capsys.readouterr().out
    for fact in ("Harbor Health Inc.", "open: 2400.00 USD", "system: issued", "trail: whole"):
        assert fact in told
    assert main(["verify"]) == 0
    assert "BROKEN" not in capsys.readouterr().out


def test_an_unknown_invoice_is_said_so(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trail", "INV-1999-00001"]) == 1
    assert "no invoice or draft" in capsys.readouterr().err


def test_the_console_script_answers_without_airflow(home: Path) -> None:
    code = (
        "import sys; from invoicing.cli import main; status = main(['check']);"
        " assert 'airflow' not in sys.modules; sys.exit(status)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_instant_needs_a_zone(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["clock", "--to", "2026-12-03"])

    assert "names no time zone" in capsys.readouterr().err
