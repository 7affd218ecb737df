"""config/review.yaml: which drafts a person must see, who may answer, and what none may exceed."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from invoicing.config.days import WrittenPeriod
from invoicing.config.fields import (
    Count,
    Key,
    Line,
    Login,
    MoneyText,
    OptionalEmail,
    OptionalLogin,
    OptionalPercent,
    OptionalPositiveNumber,
    PositiveNumber,
)
from invoicing.config.readers import FieldError
from invoicing.config.written import Written
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.money import Money
from invoicing.domain.review import Approver, ReviewPolicy, ReviewStep

_ONLY_STEP = "review"


class WrittenApprover(Written):
    """Somebody who may approve, reject or send back."""

    noun: ClassVar[str] = "person"

    login: Login = Field(description="Login name in Airflow.")
    limits: tuple[MoneyText, ...] = Field(
        default=(),
        description="Highest gross total this person may approve, one amount per currency; without"
        " this key: any amount.",
    )
    delegate: OptionalLogin = Field(
        default=None, description="Login of the person who is asked instead while this one is away."
    )
    away: tuple[WrittenPeriod, ...] = Field(
        default=(), description="Days on which this person cannot answer."
    )
    email: OptionalEmail = Field(
        default=None,
        description="Address that questions are mailed to and answered from; needs `mail_limits`.",
    )
    mail_limits: tuple[MoneyText, ...] = Field(
        default=(),
        description="Highest gross total this person may approve by mail, one amount per currency;"
        " without this key: none.",
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield limits that contradict each other, and a delegate who is nobody else."""
        yield from _repeated(self.limits, "limits")
        yield from _repeated(self.mail_limits, "mail_limits")
        yield from self._mail_mistakes()
        if self.delegate == self.login:
            text = f"{self.login!r} cannot stand in for {self.login!r}"
            yield FieldError(text, "Name somebody else, or remove the key.", ("delegate",))

    def _mail_mistakes(self) -> Iterator[FieldError]:
        """Yield mail limits that nobody is asked by, or that promise more than the limits."""
        if self.mail_limits and self.email is None:
            text = "nobody is asked by mail without an address"
            yield FieldError(text, "Write email: and the person's address.", ("mail_limits",))
        limits = _by_currency(self.limits)
        for index, amount in enumerate(self.mail_limits):
            highest = limits.get(amount.currency)
            if self.limits and (highest is None or amount > highest):
                text = f"{amount} is more than this person may approve at all"
                advice = "Write no more than limits has in this currency."
                yield FieldError(text, advice, ("mail_limits", index))

    def to_domain(self) -> Approver:
        """Hand the person to the domain."""
        return Approver(
            self.login,
            _by_currency(self.limits),
            self.delegate or "",
            tuple(stretch.to_domain() for stretch in self.away),
            self.email or "",
            _by_currency(self.mail_limits),
        )


class WrittenReviewStep(Written):
    """One link of the chain: every link needs an approval by another person."""

    noun: ClassVar[str] = "review step"

    name: Key = Field(description="Name of the step, shown in the request and the trail.")
    approvers: tuple[Login, ...] = Field(
        min_length=1, description="Logins of those who are asked, as `people` lists them."
    )
    reasons: tuple[Key, ...] = Field(
        default=(),
        description="Codes of the reasons it is asked for, such as `amount` or `discount`; without"
        " this key: every one.",
    )

    def to_domain(self) -> ReviewStep:
        """Hand it to the domain."""
        return ReviewStep(self.name, self.approvers, frozenset(self.reasons))


class WrittenUnusual(Written):
    """When an amount is so far from the usual one that a person looks."""

    noun: ClassVar[str] = "unusual amount"

    factor: PositiveNumber = Field(
        description="So many times the median of the agreement's invoices, or one so-many-th of it."
    )
    after: Count = Field(default=3, description="Invoices that an agreement must have before.")

    def mistakes(self) -> Iterator[FieldError]:
        """Yield a factor that makes every amount unusual."""
        if self.factor <= 1:
            text = f"with {self.factor} every invoice would be unusual"
            yield FieldError(text, "Write a number above 1, such as 3.", ("factor",))


