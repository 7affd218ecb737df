"""How everything must end once the faults are over and people have answered: nothing is lost."""

from collections.abc import Iterator

from invoicing.domain.dispatch import MessageKind
from invoicing.domain.exceptions import Action
from invoicing.domain.review import Answer
from invoicing.domain.states import DraftState, OutboxState
from tests.machine.company import CONFIGS
from tests.machine.model import MANY
from tests.machine.world import MODELS, World

ROUNDS = 8


def settle(world: World) -> None:
    """End the faults, let people answer, and run until nothing is left to do."""
    world.outage(begins=False)
    world.post.answers.clear()
    world.configure(CONFIGS[0])
    for _ in range(ROUNDS):
        world.pass_by(days=1)
        world.receive()
        world.read_mail()
        for model in MODELS:
            world.run(model)
        for name in sorted(world.asked):
            author = world.author_of(name)
            world.answer(name, Answer.APPROVE, "lead" if author == "finance" else "finance")
        world.follow_up()
        for entry in world.entries():
            if entry.code in {"send_uncertain", "send_failed", "mail_bounced"}:
                world.attend(entry, Action.MARK_DELIVERED, "finance")
            if entry.code == "client_parked":
                world.attend(entry, Action.UN_PARK, "lead")


def unfinished(world: World) -> Iterator[str]:
    """Name what should have ended and has not."""
    with world.ledger.read() as work:
        invoices = work.invoices.recent(MANY)
        states = work.invoices.states([one.id for one in invoices])
        rows = work.outbox.of_invoices([one.id for one in invoices])
        drafts = [
            record
            for state in (DraftState.DRAFT, DraftState.AWAITING_REVIEW, DraftState.APPROVED)
            for record in work.drafts.in_state(state, MANY)
        ]
    billed = {
        (key.agreement, key.unit)
        for one in invoices
        if states[one.id] == "issued"
        for key in one.content.obligations
    }
    for name, thing in world.facts.things.items():
        if thing.is_calm and thing.client != "solveig" and name not in billed:
            queue = "; ".join(f"{one.code}: {one.cause}" for one in world.entries())
            yield f"{name} was told and is on no invoice; the queue: {queue or 'empty'}"
    yield from (f"draft {one.id} of {one.draft.title} is {one.state} still" for one in drafts)
    for row in rows:
        waits = row.state in {OutboxState.PENDING, OutboxState.SENDING}
        if waits and row.kind is MessageKind.INVOICE:
            yield f"message {row.id} is {row.state} still"
    mailed = {row.invoice_id for row in rows if row.kind is MessageKind.INVOICE}
    yield from (f"{one.number} has no mail" for one in invoices if one.id not in mailed)
