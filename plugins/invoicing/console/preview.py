"""Tell a preview on the terminal: the decision, each draft as a table, and what comes after it."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from invoicing.console.tables import table, visible
from invoicing.domain.canonical import Plain, to_plain
from invoicing.domain.draft import Draft, Line
from invoicing.domain.follow_up import Audience
from invoicing.domain.money import plain
from invoicing.domain.obligations import Bill, Hold
from invoicing.domain.parties import Mode
from invoicing.domain.tax import TaxRate
from invoicing.services.preview import Figure, Forecast, Preview, figures

EVERY: Final = "every figure"  # what `--explain` without a name asks for

_ALWAYS = frozenset({"net", "tax", "gross", "due"})  # totals that are shown even when they are zero
_MODES = {
    Mode.SHADOW: "the client is in shadow: drafts and previews are made, nothing is issued or sent",
}


def tell(previews: Sequence[Preview], explain: str = "") -> Iterator[str]:
    """Yield the lines of previews; ``explain`` names the figure to explain, or EVERY."""
    if not previews:
        yield "nothing is due"
    for position, found in enumerate(previews):
        if position:
            yield ""
        yield from _tell(found, explain)


def _tell(found: Preview, explain: str) -> Iterator[str]:
    event, decision = found.event, found.decision
    about = " ".join(part for part in (event.kind, event.subject) if part)
    yield visible(
        f"{about} of {event.client}, {event.occurred_on} ({event.source}, {event.event_id})"
    )
    yield f"  {type(decision).__name__.lower()}: {_reason(decision)}"
    if note := _MODES.get(found.mode):
        yield f"  {note}"
    for number, outcome in enumerate(found.invoices, 1):
        yield ""
        if isinstance(outcome, Hold):
            yield f"  hold: {_reason(outcome)}"
        else:
            count = f"{number} of {len(found.invoices)}" if len(found.invoices) > 1 else ""
            yield from (f"  {line}".rstrip() for line in _invoice(outcome, count, explain))


def as_json(previews: Sequence[Preview]) -> str:
    """Write previews for programs: a list, amounts as exact text."""
    return json.dumps([_plain(found) for found in previews], indent=2, ensure_ascii=False)


def _plain(found: Preview) -> Plain:
    return {
        "event": to_plain(found.event),
        "decision": {"is": type(found.decision).__name__.lower(), **_object(found.decision)},
        "mode": found.mode.value,
        "invoices": [_outcome(outcome) for outcome in found.invoices],
    }


def is_held(found: Preview) -> bool:
    """Tell whether a person would have to look before anything could be issued."""
    return isinstance(found.decision, Hold) or any(
        isinstance(outcome, Hold) or outcome.breach is not None for outcome in found.invoices
    )


def _outcome(outcome: Forecast | Hold) -> Plain:
    if isinstance(outcome, Hold):
        return {"is": "hold", **_object(outcome)}
    return {
        "is": "draft",
        **_object(outcome),
        "explanations": [to_plain(figure) for figure in figures(outcome.draft)],
    }


def _object(value: object) -> dict[str, Plain]:
    plain_value = to_plain(value)
    return plain_value if isinstance(plain_value, dict) else {}


def _reason(decision: object) -> str:
    match decision:
        case Hold(code=code, reason=reason):
            return visible(f"{reason} (exception {code})")
        case Bill(reason=reason):
            return visible(reason)
        case _:
            return visible(str(getattr(decision, "reason", "")))


def _invoice(found: Forecast, count: str, explain: str) -> Iterator[str]:
    draft = found.draft
    what = "Deposit invoice" if draft.is_deposit else "Invoice"
    yield visible(f"{what} {count}: {draft.title}" if count else f"{what}: {draft.title}")
    yield visible(f"{draft.entity.legal_name} to {draft.client.name}")
    for label, text in _facts(draft):
        yield visible(f"{label}: {text}")
    yield ""
    yield from _lines(draft)
    yield ""
    yield from (f"  {row}" for row in table(list(_totals(draft)), frozenset({1})))
    yield ""
    yield from _afterwards(found)
    if explain:
        yield ""
        yield from _explained(draft, explain)


def _facts(draft: Draft) -> Iterator[tuple[str, str]]:
    keys = ", ".join(f"{key.agreement}/{key.unit}" for key in draft.obligations)
    yield "for", keys
    yield "tax point", str(draft.supplied_on)
    if draft.period:
        yield "period", str(draft.period)
    if draft.references:
        yield "references", ", ".join(f"{one.kind} {one.id}" for one in draft.references)
    if draft.flags:
        yield "flags", ", ".join(draft.flags)


def _lines(draft: Draft) -> Iterator[str]:
    rows = [("#", "what", "quantity", "price", "off", "net", "tax")]
    rows += [
        (
            str(line.position),
            line.description,
            f"{plain(line.quantity)} {line.unit}",
            _price(line),
            f"-{line.discount}" if line.discount and line.discount.amount else "",
            str(line.net),
            _tax(line.rate),
        )
        for line in draft.lines
    ]
    if not any(row[4] for row in rows[1:]):
        rows = [(*row[:4], "", *row[5:]) for row in rows]
    return table(rows, frozenset({0, 2, 3, 4, 5}))


def _price(line: Line) -> str:
    per = f" per {plain(line.base_quantity)}" if line.base_quantity != 1 else ""
    return f"{line.unit_price}{per}"


def _tax(rate: TaxRate) -> str:
    """Name a rate with its percentage, which many labels leave out."""
    told = not rate.percent or "%" in rate.label
    return rate.label if told else f"{rate.label} {plain(rate.percent)} %"


def _totals(draft: Draft) -> Iterator[Sequence[str]]:
    totals = draft.totals
    for name, _ in totals.explain():
        yield from _parts(draft, name)
        amount = getattr(totals, name)
        if amount.amount or name in _ALWAYS:
            yield (name, str(amount))
    if draft.tax_in_books:
        yield ("tax in our books", str(draft.tax_in_books.amount))
    for left in draft.balances:
        yield (f"noted: {left.name.replace('_', ' ')}", f"{plain(left.amount)} {left.unit}")


def _parts(draft: Draft, name: str) -> Iterator[Sequence[str]]:
    """Yield what a total is made of, where an invoice shows it."""
    match name:
        case "discount":
            for applied in draft.discounts:
                yield (f"- {applied.discount.reason}", str(applied.amount))
        case "tax":
            for group in draft.taxes:
                yield (f"- {_tax(group.rate)} on {group.net}", str(group.tax))
        case "paid":
            for deposit in draft.deposits:
                yield (f"- deposit: {deposit.title}", str(deposit.gross))


def _afterwards(found: Forecast) -> Iterator[str]:
    draft = found.draft
    yield f"issued {found.issued_on}, due {found.due_on} ({draft.terms})"
    if found.breach:
        yield f"HELD by a safety bound: {_reason(found.breach)}"
    if not found.reasons:
        yield "review: nobody is asked, below every rule"
    for reason in found.reasons:
        yield visible(f"review: {reason.text} ({reason.code})")
    for number, asked in enumerate(found.asked, 1):
        people = " or ".join(asked.people) or "NOBODY may answer; see config/review.yaml"
        yield f"  step {number}, {visible(asked.step)}: {visible(people)}"
    yield "reminders, as long as it is open:" if found.reminders else "reminders: none"
    for reminder in found.reminders:
        ours = ", to our own people" if reminder.audience is Audience.US else ""
        yield f"  {reminder.planned_on} {visible(reminder.step)}{ours}"


def _explained(draft: Draft, wanted: str) -> Iterator[str]:
    every = list(figures(draft))
    chosen = [one for one in every if wanted == EVERY or _is_about(one, wanted)]
    if not chosen:
        yield f"no figure is called {wanted!r}; there are: {', '.join(one.name for one in every)}"
    for one in chosen:
        yield visible(f"{one.name} = {one.amount}")
        yield f"    {visible(one.why)}"


def _is_about(figure: Figure, wanted: str) -> bool:
    """Tell whether a figure is asked for: ``tax`` also means each rate's part of it."""
    name, asked = figure.name.casefold(), " ".join(wanted.casefold().split())
    return name == asked or name.startswith((f"{asked} ", f"{asked},"))