class WrittenBounds(Written):
    """What no draft may exceed, unless a person lets it pass."""

    noun: ClassVar[str] = "safety bounds"

    gross: tuple[MoneyText, ...] = Field(
        default=(), description="Highest gross total of an invoice, one amount per currency."
    )
    lines: Count = Field(default=1000, description="Most lines of an invoice.")
    per_client_and_day: Count = Field(
        default=20, description="Most drafts of one client with the same tax point."
    )
    gross_per_client_and_day: tuple[MoneyText, ...] = Field(
        default=(),
        description="Most that the drafts of one client with the same tax point come to together,"
        " one amount per currency.",
    )
    per_client_and_run: Count = Field(
        default=100, description="Most drafts that one run makes for one client."
    )
    median_factor: OptionalPositiveNumber = Field(
        default=None, description="Most an invoice may be, in medians of its agreement's invoices."
    )
    median_after: Count = Field(
        default=3, description="Invoices that an agreement must have before its median counts."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield bounds that contradict each other."""
        yield from _repeated(self.gross, "gross")
        yield from _repeated(self.gross_per_client_and_day, "gross_per_client_and_day")
        yield from self._out_of_reach()
        if self.median_factor is not None and self.median_factor <= 1:
            text = f"{self.median_factor} would stop every usual invoice"
            yield FieldError(text, "Write a number above 1, such as 10.", ("median_factor",))

    def _out_of_reach(self) -> Iterator[FieldError]:
        """Yield days that may come to less than one of their invoices may."""
        single = _by_currency(self.gross)
        for index, whole in enumerate(self.gross_per_client_and_day):
            one = single.get(whole.currency)
            if one is not None and whole < one:
                text = f"a day of {whole} at most cannot hold an invoice of {one}, which gross lets"
                advice = f"Write {one} or more, or lower gross."
                yield FieldError(text, advice, ("gross_per_client_and_day", index))

    def to_domain(self) -> SafetyBounds:
        """Hand the bounds to the domain."""
        return SafetyBounds(
            gross=_by_currency(self.gross),
            lines=self.lines,
            per_client_and_day=self.per_client_and_day,
            gross_per_client_and_day=_by_currency(self.gross_per_client_and_day),
            per_client_and_run=self.per_client_and_run,
            median_factor=self.median_factor,
            median_after=self.median_after,
        )


class ReviewFile(Written):
    """When a person is asked, and who."""

    noun: ClassVar[str] = "review.yaml"

    thresholds: tuple[MoneyText, ...] = Field(
        description="An amount per currency: invoices of this gross total or more are reviewed, and"
        " so is every invoice in a currency that is not listed."
    )
    people: tuple[WrittenApprover, ...] = Field(
        min_length=1, description="Those who may approve, reject or send back."
    )
    chain: tuple[WrittenReviewStep, ...] = Field(
        default=(), description="Steps of approval in order; without this key: one, by anybody."
    )
    discount_limit_percent: OptionalPercent = Field(
        default=None,
        description="Discounts above it, in percent of the lines, are reviewed unless an approver"
        " granted them; without this key: all discounts.",
    )
    client_types: tuple[Line, ...] = Field(
        default=(), description="Types of clients whose every invoice is reviewed."
    )
    categories: tuple[Line, ...] = Field(
        default=(), description="Categories of projects whose every invoice is reviewed."
    )
    unusual: WrittenUnusual | None = Field(
        default=None, description="When an amount is unusual enough for a person to look."
    )
    bounds: WrittenBounds | None = Field(
        default=None,
        description="What no draft may exceed; each has a value of its own if left out.",
    )

    def to_domain(self) -> ReviewPolicy:
        """Hand the policy to the domain."""
        people = {person.login: person.to_domain() for person in self.people}
        chain = tuple(step.to_domain() for step in self.chain)
        unusual = self.unusual
        return ReviewPolicy(
            thresholds=_by_currency(self.thresholds),
            approvers=people,
            chain=chain or (ReviewStep(_ONLY_STEP, tuple(people)),),
            discount_limit_percent=self.discount_limit_percent or Decimal(0),
            client_types=frozenset(self.client_types),
            categories=frozenset(self.categories),
            unusual_factor=unusual.factor if unusual else None,
            unusual_after=unusual.after if unusual else 3,
        )

    def safety_bounds(self) -> SafetyBounds:
        """Hand the safety bounds to the domain."""
        return self.bounds.to_domain() if self.bounds else SafetyBounds()


def _by_currency(limits: Iterable[Money]) -> dict[str, Money]:
    return {limit.currency: limit for limit in limits}


def _repeated(limits: Iterable[Money], key: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, limit in enumerate(limits):
        if limit.currency in seen:
            text = f"there is an amount in {limit.currency} already"
            yield FieldError(text, "Keep one per currency.", (key, index))
        seen.add(limit.currency)
