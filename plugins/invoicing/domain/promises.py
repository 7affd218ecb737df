"""Promises: what must hold of the ledger at every moment, each under the name people quote."""

from dataclasses import dataclass
from enum import StrEnum


class Promise(StrEnum):
    """What is promised; the numbers stand in reports, in the queue and in the docs."""

    ONE_INVOICE = "I1"
    EVENTS_END = "I2"
    PERIODS = "I3"
    NUMBERS = "I4"
    FROZEN = "I5"
    APPROVED = "I6"
    MESSAGES = "I7"
    ACCOUNTING = "I8"
    MONEY = "I9"
    STATES = "I10"
    REMINDERS = "I11"
    TRAIL = "I12"
    EXCEPTIONS = "I13"
    SUMS = "I14"
    SHADOW = "I15"
    CONFIG = "I16"


PROMISES: dict[Promise, str] = {
    Promise.ONE_INVOICE: "a thing owed is on one live invoice at most, a record billed once",
    Promise.EVENTS_END: "every event ends in one way, with the reason; none is left behind",
    Promise.PERIODS: "billed periods of an agreement neither overlap nor leave out a day unsaid",
    Promise.NUMBERS: "numbers of invoices and credit notes are unique and have no gap",
    Promise.FROZEN: "issued content and stored documents never change",
    Promise.APPROVED: "nothing is issued without an approval of exactly its content",
    Promise.MESSAGES: "no message is lost, or sent twice without a person's word",
    Promise.ACCOUNTING: "an accounting system has one document of an invoice at most",
    Promise.MONEY: "payments are applied once, and every balance adds up",
    Promise.STATES: "states follow the table and agree with the trail",
    Promise.REMINDERS: "nobody is reminded of what is paid, void or held",
    Promise.TRAIL: "the trail is whole, and agrees with its anchors",
    Promise.EXCEPTIONS: "every exception has an owner, and none is closed without a decision",
    Promise.SUMS: "sums add up, on the invoice and in every table",
    Promise.SHADOW: "clients in shadow take no number and get no mail",
    Promise.CONFIG: "every configuration that was used is stored as it was",
}

# There are no accounting documents yet, so nothing could break this one.
NOT_BUILT = frozenset({Promise.ACCOUNTING})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: the promise that is broken, where, and for which client.

    ``client`` is empty where no single client's invoices are in doubt.
    """

    promise: Promise
    where: str
    client: str = ""

    def __str__(self) -> str:
        return f"{self.promise}: {self.where}"
