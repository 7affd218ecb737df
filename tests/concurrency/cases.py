"""A case for every step that writes: how the world stands before it, and what is done then."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.credit import LineCredit
from invoicing.domain.errors import StateError, TransientError
from invoicing.domain.events import EventKind
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.review import ReviewRequest
from invoicing.domain.rules import Model
from invoicing.domain.tax import TaxTable
from invoicing.services import (
    anchor,
    attend,
    audit,
    correct,
    decide,
    dispatch,
    draft,
    follow_up,
    hold,
    issue,
    parcels,
    park,
    reconcile,
    render,
    report,
    resolve,
    review,
)
from invoicing.services.ports import MailText
from tests.concurrency.twins import Step
from tests.support.services import LATER, UNCERTAIN, House, a_book, a_deal, a_hint

Case = Callable[[House], Step]
GROSS = "1428.00 EUR"
WHY = "they were promised another price"


def _deal(house: House, stages: int, amount: str = "1200.00 EUR", client: str = "nordwind") -> None:
    """Win a deal and carry it through the first of: fetch, decide, draft."""
    house.win_deal("D-1", amount, client)
    steps = (report.report_events, decide.decide_events, draft.draft_obligations)
    for step in steps[:stages]:
        step(house.s, Model.DEAL)


def _question(house: House) -> tuple[str, ReviewRequest]:
    _deal(house, 3, "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request
    return parcel, request


def _approved(house: House) -> str:
    _deal(house, 3)
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    return parcel


def _asked(house: House) -> Invoice:
    invoice = house.invoice_of("D-1")
    correct.ask_correction(house.s, invoice.id, WHY, "finance")
    return invoice


def _entry(house: House, code: str) -> str:
    with house.s.ledger.read() as work:
        (entry,) = [one for one in work.exceptions.list_open(100) if one.code == code]
    return entry.id


def _subject(house: House, code: str) -> str:
    with house.s.ledger.read() as work:
        return work.exceptions.get(_entry(house, code)).subject


def reported(house: House) -> Step:
    """A source tells of a deal."""
    house.sources.objects["D-1"] = a_deal("D-1", "1200.00 EUR", "nordwind")
    return lambda s: report.accept_hint(s, a_hint("D-1"))


def unknown(house: House) -> Step:
    """A source tells of something nobody handles."""
    return lambda s: report.note_unknown(s, "crm", "evt-1", "deal_dreamt_of")


def asked_for(house: House) -> Step:
    """A person fills in a form."""
    event = replace(a_deal("F-1", "10.00 EUR", "nordwind"), kind=EventKind.ONE_OFF_REQUESTED)
    return lambda s: report.report_request(s, event)


def fetched(house: House) -> Step:
    """What a source told of is fetched."""
    house.win_deal("D-1")
    return lambda s: report.report_events(s, Model.DEAL)


def gone(house: House) -> Step:
    """What a source told of does not exist any more."""
    house.win_deal("D-1")
    house.sources.objects.clear()
    return lambda s: report.report_events(s, Model.DEAL)


def unreachable(house: House) -> Step:
    """The source does not answer."""
    house.win_deal("D-1")
    house.sources.failure = TransientError("no answer")
    return lambda s: report.report_events(s, Model.DEAL)


def due(house: House) -> Step:
    """A month of a retainer becomes due."""
    return lambda s: report.report_events(s, Model.RETAINER)


def decided(house: House) -> Step:
    """What was reported is decided on."""
    _deal(house, 1)
    return lambda s: decide.decide_events(s, Model.DEAL)


def decided_again(house: House) -> Step:
    """An event of nobody we knew is decided on again."""
    _deal(house, 2, client="stranger")
    subject = _subject(house, house.open_codes()[0])
    return lambda s: decide.decide_again(s, subject, "finance")


def drafted(house: House) -> Step:
    """What is owed is drafted."""
    _deal(house, 2)
    return lambda s: draft.draft_obligations(s, Model.DEAL)


def planned(house: House) -> Step:
    """A run takes its drafts."""
    _deal(house, 3)
    return lambda s: parcels.plan_parcels(s, Model.DEAL, "run-1", lambda _: False)


def asked_about(house: House) -> Step:
    """A person is asked about a draft."""
    _deal(house, 3, "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    return lambda s: review.open_review(s, parcel)


def answered(house: House) -> Step:
    """A person approves."""
    parcel, request = _question(house)
    return lambda s: review.answer_review(s, parcel, request.options[0], "finance")


def sent_back(house: House) -> Step:
    """A draft that was sent back is made again."""
    parcel, request = _question(house)
    label = next(one for one in request.options if "back" in one.lower())
    review.answer_review(house.s, parcel, label, "finance", "another text, please")
    return lambda s: draft.draft_again(s, request.draft_id, "finance")


def expired(house: House) -> Step:
    """Nobody answers in time."""
    parcel, _ = _question(house)
    return lambda s: review.expire_review(s, parcel)


def issued(house: House) -> Step:
    """An approved draft gets its number."""
    parcel = _approved(house)
    return lambda s: issue.issue_parcel(s, parcel)


def rendered(house: House) -> Step:
    """An invoice gets its document."""
    parcel = _approved(house)
    issue.issue_parcel(house.s, parcel)
    return lambda s: render.render_parcel(s, parcel)


def dispatched(house: House) -> Step:
    """An invoice is mailed."""
    parcel = _approved(house)
    issue.issue_parcel(house.s, parcel)
    render.render_parcel(house.s, parcel)
    return lambda s: dispatch.dispatch_parcel(s, parcel)


def _unknown_mail(house: House) -> str:
    house.mailer.answers.append(UNCERTAIN)
    house.invoice_of("D-1")
    return _subject(house, "send_uncertain")


def recovered(house: House) -> Step:
    """The worker that sent a mail is gone."""

    class KilledError(BaseException):
        pass

    def die(_message: object) -> None:
        raise KilledError

    house.mailer.on_send = die
    try:
        house.invoice_of("D-1")
    except KilledError:
        house.mailer.on_send = None
    house.lease_clock.pass_by(seconds=601)
    return dispatch.recover_expired


def marked(house: House) -> Step:
    """A person knows that a mail arrived."""
    message = _unknown_mail(house)
    return lambda s: resolve.mark_delivered(s, message, "finance")


def sent_again(house: House) -> Step:
    """A person wants a mail sent again."""
    message = _unknown_mail(house)
    return lambda s: resolve.send_again(s, message, "finance")


def sent_later(house: House) -> Step:
    """A mail that was put off is due."""
    house.mailer.answers.append(LATER)
    house.invoice_of("D-1")
    house.lease_clock.pass_by(hours=1)
    return dispatch.dispatch_due


def unwritable(house: House) -> Step:
    """The mail about an invoice cannot be written."""

    def refuse(*_: object) -> MailText:
        raise StateError("the template is broken")

    parcel = _approved(house)
    issue.issue_parcel(house.s, parcel)
    render.render_parcel(house.s, parcel)
    house.printer.mail = refuse  # type: ignore[method-assign, assignment]
    return lambda s: dispatch.dispatch_parcel(s, parcel)


def reminded(house: House) -> Step:
    """Reminders become due."""
    house.invoice_of("D-1")
    house.clock.pass_by(days=32)
    return follow_up.queue_reminders


def followed_up(house: House) -> Step:
    """Reminders become due and are mailed."""
    house.invoice_of("D-1")
    house.clock.pass_by(days=32)
    house.lease_clock.pass_by(days=32)
    return follow_up.follow_up


def _paid(house: House, amount: str, reference: str = "") -> Invoice:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", amount, reference or invoice.number)
    report.report_payments(house.s)
    return invoice


def money_arrived(house: House) -> Step:
    """A payment is told of."""
    invoice = house.invoice_of("D-1")
    house.pay("P-1", GROSS, invoice.number)
    return report.report_payments


def reconciled(house: House) -> Step:
    """A payment settles its invoice."""
    _paid(house, GROSS)
    return reconcile.reconcile_payments


def placed(house: House) -> Step:
    """A person knows which invoice a payment is for."""
    invoice = _paid(house, "428.00 EUR", "a name nobody knows")
    reconcile.reconcile_payments(house.s)
    entry = _entry(house, "payment_unmatched")
    return lambda s: attend.act(s, entry, Action.PLACE, "finance", invoice.number)


def acknowledged(house: House) -> Step:
    """A person has seen an exception."""
    report.note_unknown(house.s, "crm", "evt-1", "deal_dreamt_of")
    entry = _entry(house, "unknown_event")
    return lambda s: attend.act(s, entry, Action.ACKNOWLEDGE, "finance", "it was a test")


def correction_asked(house: House) -> Step:
    """A person asks for a correction."""
    invoice = house.invoice_of("D-1")
    return lambda s: correct.ask_correction(s, invoice.id, WHY, "finance")


def voided(house: House) -> Step:
    """An invoice is taken back."""
    invoice = _asked(house)
    return lambda s: correct.void_invoice(s, invoice.id, "lead")


def corrected(house: House) -> Step:
    """An invoice is taken back and owed again."""
    invoice = _asked(house)
    return lambda s: correct.correct_invoice(s, invoice.id, "lead")


def credited(house: House) -> Step:
    """A part of an invoice is taken back."""
    invoice = house.invoice_of("D-1")
    wanted = [LineCredit(1, Decimal("0.5"))]
    return lambda s: correct.credit_lines(s, invoice.id, wanted, WHY, "finance", "lead")


def written_off(house: House) -> Step:
    """The rest of an invoice is given up."""
    invoice = house.invoice_of("D-1")
    correct.ask_write_off(house.s, invoice.id, WHY, "finance")
    return lambda s: correct.write_off(s, invoice.id, "lead")


def held(house: House) -> Step:
    """A client contests an invoice."""
    invoice = house.invoice_of("D-1")
    return lambda s: hold.place_hold(s, invoice.id, HoldKind.DISPUTED, WHY, "finance")


def lifted(house: House) -> Step:
    """A client gives in."""
    invoice = house.invoice_of("D-1")
    hold.place_hold(house.s, invoice.id, HoldKind.DISPUTED, WHY, "finance")
    return lambda s: hold.lift_hold(s, invoice.id, HoldKind.DISPUTED, "finance", "all is well")


def _bounded(house: House, bounds: SafetyBounds) -> House:
    book = a_book(thresholds=("50000.00 EUR", "50000.00 USD"))
    return house.with_book(replace(book, bounds=bounds))


def _parked(house: House) -> House:
    many = _bounded(house, SafetyBounds(per_client_and_day=1))
    many.invoice_of("D-0")
    _deal(many, 3)
    return many


def reopened(house: House) -> Step:
    """What was held for want of a tax rate is computed again."""
    book = house.s.book
    untaxed = house.with_book(replace(book, taxes=TaxTable(())))
    _deal(untaxed, 3)
    held_one = _subject(house, house.open_codes()[0])
    return lambda s: draft.draft_again(s, held_one, "finance")


def released(house: House) -> Step:
    """A person lets something pass the safety bounds."""
    broken = _subject(_parked(house), "bound_broken")
    return lambda s: park.release(s, broken, "finance", "a big order")


def unparked(house: House) -> Step:
    """Nothing of a client breaks a safety bound any more."""
    _parked(house)
    return lambda s: park.unpark(s, "nordwind", "finance")


def broke_a_bound(house: House) -> Step:
    """A client breaks a safety bound."""
    many = _bounded(house, SafetyBounds(per_client_and_day=1))
    many.invoice_of("D-0")
    _deal(many, 2)
    return lambda s: draft.draft_obligations(replace(s, book=many.s.book), Model.DEAL)


def flooded(house: House) -> Step:
    """A client would get more drafts than one run may make."""
    many = _bounded(house, SafetyBounds(per_client_and_run=1))
    many.win_deal("D-0")
    _deal(many, 2)
    return lambda s: draft.draft_obligations(replace(s, book=many.s.book), Model.DEAL)


def anchored(house: House) -> Step:
    """The day's end of the trail is kept."""
    house.invoice_of("D-1")
    return anchor.anchor_trail


def audited(house: House) -> Step:
    """Somebody meddled with an invoice, and the audit finds it."""
    house.invoice_of("D-1")
    return audit.audit_ledger


CASES: tuple[Case, ...] = (
    reported, unknown, asked_for, fetched, gone, due, decided, decided_again, drafted, planned,
    asked_about, answered, sent_back, expired, issued, rendered, dispatched, recovered, marked,
    sent_again, sent_later, reminded, followed_up, money_arrived, reconciled, placed, acknowledged,
    correction_asked, voided, corrected, credited, written_off, held, lifted, released, unparked,
    broke_a_bound, flooded, reopened, unreachable, unwritable, anchored, audited,
)  # fmt: skip
