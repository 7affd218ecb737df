"""The command line: check the config, keep the ledger, read the story of an invoice."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from invoicing.config.load import load_book, read_texts
from invoicing.config.schema import write_reference, write_schemas
from invoicing.config.settings import settings_from
from invoicing.domain.errors import InvoicingError
from invoicing.ledger.clocks import LedgerClock, move_clock
from invoicing.ledger.migrate import migrate, schema_problem
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.queries import InvoiceStory, invoice_story
from invoicing.services.verify import PROMISES, verify
from invoicing.wiring import open_services

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or 1 when something is wrong and was explained."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except InvoicingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BrokenPipeError:  # `invoicing trail X | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="invoicing", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _verb(verbs, "check", _check, "check config/ and name every mistake")
    schema = _verb(verbs, "schema", _schema, "write the JSON schemas of the files in config/")
    schema.add_argument("folder", nargs="?", type=Path, help="default: config/schema")
    migrating = _verb(verbs, "migrate", _migrate, "create the ledger or bring it up to date")
    migrating.add_argument("--check", action="store_true", help="only tell whether it is needed")
    trail = _verb(verbs, "trail", _trail, "tell the whole story of one invoice")
    trail.add_argument("invoice", help="its number or its id")
    _verb(verbs, "verify", _verify, "look for anything that breaks a promise")
    clock = _verb(verbs, "clock", _clock, "show the business clock, or move it (sandbox only)")
    clock.add_argument("--to", type=_instant, help="such as 2026-12-03T09:00+00:00")
    return parser


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


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _check(_options: argparse.Namespace) -> int:
    home = settings_from().home
    book = load_book(read_texts(home))
    _say(
        f"config/ is good: {len(book.clients)} clients, {len(book.agreements)} agreements,"
        f" {len(book.rules)} rules (hash {book.config_hash[:12]})"
    )
    return 0


def _schema(options: argparse.Namespace) -> int:
    home = settings_from().home
    written = write_schemas(options.folder or home / "config" / "schema")
    reference = home / "docs" / "reference" / "config.md"
    if reference.parent.is_dir():  # only where the docs are at home
        written.append(write_reference(reference))
    for path in written:
        _say(f"wrote {path}")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    settings = settings_from()
    if options.check:
        problem = schema_problem(settings.ledger_url)
        _say(problem or f"{settings.ledger_place} is up to date")
        return 1 if problem else 0
    revision = migrate(settings.ledger_url)
    _say(f"{settings.ledger_place} is at schema {revision}")
    return 0


def _trail(options: argparse.Namespace) -> int:
    story = invoice_story(open_services(settings_from()), options.invoice)
    for line in _tell(story):
        _say(line)
    return 0 if story.trail.broken_at is None else 1


def _tell(story: InvoiceStory) -> Iterator[str]:
    invoice, money = story.invoice, story.money
    name = f"invoice {invoice.number}" if invoice else f"draft v{story.version}"
    yield f"{name} ({story.id})"
    yield f"  {story.content.client.name}, {story.content.title}: {story.content.totals.gross}"
    if money:
        yield f"  {money.state}, open: {money.balance}, late: {money.days_late} days"
    for obligation in story.obligations:
        yield f"  owed: {obligation.key}, said by {obligation.source} {obligation.event_id}"
    if story.document:
        yield f"  document sha256 {story.document}"
    for entry in story.trail.entries:
        at = entry.at.isoformat(sep=" ", timespec="milliseconds")
        facts = ", ".join(f"{name}={value}" for name, value in entry.detail)
        yield f"  {at}  {entry.actor}: {entry.action}  {facts}".rstrip()
    for item in story.exceptions:
        closed = f"closed by {item.closed_by}: {item.decision}" if item.closed_at else "open"
        yield f"  exception {item.code} ({closed}): {item.cause}"
    broken = story.trail.broken_at
    yield "  trail: whole" if broken is None else f"  trail: BROKEN at entry {broken}"


def _verify(_options: argparse.Namespace) -> int:
    findings = verify(open_services(settings_from()))
    for promise in PROMISES:
        broken = [finding.where for finding in findings if finding.promise == promise]
        _say(f"{'BROKEN' if broken else 'holds '}  {promise}")
        for where in broken:
            _say(f"        {where}")
    return 1 if findings else 0


def _clock(options: argparse.Namespace) -> int:
    settings = settings_from()
    ledger = SqlLedger(settings.ledger_url)
    if options.to is not None:
        move_clock(ledger, options.to, movable=settings.sandbox)
    _say(LedgerClock(ledger, movable=settings.sandbox).now().isoformat(timespec="seconds"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
