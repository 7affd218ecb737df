"""Floods: files that were made to break the reader are refused soon and cost little memory."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from invoicing.config.load import load_book
from tests.config.small_company import TEXTS

ROOT = Path(__file__).parents[2]
MOST_MEGABYTES, MOST_SECONDS = 300, 30

ALIAS_BOMB = """
rows = ["x0: &x0 [" + ", ".join(["lol"] * 9) + "]"]
rows += [f"x{n}: &x{n} [" + ", ".join([f"*x{n - 1}"] * 9) + "]" for n in range(1, 12)]
text = chr(10).join(rows)
"""
FLOODS = {
    "alias bomb": (ALIAS_BOMB, "aliases make this file"),
    "10 MB": ("text = 'clients:\\n' + '  a: b\\n' * (10 * 1024 * 1024 // 7)", "larger than"),
    "100,000 levels": ("text = 'clients: ' + '[' * 100_000", "levels deep"),
    "100,000 levels of mappings": ("text = '{a: ' * 100_000", "levels deep"),
    "100,000 keys": (
        "text = 'clients:\\n' + ''.join(f'  c{n}: {{}}\\n' for n in range(110_000))",
        "holds more than",
    ),
    "one long line": ("text = 'clients: ' + 'a' * 2_000_000", "a mapping of keys is expected"),
}
SCRIPT = """
from pathlib import Path
from invoicing.config.load import check_texts
from tests.config.small_company import TEXTS
{make}
checked = check_texts(TEXTS | {{"clients.yaml": text}})
assert checked.book is None
print(checked.errors[0].text[:200])
# Not getrusage: its peak still counts the process that started this one.
peak = next(row for row in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in row)
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.parametrize(("make", "said"), FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_is_refused_within_its_means(make: str, said: str) -> None:
    script = textwrap.dedent(SCRIPT).format(make=make)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    text, megabytes = done.stdout.splitlines()
    assert said in text
    assert int(megabytes) < MOST_MEGABYTES


def test_three_thousand_clients_with_a_rule_each_are_one_book() -> None:
    client, agreement = _entry("clients.yaml", "acme"), _entry("agreements.yaml", "acme-care")
    clients = "".join(client.replace("acme", f"c{n}") for n in range(3000))
    agreements = "".join(
        agreement.replace("acme-care", f"c{n}-care").replace("client: acme", f"client: c{n}")
        for n in range(3000)
    )

    book = load_book(
        TEXTS
        | {
            "clients.yaml": TEXTS["clients.yaml"] + clients,
            "agreements.yaml": TEXTS["agreements.yaml"] + agreements,
            "rules.yaml": "rules:\n" + "".join(map(_rule, range(3000))),
        }
    )

    assert len(book.clients) == 3002
    assert len(book.rules) == 3000
    assert book.agreement("c2999-care").client == "c2999"


def _rule(number: int) -> str:
    return f"  - {{model: retainer, name: r{number}, clients: [c{number}]}}\n"


def _entry(file: str, key: str) -> str:
    """Cut one entry out of a file of the small company."""
    lines = TEXTS[file].splitlines(keepends=True)
    begin = lines.index(f"  {key}:\n")
    end = next(
        (n for n, line in enumerate(lines[begin + 1 :], begin + 1) if line[2] != " "), len(lines)
    )
    return "".join(lines[begin:end])
