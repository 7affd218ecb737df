"""Functions, files and DAGs keep their budgets."""

from pathlib import Path

from tests.house import sizes
from tests.house.source import ROOT, plant


def _function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    print()\n" * (lines - 1)


def test_functions_keep_their_budgets() -> None:
    assert sizes.long_functions(ROOT) == []
    assert sizes.function_profile(ROOT) == []


def test_files_keep_their_budgets() -> None:
    assert sizes.long_files(ROOT) == []


def test_function_of_71_lines_is_caught_and_one_of_70_is_not(tmp_path: Path) -> None:
    plant(tmp_path, "plugins/invoicing/domain/x.py", _function("long", 71) + _function("fits", 70))

    assert sizes.long_functions(tmp_path) == [
        "plugins/invoicing/domain/x.py:1: long has 71 lines, 70 at most"
    ]


def test_docstring_does_not_count(tmp_path: Path) -> None:
    text = 'def f():\n    """\n' + "    why\n" * 80 + '    """\n    return 1\n'
    plant(tmp_path, "plugins/invoicing/domain/x.py", text)

    assert sizes.long_functions(tmp_path) == []


def test_method_in_a_nested_function_is_measured(tmp_path: Path) -> None:
    body = "        print()\n" * 80
    plant(tmp_path, "sandbox/x.py", f"class A:\n    async def deep(self):\n{body}")

    assert "deep has 81 lines" in sizes.long_functions(tmp_path)[0]


def test_creeping_growth_of_the_usual_function_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "plugins/invoicing/a.py", "".join(_function(f"f{n}", 11) for n in range(9)))
    plant(tmp_path, "plugins/invoicing/b.py", _function("g", 41))

    assert sizes.function_profile(tmp_path) == [
        "plugins/: the median function has 11 lines, 10 at most",
        "plugins/: the 95th percentile of functions is 41 lines, 40 at most",
    ]


def test_long_file_and_long_dag_are_caught(tmp_path: Path) -> None:
    plant(tmp_path, "plugins/invoicing/x.py", "a = 1\n" * 501)
    plant(tmp_path, "dags/x.py", '"""Finance reads\nthis."""\n' + "a = 1\n" * 41)
    plant(tmp_path, "dags/y.py", '"""Finance reads\nthis."""\n' + "a = 1\n" * 40)

    assert sizes.long_files(tmp_path) == [
        "plugins/invoicing/x.py: 501 lines, 500 at most",
        "dags/x.py: 41 lines, 40 at most",
    ]
