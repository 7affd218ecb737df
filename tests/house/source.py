"""Python files as the house rules see them: path below the root, text and syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "plugins/invoicing"
OWN_CODE = ("plugins", "dags", "sandbox", "bench", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of the file."""
        return ast.parse(self.text, self.path)

    @property
    def layer(self) -> str:
        """The folder or file below the package it belongs to, such as `domain` or `cli`."""
        below = self.path.removeprefix(f"{PACKAGE}/")
        return "" if below == self.path else below.split("/")[0].removesuffix(".py")

    def at(self, node: ast.AST, complaint: str) -> str:
        """Write ``complaint`` with the place where a reader finds it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {complaint}"

    def functions(self) -> Iterator[Function]:
        """All functions and methods, nested ones too."""
        return (n for n in ast.walk(self.tree) if isinstance(n, Function))


def sources(root: Path, *folders: str) -> list[Source]:
    """Read every Python file below the given folders of ``root``; a missing folder holds none."""
    files = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return [Source(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in files]


def plant(root: Path, path: str, text: str) -> Path:
    """Write a file that breaks a rule, for the test that wants to see it caught."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    return root


def imported(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Every module that ``tree`` imports, with the statement that does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


def imported_at_start(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """The imports that importing the module carries out: not in functions, not for types only."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda) or _for_types_only(node):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(node)
        waiting.extend(ast.iter_child_nodes(node))


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
