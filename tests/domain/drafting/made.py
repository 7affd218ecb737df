"""Drafts of one agreement with Nordwind: what a test states is the price, the work and the day."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from invoicing.domain.agreements import Agreement
from invoicing.domain.draft import Draft, DraftRecord, Standing
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.events import EventKind
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.periods import Period
from invoicing.domain.report import due_event, due_of
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.domain.work import Work
from tests.domain.builders import DAY, book, owed_key

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
FAR = date(2100, 1, 1)
NOTHING = Standing()


def owed(
    agreement: Agreement,
    unit: str,
    *work: Work,
    kind: EventKind = EventKind.DEAL_WON,
    on: date = DAY,
    source: str = "psa",
) -> Obligation:
    """Return something owed under an agreement; `replace` what else a test is about."""
    return Obligation(
        owed_key(unit, agreement.key), agreement.client, Model.DEAL, "the-rule", source,
        f"event-{unit}", on, f"Title of {unit}", work, kind=kind, subject=unit,
    )  # fmt: skip


def due(agreement: Agreement, unit: str, *work: Work) -> Obligation:
    """Return what the calendar makes owed: ``unit`` is the first day of the period."""
    found = due_of(agreement, unit, FAR)
    assert found is not None, f"{unit} is not due"
    event = due_event(agreement, found, work)
    one = owed(agreement, unit, *work, kind=event.kind, on=event.occurred_on, source=event.source)
    return replace(one, period=found.period, model=Model.RETAINER, title=event.title)


def month(number: int, *, year: int = 2026) -> str:
    """Name a month as the calendar does."""
    return str(date(year, number, 1))


def result(
    agreement: Agreement, *obligations: Obligation, standing: Standing = NOTHING, **more: Any
) -> Draft | Hold:
    """Compute the draft of ``obligations``; ``more`` replaces parts of the book."""
    of = replace(book(agreements=(agreement,)), **more)
    return build_draft(obligations, of, standing)


def made(
    agreement: Agreement, *obligations: Obligation, standing: Standing = NOTHING, **more: Any
) -> Draft:
    """Return a draft that can be computed."""
    draft = result(agreement, *obligations, standing=standing, **more)
    assert isinstance(draft, Draft), draft
    return draft


def held(
    agreement: Agreement, *obligations: Obligation, standing: Standing = NOTHING, **more: Any
) -> Hold:
    """Return why a draft cannot be computed."""
    hold = result(agreement, *obligations, standing=standing, **more)
    assert isinstance(hold, Hold), hold
    return hold


def after(
    *drafts: Draft, state: DraftState = DraftState.ISSUED, owed: tuple[str, ...] = ()
) -> Standing:
    """Return what the ledger holds once these drafts are in it."""
    records = tuple(
        DraftRecord(one, 1, state, "system", "c0ffee", one.content_hash) for one in drafts
    )
    return Standing(records, frozenset(owed))


def rows(draft: Draft) -> list[str]:
    """Write each line as a person would check it: quantity, unit, price, net."""
    return [
        f"{format(one.quantity.normalize(), 'f')} {one.unit} x {one.unit_price.amount}"
        + (f" / {one.base_quantity}" if one.base_quantity != Decimal(1) else "")
        + f" = {one.net.amount}"
        for one in draft.lines
    ]


def figures(draft: Draft, *names: str) -> list[str]:
    """Return some of the totals."""
    return [str(getattr(draft.totals, name).amount) for name in names]
