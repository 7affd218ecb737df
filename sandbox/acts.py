"""The acts of the demo: what clients, colleagues, the bank and the calendar do; each is checked."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from invoicing.config.settings import settings_from
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.states import DraftState, MoneyState
from invoicing.ledger.clocks import move_clock
from invoicing.services.attend import act
from invoicing.wiring import open_services
from sandbox.client import (
    let_happen,
    mails,
    notes,
    pay,
    send_again,
    send_back,
    wait_delivered,
    write_back,
)
from sandbox.expected import (
    AT_ONCE,
    BIG,
    BLOCK,
    DEPOSIT,
    HARBOR,
    LATER,
    MANAGED_1,
    NEXT_MONTH,
    PART_1,
    SMALL,
    one_off,
)
from sandbox.proof import Proof, check_ledger, tell_timelines
from sandbox.town import STRANGE_DEAL, Town, say

TWO_WEEKS_LATER = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
NEXT_MONTH_BEGINS = datetime(2026, 12, 3, 10, 0, tzinfo=UTC)
REQUEST = {
    "client": "nordwind",
    "agreement": "nordwind-projects",
    "description": "Workshop on barcode quality",
    "quantity": "1",
    "unit": "day",
    "unit_price": "1450.00",
    "tax_category": "standard",
    "supplied_on": "2026-11-02",
}
_REJECT, _WAIT = {"Aurora": "Reject", "Kestrel": ""}, {"Aurora": ""}


def prove(town: Town) -> int:
    """Play all acts; returns 0 if every check passed."""
    environ = {key: text for key, text in town.airflow.env.items() if key.startswith("INVOICING_")}
    proof = Proof(town, open_services(settings_from(environ)))
    _second_of_november(proof)
    _answer_by_mail(proof)
    _what_comes_back(proof)
    _what_comes_twice(proof)
    _what_is_paid(proof)
    _two_weeks_later(proof)
    _next_month(proof)
    check_ledger(proof)
    tell_timelines(proof)
    say(f"\n{proof.passed} passed, {proof.failed} failed")
    return 1 if proof.failed else 0


def _answer_by_mail(proof: Proof) -> None:
    """A question reaches an approver by mail, and the answer comes back the same way."""
    question = partial(_question, proof, "Kestrel")
    if proof.comes("the question about Kestrel's deposit is mailed to an approver", question):
        write_back(proof.town.sandbox.url, question()[0]["number"], "approve")
    proof.brings([DEPOSIT], _WAIT | {"Kestrel": ""})


def _question(proof: Proof, client: str) -> list[dict[str, Any]]:
    return [one for one in proof.told_us(client) if one["subject"].startswith("To decide")]


def _second_of_november(proof: Proof) -> None:
    """The calendar and what the demo began with; and a colleague fills in the form."""
    house = proof.town.airflow
    run_id = house.trigger("one_off_invoice", "finance", conf=REQUEST)
    rejected = partial(proof.drafts, DraftState.REJECTED, "aurora")
    proof.brings([*(one for one in AT_ONCE if one is not DEPOSIT), one_off(run_id)], _REJECT)
    proof.comes("the strange deal is held", lambda: "unknown_client" in proof.open_codes())
    units = [key.unit for one in proof.invoices() for key in one.content.obligations]
    proof.check("the strange deal has no invoice", STRANGE_DEAL not in " ".join(units))
    proof.comes("the rejected draft is closed, without a number", lambda: len(rejected()) == 1)
    proof.check(
        "the request's run ended well", house.finish("one_off_invoice", run_id) == "success"
    )
    shadow = proof.drafts(DraftState.EXPIRED, "solveig")
    proof.check("a client in shadow mode has a draft to compare with", len(shadow) == 1)
    for client in ("aurora", "solveig"):
        numbers = [one.number for one in proof.invoices() if one.content.client.key == client]
        proof.check(f"{client} got no invoice", not numbers)


def _what_comes_back(proof: Proof) -> None:
    """A mail is returned and goes to the other address; a client contests a line of an invoice."""
    url, services = proof.town.sandbox.url, proof.services
    returned, contested = proof.invoice(PART_1), proof.invoice(MANAGED_1)
    if returned is None or contested is None:
        return
    send_back(url, proof.mails_about(returned.number)[0]["number"])
    write_back(
        url, proof.mails_about(contested.number)[0]["number"], "Line 2 is not what we agreed."
    )
    for code in ("mail_bounced", "client_replied"):
        proof.comes(f"what came back is in the queue: {code}", partial(_entry, proof, code))
    entry = _entry(proof, "mail_bounced")
    if entry is not None:
        act(services, entry.id, Action.SEND_TO_OTHER, "finance")
    other = partial(_went_to, proof, returned, "finance@larkspur.example.com")
    proof.comes(f"{returned.number} went to the client's other address", other)
    held = [hold.line for hold in proof.story(contested).open_holds]
    proof.check(f"line 2 of {contested.number} is held, not the rest of it", held == [2])


def _entry(proof: Proof, code: str) -> ExceptionEntry | None:
    with proof.town.ledger.read() as work:
        return next((one for one in work.exceptions.list_open(1000) if one.code == code), None)


def _went_to(proof: Proof, invoice: Invoice, address: str) -> bool:
    return any(address in mail["recipients"] for mail in proof.mails_about(invoice.number))


def _what_comes_twice(proof: Proof) -> None:
    """Every webhook arrives once more, as webhooks do."""
    url = proof.town.sandbox.url
    before, numbers = len(mails(url)), [one.number for one in proof.invoices()]
    for event_id in proof.town.events:
        send_again(url, event_id)
        wait_delivered(url, event_id)
    again = [one.number for one in proof.invoices()]
    proof.check("every webhook again: the same numbers", numbers == again)
    proof.check("every webhook again: no further mail", len(mails(url)) == before)


def _what_is_paid(proof: Proof) -> None:
    """One client pays all, one a part, one the block that it wants to use."""
    paid = (
        (SMALL, "1428.00", "EUR", MoneyState.PAID),
        (BIG, "10000.00", "EUR", MoneyState.PARTIALLY_PAID),
        (BLOCK, "3891.60", "CHF", MoneyState.PAID),
    )
    expected = []
    for one, amount, currency, state in paid:
        invoice = proof.invoice(one)
        if invoice is not None:
            pay(proof.town.sandbox.url, invoice.number, amount, currency)
            expected.append((invoice, state))
    for invoice, state in expected:
        proof.comes(f"{invoice.number} is {state}", partial(_has, proof, invoice, state))
    small = proof.invoice(SMALL)
    if small is not None:
        noted = partial(_noted, proof, "crm/clients/nordwind", small.number, "paid")
        proof.comes(f"the CRM knows that {small.number} is paid", noted)
        told = partial(proof.told_us, f"for invoice {small.number}")
        proof.comes("the account manager hears of it", told)


def _noted(proof: Proof, record: str, number: str, state: str) -> bool:
    wanted = {"record": record, "invoice": number, "state": state}
    return any(wanted.items() <= note.items() for note in notes(proof.town.sandbox.url))


def _two_weeks_later(proof: Proof) -> None:
    """A milestone, a change order, progress, an onboarding, and hours that came together."""
    move_clock(proof.town.ledger, TWO_WEEKS_LATER, movable=True)
    for name in ("concept", "change", "progress", "hours", "support", "onboarding"):
        _happen(proof, name, "2026-11-16")
    proof.brings(LATER, _WAIT)


def _next_month(proof: Proof) -> None:
    """The calendar turns, a project ends, and some have not paid."""
    move_clock(proof.town.ledger, NEXT_MONTH_BEGINS, movable=True)
    _happen(proof, "completion", "2026-12-03")
    proof.brings(NEXT_MONTH, _WAIT)
    waits = partial(proof.town.airflow.reviews, "Aurora")
    proof.comes("December's first invoice to Aurora waits", waits)
    for expected in (BIG, HARBOR):
        invoice = proof.invoice(expected)
        if invoice is not None:
            proof.comes(f"{invoice.number} is reminded of", partial(_reminded, proof, invoice))
    small, big = proof.invoice(SMALL), proof.invoice(BIG)
    if small is not None and big is not None:
        told = [mail["text"] for mail in mails(proof.town.sandbox.url) if big.number in str(mail)]
        rest = [text for text in told if "12,015.00" in text or "12.015,00" in text]
        proof.check("the reminder names the open rest", bool(rest))
        proof.check(
            "the paid invoice is not reminded of", len(proof.mails_about(small.number)) == 1
        )


def _happen(proof: Proof, name: str, day: str) -> None:
    event = let_happen(proof.town.sandbox.url, name, day)
    proof.town.events.append(event["event_id"])


def _has(proof: Proof, invoice: Invoice, state: MoneyState) -> bool:
    money = proof.story(invoice).money
    return money is not None and money.state is state


def _reminded(proof: Proof, invoice: Invoice) -> bool:
    return len(proof.mails_about(invoice.number)) >= 2
