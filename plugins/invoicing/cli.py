"""The command line: check the config, preview an event, keep the ledger, read a story.

What a command needs is imported when it runs: checking and previewing load neither the ledger nor
the printer, and answer at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from invoicing.config.settings import settings_from
from invoicing.domain.errors import InvoicingError, RefusedError

if TYPE_CHECKING:
    from invoicing.config.problems import Problem
    from invoicing.domain.book import Book
    from invoicing.domain.events import BillingEvent

Command = Callable[[argparse.Namespace], int]
LISTED = 10_000  # entries of the queue; nobody reads more of them at once
HELD, MISTAKEN = 1, 2  # what `preview` ends with when a person must look, and when it cannot tell


class SenselessError(RefusedError):
    """What was asked for cannot be: the words on the command line do not go together."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or 1 when something is wrong and was explained.

    `check` and `preview` tell mistakes in the files they read apart: those end with 2, as does a
    call that makes no sense.
    """
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except InvoicingError as error:
        sys.stderr.write(f"{error}\n")
        mistaken = isinstance(error, SenselessError) or command in {_check, _preview}
        return MISTAKEN if mistaken else 1
    except BrokenPipeError:  # `invoicing trail X | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="invoicing", description="The invoicing command line.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    check = _verb(verbs, "check", _check, "check config/ and name every mistake")
    check.add_argument("folder", nargs="?", type=Path, help="default: config/")
    check.add_argument("--strict", action="store_true", help="end with 1 if there are warnings")
    schema = _verb(verbs, "schema", _schema, "write the JSON schemas of the files in config/")
    schema.add_argument("folder", nargs="?", type=Path, help="default: config/schema")
    _preview_verb(verbs)
    migrating = _verb(verbs, "migrate", _migrate, "create the ledger or bring it up to date")
    migrating.add_argument("--check", action="store_true", help="only tell whether it is needed")
    trail = _verb(verbs, "trail", _trail, "tell the whole story of one invoice")
    trail.add_argument("invoice", help="its number or its id")
    account = _verb(verbs, "statement", _statement, "tell what a client owes us, or print it")
    account.add_argument("client", help="its key in config/clients.yaml")
    account.add_argument("--entity", default="", help="only with this one of our companies")
    account.add_argument(
        "--out", type=Path, metavar="FILE", help="write FILE.pdf, or FILE.csv for a spreadsheet"
    )
    _render_verb(verbs)
    _verb(verbs, "verify", _verify, "look for anything that breaks a promise")
    _desk_verbs(verbs)
    clock = _verb(verbs, "clock", _clock, "show the business clock, or move it (sandbox only)")
    clock.add_argument("--to", type=_instant, help="such as 2026-12-03T09:00+00:00")
    return parser


def _preview_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = _verb(verbs, "preview", _preview, "tell which invoice an event would become, and why")
    verb.add_argument(
        "events", nargs="*", type=Path, metavar="EVENT.json",
        help="in the order they happened; each is taken as issued and paid before the next",
    )  # fmt: skip
    verb.add_argument(
        "--due", action="append", metavar="AGREEMENT", default=[],
        help="the newest period the calendar makes due; without any event: of `all` agreements",
    )  # fmt: skip
    verb.add_argument("--config", type=Path, help="folder of the configuration; default: config/")
    verb.add_argument("--today", type=date.fromisoformat, help="such as 2026-11-02")
    verb.add_argument("--json", action="store_true", help="for programs: exact amounts as text")
    verb.add_argument(
        "--explain", nargs="?", const="every figure", default="", metavar="FIGURE",
        help="how a figure came about (`line 2`, `tax`, `due`); without a name: every figure",
    )  # fmt: skip


def _render_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = _verb(verbs, "render", _render, "write the stored document of an invoice, or a sample")
    verb.add_argument("invoice", nargs="?", default="", help="number or id; none with --sample")
    verb.add_argument("--out", type=Path, metavar="FILE.pdf", help="default: named by the number")
    verb.add_argument("--xml", action="store_true", help="the e-invoice files beside it, too")
    verb.add_argument(
        "--again", action="store_true", help="make it anew and tell whether the bytes are the same"
    )
    sample = verb.add_argument_group("made-up documents, without a ledger")
    sample.add_argument("--sample", action="store_true", help="to look at templates and brands")
    sample.add_argument(
        "--kind", default="invoice", help="such as credit_note; a wrong one lists all"
    )
    sample.add_argument("--brand", default="default")
    sample.add_argument("--lang", default="en", help="such as de")
    sample.add_argument("--paper", choices=("A4", "Letter"), help="default: the client's own")
    sample.add_argument("--lines", type=int, help="default: one of each kind")
    sample.add_argument("--logo", default="", help="a file below include/templates/invoice")


def _desk_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = _verb(verbs, "exceptions", _exceptions, "list what waits for a person")
    listing.add_argument("--all", action="store_true", help="closed ones, too, the newest first")
    listing.add_argument("--json", action="store_true", help="for programs")
    acting = _verb(verbs, "act", _act, "do what the queue allows about one exception")
    acting.add_argument("exception", help="its id, from `invoicing exceptions`")
    acting.add_argument("action", help="one of those it allows, such as send_again")
    acting.add_argument(
        "--by", required=True, metavar="LOGIN",
        help="who does it; taken on trust from whoever may run this on the ledger",
    )  # fmt: skip
    acting.add_argument(
        "--word",
        default="",
        help="what the action needs besides: a reason, or a number to place on",
    )


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Command,
    text: str,
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.set_defaults(command=command)
    return verb


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} names no time zone; add one, such as +00:00")
    return instant


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _folder(named: Path | None) -> Path:
    return named or settings_from().home / "config"


def _check(options: argparse.Namespace) -> int:
    from invoicing.config.labels import label_errors, label_warnings
    from invoicing.config.load import check_texts, read_folder
    from invoicing.config.phrases import read_phrases
    from invoicing.console import check
    from invoicing.documents.places import template_folders

    folder, templates = _folder(options.folder), template_folders(settings_from().home)
    read_phrases(templates)
    checked = check_texts(read_folder(folder))
    errors = [*checked.errors, *label_errors(templates, folder)]
    warnings = list(checked.warnings)
    if checked.book:
        errors += _wrong_logos(checked.book, templates)
        warnings += label_warnings(templates, folder, checked.book)
    shown = os.path.relpath(folder) if options.folder is None else str(options.folder)
    _say(*check.tell(shown.rstrip("/"), checked.book, errors, warnings))
    return check.outcome(errors, warnings, strict=options.strict)


def _wrong_logos(book: "Book", templates: Sequence[Path]) -> "list[Problem]":
    from invoicing.config.problems import logo_problems
    from invoicing.documents.logos import broken_logos

    return logo_problems(broken_logos(book.entities.values(), templates))


def _preview(options: argparse.Namespace) -> int:
    from invoicing.config.load import load_book, read_folder
    from invoicing.config.phrases import read_phrases
    from invoicing.console import preview
    from invoicing.documents.places import template_folders
    from invoicing.services.preview import preview_all

    today = options.today or datetime.now(UTC).date()
    phrases = read_phrases(template_folders(settings_from().home))
    book = replace(load_book(read_folder(_folder(options.config))), phrases=phrases)
    found = preview_all(list(_events(options, book, today)), book, today)
    if options.json:
        _say(preview.as_json(found))
    else:
        _say(*preview.tell(found, options.explain))
    return HELD if any(map(preview.is_held, found)) else 0


def _events(options: argparse.Namespace, book: "Book", today: date) -> "Iterable[BillingEvent]":
    from invoicing.console.event_file import read_events, read_file
    from invoicing.services.preview import newest_dues

    for path in options.events:
        yield from read_events(read_file(path), path.name, today)
    due = options.due or ([] if options.events else ["all"])
    yield from newest_dues(due, book, today)


def _schema(options: argparse.Namespace) -> int:
    from invoicing.config.schema import write_reference, write_schemas

    home = settings_from().home
    written = write_schemas(options.folder or home / "config" / "schema")
    reference = home / "docs" / "reference" / "config.md"
    if reference.parent.is_dir():  # only where the docs are at home
        written.append(write_reference(reference))
    _say(*(f"wrote {path}" for path in written))
    return 0


def _migrate(options: argparse.Namespace) -> int:
    from invoicing.ledger.migrate import migrate, schema_problem
    from invoicing.services.faults import fault_point

    settings = settings_from()
    if options.check:
        problem = schema_problem(settings.ledger_url)
        _say(problem or f"{settings.ledger_place} is up to date")
        return 1 if problem else 0
    revision = migrate(settings.ledger_url, fault_point(settings.faults))
    _say(f"{settings.ledger_place} is at schema {revision}")
    return 0


def _trail(options: argparse.Namespace) -> int:
    from invoicing.console import story
    from invoicing.services.queries import invoice_story
    from invoicing.wiring import open_services

    found = invoice_story(open_services(settings_from()), options.invoice)
    _say(*story.tell(found))
    return 0 if found.trail.broken_at is None else 1


def _statement(options: argparse.Namespace) -> int:
    from invoicing.console import statement
    from invoicing.console.render import write_files, write_text
    from invoicing.services.statement import statements
    from invoicing.wiring import open_services

    s = open_services(settings_from())
    accounts = {one.entity.key: one for one in statements(s, options.client)}
    if options.entity and options.entity not in accounts:
        keys = ", ".join(accounts) or "none"
        raise RefusedError(f"{options.client} has no account with {options.entity} (with: {keys})")
    pages = [one for key, one in accounts.items() if options.entity in {"", key}]
    if options.out is None:
        for page in pages:
            _say(*statement.tell(page))
        if not pages:
            _say(f"{options.client}: nothing was invoiced yet")
        return 0
    if options.out.suffix == ".csv":
        _say(*write_text(options.out, statement.as_sheet(pages)))
        return 0
    if len(pages) != 1:
        keys = ", ".join(accounts) or "none"
        raise RefusedError(f"a file holds one account; name one with --entity (there are: {keys})")
    rendered = s.renderer.render(pages)[0]
    if rendered.document is None:
        raise RefusedError(f"the statement cannot be rendered: {rendered.error}")
    _say(*write_files({options.out: rendered.document}))
    return 0


def _render(options: argparse.Namespace) -> int:
    if options.sample == bool(options.invoice):
        raise SenselessError("name an invoice, or ask for --sample")
    return _render_sample(options) if options.sample else _render_stored(options)


def _render_sample(options: argparse.Namespace) -> int:
    from invoicing.console import render
    from invoicing.documents.renderer import DocumentRenderer, template_folders
    from invoicing.documents.samples import Look, SampleKind, sample_page
    from invoicing.domain.parties import Paper

    if options.kind not in set(SampleKind):
        raise SenselessError(f"there is no sample {options.kind}, but {', '.join(SampleKind)}")
    if options.lines is not None and not 1 <= options.lines <= 1000:
        raise SenselessError("a sample has between 1 and 1000 lines")
    paper = Paper(options.paper) if options.paper else None
    look = Look(options.brand, options.lang, paper, options.lines or 0, options.logo, options.xml)
    page = sample_page(SampleKind(options.kind), look)
    rendered = DocumentRenderer(template_folders(settings_from().home)).render([page])[0]
    out = options.out or Path(f"sample-{options.kind}.pdf")
    _say(*render.write_sample(rendered, out, with_files=options.xml))
    return 0


def _render_stored(options: argparse.Namespace) -> int:
    from invoicing.console import render
    from invoicing.services.reprint import compare, stored_files
    from invoicing.wiring import open_services

    s = open_services(settings_from())
    stored = stored_files(s, options.invoice)
    if not options.again:
        _say(*render.write_stored(stored, options.out, with_files=options.xml))
        return 0
    found = compare(s, stored)
    if options.out:
        _say(*render.write_files({options.out: found.again}))
    _say(*render.tell_comparison(stored, found))
    return 1 if found.differences else 0


def _verify(_options: argparse.Namespace) -> int:
    from invoicing.console import findings as told
    from invoicing.services.verify import verify
    from invoicing.wiring import open_services

    findings = verify(open_services(settings_from()))
    _say(*told.tell(findings))
    return 1 if findings else 0


def _exceptions(options: argparse.Namespace) -> int:
    from invoicing.console import desk
    from invoicing.wiring import open_services

    s = open_services(settings_from())
    with s.ledger.read() as work:
        listed = work.exceptions.all if options.all else work.exceptions.list_open
        entries = listed(LISTED)
    now = s.clock.now()
    _say(desk.as_json(entries, now)) if options.json else _say(*desk.tell(entries, now))
    return 0


def _act(options: argparse.Namespace) -> int:
    from invoicing.domain.exceptions import Action
    from invoicing.services.attend import act
    from invoicing.wiring import open_services

    if options.action not in set(Action):
        raise RefusedError(f"{options.action!r} is no action; there are {', '.join(Action)}")
    if not options.by.strip():
        raise RefusedError("--by names nobody; what is done stands under a name")
    s = open_services(settings_from())
    _say(act(s, options.exception, Action(options.action), options.by.strip(), options.word))
    return 0


def _clock(options: argparse.Namespace) -> int:
    from invoicing.ledger.clocks import LedgerClock, move_clock
    from invoicing.ledger.unit_of_work import SqlLedger

    settings = settings_from()
    ledger = SqlLedger(settings.ledger_url)
    if options.to is not None:
        move_clock(ledger, options.to, movable=settings.sandbox)
    _say(LedgerClock(ledger, movable=settings.sandbox).now().isoformat(timespec="seconds"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
