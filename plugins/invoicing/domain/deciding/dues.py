"""Periods: what the calendar makes due, with a fee of its own or only with the work there was."""

from invoicing.domain.agreements import PrepaidBlock, TimeAndMaterials
from invoicing.domain.deciding.case import Case, Owing, bill, known
from invoicing.domain.deciding.settlement import settle, until
from invoicing.domain.obligations import Decision, Hold, Ignore
from invoicing.domain.report import Due, cutoff, due_of
from invoicing.domain.work import Work


def decide_period(case: Case) -> Decision:
    """Bill a period, an instalment, a settlement or the first block of hours."""
    unit, agreement = case.event.subject, case.agreement
    if case.is_owed(unit):
        return known(case, unit)
    due = due_of(agreement, unit, case.event.occurred_on)
    if due is None:
        return Hold(
            "agreement_not_in_force", f"agreement {agreement.key} has nothing due as {unit}"
        )
    if due.is_settlement:
        # The minimum of the last period was charged with that period.
        is_time = isinstance(agreement.pricing, TimeAndMaterials)
        period = None if is_time else due.period
        return settle(case, cutoff(agreement, due), case.work, period)
    work = _work(case, due)
    if not work and not _has_fee(case):
        return Ignore(f"there is no work to bill for {unit} of {agreement.key}{case.left_out}")
    return bill(case, Owing(unit, work, period=due.period))


def _work(case: Case, due: Due) -> tuple[Work, ...]:
    """Return the work of a period; what came after it waits for the next one."""
    if isinstance(case.agreement.pricing, PrepaidBlock):
        return ()
    return until(case.work, cutoff(case.agreement, due))


def _has_fee(case: Case) -> bool:
    match case.agreement.pricing:
        case TimeAndMaterials(minimum=minimum):
            return minimum is not None
        case _:
            return True
