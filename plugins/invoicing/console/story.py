"""Tell the story of an invoice on the terminal: what became of it, then its trail by entries."""

from collections.abc import Iterator
from datetime import datetime

from invoicing.console.tables import visible
from invoicing.domain.trail import TrailEntry
from invoicing.services.stories import InvoiceStory, MessageStory, ReminderStory, StepReview


def tell(story: InvoiceStory) -> Iterator[str]:
    """Yield the lines of everything the ledger knows about one invoice or draft."""
    invoice = story.invoice
    yield f"{f'invoice {invoice.number}' if invoice else f'draft v{story.version}'} ({story.id})"
    for line in _facts(story):
        yield f"  {visible(line)}"
    for entry in story.trail.entries:
        yield f"  {visible(_entry(entry))}"
    broken = story.trail.broken_at
    yield "  trail: whole" if broken is None else f"  trail: BROKEN at entry {broken}"


def _facts(story: InvoiceStory) -> Iterator[str]:
    content = story.content
    yield f"{content.client.name}, {content.title}: {content.totals.gross}"
    yield from _money(story)
    for obligation in story.obligations:
        yield f"owed: {obligation.key}, said by {obligation.source} {obligation.event_id}"
    yield from _made(story)
    for message in story.messages:
        yield from _message(message)
    for reminder in story.reminders:
        yield _reminder(reminder)
    yield from _afterwards(story)
    for item in story.exceptions:
        closed = f"closed by {item.closed_by}: {item.decision}" if item.closed_at else "open"
        yield f"exception {item.code} ({closed}): {item.cause}"


def _reminder(told: ReminderStory) -> str:
    planned = told.reminder
    day = _moment(planned.planned_at) if planned.planned_at else str(planned.planned_on)
    left = f", left {_moment(told.sent_at)}" if told.sent_at else ""
    return f"reminder {planned.step} for {day}: {told.outcome or 'planned'}{left}"


def _money(story: InvoiceStory) -> Iterator[str]:
    if story.money:
        state = "void" if story.is_void else story.money.state
        yield f"{state}, open: {story.money.balance}, late: {story.money.days_late} days"
    if story.parked:
        parked = story.parked
        yield f"{parked.client} is parked since {_moment(parked.parked_at)}: {parked.cause}"


def _made(story: InvoiceStory) -> Iterator[str]:
    """Tell who made which version under which configuration, and who said what about it."""
    for entry in story.trail.entries:
        if entry.action == "drafted":
            facts = dict(entry.detail)
            yield f"version {facts['version']} by {entry.actor}, content {facts['content_hash']}"
    yield from _computed_from(story)
    for review in story.reviews:
        for step in review.steps:
            yield f"review of version {review.version}, {_step(step)}"
    if story.invoice:
        yield f"issued as {story.invoice.number} under configuration {story.invoice.config_hash}"
    if story.document:
        yield f"document sha256 {story.document}"


def _computed_from(story: InvoiceStory) -> Iterator[str]:
    if story.client_version:
        yield f"client {story.content.client.key}, version {story.client_version.version}"
    for version in story.agreement_versions:
        yield f"agreement {version.content.key}, version {version.version}"


def _step(step: StepReview) -> str:
    said, name = step.decision, step.step or "by rule"
    if said is None:
        return f"{name}: waits for an answer"
    why = f" ({said.rule or said.comment})" if said.rule or said.comment else ""
    return f"{name}: {said.answer} by {said.decided_by}{why}, content {said.content_hash}"


def _message(story: MessageStory) -> Iterator[str]:
    mail = story.message
    whom = ", ".join(mail.recipients.to)
    yield f"{mail.kind} {mail.step} to {whom}: {mail.state} {mail.message_id}"
    for one in story.attempts:
        outcome = one.outcome or "under way"
        said = f"{one.phase} {one.code} {one.detail}" if one.outcome else ""
        yield f"  attempt {one.attempt} at {_moment(one.started_at)}: {outcome} {said}"


def _afterwards(story: InvoiceStory) -> Iterator[str]:
    for paid in story.payments:
        payment, part = paid.payment, paid.allocation
        yield (
            f"payment {payment.source}:{payment.external_id} of {payment.amount}:"
            f" {part.amount} placed here, {part.reason}"
        )
    for record in story.credits:
        note = record.note
        yield (
            f"credit note {note.number} of {note.content.totals.due}: {note.content.reason},"
            f" asked by {record.asked_by}, approved by {record.approved_by}"
        )
    for one in story.write_offs:
        yield (
            f"written off {one.amount}: {one.reason},"
            f" asked by {one.asked_by}, approved by {one.approved_by}"
        )
    for hold in story.holds:
        lifted = f"lifted by {hold.lifted_by}" if hold.lifted_at else "open"
        yield f"hold {hold.kind} by {hold.placed_by} ({lifted}): {hold.reason}"


def _entry(entry: TrailEntry) -> str:
    facts = ", ".join(f"{name}={value}" for name, value in entry.detail)
    return f"{_moment(entry.at)}  {entry.actor}: {entry.action}  {facts}".rstrip()


def _moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="milliseconds")
