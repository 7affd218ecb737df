"""Trees: XML elements written one below the other, none of them empty."""

from datetime import date
from decimal import Decimal
from typing import Self
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from invoicing.documents.printable import printable_text
from invoicing.domain.money import Money, plain


def amount(money: Money) -> str:
    """Write an amount as the standard reads it."""
    return plain(money.amount)


def rate(percent: Decimal) -> str:
    """Write a percentage without needless zeros: 19, 5.5."""
    text = plain(percent)
    return text.rstrip("0").rstrip(".") if "." in text else text


class Node:
    """An element that grows.

    Names carry their prefix as text (``ram:ID``), declared on the root: what the process has
    registered for other documents changes nothing here.
    """

    def __init__(self, element: Element) -> None:
        self._element = element

    @classmethod
    def root(cls, name: str, spaces: dict[str, str]) -> Self:
        """Begin a document that declares these namespaces by prefix."""
        return cls(Element(name, {f"xmlns:{key}": uri for key, uri in spaces.items()}))

    def add(self, name: str) -> Self:
        """Open an element below this one."""
        return type(self)(SubElement(self._element, name))

    def put(self, name: str, text: str, **attributes: str) -> None:
        """Write a text below this element; an empty one is left out (Peppol R008)."""
        told = printable_text(text, keep_breaks=True).strip()
        if told:
            given = {key: value for key, value in attributes.items() if value}
            SubElement(self._element, name, given).text = told

    def sums(self, name: str, money: Money, *, currency: bool = False) -> None:
        """Write an amount, with its currency where the syntax wants it."""
        self.put(name, amount(money), currencyID=money.currency if currency else "")

    def day(self, name: str, day: date | None) -> None:
        """Write a day as ISO 8601 does, if there is one."""
        if day is not None:
            self.put(name, day.isoformat())

    def bytes(self) -> bytes:
        """Return the document as a file; equal documents make equal bytes."""
        indent(self._element)
        content: bytes = tostring(self._element, encoding="UTF-8", xml_declaration=True)
        return content + b"\n"
