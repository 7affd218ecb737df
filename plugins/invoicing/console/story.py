"""Tell the story of an invoice on the terminal, entry by entry of its trail."""

from collections.abc import Iterator

from invoicing.services.stories import InvoiceStory


def tell(story: InvoiceStory) -> Iterator[str]:
    """Yield the lines of everything the ledger knows about one invoice or draft."""
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
