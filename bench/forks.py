"""Forks: parse DAG files the way the DAG processor does, from an interpreter that is warm."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from airflow.dag_processing import processor
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.listeners.listener import get_listener_manager

OURS = "invoicing"
WARM = "airflow.dag_processing.manager"  # loads what the DAG processor has loaded when it forks
BARE, IMPORTS, REAL = "bare", "imports", "real"


def main() -> None:
    """Print milliseconds by file and way as one line of JSON; arguments are rounds and files."""
    rounds, *files = sys.argv[1:]
    importlib.import_module(WARM)
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]  # Airflow's own
    times: dict[str, dict[str, list[float]]] = {
        Path(file).name: {way: [] for way in (BARE, IMPORTS, REAL)} for file in files
    }
    _measure(int(rounds), files, times, {BARE: _parse, IMPORTS: _import_ours})
    get_listener_manager()  # with this the DAG processor loads the plugins before it forks
    _measure(int(rounds), files, times, {REAL: _parse})
    print(json.dumps(times))


def _measure(
    rounds: int,
    files: list[str],
    times: dict[str, dict[str, list[float]]],
    ways: dict[str, Callable[[str], None]],
) -> None:
    log = structlog.get_logger()
    for _ in range(rounds):
        for file in files:
            processor._pre_import_airflow_modules(file, log)
            for way, work in ways.items():
                times[Path(file).name][way].append(_in_a_fork(partial(work, file)))


def _parse(file: str) -> None:
    request = processor.DagFileParseRequest(
        file=file, bundle_path=Path(file).parent, bundle_name="dags-folder"
    )
    log: Any = structlog.get_logger()
    result = processor._parse_file(request, log)
    if result is None or result.import_errors or len(result.serialized_dags) != 1:
        raise RuntimeError(f"{file}: {result and result.import_errors}")


def _import_ours(file: str) -> None:
    for line in Path(file).read_text().splitlines():
        if line.startswith(f"from {OURS}"):
            importlib.import_module(line.split()[1])


def _in_a_fork(work: Callable[[], None]) -> float:
    """Return the milliseconds that ``work`` took in a process of its own."""
    read, write = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            os.write(write, str(time.perf_counter() - began).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    told = os.read(read, 100)
    os.close(read)
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError("a parse failed; its reason stands above")
    return float(told) * 1000


if __name__ == "__main__":
    main()
