"""Problem: one fact that keeps a structured invoice from being accepted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """An official rule that would be broken, in the words of our config.

    ``field`` is where the fact stands (``company.yaml: contact``) and ``advice`` what to write.
    """

    rule: str
    field: str
    advice: str

    def __str__(self) -> str:
        return f"{self.field}: {self.advice} ({self.rule})"
