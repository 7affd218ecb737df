"""Tell what is wrong with config/ on the terminal: every place, its line, and what to do."""

from collections.abc import Iterator, Sequence
from posixpath import normpath

from invoicing.config.problems import SHOWN, Problem
from invoicing.domain.book import Book

GOOD, WARNED, WRONG = 0, 1, 2  # what `invoicing check` ends with


def tell(
    folder: str, book: Book | None, errors: Sequence[Problem], warnings: Sequence[Problem]
) -> Iterator[str]:
    """Yield the lines about a folder of configuration, the errors before the warnings."""
    for word, problems in (("error", errors), ("warning", warnings)):
        for problem in problems[:SHOWN]:
            yield from _about(folder, word, problem)
        if len(problems) > SHOWN:
            yield f"... and {_count(len(problems) - SHOWN, f'more {word}')}"
            yield ""
    found = f"{_count(len(errors), 'error')}, {_count(len(warnings), 'warning')}"
    if book is None or errors:
        yield f"{folder}/ is not good: {found}"
    else:
        yield (
            f"{folder}/ is good: {_count(len(book.clients), 'client')},"
            f" {_count(len(book.agreements), 'agreement')}, {_count(len(book.rules), 'rule')},"
            f" {_count(len(warnings), 'warning')} (hash {book.config_hash[:12]})"
        )


def outcome(errors: Sequence[Problem], warnings: Sequence[Problem], *, strict: bool) -> int:
    """Return the exit code: errors are always wrong, warnings only where people are strict."""
    if errors:
        return WRONG
    return WARNED if warnings and strict else GOOD


def _about(folder: str, word: str, problem: Problem) -> Iterator[str]:
    place = normpath("/".join(part for part in (folder, problem.file) if part))
    if problem.line:
        place = f"{place}:{problem.line}:{problem.column}"
    yield f"{place}: {word}: {problem.text}"
    if problem.excerpt:
        yield problem.excerpt
    if problem.help:
        yield f"  {problem.help}"
    yield ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
