"""What a person can do on the pages, in words: what each does, what it asks for, what is final."""

from dataclasses import dataclass, replace
from typing import Final

from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind

REASON: Final = "Reason"
NOTE: Final = "Note, if you like"


@dataclass(frozen=True, slots=True)
class ActionWords:
    """A button and what stands below it before it can be pressed.

    ``asks`` is the name of a field that goes with it; ``is_final`` is said where nobody can take
    it back.
    """

    label: str
    does: str
    asks: str = ""
    must_say: bool = False
    is_final: bool = False


ACTIONS: Final[dict[Action, ActionWords]] = {
    Action.DRAFT_AGAIN: ActionWords(
        "Draft again", "Reads the record again and computes the invoice anew with today's config."
    ),
    Action.DECIDE_AGAIN: ActionWords(
        "Decide again", "Reads the record again and decides with today's rules."
    ),
    Action.MARK_DELIVERED: ActionWords(
        "It arrived",
        "Records your word that the mail reached the client; it is not sent again.",
        is_final=True,
    ),
    Action.SEND_AGAIN: ActionWords(
        "Send again", "The same mail goes out once more; the client may get two.", is_final=True
    ),
    Action.SEND_TO_OTHER: ActionWords(
        "Send to the other address",
        "The same goes to the client's other address, the one that stands in config/clients.yaml.",
        is_final=True,
    ),
    Action.RENDER_AGAIN: ActionWords("Make PDF again", "Tries to make the document once more."),
    Action.ACKNOWLEDGE: ActionWords(
        "Seen, close", "Closes the entry; nothing else happens.", NOTE
    ),
    Action.VOID: ActionWords(
        "Void",
        "Takes the whole invoice back with a credit note, which the client gets. It keeps its"
        " number; it is not mailed or reminded of any more, and what it billed is not billed"
        " again.",
        is_final=True,
    ),
    Action.CORRECT: ActionWords(
        "Correct",
        "Takes the whole invoice back with a credit note, which the client gets, reads today's"
        " facts again, and the next run drafts a new invoice for the same thing.",
        is_final=True,
    ),
    Action.WRITE_OFF: ActionWords(
        "Write off",
        "Gives up what is still open on the invoice: the client is asked for it no more.",
        is_final=True,
    ),
    Action.LIFT_HOLD: ActionWords(
        "End the dispute", "The client is asked and reminded of what is open again.", REASON,
        must_say=True,
    ),
    Action.PLACE: ActionWords(
        "Place on an invoice",
        "Puts what is left of this payment on the invoice you name, up to what is open on it.",
        "Invoice number",
        must_say=True,
        is_final=True,
    ),
    Action.UN_PARK: ActionWords(
        "Let the client go on",
        "Computes what is held of this client once more with today's config. If it keeps to every"
        " safety bound, the client goes on; if not, it stays parked and you read why.",
        NOTE,
    ),
    Action.RELEASE: ActionWords(
        "Let this one pass",
        "This one may exceed the safety bound. Somebody else than you has to approve it before"
        " it is issued.",
        REASON,
        must_say=True,
    ),
}  # fmt: skip

_SEEN = ACTIONS[Action.ACKNOWLEDGE]
_DECLINE = replace(
    _SEEN, label="Decline", does="Closes the request; the invoice stays as it is.", asks=NOTE
)

# The same action means something of its own to some kinds of exceptions.
_OF_CODE: Final[dict[tuple[str, Action], ActionWords]] = {
    ("correction_asked", Action.ACKNOWLEDGE): _DECLINE,
    ("write_off_asked", Action.ACKNOWLEDGE): _DECLINE,
    ("client_replied", Action.ACKNOWLEDGE): replace(
        _SEEN,
        does="Closes the entry. What is disputed stays so, and is not reminded of, until somebody"
        " ends the dispute on the page of the invoice.",
    ),
    ("mail_bounced", Action.SEND_AGAIN): replace(
        ACTIONS[Action.SEND_AGAIN],
        does="The same mail goes to the same address once more; it comes back again unless the"
        " client mended its mailbox.",
    ),
    ("mail_bounced", Action.SEND_TO_OTHER): replace(
        ACTIONS[Action.SEND_TO_OTHER],
        does="The same goes to alternate_to of the client, or to billing_to if that was corrected,"
        " as they stand in config/clients.yaml. Reminders go on to billing_to: correct it there.",
    ),
    ("credit_left", Action.ACKNOWLEDGE): replace(
        _SEEN,
        label="Decided, close",
        does="Closes the entry with what you did about the client's money: paid back, or kept.",
        asks="What you did",
        must_say=True,
    ),
}


def words_of(action: Action, code: str) -> ActionWords:
    """Return the words for an action on an exception of this kind."""
    return _OF_CODE.get((code, action), ACTIONS[action])


CORRECTION, WRITE_OFF = "correction", "write_off"

ASKED: Final[dict[str, ActionWords]] = {
    CORRECTION: ActionWords(
        "Ask for a correction",
        "Puts your request into the queue. Another person, who may approve the amount, voids the"
        " invoice or corrects it there; nothing changes before.",
        "What is wrong",
        must_say=True,
    ),
    WRITE_OFF: ActionWords(
        "Ask to write off",
        "Puts your request into the queue. Another person, who may approve the amount, gives up"
        " what is open; nothing changes before.",
        "Why it cannot be had",
        must_say=True,
    ),
}

HELD: Final[dict[HoldKind, ActionWords]] = {
    HoldKind.DISPUTED: ActionWords(
        "Note a dispute",
        "The client contests the invoice or a part of it: that part is not reminded of until"
        " somebody ends the dispute. It stands in the queue.",
        "What the client says",
        must_say=True,
    ),
    HoldKind.IN_TRANSIT: ActionWords(
        "Payment under way",
        "The client says it has paid: nothing is reminded of until the payment arrives, or that"
        " day has passed.",
        "How you know",
        must_say=True,
    ),
    HoldKind.PAUSED: ActionWords(
        "Pause reminders",
        "No reminder goes out until that day has passed, or somebody lifts it.",
        REASON,
        must_say=True,
    ),
}

LIFTED: Final[dict[HoldKind, ActionWords]] = {
    HoldKind.DISPUTED: ACTIONS[Action.LIFT_HOLD],
    HoldKind.IN_TRANSIT: ActionWords(
        "No payment under way", "The client is reminded of what is open again.", REASON,
        must_say=True,
    ),
    HoldKind.PAUSED: ActionWords(
        "Remind again", "The client is reminded of what is open again.", REASON, must_say=True
    ),
}  # fmt: skip

HOLD_STATES: Final[dict[HoldKind, str]] = {
    HoldKind.DISPUTED: "disputed",
    HoldKind.IN_TRANSIT: "payment under way",
    HoldKind.PAUSED: "reminders paused",
}
