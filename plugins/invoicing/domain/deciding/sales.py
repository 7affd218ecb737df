"""Sales: deals, signed documents, onboardings, estimates, change orders, one-off requests."""

from collections.abc import Sequence
from dataclasses import replace

from invoicing.domain.agreements import Frame, Project
from invoicing.domain.deciding.case import Case, Owing, bill, items_of, known
from invoicing.domain.deciding.contradictions import contradiction
from invoicing.domain.deciding.progress import closing_units
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money, plain
from invoicing.domain.obligations import Decision, Hold, Obligation
from invoicing.domain.rules import BillingRule

ONBOARDING = "onboarding"
DEALS = {EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED, EventKind.ESTIMATE_ACCEPTED}


def decide_deal(case: Case) -> Decision:
    """Bill a deal, a signed document or an estimate: all of it, a part of it, or its deposit."""
    base = case.event.deal or case.event.subject
    part = _part(case.rule)
    unit = f"{base}:{part}" if part else base
    owed = _same_whole(case, base)
    if held := contradiction(case, [one.key.unit for one in owed], _worth(case)):
        return held
    if case.is_owed(unit):
        return known(case, unit)
    whole = [one for one in owed if not one.is_deposit]
    if case.rule.is_deposit:
        return _too_late(case, whole) or _decide_deposit(case, base, unit)
    if whole:
        return _billed_whole(case, whole[0])
    return _billed_elsewhere(case, base) or _bill_lines(case, unit, base)


def decide_onboarding(case: Case) -> Decision:
    """Bill an onboarding once per agreement, with the lines that the agreement has for it."""
    if case.is_owed(ONBOARDING):
        return known(case, ONBOARDING)
    match case.agreement.pricing:
        case Frame(onboarding=lines) if lines:
            return bill(case, Owing(ONBOARDING))
        case _ if case.work:
            return bill(case, Owing(ONBOARDING, case.work))
        case _:
            return Hold(
                "nothing_to_bill",
                f"agreement {case.agreement.key} has no lines for an onboarding"
                " (`onboarding:` in config/agreements.yaml)",
            )


def decide_change(case: Case) -> Decision:
    """Bill an approved change order by its own lines."""
    return _decide_lines(case, f"change:{case.event.subject}")


def decide_one_off(case: Case) -> Decision:
    """Bill what a person asked for."""
    return _decide_lines(case, case.event.subject)


def _decide_lines(case: Case, unit: str) -> Decision:
    if held := contradiction(case, [unit]):
        return held
    return known(case, unit) if case.is_owed(unit) else _bill_lines(case, unit)


def _part(rule: BillingRule) -> str:
    """Name the part of a deal that a rule bills, so that a share never meets the whole."""
    if rule.part or rule.percent is None:
        return rule.part
    return f"{plain(rule.percent.normalize())}%"


def _too_late(case: Case, whole: Sequence[Obligation]) -> Hold | None:
    """Refuse a deposit when the invoice that would take it off again is owed already."""
    match case.agreement.pricing:
        case Project() as project:
            units = closing_units(project)
            billed = [unit for unit in units if case.is_owed(unit)]
            is_late, last = len(billed) == len(units), "the whole project"
            if any(one.is_deposit for one in case.owed.of(case.agreement.key)):
                return None  # it has one, and there is only one
        case _:
            is_late, last = bool(whole), ", ".join(one.key.unit for one in whole)
    if not is_late:
        return None
    return Hold(
        "deposit_too_late",
        f"a deposit is asked for by {case.event.source} {case.event.subject}, but {last} is billed"
        f" already under {case.agreement.key}: no later invoice would take the deposit off again",
    )


def _billed_whole(case: Case, other: Obligation) -> Decision:
    """Answer for a deal that another rule billed in full, as a part of another name."""
    told = case.items or case.event.claims
    if told and (items_of(other.work) or other.claims):
        return known(case, other.key.unit)  # they were compared
    return Hold(
        "amounts_disagree",
        f"rule {other.rule} bills all of {other.subject} as {other.key.unit} already, and nothing"
        f" tells whether rule {case.rule.name} is about the same amount",
        (other.key,),
    )


def _billed_elsewhere(case: Case, deal: str) -> Hold | None:
    """Refuse to bill a deal whose lines are billed under another agreement of the client.

    The deposit of a project has no lines: it is about the project's own price.
    """
    event, agreement = case.event, case.agreement.key
    for one in case.owed.obligations.values():
        is_same = one.kind in DEALS and one.subject == deal and bool(one.work)
        if is_same and one.key.agreement != agreement:
            return Hold(
                "amounts_disagree",
                f"{deal} is billed as {one.key.unit} under {one.key.agreement} already, but"
                f" {event.source} {event.subject} is about it under {agreement}: if it is one"
                " sale, acknowledge this, or correct the source and decide again; if"
                " there are two, give the second a deal of its own",
                (one.key,),
            )
    return None


def _bill_lines(case: Case, unit: str, deal: str = "") -> Decision:
    if not case.work:
        event = case.event
        reason = f"{event.source} sent no lines for {event.subject}{case.left_out}"
        return Hold("nothing_to_bill", reason)
    return bill(case, Owing(unit, case.work, subject=deal))


def _decide_deposit(case: Case, deal: str, unit: str) -> Decision:
    """Bill a deposit; a project has one, whatever document or deal asks for it again."""
    pricing, percent = case.agreement.pricing, case.rule.percent
    if not isinstance(pricing, Project):
        if not case.work:
            return _bill_lines(case, unit)
        deposit = Owing(unit, case.work, subject=deal, share=percent, is_deposit=True)
        return bill(case, deposit)
    for one in case.owed.of(case.agreement.key):
        if one.is_deposit:
            return known(case, one.key.unit)
    deposit = Owing(unit, subject=deal, share=percent, is_deposit=True)
    if percent is None and pricing.deposit is not None:
        terms = pricing.deposit
        deposit = replace(deposit, share=terms.percent, fixed=terms.amount)
    return bill(case, deposit)


def _same_whole(case: Case, deal: str) -> list[Obligation]:
    """Return what is owed as parts of the same deal, or as the deposit of the same project."""
    is_project = isinstance(case.agreement.pricing, Project)
    return [
        one
        for one in case.owed.of(case.agreement.key)
        if (one.kind in DEALS and one.subject == deal) or (is_project and one.is_deposit)
    ]


def _worth(case: Case) -> tuple[Money, str] | None:
    match case.agreement.pricing:
        case Project(total=total):
            return total, f"total of {case.agreement.key}"
        case _:
            return None
