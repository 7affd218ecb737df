"""The small company of a schedule: two entities, clients of every mode, agreements of each kind."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from invoicing.domain.agreements import (
    Agreement,
    FeeStep,
    Frame,
    Instalments,
    Milestone,
    Pricing,
    Project,
    Rate,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.book import Book
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.canonical import fingerprint
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Channel, Client, Entity, Mode, Series
from invoicing.domain.periods import Cycle
from invoicing.domain.review import Approver, ReviewPolicy, ReviewStep
from invoicing.domain.rules import Model
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable
from invoicing.domain.terms import Terms
from tests.support.services import ENTITY, a_rule

APPROVERS = {"finance": ("anna", "fred"), "lead": ("lea", "ben")}
# Every book here is said to be read from these files; the checker looks for approvers in them.
CONFIG_TEXTS = {"review.yaml": " ".join(sorted(sum(APPROVERS.values(), ())))}
CONFIG_HASH = fingerprint(CONFIG_TEXTS)
SINCE = date(2026, 1, 1)
BOSTON = Address("1 Pier", "02110", "Boston", "US")
TIDEWATER = Entity(
    "tidewater", "Tidewater Systems Inc.", BOSTON, "America/New_York", "USD", "12-3456789",
    "billing@tidewater.example", ENTITY.bank,
    Series("TW", "TW-{year}-{number:04d}"), Series("TC", "TC-{year}-{number:04d}"),
)  # fmt: skip
ENTITIES: Mapping[str, Entity] = {one.key: one for one in (ENTITY, TIDEWATER)}
_PLACES = {
    "DE": Address("Hafenstr. 1", "20095", "Hamburg", "DE"),
    "FR": Address("2 rue", "75001", "Paris", "FR"),
    "US": BOSTON,
}
_ZONES = {"DE": "Europe/Berlin", "FR": "Europe/Paris", "US": "America/New_York"}
MODES = {"shade": Mode.SHADOW, "dusk": Mode.OFF}
COUNTRIES = {
    "nordwind": "DE", "aurora": "FR", "harbor": "US", "kestrel": "DE", "meridian": "DE",
    "juniper": "DE", "larkspur": "DE", "shade": "DE", "dusk": "DE",
}  # fmt: skip
_NEW = {"aurora"}  # the first invoice of a new client is reviewed
_WITH_COPY = {"nordwind", "harbor"}
# What some clients want besides: the field of the client, and what stands in it.
_WISHES: Mapping[str, Mapping[str, Any]] = {
    "nordwind": {"receipts": True},
    "aurora": {"tell_account_manager": True, "copy_account_manager": True},
    "harbor": {
        "reminders_to": ("late@harbor.example",), "channels": (Channel.MAIL, Channel.PORTAL),
    },
    "kestrel": {"billing_bcc": ("archive@kestrel.example",), "tell_account_manager": True},
    "juniper": {"receipts": True, "reminders_bcc": ("archive@juniper.example",)},
    "larkspur": {"channels": (Channel.PORTAL, Channel.MAIL)},
}  # fmt: skip
CHANNELS = {"harbor": ["mail", "portal"], "larkspur": ["mail", "portal"]}
PERCENTS = {"concept": 20, "build": 50, "rollout": 30}


def currency_of(client: str) -> str:
    """Return what a client is billed in."""
    return "USD" if COUNTRIES[client] == "US" else "EUR"


def manager_of(client: str) -> str:
    """Return the address of the colleague who looks after a client."""
    both = "-west" if client in {"nordwind", "kestrel"} else f"-{client}"
    return f"manager{both}@brightwater.example"


def recipients_of(client: str, kind: str) -> frozenset[str]:
    """Return every address that gets a mail of a kind to a client, hidden copies as well."""
    to = {f"ap@{client}.example"}
    copies = {f"cc@{client}.example"} if client in _WITH_COPY and kind != "receipt" else set()
    if kind == "reminder" and client == "harbor":
        to, copies = {"late@harbor.example"}, set()
    return frozenset(to | copies | hidden_from(client, kind) | _colleague(client))


def other_address_of(client: str) -> frozenset[str]:
    """Return who gets what came back from a client's first address."""
    return frozenset({f"other@{client}.example"})


def hidden_from(client: str, kind: str) -> frozenset[str]:
    """Return the addresses that nobody sees on a mail of a kind to a client."""
    kinds = {"kestrel": {"invoice", "credit_note", "reminder"}, "juniper": {"reminder"}}
    return frozenset({f"archive@{client}.example"} if kind in kinds.get(client, ()) else ())


def _colleague(client: str) -> set[str]:
    return {manager_of(client)} if client == "aurora" else set()


