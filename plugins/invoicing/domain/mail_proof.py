"""Proof of a mail's sender: what our own mail server found out about it (RFC 8601)."""

import re
from collections.abc import Collection, Iterator
from typing import Final

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9@._+=-]")
_METHOD: Final = re.compile(r"([a-z0-9-]+)(?:/[0-9]+)?=([a-z]+)", re.IGNORECASE)


def is_proven(results: str, trusted: Collection[str], sender: str) -> bool:
    """Tell whether a header Authentication-Results proves that a mail is from ``sender``.

    Only one that begins with the name of a mail server of ours counts. DMARC must have passed for
    the sender's domain, or DKIM for it or a domain above it, which rules over it anyway; a DMARC
    that failed outweighs all else.
    """
    server, _, found = _plain(results).partition(";")
    name = server.split()[:1]
    domain = sender.rpartition("@")[2].casefold()
    if not name or not domain or name[0].casefold() not in {one.casefold() for one in trusted}:
        return False
    findings = list(_findings(found))
    if any(method == "dmarc" and result == "fail" for method, result, _ in findings):
        return False
    return any(_proves(method, result, facts, domain) for method, result, facts in findings)


def _proves(method: str, result: str, facts: dict[str, str], domain: str) -> bool:
    if result != "pass":
        return False
    if method == "dmarc":
        return facts.get("header.from", "").rpartition("@")[2] == domain
    signer = facts.get("header.d", "")
    return method == "dkim" and "." in signer and f".{domain}".endswith(f".{signer}")


def _findings(text: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each method with its result and what it is about."""
    for part in text.split(";"):
        words = re.sub(r"\s*=\s*", "=", part.strip()).split()
        found = _METHOD.fullmatch(words[0]) if words else None
        if found:
            pairs = (word.partition("=") for word in reversed(words[1:]))
            facts = {name.casefold(): value.casefold() for name, _, value in pairs}
            yield found[1].casefold(), found[2].casefold(), facts


def _plain(text: str) -> str:
    """Leave out comments, and disarm quoted texts: what stands there was written by the sender."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
            char = "_"  # noqa: PLW2901 # an escaped character is never punctuation
        elif char == "\\" and (quoted or depth):
            escaped = True
            continue
        elif char == '"' and not depth:
            quoted = not quoted
            continue
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -min(depth, 1)
            continue
        if not depth:
            kept.append(_UNSAFE.sub("_", char) if quoted else char)
    return "" if quoted or depth else " ".join("".join(kept).split())  # no runs of blanks
