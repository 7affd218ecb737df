"""A ledger in which everything happened once, and the hand of somebody who gets past its guards."""

import sqlite3
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import create_engine, make_url, text

from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.parties import Mode
from invoicing.domain.rules import Model
from invoicing.services import (
    anchor,
    attend,
    correct,
    decide,
    dispatch,
    follow_up,
    hold,
    reconcile,
    report,
    review,
)
from tests.support.services import UNCERTAIN, House, a_book

LAST_DAY = timedelta(days=85)


def live_through(house: House) -> dict[str, str]:
    """Let three months pass in which everything happens; return numbers by what became of them."""
    numbers = {"paid": house.invoice_of("D-paid").number}
    numbers["part"] = house.invoice_of("D-part").number
    house.mailer.answers.append(UNCERTAIN)
    numbers["uncertain"] = house.invoice_of("D-uncertain").number
    numbers["void"] = house.invoice_of("D-void").number
    numbers["credited"] = house.invoice_of("D-credited").number
    numbers["reviewed"] = _reviewed(house)
    _anchored(house)
    _hold_and_shadow(house)
    _pay(house, "P-1", "1428.00 EUR", numbers["paid"])
    _pay(house, "P-2", "28.00 EUR", numbers["part"])
    _pay(house, "P-3", "100.00 EUR", "who knows")
    _pay(house, "P-4", "1428.00 EUR", numbers["credited"])
    numbers["first"], _, numbers["second"] = _retainers(house)
    _void(house, numbers["void"])
    _void(house, numbers["credited"])
    _anchored(house)
    house.clock.pass_by(days=20)
    house.lease_clock.pass_by(days=20)
    follow_up.follow_up(house.s)
    hold.place_hold(house.s, id_of(house, numbers["second"]), HoldKind.DISPUTED, "late", "lead")
    _anchored(house)
    return numbers


def id_of(house: House, number: str) -> str:
    """Return the id of an invoice."""
    with house.s.ledger.read() as work:
        invoice = work.invoices.by_number(number)
    assert invoice is not None
    return invoice.id


def _anchored(house: House) -> None:
    assert anchor.anchor_trail(house.s)


def _reviewed(house: House) -> str:
    house.win_deal("D-reviewed", "9000.00 EUR")
    (parcel,) = house.plan("run-reviewed")
    asked = review.open_review(house.s, parcel)
    assert asked
    review.answer_review(house.s, parcel, asked.options[0], "lead")
    (invoice_id,) = house.finish(parcel)
    with house.s.ledger.read() as work:
        return work.invoices.get([invoice_id])[0].number


def _hold_and_shadow(house: House) -> None:
    house.win_deal("D-held", client="nobody")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.s, Model.DEAL)
    shadow = house.with_book(a_book(modes={"aurora": Mode.SHADOW}))
    shadow.win_deal("D-shadow", client="aurora")
    shadow.plan("run-shadow")


def _pay(house: House, payment: str, amount: str, reference: str) -> None:
    house.pay(payment, amount, reference)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)


def _retainers(house: House) -> list[str]:
    house.clock.pass_by(days=65)
    house.lease_clock.pass_by(days=65)
    issued = [
        one
        for parcel in house.plan("run-retainer", Model.RETAINER)
        for one in house.release(parcel)
    ]
    with house.s.ledger.read() as work:
        found = sorted(work.invoices.get(issued), key=lambda one: one.content.supplied_on)
    assert len(found) == 3
    return [one.number for one in found]


def _void(house: House, number: str) -> None:
    asked = correct.ask_correction(house.s, id_of(house, number), "wrong client", "lead")
    attend.act(house.s, asked, Action.VOID, "finance")


def send_again(house: House) -> None:
    """Let a person decide about the mail that may have arrived."""
    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.open_of("send_uncertain")
    attend.act(house.s, entry.id, Action.SEND_AGAIN, "finance")
    dispatch.dispatch_due(house.s)


def tamper(url: str, statements: Sequence[str]) -> None:
    """Change the ledger past its triggers and keys, as somebody with the database could."""
    if url.startswith("sqlite"):
        _in_file(str(make_url(url).database), statements)
        return
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            for one in _unguarded(statement):
                assert connection.exec_driver_sql(one.replace("%", "%%")).rowcount
    engine.dispose()


def _in_file(path: str, statements: Sequence[str]) -> None:
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA legacy_alter_table = ON")
    for statement in statements:
        for one in _unguarded(statement):
            assert connection.execute(one.removesuffix(" CASCADE")).rowcount
    connection.commit()
    connection.close()


def _unguarded(statement: str) -> list[str]:
    """Write ``twice TABLE WHERE ...`` out: the same rows again, in a table without keys."""
    if not statement.startswith("twice "):
        return [statement]
    _, table, where = statement.split(" ", 2)
    return [
        f"CREATE TABLE copied AS SELECT * FROM {table} UNION ALL SELECT * FROM {table} {where}",
        f"DROP TABLE {table} CASCADE",
        f"ALTER TABLE copied RENAME TO {table}",
    ]