def make_book(
    begins: date, clients: Collection[str], *, chain: bool, careful: bool, bounds: SafetyBounds
) -> Book:
    """Return the book of a schedule whose agreements are billed from the first of its month.

    Who is careful looks at nearly every invoice.
    """
    agreements = [one for one in _agreements(begins.replace(day=1)) if one.client in clients]
    return Book(
        config_hash=CONFIG_HASH,
        entities=ENTITIES,
        clients={key: _client(key) for key in COUNTRIES if key in clients},
        agreements={one.key: one for one in agreements},
        rules=(
            a_rule("retainers", Model.RETAINER),
            a_rule("deals", Model.DEAL, EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED),
            a_rule("milestones", Model.MILESTONE),
            a_rule("hours", Model.THRESHOLD, every_hours=Decimal(40)),
            a_rule("one-off", Model.ONE_OFF),
        ),
        taxes=_TAXES,
        review=_policy(chain=chain, careful=careful),
        bounds=bounds,
        texts=CONFIG_TEXTS,
    )


def all_clients() -> list[Client]:
    """Return every client that a schedule may have, in its one mode."""
    return [_client(key) for key in COUNTRIES]


def switched_off(book: Book, client: str) -> Book:
    """Return the book as it is after somebody switched a client off."""
    clients = dict(book.clients)
    if client in clients:
        clients[client] = replace(clients[client], mode=Mode.OFF)
    return replace(book, clients=clients)


def _client(key: str) -> Client:
    country = COUNTRIES[key]
    return Client(
        key,
        key.title(),
        _PLACES[country],
        currency_of(key),
        _ZONES[country],
        "en",
        Terms(14),
        (f"ap@{key}.example",),
        (f"cc@{key}.example",) if key in _WITH_COPY else (),
        tax_id="FR40303265045" if country == "FR" else "",
        established=key not in _NEW,
        mode=MODES.get(key, Mode.LIVE),
        account_manager=manager_of(key),
        alternate_to=tuple(other_address_of(key)),
        **_WISHES.get(key, {}),
    )


def _agreements(begins: date) -> list[Agreement]:
    pricings: list[tuple[str, str, Pricing]] = [
        *(
            (f"{client}-frame", client, Frame())
            for client in ("nordwind", "aurora", "harbor", "shade", "dusk")
        ),
        *(
            (f"{client}-support", client, _retainer(currency_of(client), begins))
            for client in ("harbor", "shade", "dusk")
        ),
        ("kestrel-work", "kestrel", _project()),
        ("meridian-work", "meridian", _hourly("110.00 EUR", begins, Cycle())),
        ("juniper-work", "juniper", _hourly("100.00 EUR", begins)),
        ("larkspur-work", "larkspur", Instalments(Money.parse("1000.00 EUR"), parts=3)),
    ]
    return [_agreement(key, client, pricing, begins) for key, client, pricing in pricings]


def _agreement(key: str, client: str, pricing: Pricing, begins: date) -> Agreement:
    entity = TIDEWATER.key if COUNTRIES[client] == "US" else ENTITY.key
    starts = SINCE if isinstance(pricing, Frame) else begins
    source = "psa" if key == "meridian-work" else ""
    return Agreement(key, client, entity, f"Work for {client}", starts, starts, pricing,
                     work_source=source)  # fmt: skip


def _retainer(currency: str, begins: date) -> Retainer:
    return Retainer((FeeStep(begins, Money.parse(f"2400.00 {currency}")),))


def _project() -> Project:
    parts = (Milestone(key, key.title(), percent=Decimal(part)) for key, part in PERCENTS.items())
    return Project(Money.parse("9000.00 EUR"), tuple(parts))


def _hourly(rate: str, begins: date, cycle: Cycle | None = None) -> TimeAndMaterials:
    return TimeAndMaterials((Rate("engineer", Money.parse(rate), begins),), cycle=cycle)


def _policy(*, chain: bool, careful: bool) -> ReviewPolicy:
    steps = tuple(ReviewStep(name, logins) for name, logins in APPROVERS.items())
    if not chain:
        steps = (
            ReviewStep("approval", tuple(login for step in steps for login in step.approvers)),
        )
    most = Decimal(200 if careful else 5000)
    thresholds = (Money(most, "EUR"), Money(most, "USD"))
    return ReviewPolicy(
        {money.currency: money for money in thresholds},
        {login: _approver(login) for step in steps for login in step.approvers},
        steps,
    )


def _approver(login: str) -> Approver:
    """Return one of our approvers; by mail one may decide about little, and one about nothing."""
    limits = {"anna": 100_000, "fred": 6_000, "lea": 100_000}
    most = Decimal(limits.get(login, 0))
    by_mail = {one: Money(most, one) for one in ("EUR", "USD")} if most else {}
    return Approver(login, email=f"{login}@brightwater.example", mail_limits=by_mail)


_TAXES = TaxTable(
    tuple(
        TaxRule(country, TaxRate("standard", code, Decimal(percent), label, note), SINCE)
        for country, code, percent, label, note in (
            ("DE", "S", "19", "VAT 19 %", ""),
            ("FR", "AE", "0", "Reverse charge", "VAT is due by the recipient."),
            ("US", "O", "0", "No VAT", "Not subject to VAT."),
        )
    )
)
