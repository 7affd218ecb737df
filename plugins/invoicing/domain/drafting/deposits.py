"""Deposits: which of them an invoice settles, and how they are taken off with their tax."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from invoicing.domain.agreements import DepositStyle, Frame, Project
from invoicing.domain.draft import DepositDeduction, Draft, DraftRecord, deposit_ref
from invoicing.domain.drafting.project import step_of
from invoicing.domain.drafting.sheet import ONE, HeldError, Sheet
from invoicing.domain.drafting.worth import ALL
from invoicing.domain.money import Money, percent_of, plain
from invoicing.domain.rules import DEPOSIT, BillingRule
from invoicing.domain.states import DraftState
from invoicing.domain.tax import TaxGroup, bases_left, split_tax
from invoicing.domain.totals import Policy, Sums, deduct_deposits, round_to_step


def deposits_to_settle(sheet: Sheet, units: Collection[str]) -> tuple[Draft, ...]:
    """Return the deposits that the invoice for ``units`` settles; each must be issued by now.

    A project's last invoice settles all of them; under a frame, the invoice for a deal settles the
    deposit of that deal.
    """
    match sheet.agreement.pricing:
        case Project() as project:
            return _issued(sheet, None) if _completes(sheet, project, units) else ()
        case Frame():
            parts = [_part(rule) for rule in sheet.rules if rule.name == sheet.obligation.rule]
            if not parts:
                _no_deposits(sheet)
                return ()
            return _issued(sheet, frozenset(_deal(unit, parts[0]) for unit in units))
        case _:
            return ()


def _part(rule: BillingRule) -> str:
    """Name the part of a deal that a rule bills, as its units do: a share by its percentage."""
    if rule.part or rule.percent is None:
        return rule.part
    return f"{plain(rule.percent.normalize())}%"


def _deal(unit: str, part: str) -> str:
    """Return the deal that a unit is the ``part`` of."""
    return unit.removesuffix(f":{part}") if part else unit


def _no_deposits(sheet: Sheet) -> None:
    """Refuse to guess which deposit belongs to which deal."""
    for record in sheet.earlier:
        if record.draft.is_deposit:
            unit = sheet.obligation.key.unit
            raise _rule_gone(sheet.obligation.rule, unit, f"{record.draft.title} ({record.id})")


def _rule_gone(rule: str, unit: str, deposit: str) -> HeldError:
    return HeldError(
        "not_computable",
        f"rule {rule!r} left config/rules.yaml, so nothing says whether {unit} settles {deposit}",
    )


def _completes(sheet: Sheet, project: Project, units: Collection[str]) -> bool:
    """Tell whether every milestone and every step is on this invoice or on an earlier draft."""
    if all(unit.startswith("change:") for unit in units):
        return False
    drafted = _drafted(sheet) | sheet.standing.void | set(units)
    if project.milestones:
        return all(one.key in drafted for one in project.milestones)
    return any(step_of(unit) == ALL for unit in drafted)


def _drafted(sheet: Sheet) -> set[str]:
    return {key.unit for record in sheet.earlier for key in record.draft.obligations}


def _issued(sheet: Sheet, deals: frozenset[str] | None) -> tuple[Draft, ...]:
    """Return the deposits (of these deals) that no invoice has settled yet."""
    settled = {ref for record in sheet.earlier for ref in record.draft.records}
    waiting = [
        record
        for record in sheet.earlier
        if record.draft.is_deposit
        and deposit_ref(record.id) not in settled
        and _belongs(sheet, record, deals)
    ]
    for record in waiting:
        if record.state is not DraftState.ISSUED:
            raise _not_issued(f"{record.draft.title} ({record.id}) is {record.state}")
        if record.id in sheet.standing.credited:
            raise HeldError(
                "deposit_credited",
                f"a part of the deposit {record.draft.title} ({record.id}) was credited, so it"
                " cannot be taken off as it was charged: correct or void it first",
            )
    for unit in sorted(_deposits_owed(sheet, deals) - _drafted(sheet)):
        raise _not_issued(f"{unit} is owed, but has no draft")
    return tuple(record.draft for record in waiting)


def _belongs(sheet: Sheet, record: DraftRecord, deals: frozenset[str] | None) -> bool:
    """Tell whether a deposit is one of these deals: its rule says which part of them it is."""
    if deals is None:
        return True
    units, rule = [key.unit for key in record.draft.obligations], record.draft.lines[0].rule
    parts = [_part(one) for one in sheet.rules if one.name == rule]
    found = {_deal(unit, part) for unit in units for part in parts if _is_part(unit, part)}
    found |= {deal for unit, deal in _named(sheet, units)} if not found else set()
    if not found and any(_may_be_of(unit, deal) for unit in units for deal in deals):
        raise _rule_gone(rule, sheet.obligation.key.unit, f"{record.draft.title} ({record.id})")
    return not found.isdisjoint(deals)


def _is_part(unit: str, part: str) -> bool:
    return not part or unit == part or unit.endswith(f":{part}")


def _named(sheet: Sheet, units: Iterable[str]) -> set[tuple[str, str]]:
    """Return the units that are named like the deposit of a deal, each with that deal."""
    parts = {DEPOSIT, *(_part(rule) for rule in sheet.rules if rule.is_deposit)}
    return {(unit, _deal(unit, part)) for unit in units for part in parts if _is_part(unit, part)}


def _deposits_owed(sheet: Sheet, deals: frozenset[str] | None) -> set[str]:
    """Return the units owed that are deposits (of these deals), by the ledger or by their names."""
    standing = sheet.standing
    named = _named(sheet, standing.owed | standing.deposits_owed)
    found = {unit for unit, deal in named if deals is None or deal in deals}
    # The rule of the others left the book: rather wait for one too many than bill too much.
    for unit in standing.deposits_owed - {unit for unit, _ in named}:
        if deals is None or any(_may_be_of(unit, deal) for deal in deals):
            found.add(unit)
    return found


def _may_be_of(unit: str, deal: str) -> bool:
    return unit == deal or unit.startswith(f"{deal}:")


def _not_issued(what: str) -> HeldError:
    return HeldError(
        "deposit_not_issued", f"{what}: this invoice settles the deposit, so issue that one first"
    )


def style_of(sheet: Sheet) -> DepositStyle:
    """Return how the agreement wants its deposits settled."""
    match sheet.agreement.pricing:
        case Project(deposit=terms) if terms is not None:
            return terms.style
        case _:
            return DepositStyle.FULL


def add_remainder_lines(sheet: Sheet, deposits: Sequence[Draft]) -> None:
    """Write a line for each tax rate of each deposit that takes it off as it was charged."""
    for deposit in deposits:
        for group in deposit.taxes:
            for rate, charged in group.amounts(inside=deposit.prices_include_tax):
                text = sheet.say("charged_already", what=deposit.title)
                sheet.add(
                    text, -ONE, "item", charged, -charged,
                    f"the deposit with its tax {group.tax} as charged: -1 x {charged}",
                    rate=rate, records=(deposit_ref(deposit.id),),
                )  # fmt: skip


def settle(whole: Sums, deposits: Sequence[Draft], style: DepositStyle, policy: Policy) -> Sums:
    """Take deposits off the sums of a whole: as paid, or from its net and tax.

    Either way the taxes of all invoices add up to the tax on the whole: that of a deposit counts as
    it was charged, to the cent.
    """
    left = deduct_deposits(whole.totals, [deposit.totals for deposit in deposits])
    withheld = percent_of(left.net, policy.withholding_percent, policy.rounding)
    payable = left.gross - withheld
    rounding = Money.zero(policy.currency)
    if policy.cash_step is not None:
        rounding = round_to_step(payable, policy.cash_step) - payable
    totals = replace(whole.totals, withheld=withheld, rounding=rounding, due=payable + rounding)
    if style is DepositStyle.FULL:
        return replace(whole, totals=replace(totals, paid=left.paid_gross))
    inside = policy.prices_include_tax
    off = left.paid_gross if inside else left.paid_net
    return replace(
        whole,
        taxes=_left(whole.taxes, deposits),
        totals=replace(totals, sum=totals.sum - off, net=left.net, tax=left.tax, gross=left.gross),
    )


def _left(whole: Sequence[TaxGroup], deposits: Sequence[Draft]) -> tuple[TaxGroup, ...]:
    groups = {group.rate.group: group for group in whole}
    for deposit in deposits:
        for charged in deposit.taxes:
            before = groups.get(charged.rate.group)
            inside = deposit.prices_include_tax
            groups[charged.rate.group] = _less(before, charged, inside=inside)
    return tuple(groups.values())


def _less(before: TaxGroup | None, charged: TaxGroup, *, inside: bool) -> TaxGroup:
    """Return a group without what a deposit charged, at the rate that the deposit was taxed at."""
    nothing = Money.zero(charged.tax.currency)
    told = ""
    if before is None:
        before = TaxGroup(charged.rate, nothing, nothing, "")
    else:
        told = f"{before.explanation}; "
    rate, net, tax = before.rate, before.net, before.tax
    rest = tax - charged.tax
    how = f"{told}tax on the whole {tax}, less {charged.tax} charged with the deposit"
    names = (part.name for part in rate.parts)
    shares = tuple(zip(names, split_tax(rest, rate.parts), strict=True))
    bases = bases_left(before, charged, inside=inside)
    return TaxGroup(rate, net - charged.net, rest, how, shares, bases)


def deductions(deposits: Sequence[Draft]) -> tuple[DepositDeduction, ...]:
    """Name deposits with what was charged for them."""
    return tuple(
        DepositDeduction(
            deposit.id, deposit.title, deposit.totals.net, deposit.totals.tax, deposit.totals.gross
        )
        for deposit in deposits
    )
