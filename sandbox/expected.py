"""What must come out of the demo: every invoice of every way of billing, with its exact amount."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """An invoice that has to come: what it is, for which thing owed, over how much.

    ``due`` is what is left to pay where that is not the gross amount.
    """

    what: str
    agreement: str
    unit: str
    gross: str
    due: str = ""


SMALL = Expected("a small deal", "nordwind-projects", "D-1001:onboarding", "1428.00 EUR")
BIG = Expected("a big deal", "nordwind-projects", "D-1002:onboarding", "22015.00 EUR")
HARBOR = Expected("a retainer", "harbor-support", "2026-11-01", "2400.00 USD")
BLOCK = Expected("a prepaid block", "alpina-support", "block:1", "3891.60 CHF")
DEPOSIT = Expected("a deposit", "kestrel-portal", "S-501:deposit", "11424.00 EUR")
ESTIMATE = Expected("an estimate with discounts", "tessin-projects", "Q-2001", "7568.38 CHF")
PART_1 = Expected("an instalment", "larkspur-licence", "2026-11-01", "1000.00 USD")
MANAGED_1 = Expected("managed services", "ostwind-managed", "2026-11-01", "1785.00 EUR")

AT_ONCE = (SMALL, BIG, HARBOR, BLOCK, DEPOSIT, ESTIMATE, PART_1, MANAGED_1)

# Two weeks later: work was done, and hours came together.
LATER = (
    Expected("a milestone", "kestrel-portal", "concept", "11424.00 EUR"),
    Expected("a change order", "kestrel-portal", "change:C-31", "2618.00 EUR"),
    Expected("an onboarding", "tessin-projects", "onboarding", "1243.15 CHF"),
    Expected("progress of 25 %", "pinecrest-migration", "step:25", "10000.00 USD"),
    Expected("progress of 50 %", "pinecrest-migration", "step:50", "10000.00 USD"),
    Expected("forty hours", "juniper-cloud", "hours:1", "6000.00 USD"),
    Expected("the next block", "alpina-support", "block:2", "3891.60 CHF"),
)

# The next month: what is billed in arrears, and the end of a project.
NEXT_MONTH = (
    Expected("December's retainer", "harbor-support", "2026-12-01", "2400.00 USD"),
    Expected("overage and credits", "ostwind-managed", "2026-12-01", "2581.11 EUR"),
    Expected("hours of November", "meridian-data", "2026-11-01", "11108.17 EUR"),
    Expected("the second instalment", "larkspur-licence", "2026-12-01", "1000.00 USD"),
    Expected("all that is left", "kestrel-portal", "build", "45696.00 EUR", "34272.00 EUR"),
)


def one_off(run_id: str) -> Expected:
    """Return what the form's run has asked for."""
    return Expected("a one-off from the form", "nordwind-projects", run_id, "1725.50 EUR")
