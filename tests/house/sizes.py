"""Rules of size: what fits on a screen is read, what does not is skipped."""

import ast
import statistics
from pathlib import Path

from tests.house.source import OWN_CODE, Documented, Function, sources

MEDIAN, P95, LONGEST = 10, 40, 70
FILE_LINES, DAG_LINES = 500, 40


def _docstring_lines(node: Documented) -> int:
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


def length(function: Function) -> int:
    """Lines from `def` to the last one, without the docstring of the function."""
    return (
        (function.end_lineno or function.lineno) - function.lineno + 1 - _docstring_lines(function)
    )


def long_functions(root: Path) -> list[str]:
    """Name every function over the hard limit."""
    return [
        source.at(function, f"{function.name} has {length(function)} lines, {LONGEST} at most")
        for source in sources(root, *OWN_CODE)
        for function in source.functions()
        if length(function) > LONGEST
    ]


def function_profile(root: Path) -> list[str]:
    """Hold median and 95th percentile of what we ship to their budgets."""
    lengths = sorted(
        length(function)
        for source in sources(root, "plugins", "dags", "sandbox")
        for function in source.functions()
    )
    if not lengths:
        return []
    median, p95 = statistics.median(lengths), lengths[int(len(lengths) * 0.95)]
    found = []
    if median > MEDIAN:
        found.append(f"plugins/: the median function has {median:g} lines, {MEDIAN} at most")
    if p95 > P95:
        found.append(f"plugins/: the 95th percentile of functions is {p95} lines, {P95} at most")
    return found


def long_files(root: Path) -> list[str]:
    """Name every file over the hard limit; a DAG file has a smaller one."""
    found = []
    for source in sources(root, *OWN_CODE):
        limit = DAG_LINES if source.path.startswith("dags/") else FILE_LINES
        lines = len(source.text.splitlines()) - _docstring_lines(source.tree)
        if lines > limit:
            found.append(f"{source.path}: {lines} lines, {limit} at most")
    return found
