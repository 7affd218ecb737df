"""The way of three deals, carried by somebody who tries again, and connections that are cut."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, event, make_url

from invoicing.domain.errors import TransientError
from invoicing.domain.rules import Model
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import (
    decide,
    dispatch,
    draft,
    follow_up,
    issue,
    parcels,
    reconcile,
    render,
    report,
    review,
)
from tests.support.services import House, open_house

T = TypeVar("T")
TRIES = 5


def carry(ledger: SqlLedger) -> House:
    """Carry deals from the report to the last reminder; what may pass is tried again."""
    house = _again(lambda: open_house(ledger))
    for deal, amount in (("D-1", "1200.00 EUR"), ("D-2", "9000.00 EUR"), ("D-3", "64.40 EUR")):
        _again(lambda deal=deal, amount=amount: house.win_deal(deal, amount))  # type: ignore[misc]
    _again(lambda: report.report_events(house.s, Model.DEAL))
    _again(lambda: decide.decide_events(house.s, Model.DEAL))
    _again(lambda: draft.draft_obligations(house.s, Model.DEAL))
    planned = _again(lambda: parcels.plan_parcels(house.s, Model.DEAL, "run-1", lambda _: False))
    for parcel in planned:
        _release(house, parcel)
    house.lease_clock.at += timedelta(hours=1)  # what was put off is due
    _again(lambda: dispatch.dispatch_due(house.s))
    _again(lambda: house.pay("P-1", "1428.00 EUR", "INV-2026-00001"))
    _again(lambda: house.pay("P-2", "10.00 EUR", "nobody knows"))
    _again(lambda: report.report_payments(house.s))
    _again(lambda: reconcile.reconcile_payments(house.s))
    house.clock.pass_by(days=32)
    house.lease_clock.at += timedelta(days=32)
    _again(lambda: follow_up.follow_up(house.s))
    house.lease_clock.at += timedelta(hours=1)  # so is a reminder that was put off
    _again(lambda: dispatch.dispatch_due(house.s))
    return house


def _release(house: House, parcel: str) -> None:
    request = _again(lambda: review.open_review(house.s, parcel))
    if request:
        _again(lambda: review.answer_review(house.s, parcel, request.options[0], "finance"))
    _again(lambda: issue.issue_parcel(house.s, parcel))
    _again(lambda: render.render_parcel(house.s, parcel))
    _again(lambda: dispatch.dispatch_parcel(house.s, parcel))


def _again(step: Callable[[], T]) -> T:
    for _ in range(TRIES):
        try:
            return step()
        except TransientError:
            continue
    return step()


class Places:
    """Counts the statements and commits of a ledger, and cuts the connection at one of them."""

    def __init__(self, url: str, at: int = 0, *, after_commit: bool = False) -> None:
        self.seen, self.cut = 0, False
        self._at, self._after_commit = at, after_commit
        self._url = make_url(url).set(drivername="postgresql").render_as_string(False)

    @contextmanager
    def watch(self, ledger: SqlLedger) -> Iterator[None]:
        """Watch a ledger while the block runs."""
        engine = ledger._engine
        watched = [("commit", self._commit)]
        if not self._after_commit:
            watched.append(("before_cursor_execute", self._visit))
        for name, look in watched:
            event.listen(engine, name, look)
        try:
            yield
        finally:
            for name, look in watched:
                event.remove(engine, name, look)

    def _visit(self, connection: Connection, *_: object) -> None:
        self.seen += 1
        if self.seen == self._at:
            self._cut(connection)

    def _commit(self, connection: Connection) -> None:
        if self._after_commit and self.seen + 1 == self._at:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            raw.commit()  # it arrived, but nobody will hear of it
            raw.execute("SELECT 1")
        self._visit(connection)

    def _cut(self, connection: Connection) -> None:
        self.cut = True
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        with psycopg.connect(self._url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [raw.info.backend_pid])
