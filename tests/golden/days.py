"""Cases about days: periods, due dates, months in a time zone, numbers that turn with the year."""

from collections import defaultdict
from itertools import count

from invoicing.domain.issue import SeriesKey, format_number, series_key
from invoicing.domain.money import Money, total
from invoicing.domain.parties import Reset, Series
from invoicing.domain.periods import Cycle, Unit, local_date, local_month, period
from invoicing.domain.terms import Terms, TermsKind, due_date
from tests.golden.compare import Result
from tests.golden.fields import Fields
from tests.golden.invoices import seller

CYCLES = {
    "every_months": Unit.MONTH,
    "every_years": Unit.YEAR,
    "every_weeks": Unit.WEEK,
    "every_days": Unit.DAY,
}
DAILY = Cycle(1, Unit.DAY)
ADJUSTED = {"none": False, "following": True}


def periods(case: Fields) -> Result:
    """Count periods from their anchor."""
    start = case.day("start", case.text("timezone", ""))
    (named,) = (name for name in CYCLES if name in case)
    cycle = Cycle(case.whole(named), CYCLES[named])
    found = [period(start, index, cycle) for index in range(case.whole("count"))]
    return {"periods": [{"start": str(each.starts_on), "end": str(each.ends_on)} for each in found]}


def due(case: Fields) -> Result:
    """Find the due date and the days of reminders around it."""
    terms = Terms(
        case.whole("days"),
        TermsKind(case.text("terms")),
        next_business_day=ADJUSTED[case.text("adjust", "none")],
    )
    issued_on = case.day("issue_date", case.text("timezone", ""))
    last = due_date(issued_on, terms, case.days("holidays"))
    reminders = [period(last, int(days), DAILY).starts_on for days in case.numbers("reminders")]
    return {"due_date": str(last), "reminders": [str(day) for day in reminders]}


def bucket(case: Fields) -> Result:
    """Put amounts into the months of a time zone."""
    currency, zone = case.text("currency"), case.text("timezone")
    months: defaultdict[str, list[Money]] = defaultdict(list)
    for entry in case.items("entries"):
        month = local_month(entry.instant("at"), zone)
        months[month].append(entry.money("amount", currency))
    return {"months": {month: total(each, currency) for month, each in months.items()}}


def numbering(case: Fields) -> Result:
    """Number what is issued; nothing else takes a number, and none is used twice."""
    entity = seller(case.text("timezone"))
    pattern = case.text("pattern").replace("{seq", "{number")
    reset, names = Reset(case.text("reset", Reset.YEARLY)), case.child("series").texts()
    taken: defaultdict[SeriesKey, count[int]] = defaultdict(lambda: count(1))
    numbers: list[str | None] = []
    for event in case.items("events"):
        event.skip("type", "at", "number")
        if event.text("event") != "issue":
            numbers.append(None)
            continue
        series = Series(names[event.text("type", "invoice")], pattern, reset)
        now = event.instant("at")
        sequence = next(taken[series_key(entity, now, series)])
        numbers.append(format_number(series, local_date(now, entity.zone), sequence))
    return {"numbers": numbers}
