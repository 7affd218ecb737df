"""The small company that the machine drives: its book, in every state that people edit it into."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from invoicing.domain.agreements import (
    Agreement,
    DepositTerms,
    Frame,
    Milestone,
    Project,
    Rate,
    TimeAndMaterials,
)
from invoicing.domain.book import Book
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.money import Money
from invoicing.domain.parties import Mode
from invoicing.domain.periods import Cycle
from invoicing.domain.review import ReviewStep
from invoicing.domain.rules import Model
from tests.machine.post import ADDRESS, PERSON
from tests.support.services import AGREEMENTS, BEGINS, a_book, a_rule

TOTAL = Decimal("48000.00")
SHARES = {"concept": Decimal(20), "build": Decimal(50), "rollout": Decimal(30)}
DEPOSIT_PERCENT = Decimal(20)
FEE = Decimal("2400.00")
PER_HOUR = Decimal("110.00")
TAX = {"aurora": Decimal(0), "harbor": Decimal(0)}  # all others are at home: 19 percent
AT_HOME = Decimal(19)
BOUND = Decimal("5000.00")  # the most an invoice may come to under `tight bounds`
CONFIGS = ("as ever", "low threshold", "two steps", "nordwind off", "tight bounds")
_CENT, _HUNDRED = Decimal("0.01"), Decimal(100)


def gross_of(net: Decimal, client: str) -> Decimal:
    """Work out what an invoice of one line comes to, apart from the product."""
    tax = net * TAX.get(client, AT_HOME) / _HUNDRED
    return net + tax.quantize(_CENT, ROUND_HALF_UP)


def _project() -> Project:
    milestones = (Milestone(key, key.title(), percent=share) for key, share in SHARES.items())
    deposit = DepositTerms(percent=DEPOSIT_PERCENT)
    return Project(Money(TOTAL, "EUR"), tuple(milestones), deposit=deposit)


def _agreements() -> Mapping[str, Agreement]:
    first = date(2026, 11, 1)
    hours = TimeAndMaterials((Rate("engineer", Money(PER_HOUR, "EUR"), BEGINS),), cycle=Cycle())
    more = (
        Agreement(
            "kestrel-portal", "kestrel", "brightwater", "Portal", BEGINS, BEGINS, _project()
        ),
        Agreement(
            "meridian-data", "meridian", "brightwater", "Data", first, first, hours,
            work_source="psa",
        ),
        Agreement(
            "solveig-projects", "solveig", "brightwater", "Projects", BEGINS, BEGINS, Frame()
        ),
    )  # fmt: skip
    return {one.key: one for one in (*AGREEMENTS, *more)}


def the_book(name: str) -> Book:
    """Return the book as one of `CONFIGS` has it."""
    book = a_book(
        thresholds=("1000.00 EUR", "1000.00 USD") if name == "low threshold" else (
            "5000.00 EUR", "5000.00 USD"
        ),
    )  # fmt: skip
    home = book.client("nordwind")
    new = {key: replace(home, key=key, name=key.title()) for key in ("kestrel", "meridian")}
    shadow = replace(home, key="solveig", name="Solveig", mode=Mode.SHADOW)
    clients = {**book.clients, **new, "solveig": shadow}
    if name == "nordwind off":
        clients["nordwind"] = replace(home, mode=Mode.OFF)
    rules = (
        a_rule("retainers", Model.RETAINER),
        a_rule("deposits", Model.DEAL, part="deposit", clients=frozenset({"kestrel"})),
        a_rule(
            "deals", Model.DEAL, clients=frozenset({"nordwind", "aurora", "solveig"})
        ),
        a_rule("milestones", Model.MILESTONE),
        a_rule("one-off", Model.ONE_OFF),
    )  # fmt: skip
    most = {one: Money(Decimal(100_000), one) for one in ("EUR", "USD")}
    by_mail = replace(book.review.approvers[PERSON], email=ADDRESS, mail_limits=most)
    policy = replace(book.review, approvers={**book.review.approvers, PERSON: by_mail})
    if name == "two steps":
        people = tuple(policy.approvers)
        chain = (ReviewStep("finance", people), ReviewStep("lead", people))
        policy = replace(policy, chain=chain)
    bounds = SafetyBounds(
        {"EUR": Money(BOUND, "EUR")} if name == "tight bounds" else {}, per_client_and_day=1000
    )
    return replace(
        book,
        clients=clients,
        agreements=_agreements(),
        rules=rules,
        review=policy,
        bounds=bounds,
    )
