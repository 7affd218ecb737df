"""The post of the machine: what our mails say, and what those who get them write back."""

from dataclasses import dataclass, field

from invoicing.domain.dispatch import Message, MessageKind
from invoicing.domain.letters import Letter
from invoicing.domain.review import Answer
from invoicing.services.ports import MailText
from tests.crash.words import ITEM, TOKEN, plain_mail
from tests.support.letterbox import SERVER, HandBox, a_bounce, a_letter
from tests.support.services import PlainPrinter

PERSON = "finance"  # who may decide by mail
ADDRESS = f"{PERSON}@brightwater.example"
_PROOF = f"{SERVER}; dmarc=pass header.from=brightwater.example"
BACK = ("bounce", "objection", "answer", "rejection", "forgery")
PAUSING = {MessageKind.INVOICE, MessageKind.REMINDER, MessageKind.CREDIT_NOTE}
ANSWERS = {"answer": Answer.APPROVE, "rejection": Answer.REJECT}
_OF = {
    "bounce": PAUSING,
    "objection": {MessageKind.INVOICE, MessageKind.REMINDER},
    "answer": {MessageKind.APPROVAL},
    "rejection": {MessageKind.APPROVAL},
    "forgery": {MessageKind.APPROVAL},
}


class Printer(PlainPrinter):
    """A printer whose mails name all that they are about."""

    def mail(self, letter: Letter) -> MailText:
        """Write the shortest mail there is."""
        return plain_mail(letter)


@dataclass(frozen=True)
class Back:
    """Something that was written to us about a mail of ours."""

    what: str
    about: Message

    @property
    def numbers(self) -> list[str]:
        """The invoices that our mail was about."""
        return numbers_in(self.about)


@dataclass
class Letterbox(HandBox):
    """Our mailbox, with what lies in it in words that a model understands."""

    backs: list[Back] = field(default_factory=list)

    def put(self, back: Back) -> None:
        """Let something arrive."""
        self.backs.append(back)
        self.mails.append(_written(back, len(self.backs)))


def may_come_back(message: Message) -> list[str]:
    """Return what may be written about a mail of ours."""
    kind = message.subject.split()[0]
    return [what for what in BACK if kind in _OF[what]]


def numbers_in(message: Message) -> list[str]:
    """Return the numbers of the invoices that a mail asks money for."""
    named = [found[0].decode() for found in ITEM.findall(message.text.encode())]
    return named or [message.subject.split()[1]]


def _written(back: Back, place: int) -> bytes:
    about = back.about
    if back.what == "bounce":
        return a_bounce(about.message_id, f"copy-{place}")
    if back.what == "objection":
        words = "We did not order this.\n"
        return a_letter(about.recipients.to[0], words, about.message_id, X_Copy=str(place))
    word = "reject" if back.what == "rejection" else "approve"
    (token,) = TOKEN.findall(about.text.encode())
    sender = ADDRESS if back.what != "forgery" else "mallory@brightwater.example"
    text = f"{word}\n\n> {token.decode()}\n"
    return a_letter(
        sender, text, about.message_id, Authentication_Results=_PROOF, X_Copy=str(place)
    )
