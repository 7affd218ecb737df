"""The golden cases pass, the driver reads them strictly, and it computes nothing of its own."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden import __main__ as driver
from tests.golden.fields import CaseError, Fields, Json
from tests.golden.kinds import KINDS

HERE = Path(__file__).parent
OPEN = HERE / "cases" / "golden_open.json"
RECALC = HERE.parents[2] / "shared" / "cases" / "recalc.json"
CASES = driver.read_cases(OPEN)
DRIVER = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))


@pytest.mark.parametrize("case", CASES, ids=[str(case["id"]) for case in CASES])
def test_golden_case(case: dict[str, Json]) -> None:
    assert list(driver.failures(case)) == []


def test_every_kind_of_the_policy_is_driven() -> None:
    kinds = json.loads(OPEN.read_text("utf-8"))["kinds"]
    assert sorted(KINDS) == sorted(kinds) == sorted({str(case["kind"]) for case in CASES})


def test_public_invoices_come_out_as_they_were_stated(capsys: pytest.CaptureFixture[str]) -> None:
    if not RECALC.exists():
        pytest.skip("recalc.json, the public invoices, is not part of this repository")
    assert driver.main(["--recalc", str(RECALC)]) == 0
    assert re.fullmatch(r"(\d+) of \1 exact\n", capsys.readouterr().out)


def written(folder: Path, *cases: dict[str, Json]) -> str:
    """Write a file of cases."""
    path = folder / "cases.json"
    path.write_text(json.dumps({"cases": cases}), "utf-8")
    return str(path)


def test_the_driver_counts_and_names_what_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert driver.main([str(OPEN)]) == 0
    assert capsys.readouterr().out == f"{len(CASES)} passed, 0 failed\n"
    expected: Json = {"net": "0.01", "lines": ["1.00"], "tomorrow": "fair"}
    wrong: dict[str, Json] = {**CASES[0], "expected": expected}
    assert driver.main([written(tmp_path, wrong, CASES[1])]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{CASES[0]['id']} {CASES[0]['kind']}: net is '")
    assert "lines has 2 entries instead of 1; " in first
    assert "tomorrow is not computed" in first
    assert last == "1 passed, 1 failed"


def of_kind(kind: str, **changes: Json) -> dict[str, Json]:
    """Return the first case of a kind with other inputs."""
    case = next(case for case in CASES if case["kind"] == kind)
    inputs = case["input"]
    assert isinstance(inputs, dict)
    return {**case, "input": {**inputs, **changes}}


@pytest.mark.parametrize(
    ("case", "complaint"),
    [
        (of_kind("due", moon="full"), "CaseError: input: nothing reads moon"),
        (of_kind("totals", lines=[{"qty": "1", "unit_price": "1.00", "cat": "S", "rate": "19",
                                   "tip": "1"}]), "lines[0]: nothing reads tip"),
        (of_kind("totals", lines=[{"qty": "1", "unit_price": "1,00", "cat": "S", "rate": "19"}]),
         "MoneyError: '1,00' is not a plain decimal number"),
        (of_kind("totals", lines="none"), "lines is 'none', not of type list"),
        (of_kind("totals", lines=["none"]), "lines[0] is not an object"),
        (of_kind("totals", currency="XXX"), "MoneyError: 'XXX' is not an ISO 4217 currency"),
        (of_kind("totals", tax_mode="odd"), "KeyError: 'odd'"),
        (of_kind("commit", usage=None), "usage is None, not a number as text"),
        (of_kind("due", days=True), "days is True, not of type int"),
        (of_kind("due", issue_date="2026-11-20T23:00:00Z"), "instant without a time zone"),
        (of_kind("numbering", events=[{"event": "issue", "at": "2026-12-30"}]),
         "ValueError: an instant needs a time zone"),
        ({"kind": "weather", "input": {}, "expected": {}}, "a case of kind 'weather'"),
        ({"kind": "due", "input": {}, "expected": None}, "a case of kind 'due'"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_fails_its_case(case: dict[str, Json], complaint: str) -> None:
    (found,) = driver.failures(case)
    assert complaint in found


SALES = {"qty": "1", "cat": "S"}
TWO_RATES: Json = [
    {**SALES, "unit_price": "100.05", "rate": "19"},
    {**SALES, "unit_price": "50.05", "rate": "7", "name": "Work", "description": "of a day"},
]
PARTLY = {"qty": "1", "unit_price": "0.10", "cat": "TAX", "rate": "8.25"}
QUARTER: Json = {"start": "2026-01-01", "end": "2026-03-31"}
ISSUED = {"event": "issue", "type": "invoice", "at": "2026-12-30T10:00:00Z"}


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        ("totals", {"lines": TWO_RATES}, {"prepaid": "0.00", "withheld": "0.00"}),
        ("totals", {"lines": [{**PARTLY, "taxable_pct": "80"}, PARTLY]},
         {"tax": "0.01", "groups": [
             {"cat": "TAX", "rate": "8.25", "basis": "0.20", "tax": "0.01"}]}),
        ("totals", {"lines": TWO_RATES, "doc_discounts": [
            {"pct": "10", "allocation": "per_group", "cat": "S", "rate": "7"}]},
         {"net": "145.09", "tax": "22.16"}),
        ("totals", {"lines": TWO_RATES, "doc_discounts": [
            {"amount": "10.00", "allocation": "pro_rata", "rate": "7"}]}, {"tax": "21.81"}),
        ("totals", {"rounding_mode": "HALF_EVEN", "lines": [
            {**SALES, "unit_price": "0.125", "rate": "0"}]}, {"net": "0.12"}),
        ("totals", {"lines": [{**SALES, "unit_price": "1.00", "rate": "0"}],
                    "jurisdictions": [{"name": "state", "rate": "0"}]},
         {"jurisdiction_split": ["0.00"]}),
        ("cap", {"cap": "100.00", "already_billed": "130.00", "periods": ["-20.00", "-20.00"]},
         {"periods": [
             {"billed": "-20.00", "not_billed": "0.00", "remaining_cap": "0.00"},
             {"billed": "-20.00", "not_billed": "0.00", "remaining_cap": "10.00"}]}),
        ("rate_by_date", {"net": "10.00", "tax_point": "2022-01-01", "rates": [
            {"rate": "19", "cat": "TAX", "from": "2021-01-01"}]}, {"tax": "1.90"}),
        ("rate_by_date", {"net": "10.00", "tax_point": "2022-01-01", "rates": []}, {"tax": None}),
        ("deposit_final", {"total_net": "100.00", "final_rate": "19", "deposits": [
            {"net": "150.00", "rate": "19", "currency": "EUR", "date": "2026-01-01"}]},
         {"deposits": [{"net": "150.00", "vat": "28.50", "gross": "178.50"}]}),
        ("numbering", {"timezone": "UTC", "reset": "yearly", "pattern": "{series}-{seq}",
                       "series": {"invoice": "INV"}, "events": [
            {**ISSUED, "id": "a", "note": "first"}, {"event": "sent", "number": "INV-1"}, ISSUED]},
         {"numbers": ["INV-1", None, "INV-2"]}),
        ("proration", {"amount": "4500.00", "method": "30/360", "period": QUARTER,
                       "active": [{"start": "2026-02-01", "end": "2026-03-31"}]},
         {"active_days": 60, "period_days": 90, "amount": "3000.00"}),
        ("payments", {"invoices": [
            {"id": "I1", "amount": "10.00", "date": "2026-02-01"},
            {"id": "I2", "amount": "30.00", "date": "2026-01-01"}],
            "payments": [{"amount": "20.00", "date": "2026-03-01"}]},
         {"open_after_each": [["10.00", "10.00"]]}),
        ("instalments", {"total": "100.00", "method": "last_part_takes_rest", "parts": 3},
         {"parts": ["33.33", "33.33", "33.34"]}),
        ("expense", {"amount": "10.00", "amount_currency": "USD", "fx": "1.1",
                     "date": "2026-01-01"}, {"net": "11.00"}),
        ("threshold", {"threshold": "5.00", "entries": [
            {"id": "a", "date": "2026-01-01", "amount": "5.00"}]},
         {"invoices": [{"entries": ["a"], "net": "5.00"}]}),
    ],
)  # fmt: skip
def test_what_else_a_case_may_say(
    kind: str, inputs: dict[str, Json], expected: dict[str, Json]
) -> None:
    currency: dict[str, Json] = {} if kind in {"numbering"} else {"currency": "EUR"}
    case: dict[str, Json] = {
        "kind": kind, "input": {**currency, **inputs}, "expected": expected,
    }  # fmt: skip
    assert list(driver.failures(case)) == []


def test_nothing_read_is_a_float(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text('{"cases": [{"rate": 0.1}]}', "utf-8")
    assert driver.read_cases(path) == [{"rate": "0.1"}]
    with pytest.raises(CaseError, match=r"case\.rate is 0\.1, not a number as text"):
        Fields({"rate": 0.1}, "case").decimal("rate")  # type: ignore[dict-item]


def test_a_file_must_be_named() -> None:
    with pytest.raises(SystemExit):
        driver.main([])


# The driver translates. What it may not contain, so that every figure comes from the domain.
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
COMPUTES = {
    "abs", "divmod", "exp", "fma", "ln", "max", "min", "multiply", "normalize", "pow",
    "quantize", "remainder", "round", "rounded", "scaleb", "sqrt", "subtract", "sum", "times",
    "to_integral_value",
}  # fmt: skip
IMPORTS = {"cmath", "fractions", "functools", "math", "operator", "statistics"}
CASE_ID = re.compile(r"[A-Z]\d\d")


def own_computing(tree: ast.AST) -> Iterator[str]:
    """Name what a driver must leave to the domain: arithmetic, and answers to single cases."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=op) | ast.AugAssign(op=op) if isinstance(op, OPERATORS):
                yield f"line {node.lineno}: {type(op).__name__}"
            case ast.UnaryOp(op=ast.USub()):
                yield f"line {node.lineno}: a minus"
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in COMPUTES:
                yield f"line {node.lineno}: {name}()"
            case ast.Constant(value=str(text)) if CASE_ID.fullmatch(text):
                yield f"line {node.lineno}: case {text}"
            case ast.ImportFrom(module=str(module)) if module in IMPORTS:
                yield f"line {node.lineno}: {module}"
            case ast.Import(names=names):
                yield from (f"line {node.lineno}: {n.name}" for n in names if n.name in IMPORTS)


@pytest.mark.parametrize("path", DRIVER, ids=[path.name for path in DRIVER])
def test_the_driver_computes_nothing(path: Path) -> None:
    assert list(own_computing(ast.parse(path.read_text("utf-8")))) == []


def test_no_case_is_known_to_the_driver() -> None:
    ids = {str(case["id"]) for case in CASES}
    for path in DRIVER:
        assert not ids & set(re.findall(r"\w+", path.read_text("utf-8")))


@pytest.mark.parametrize(
    "code",
    ["a + b", "a -= b", "-a", "round(a)", "a.quantize(b)", "import math", "from math import fsum",
     "from fractions import Fraction", "case == 'A01'", "sum(amounts)", "max(a, b)"],
)  # fmt: skip
def test_computing_would_be_noticed(code: str) -> None:
    assert list(own_computing(ast.parse(code)))
