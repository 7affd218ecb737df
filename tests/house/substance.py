"""Rules about what code does with money, SQL, transactions and types."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import PACKAGE, Source, sources

RUNS_SQL = {"text", "execute", "exec_driver_sql", "executescript", "scalar", "scalars"}
COMMITS = {"commit", "begin", "begin_nested"}
# Who may end a transaction, and why.
MAY_COMMIT = {
    f"{PACKAGE}/ledger/unit_of_work.py": "the one unit of work",
    f"{PACKAGE}/ledger/migrate.py": "migrates in one transaction, before a unit of work can open",
    f"{PACKAGE}/ledger/replace.py": "migrates a copy, which is no ledger before it is complete",
    f"{PACKAGE}/ledger/audit/check.py": "goes back to where it read, in a unit that only reads",
}


def any_in_the_core(root: Path) -> list[str]:
    """Name uses of `Any` where values must be known by their types."""
    return [
        source.at(node, "`Any` in the core; name the type")
        for source in sources(root, f"{PACKAGE}/domain", f"{PACKAGE}/services")
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        or (isinstance(node, ast.alias) and node.name == "Any")
    ]


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    return ((n, _called(n)) for n in ast.walk(source.tree) if isinstance(n, ast.Call))


def _is_composed(node: ast.expr) -> bool:
    """Is this a text put together at run time, by f-string, `+`, `%`, `format` or `join`?"""
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        sides = (node.left, node.right)
        return any(
            _is_composed(side) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
            for side in sides
        )
    return isinstance(node, ast.Call) and _called(node) in {"format", "join"}


def composed_sql(root: Path) -> list[str]:
    """Name statements whose text is put together at run time; a migration's tables are its own."""
    return [
        source.at(node, f"`{name}(...)` of a composed text; use bound parameters")
        for source in sources(root, "plugins", "sandbox")
        if not source.path.startswith(f"{PACKAGE}/ledger/migrations/")
        for node, name in _calls(source)
        if name in RUNS_SQL and node.args and _is_composed(node.args[0])
    ]


def commits_elsewhere(root: Path) -> list[str]:
    """Name places that end a transaction of the ledger outside the unit of work."""
    return [
        source.at(node, f"`.{name}()`: only the unit of work of the ledger commits")
        for source in sources(root, PACKAGE)
        if source.path not in MAY_COMMIT
        for node, name in _calls(source)
        if name in COMMITS and isinstance(node.func, ast.Attribute)
    ]


def floats_near_money(root: Path) -> list[str]:
    """Name floats in the domain, and Decimals or Money made of a float anywhere."""
    found = []
    for source in sources(root, f"{PACKAGE}/domain"):
        found += [
            source.at(node, "a float in the domain; amounts and rates are Decimal from text")
            for node in ast.walk(source.tree)
            if (isinstance(node, ast.Name) and node.id == "float")
            or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        ]
    for source in sources(root, "plugins", "sandbox", "dags"):
        found += [
            source.at(node, f"`{name}` of a float; write the amount as text")
            for node, name in _calls(source)
            if name in {"Decimal", "Money"} and any(_is_float(a) for a in node.args)
        ]
    return found


def _is_float(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) == "float"
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def domain_that_asks_the_clock(root: Path) -> list[str]:
    """Name calls of the domain that read the clock; business time is handed in."""
    return [
        source.at(node, f"`{name}()` reads the clock; take the time as a parameter")
        for source in sources(root, f"{PACKAGE}/domain")
        for node, name in _calls(source)
        if name in {"now", "utcnow", "today", "open", "input", "uuid1", "uuid4"}
    ]
