"""Build: the facts of a client, an agreement and its work become a draft, or a question."""

from collections.abc import Sequence

from invoicing.domain.agreements import (
    Agreement,
    DepositStyle,
    Frame,
    Instalments,
    PrepaidBlock,
    Project,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.book import Book
from invoicing.domain.discounts import Discount
from invoicing.domain.draft import Draft, Standing, invoice_id
from invoicing.domain.drafting.applied import applied
from invoicing.domain.drafting.block import price_block
from invoicing.domain.drafting.caps import limit_to_cap
from invoicing.domain.drafting.checks import check_due, check_taxes, taxes_in_books
from invoicing.domain.drafting.deposits import (
    add_remainder_lines,
    deductions,
    deposits_to_settle,
    settle,
    style_of,
)
from invoicing.domain.drafting.frame import price_frame, price_work
from invoicing.domain.drafting.instalments import price_instalment
from invoicing.domain.drafting.items import hours_of_work
from invoicing.domain.drafting.phrases import Phrases
from invoicing.domain.drafting.project import check_total, price_project
from invoicing.domain.drafting.retainer import price_retainer
from invoicing.domain.drafting.shares import is_part, price_part
from invoicing.domain.drafting.sheet import HeldError, Sheet
from invoicing.domain.drafting.time_and_materials import price_time
from invoicing.domain.errors import MoneyError, NotFoundError
from invoicing.domain.events import EventKind, Reference
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.totals import Extras, Policy, Sums, compute_sums
from invoicing.domain.work import TimeEntry, ref_of

_FRESH = Standing()
_ORDER = "order"  # the kind of reference that a client's order number is
TERMS_NOT_STANDARD = "terms_not_standard"


def build_draft(
    obligations: Sequence[Obligation], book: Book, standing: Standing = _FRESH
) -> Draft | Hold:
    """Compute the one invoice for ``obligations`` of one agreement, or say why a person must look.

    An amount that makes no sense, or an agreement that left the book meanwhile, holds this draft
    and none of its batch.
    """
    try:
        return _build(obligations, book, standing)
    except HeldError as held:
        return held.hold
    except (MoneyError, NotFoundError, ArithmeticError) as error:
        return Hold("not_computable", str(error) or type(error).__name__)


def _build(obligations: Sequence[Obligation], book: Book, standing: Standing) -> Draft:
    draft_id = invoice_id([one.key for one in obligations])
    sheet = _open_sheet(draft_id, obligations, book, standing)
    policy, discounts = _policy(sheet), _discounts(sheet.agreement, obligations)
    deposits: tuple[Draft, ...] = ()
    if any(is_part(one) for one in obligations):
        for sheet.obligation in obligations:
            price_part(sheet, policy, discounts)
        discounts = ()  # taken off the whole already
    else:
        for sheet.obligation in obligations:
            _price(sheet)
        limit_to_cap(sheet, policy, discounts)
        units = [one.key.unit for one in obligations]
        if sheet.earlier or standing.owed or standing.deposits_owed:
            deposits = deposits_to_settle(sheet, units)
        if isinstance(pricing := sheet.agreement.pricing, Project):
            check_total(sheet, pricing, units)
    sums = _sums(sheet, policy, discounts, deposits)
    check_taxes(sheet, sums.taxes)
    check_due(sheet, sums.totals)
    return _assemble(draft_id, sheet, obligations, sums, (discounts, deposits))


def _open_sheet(
    draft_id: str, obligations: Sequence[Obligation], book: Book, standing: Standing
) -> Sheet:
    first = obligations[0]
    if len(obligations) > 1 and len({(one.key.agreement, one.client) for one in obligations}) > 1:
        raise HeldError(
            "not_computable",
            "one invoice cannot bill several agreements: "
            + ", ".join(str(one.key) for one in obligations),
        )
    earlier = standing.drafts
    if earlier:
        earlier = tuple(record for record in earlier if record.id != draft_id)
    client = book.client(first.client)
    return Sheet(
        book.agreement(first.key.agreement), client, book.entity(first.key.entity), book.taxes,
        max(one.occurred_on for one in obligations), first, earlier, standing, book.rules,
        phrases=Phrases(book.phrases.get(client.language)),
    )  # fmt: skip


def _policy(sheet: Sheet) -> Policy:
    client, entity = sheet.client, sheet.entity
    return Policy(
        client.currency, entity.rounding, entity.tax_rounding, sheet.agreement.prices_include_tax,
        client.withholding_percent, client.cash_rounding,
    )  # fmt: skip


def _discounts(agreement: Agreement, obligations: Sequence[Obligation]) -> tuple[Discount, ...]:
    return agreement.discounts + tuple(off for one in obligations for off in one.discounts)


def _price(sheet: Sheet) -> None:
    """Write the lines of one obligation, as the agreement prices it."""
    kind = sheet.obligation.kind
    match sheet.agreement.pricing:
        case Frame() as pricing:
            price_frame(sheet, pricing)
        case TimeAndMaterials() as pricing:
            price_time(sheet, pricing)
        case Project() as pricing:
            price_project(sheet, pricing)
        case Retainer() as pricing if kind is EventKind.RETAINER_DUE:
            price_retainer(sheet, pricing)
        case Instalments() as pricing if kind is EventKind.RETAINER_DUE:
            price_instalment(sheet, pricing)
        case PrepaidBlock() as pricing if kind is not EventKind.ONE_OFF_REQUESTED:
            price_block(sheet, pricing)
        case _:
            price_work(sheet)


def _sums(
    sheet: Sheet, policy: Policy, discounts: tuple[Discount, ...], deposits: Sequence[Draft]
) -> Sums:
    nets = [(line.rate, line.net) for line in sheet.lines]
    sums = compute_sums(nets, policy, Extras(discounts) if discounts else None)
    if not deposits:
        return sums
    style = style_of(sheet)
    if style is DepositStyle.REMAINDER:
        add_remainder_lines(sheet, deposits)
    return settle(sums, deposits, style, policy)


def _assemble(
    draft_id: str,
    sheet: Sheet,
    obligations: Sequence[Obligation],
    sums: Sums,
    taken_off: tuple[Sequence[Discount], Sequence[Draft]],
) -> Draft:
    first, agreement, client = obligations[0], sheet.agreement, sheet.client
    discounts, deposits = taken_off
    as_paid = deposits and style_of(sheet) is DepositStyle.FULL
    return Draft(
        id=draft_id,
        entity=sheet.entity,
        client=client,
        obligations=tuple(one.key for one in obligations),
        title=_title(sheet, obligations),
        currency=client.currency,
        supplied_on=sheet.supplied_on,
        terms=client.terms if agreement.terms is None else agreement.terms,
        lines=tuple(sheet.lines),
        taxes=sums.taxes,
        totals=sums.totals,
        rounding=str(sheet.rounding),
        period=first.period,
        discounts=tuple(applied(discounts, sums.discounts, sheet.rounded)) if discounts else (),
        deposits=deductions(deposits) if as_paid else (),
        balances=tuple(sheet.balances),
        tax_in_books=taxes_in_books(sheet, sums.totals.tax),
        references=_references(agreement, obligations),
        flags=_flags(sheet, obligations),
        category=first.category or agreement.category,
        prices_include_tax=agreement.prices_include_tax,
        is_deposit=any(one.is_deposit for one in obligations),
        whole_discounts=tuple(sheet.whole_discounts),
        timesheet=_timesheet(sheet, obligations) if agreement.timesheet else (),
    )


def _title(sheet: Sheet, obligations: Sequence[Obligation]) -> str:
    """Return what the invoice is about; where our own calendar named it, in the client's words."""
    first, what = obligations[0], sheet.agreement.description
    title = next((one.title for one in obligations if one.title), what)
    if first.period is not None and title == f"{what}, {first.period}":
        return sheet.say("in_period", what=what, period=first.period)
    return title


def _timesheet(sheet: Sheet, obligations: Sequence[Obligation]) -> tuple[TimeEntry, ...]:
    """Return the hours that the lines bill, day by day and each of them once."""
    billed = {ref for line in sheet.lines for ref in line.records}
    entries = {ref_of(entry): entry for one in obligations for entry in hours_of_work(one.work)}
    found = (entry for ref, entry in entries.items() if ref in billed)
    return tuple(sorted(found, key=lambda one: (one.worked_on, one.person, one.record_id)))


def _references(agreement: Agreement, obligations: Sequence[Obligation]) -> tuple[Reference, ...]:
    found = [reference for one in obligations for reference in one.references]
    if agreement.order_number and not any(one.kind == _ORDER for one in found):
        found.append(Reference(_ORDER, agreement.order_number))
    return tuple(dict.fromkeys(found))


def _flags(sheet: Sheet, obligations: Sequence[Obligation]) -> tuple[str, ...]:
    found = [flag for one in obligations for flag in one.flags] + sheet.flags
    if not sheet.agreement.standard_terms:
        found.append(TERMS_NOT_STANDARD)
    return tuple(dict.fromkeys(found))
