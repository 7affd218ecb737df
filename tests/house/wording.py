"""Rules of documentation: what is public is explained, and no docstring just repeats a name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import OWN_CODE, PACKAGE, Documented, Function, Source, sources

SAYS_NOTHING = {
    "a", "an", "and", "are", "as", "at", "be", "by", "class", "dict", "function", "get", "gets",
    "given", "helper", "if", "in", "instance", "into", "is", "it", "its", "list", "method",
    "module", "new", "object", "of", "on", "or", "return", "returns", "set", "sets", "that",
    "the", "this", "to", "type", "utils", "value", "with",
}  # fmt: skip
LEFT_BEHIND = re.compile(r"\b(TODO|FIXME|NotImplementedError)\b")


def _words(text: str) -> set[str]:
    """The words of a name or a sentence, without endings and without those that say nothing."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", split)} - SAYS_NOTHING
    return {re.sub(r"(ing|ed|es|s|e)$", "", word) for word in words}


def _named(source: Source) -> Iterator[tuple[Documented, str]]:
    yield source.tree, Path(source.path).stem
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | Function):
            yield node, node.name


def modules_without_docstring(root: Path) -> list[str]:
    """Name modules that do not say what they are for."""
    return [
        f"{source.path}:1: lacks the sentence that says what the file is for"
        for source in sources(root, *OWN_CODE)
        if not ast.get_docstring(source.tree)
    ]


def undocumented(root: Path) -> list[str]:
    """Name public classes, and public functions of the domain, without a docstring."""
    return [
        source.at(node, f"`{node.name}` is public and not documented")
        for source in sources(root, "plugins", "sandbox")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef | Function)
        and (isinstance(node, ast.ClassDef) or source.layer == "domain")
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def empty_words(root: Path) -> list[str]:
    """Name docstrings whose words are all in the name already."""
    return [
        source.at(node, f"the docstring of `{name}` only repeats the name")
        for source in sources(root, "plugins", "dags", "sandbox", "bench")
        for node, name in _named(source)
        if (text := ast.get_docstring(node)) and _words(text) <= _words(name)
    ]


def undocumented_parameters(root: Path) -> list[str]:
    """Name parameters of operators, sensors and triggers that their class does not explain."""
    return [
        source.at(function, f"`{node.name}` does not explain `:param {name}:`")
        for layer in ("operators", "sensors", "triggers")
        for source in sources(root, f"{PACKAGE}/{layer}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for function in node.body
        if isinstance(function, Function) and function.name == "__init__"
        for name in _parameters(function)
        if f":param {name}:" not in (ast.get_docstring(node) or "")
    ]


def _parameters(function: Function) -> list[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    # `params` is Airflow's own; it stands in a signature only because Airflow passes it always
    return [a.arg for a in arguments if a.arg not in {"self", "params"}]


def left_behind(root: Path) -> list[str]:
    """Name lines that promise work instead of doing it."""
    return [
        f"{source.path}:{number}: `{found.group()}`: do it or say in the docs that it is not done"
        for source in sources(root, *OWN_CODE)
        if not source.path.startswith("tests/house/")
        for number, line in enumerate(source.text.splitlines(), 1)
        if (found := LEFT_BEHIND.search(line))
    ]
