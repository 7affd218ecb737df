"""Which function of this driver reads which kind of case."""

from collections.abc import Callable, Mapping

from tests.golden import days, invoices, payments, prices
from tests.golden.compare import Result
from tests.golden.fields import Fields

KINDS: Mapping[str, Callable[[Fields], Result]] = {
    "block": prices.block,
    "bucket": days.bucket,
    "cap": prices.cap,
    "commit": prices.commit,
    "credits": invoices.credits_,
    "deposit_final": invoices.deposit_final,
    "due": days.due,
    "elapsed": prices.elapsed,
    "expense": prices.expense,
    "instalments": prices.instalments,
    "interest": payments.interest,
    "metric": payments.metric,
    "numbering": days.numbering,
    "payments": payments.payments,
    "periods": days.periods,
    "plan_change": prices.plan_change,
    "proration": prices.proration,
    "rate_by_date": invoices.rate_by_date,
    "skonto": payments.skonto,
    "threshold": prices.threshold,
    "tiers": prices.tiers,
    "timesheet": prices.timesheet,
    "totals": invoices.totals,
}
