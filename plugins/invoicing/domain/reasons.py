"""Reasons: all that makes a draft one a person must see, each of them enough alone."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from invoicing.domain.bounds import RELEASED
from invoicing.domain.draft import AppliedDiscount, Draft, Line
from invoicing.domain.money import EXACT, Money, plain, total
from invoicing.domain.parties import Exemption
from invoicing.domain.review import ReviewFacts, ReviewPolicy, ReviewReason
from invoicing.domain.usual import usual_amount

# Airflow's reader of a review sees the text; a rule of the chain names the code.
FLAGS = {
    "disputed_scope": "the scope of this work is disputed",
    "terms_not_standard": "the agreement differs from our standard terms",
    RELEASED: "a person let it pass the safety bounds",
}
_REVERSE_CHARGE = frozenset({"AE", "K"})  # EN 16931: the recipient owes the tax
_EXEMPT = "E"
_CERTIFICATE_DAYS = timedelta(days=30)
_PREFIXES = {"GR": "EL"}  # the one EU country whose VAT ids do not begin with its ISO code
_HISTORY = 24
_HUNDRED = Decimal(100)
Found: TypeAlias = tuple[str, str]  # a code and a sentence


def review_reasons(
    draft: Draft, policy: ReviewPolicy, facts: ReviewFacts
) -> tuple[ReviewReason, ...]:
    """Return every reason to ask a person; none means the draft may pass by itself."""
    found = (
        *_amount(draft.totals.gross, policy),
        *_client(draft, policy, facts),
        *_flagged(draft.flags),
        *_discounts(draft, policy, facts),
        *_tax_check(draft),
        *_unusual(draft.totals.gross, policy, facts.history),
    )
    return tuple(ReviewReason(code, text) for code, text in found)


def _amount(gross: Money, policy: ReviewPolicy) -> Iterator[Found]:
    threshold = policy.thresholds.get(gross.currency)
    if threshold is None:
        yield "no_threshold", f"no review threshold is set for {gross.currency}"
    elif gross >= threshold:
        yield "amount", f"{gross} is at or over the threshold of {threshold}"


def _client(draft: Draft, policy: ReviewPolicy, facts: ReviewFacts) -> Iterator[Found]:
    client = draft.client
    if facts.first_invoice:
        yield "first_invoice", "first invoice to this client"
    if client.credit_hold:
        yield "credit_hold", f"{client.key} is on credit hold"
    if client.type in policy.client_types:
        yield "client_type", f"every invoice to a client of type {client.type} is reviewed"
    if draft.category in policy.categories:
        yield "category", f"every invoice about {draft.category} is reviewed"


def _flagged(flags: tuple[str, ...]) -> Iterator[Found]:
    for flag in flags:
        if flag in FLAGS:
            yield flag, FLAGS[flag]
        else:
            yield "flag", f"flagged {flag}"


def _discounts(draft: Draft, policy: ReviewPolicy, facts: ReviewFacts) -> Iterator[Found]:
    """Judge each discount by itself, and all that is taken off together: small ones add up."""
    limit = policy.discount_limit_percent
    open_ones = [
        applied
        for applied in (*draft.discounts, *draft.whole_discounts)
        if not _granted(applied, policy, facts)
    ]
    found = [*_of_lines(draft, limit), *_of_document(open_ones, draft.totals.sum, limit)]
    yield from found or _together(draft, open_ones, limit)


def _of_lines(draft: Draft, limit: Decimal) -> Iterator[Found]:
    for line in draft.lines:
        off = line.discount
        if line.discount_percent > limit:
            yield "discount", f"line {line.position} has {plain(line.discount_percent)} % off"
        elif off is not None and not line.discount_percent and _over(limit, off, line.net + off):
            yield "discount", f"line {line.position} has {off} off"


def _of_document(
    discounts: Sequence[AppliedDiscount], whole: Money, limit: Decimal
) -> Iterator[Found]:
    for applied in discounts:
        if _exceeds(applied, whole, limit):
            yield (
                "discount",
                (
                    f"{applied.discount.reason}: {applied.amount} off, over the limit of"
                    f" {plain(limit)} %, and none of our approvers granted it"
                ),
            )


def _together(
    draft: Draft, discounts: Sequence[AppliedDiscount], limit: Decimal
) -> Iterator[Found]:
    """Ask about discounts and rebates that are over the limit only when they are added up."""
    if draft.whole_discounts:  # the whole is not on this draft, so percentages must do
        shares = [one.discount.percent for one in discounts]
        percent = sum((one for one in shares if one is not None), Decimal(0))
        if percent > limit:
            yield "discount", f"{plain(percent)} % off together, over the limit of {plain(limit)} %"
        return
    lines = [line for line in draft.lines if not _is_agreed(line, draft)]
    nothing = Money.zero(draft.currency)
    off = [line.discount for line in lines if line.discount is not None]
    whole = total((line.net for line in lines if line.net >= nothing), draft.currency)
    whole += total(off, draft.currency)
    off += [-line.net for line in lines if line.net < nothing]
    off += [one.amount for one in discounts if one.amount > nothing]
    together = total(off, draft.currency)
    if off and _over(limit, together, whole):
        text = f"{together} of {whole} is taken off together, over the limit of {plain(limit)} %"
        yield "discount", text


def _is_agreed(line: Line, draft: Draft) -> bool:
    """Tell whether a line below zero follows from the agreement: a cap, a deposit, a new plan."""
    if line.net.amount >= 0:
        return False
    own = f"{draft.obligations[0].agreement}:"
    return line.settles_deposit or all(ref.record_id.startswith(own) for ref in line.records)


def _granted(applied: AppliedDiscount, policy: ReviewPolicy, facts: ReviewFacts) -> bool:
    # A source may write any name here, so only the name of one of our approvers counts.
    granted_by = applied.discount.approved_by
    return granted_by in policy.approvers and granted_by not in {facts.author, *facts.authors}


def _exceeds(applied: AppliedDiscount, whole: Money, limit: Decimal) -> bool:
    if applied.discount.percent is not None:
        return applied.discount.percent > limit
    return _over(limit, applied.amount, whole)


def _over(limit: Decimal, off: Money, whole: Money) -> bool:
    return abs(off.amount) * _HUNDRED > abs(whole.amount) * limit


def _tax_check(draft: Draft) -> Iterator[Found]:
    codes = {group.rate.code for group in draft.taxes}
    client = draft.client
    if codes & _REVERSE_CHARGE:
        country = client.address.country
        if not client.tax_id:
            yield "tax_check", f"{client.key} owes the tax itself but has no tax id"
        elif client.tax_id[:2].upper() not in {country, _PREFIXES.get(country)}:
            yield "tax_check", f"the tax id of {client.key} is not one of {country}"
    if _EXEMPT in codes and client.exemption is not None:
        yield from _certificate(client.key, client.exemption, draft.supplied_on)


def _certificate(client: str, exemption: Exemption, day: date) -> Iterator[Found]:
    if exemption.valid_to is not None and exemption.valid_to - day <= _CERTIFICATE_DAYS:
        yield (
            "tax_check",
            (
                f"the exemption of {client} (certificate {exemption.certificate}) ends on"
                f" {exemption.valid_to}"
            ),
        )


def _unusual(gross: Money, policy: ReviewPolicy, history: tuple[Money, ...]) -> Iterator[Found]:
    factor = policy.unusual_factor
    usual = usual_amount(history, gross.currency, policy.unusual_after, _HISTORY)
    if factor is None or usual is None:
        return
    # As numbers: so many times an amount may be more than money can be.
    over = gross.amount > EXACT.multiply(usual.amount, factor)
    if over or EXACT.multiply(gross.amount, factor) < usual.amount:
        middle = usual.rounded()
        text = f"{gross} is out of the ordinary: this agreement's invoices come to {middle} or so"
        yield "unusual", text
