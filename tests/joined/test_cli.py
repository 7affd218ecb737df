"""The command line, as a person types it."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from invoicing.cli import main
from invoicing.config.settings import Settings
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import SeriesKey
from invoicing.domain.rules import Model
from invoicing.services import decide, draft, hold, issue, parcels, render, report, review
from invoicing.wiring import open_services
from tests.joined.conftest import ROOT
from tests.support.services import (
    UNCERTAIN,
    BookOfObjects,
    HandClock,
    House,
    PlainPrinter,
    Postman,
)

EXAMPLES = ROOT / "docs" / "examples" / "events"
DELEGATE = re.compile(r"^ +delegate: .*\n", re.MULTILINE)
HEAVY = "airflow", "alembic", "jinja2", "pandas", "sqlalchemy", "weasyprint"


def test_check_counts_what_is_good(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "is good: 12 clients, " in capsys.readouterr().out


def test_check_names_the_place_of_a_mistake(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clients = home / "config" / "clients.yaml"
    clients.write_text(clients.read_text().replace("\n    terms:", "\n    tems:", 1))

    assert main(["check", str(home / "config")]) == 2

    told = capsys.readouterr().out
    assert f"{home}/config/clients.yaml:" in told
    assert "error: unknown key 'tems'; did you mean 'terms'?" in told
    assert "^^^^" in told
    assert "is not good: 1 error, 0 warnings" in told


def test_check_looks_at_what_documents_are_made_of(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company, labels = home / "config/company.yaml", home / "include/templates/labels"
    company.write_text(company.read_text().replace("brightwater.svg", "gone.svg"))
    labels.mkdir(parents=True, exist_ok=True)
    (labels / "nl.yaml").write_text("invoice: {pay_by: '%(datum)s', headng: Factuur}\n")

    assert main(["check", str(home / "config")]) == 2

    told = capsys.readouterr().out
    assert f"{home}/config/company.yaml: error: brightwater: logo gone.svg: there is no" in told
    assert f"{home}/include/templates/labels/nl.yaml:1:19: error: invoice.pay_by cannot be" in told
    assert f"{home}/include/templates/labels/nl.yaml:1:32: warning: no shipped template" in told
    assert "is not good: 2 errors, 1 warning" in told


def test_warnings_end_with_one_only_where_people_are_strict(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review_file = home / "config" / "review.yaml"
    text = review_file.read_text()
    review_file.write_text(DELEGATE.sub("", text))

    assert main(["check"]) == 0
    assert "warning: " in capsys.readouterr().out
    assert main(["check", "--strict"]) == 1
    review_file.write_text(text)
    assert main(["check", "--strict"]) == 0


def test_check_looks_where_it_is_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = (home / "config").rename(tmp_path / "other")

    assert main(["check", str(other)]) == 0
    assert main(["check"]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_preview_tells_the_invoice_and_explains_a_figure(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deal = str(EXAMPLES / "deal.json")

    assert main(["preview", deal, "--today", "2026-11-02", "--explain", "line 1"]) == 0

    told = capsys.readouterr().out
    for words in ("1428.00 EUR", "issued 2026-11-02", "10 h x 120.00 EUR = 1200.00 EUR"):
        assert words in told
    assert main(["preview", deal, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["invoices"][0]["draft"]["totals"]["due"]["amount"] == "1428.00"


def test_preview_ends_with_one_when_a_person_must_look_and_with_two_when_it_cannot_tell(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"kind": "deal_won", "client": "nobody"}')
    assert main(["preview", str(event)]) == 1
    assert "exception unknown_client" in capsys.readouterr().out

    event.write_text('{"kind": "deal_one", "client": "nobody"}')
    assert main(["preview", str(event)]) == 2
    assert "did you mean 'deal_won'?" in capsys.readouterr().err
    assert main(["preview", str(tmp_path / "gone.json")]) == 2
    (home / "config" / "rules.yaml").write_text("rules: none\n")
    assert main(["preview", str(EXAMPLES / "deal.json")]) == 2


def test_preview_without_an_event_is_about_the_calendar(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["preview", "--today", "2026-11-02"])
    everything = capsys.readouterr().out
    assert main(["preview", "--today", "2026-11-02", "--due", "aurora-care"]) == 0

    told = capsys.readouterr().out
    assert "retainer_due 2026-11-01 of aurora" in told
    assert "1800.00 EUR" in told
    assert told.rstrip() in everything
    assert main(["preview", "--due", "nothing"]) == 2


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
    with s.ledger.read() as work:
        found = {one.content.client.key: one for one in work.invoices.recent(100)}

    assert main(["trail", found["harbor"].number]) == 0
    told = capsys.readouterr().out
    for fact in ("Harbor Health Inc.", "open: 2400.00 USD", "system: issued", "trail: whole"):
        assert fact in told
    assert main(["verify"]) == 0
    assert "BROKEN" not in capsys.readouterr().out


def test_verify_names_each_promise_and_what_breaks_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    key = SeriesKey("brightwater", "INV", 2026)
    with open_services(settings).ledger.write() as work:
        work.invoices.take_numbers(key, 1)

    assert main(["verify"]) == 1

    told = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("holds") for line in told) == 14
    (broken,) = (at for at, line in enumerate(told) if line.startswith("BROKEN"))
    assert "I4" in told[broken]
    assert "brightwater/INV/2026: 0 numbers" in told[broken + 1]
    assert any(line.startswith("not yet I8") for line in told)


def test_trail_tells_everything_that_became_of_an_invoice(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    s = replace(open_services(settings), mailer=Postman([UNCERTAIN]), renderer=PlainPrinter())
    house = House(s, HandClock(), HandClock(), BookOfObjects(), Postman(), PlainPrinter())
    report.report_events(s, Model.RETAINER)
    decide.decide_events(s, Model.RETAINER)
    draft.draft_obligations(s, Model.RETAINER)
    for parcel in parcels.plan_parcels(s, Model.RETAINER, "run-1", lambda _: False):
        review.open_review(s, parcel)
        house.finish(parcel)
    with s.ledger.read() as work:
        (entry,) = work.exceptions.open_of("send_uncertain")
        invoice = work.invoices.get([work.outbox.get(entry.subject).invoice_id])[0]
    hold.place_hold(s, invoice.id, HoldKind.PAUSED, "they asked for time", "lead")

    assert main(["trail", invoice.number]) == 0

    told = capsys.readouterr().out
    for fact in (
        "version 1 by system, content",
        "by rule: approve by system (below_every_review_rule)",
        f"issued as {invoice.number} under configuration {invoice.config_hash}",
        "document sha256 ",
        "invoice issue to ",
        "attempt 1 at ",
        ": uncertain dot 0",
        "reminder before_due for ",
        "hold paused by lead (open): they asked for time",
        "exception send_uncertain (open)",
        "trail: whole",
    ):
        assert fact in told, fact
    with s.ledger.write() as work:
        run = work.clock.connection.exec_driver_sql  # type: ignore[attr-defined]
        run("DROP TRIGGER trail_refuse_update")
        run("UPDATE trail SET actor = 'mallory' WHERE action = 'issued'")
    assert main(["trail", invoice.number]) == 1
    assert "trail: BROKEN at entry" in capsys.readouterr().out


def test_the_queue_is_listed_and_attended_to(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exceptions"]) == 0
    assert "nothing waits for a person" in capsys.readouterr().out
    report.note_unknown(open_services(settings), "crm", "evt-1", "party\x1b[31m")

    assert main(["exceptions"]) == 0
    told = capsys.readouterr().out
    assert "unknown_event  engineer, 0 min old" in told
    assert "may be done: acknowledge" in told
    assert "\x1b" not in told
    assert main(["exceptions", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["subject"], entry["actions"]) == ("crm:evt-1", ["acknowledge"])

    assert main(["act", entry["id"], "send_again", "--by", "engineer"]) == 1
    assert "not allowed for unknown_event" in capsys.readouterr().err
    assert main(["act", entry["id"], "dance", "--by", "engineer"]) == 1
    assert "'dance' is no action" in capsys.readouterr().err
    assert main(["act", entry["id"], "acknowledge", "--by", " "]) == 1
    assert "--by names nobody" in capsys.readouterr().err
    assert main(["act", entry["id"], "acknowledge", "--by", "engineer", "--word", "a test"]) == 0
    assert main(["act", entry["id"], "acknowledge", "--by", "lead"]) == 0
    assert "closed before by engineer" in capsys.readouterr().out

    assert main(["exceptions", "--all"]) == 0
    told = capsys.readouterr().out
    assert "unknown_event  engineer, closed by engineer" in told
    assert "decided: acknowledge: a test" in told


def test_the_account_of_a_client_is_told_and_written(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s = replace(open_services(settings), renderer=PlainPrinter())
    report.report_events(s, Model.RETAINER)
    decide.decide_events(s, Model.RETAINER)
    draft.draft_obligations(s, Model.RETAINER)
    for parcel in parcels.plan_parcels(s, Model.RETAINER, "run-1", lambda _: False):
        review.open_review(s, parcel)
        issue.issue_parcel(s, parcel)
    with s.ledger.read() as work:
        found = {one.content.client.key: one.number for one in work.invoices.recent(100)}
    number = found["harbor"]

    assert main(["statement", "harbor"]) == 0
    told = capsys.readouterr().out
    assert "Harbor Health Inc. with " in told
    assert f"  {number}  2026-11-" in told
    assert "open in all: 2400.00 USD" in told

    out = tmp_path / "harbor.pdf"
    assert main(["statement", "harbor", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"%PDF-")
    sheet = tmp_path / "harbor.csv"
    assert main(["statement", "harbor", "--out", str(sheet)]) == 0
    head, line = sheet.read_text("utf-8-sig").splitlines()
    assert head.startswith('"entity","client","invoice"')
    assert line.startswith(f'"brightwater","harbor","{number}"')
    assert line.endswith(',"USD",2400.00,2400.00,0.00,2400.00')
    assert main(["statement", "harbor", "--entity", "nobody", "--out", str(out)]) == 1
    assert "harbor has no account with nobody (with: brightwater)" in capsys.readouterr().err
    assert main(["statement", "harbor", "--out", str(tmp_path / "gone" / "harbor.pdf")]) == 1
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert main(["statement", "nordwind"]) == 0
    assert "nordwind: nothing was invoiced yet" in capsys.readouterr().out
    assert main(["statement", "harbour"]) == 1
    assert "no client 'harbour'" in capsys.readouterr().err


def test_an_unknown_invoice_is_said_so(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trail", "INV-1999-00001"]) == 1
    assert "no invoice or draft" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["check"], ["preview", str(EXAMPLES / "deal.json")]])
def test_what_reads_only_files_loads_nothing_heavy(home: Path, verb: list[str]) -> None:
    code = (
        f"import sys; from invoicing.cli import main; status = main({verb!r});"
        f" assert not set({HEAVY!r}) & set(sys.modules); sys.exit(status)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_verb_loads_airflow(settings: Settings) -> None:
    code = (
        "import sys; from invoicing.cli import main; status = main(['verify']);"
        " assert 'airflow' not in sys.modules; sys.exit(status)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_instant_needs_a_zone(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["clock", "--to", "2026-12-03"])

    assert "names no time zone" in capsys.readouterr().err
