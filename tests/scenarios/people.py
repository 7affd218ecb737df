"""Our people: they answer questions, attend to exceptions, and change the configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from invoicing.domain.errors import InvoicingError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money
from invoicing.domain.review import Answer, ReviewRequest, option
from invoicing.services import attend, correct, hold, review
from invoicing.services.ports import Services
from tests.golden.fields import CaseError, Fields
from tests.scenarios.months import Step
from tests.scenarios.records import Records
from tests.support.services import House


@dataclass(frozen=True)
class Asked:
    """A question as Airflow shows it: in which run, about which parcel."""

    parcel: str
    run_id: str
    request: ReviewRequest


@dataclass
class People:
    """What a month's file can let our people do."""

    house: House
    records: Records
    questions: dict[str, Asked]  # by draft
    configure: Callable[[str, str, str], None]

    def act(self, step: Step) -> str:
        """Let a person do one thing; say why it was refused, or nothing."""
        if step.verb not in self._verbs:
            raise CaseError(f"nobody of ours can {step.verb!r}")
        try:
            self._verbs[step.verb](step.fields)
        except (InvoicingError, CaseError) as error:
            return f"{step.verb}: {error}"
        finally:
            step.fields.finish()
        return ""

    @property
    def _verbs(self) -> Mapping[str, Callable[[Fields], None]]:
        return {
            "approve": lambda fields: self._answer(fields, Answer.APPROVE),
            "reject": lambda fields: self._answer(fields, Answer.REJECT),
            "send_back": lambda fields: self._answer(fields, Answer.SEND_BACK),
            "attend": self._attend,
            "ask_correction": lambda fields: self._ask(correct.ask_correction, fields),
            "ask_write_off": lambda fields: self._ask(correct.ask_write_off, fields),
            "hold": self._hold,
            "lift": self._lift,
            "configure": self._configure,
        }

    def _answer(self, fields: Fields, answer: Answer) -> None:
        draft, login, comment = fields.text("draft"), fields.text("by"), fields.text("word", "")
        if draft not in self.questions:
            raise CaseError(f"nobody is asked about {draft!r}; asked: {', '.join(self.questions)}")
        asked = self.questions.pop(draft)  # any answer uses up Airflow's question
        label = option(answer, asked.request.version, asked.request.content_hash)
        review.answer_review(self.house.s, asked.parcel, label, login, comment)
        self.house.finish(asked.parcel)

    def _attend(self, fields: Fields) -> None:
        code, about = fields.text("code"), fields.text("about")
        action, login = Action(fields.text("do")), fields.text("by")
        word = fields.text("word", "")
        entry = self.records.open_entry(code, about)
        attend.act(self.house.s, entry.id, action, login, word)

    def _ask(self, ask: Callable[[Services, str, str, str], str], fields: Fields) -> None:
        """Ask another person to change what is issued."""
        number, reason, login = fields.text("invoice"), fields.text("word"), fields.text("by")
        ask(self.house.s, self.records.invoice(number).id, reason, login)

    def _hold(self, fields: Fields) -> None:
        invoice = self.records.invoice(fields.text("invoice"))
        kind, reason = HoldKind(fields.text("kind")), fields.text("word")
        login = fields.text("by")
        amount = Money.parse(fields.text("amount")) if "amount" in fields else None
        ends_on = fields.day("ends_on") if "ends_on" in fields else None
        hold.place_hold(
            self.house.s, invoice.id, kind, reason, login, amount=amount, ends_on=ends_on
        )  # fmt: skip

    def _lift(self, fields: Fields) -> None:
        invoice = self.records.invoice(fields.text("invoice"))
        kind, login = HoldKind(fields.text("kind")), fields.text("by")
        hold.lift_hold(self.house.s, invoice.id, kind, login)

    def _configure(self, fields: Fields) -> None:
        """Edit a file of config/: put one text in the place of another."""
        self.configure(fields.text("file"), fields.text("find"), fields.text("write"))
