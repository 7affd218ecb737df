"""A real Airflow for the demo and the tests: four processes, spoken to through the REST API only.

house = start(tmp_path, ledger_url=..., connections={...})
run_id = house.trigger("deal_invoices")
house.answer(house.wait_for_review(), "Approve", user="finance")
house.stop()
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from sandbox.airflow_setup import ROOT, clean_environ, metadata_template, migrate_metadata

USERS = {"engineer": "op", "finance": "user", "lead": "user", "viewer": "viewer"}
PARTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
OUR_DAGS = frozenset(path.stem for path in (ROOT / "dags").glob("*.py"))
BOOT_SECONDS = 120
# An answer sooner than this after parking may meet a worker that still reports the parking.
SETTLED_SECONDS = 2.5

T = TypeVar("T")
Json = dict[str, Any]


class HouseError(Exception):
    """Airflow did not do what was waited for."""


@dataclass(frozen=True)
class Review:
    """A question that waits under Required Actions."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    subject: str
    body: str
    options: tuple[str, ...]

    @property
    def path(self) -> str:
        """The REST path of the task instance that asks."""
        run = quote(self.run_id)
        return f"/dags/{self.dag_id}/dagRuns/{run}/taskInstances/{self.task_id}/{self.map_index}"


@dataclass
class AirflowHouse:
    """A running Airflow with our plugin, DAGs and a ledger of its own."""

    home: Path
    url: str
    ledger_url: str
    env: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    # -- talking to it -------------------------------------------------------

    def token(self, user: str) -> str:
        """Return a bearer token of one of `USERS`."""
        if user not in self._tokens:
            login = {"username": user, "password": password_of(user)}
            reply = httpx.post(f"{self.url}/auth/token", json=login, timeout=30)
            self._tokens[user] = reply.raise_for_status().json()["access_token"]
        return self._tokens[user]

    def call(self, method: str, path: str, user: str = "engineer", **more: Any) -> httpx.Response:
        """Call the REST API as a user; the path is below /api/v2. Locked SQLite is tried again."""
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        for _ in range(5):
            reply = httpx.request(
                method, f"{self.url}/api/v2{path}", headers=headers, timeout=60, **more
            )
            if reply.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
                break
        return reply

    def get(self, path: str, user: str = "engineer", **params: Any) -> Json:
        """Return what the REST API answers to GET."""
        found: Json = self.call("GET", path, user, params=params).raise_for_status().json()
        return found

    def trigger(self, dag_id: str, user: str = "engineer", **more: Any) -> str:
        """Start a run by hand and return its id."""
        body = {"logical_date": None} | more
        reply = self.call("POST", f"/dags/{dag_id}/dagRuns", user, json=body)
        return str(reply.raise_for_status().json()["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Tell where a run stands: queued, running, success or failed."""
        return str(self.get(f"/dags/{dag_id}/dagRuns/{quote(run_id)}")["state"])

    def finish(self, dag_id: str, run_id: str, seconds: float = 90) -> str:
        """Wait for the end of a run and return its state."""
        ends = {"success", "failed"}

        def ended() -> str:
            state = self.run_state(dag_id, run_id)
            return state if state in ends else ""

        return wait_for(ended, seconds, f"the end of {dag_id} {run_id}")

    def task_states(self, dag_id: str, run_id: str) -> dict[tuple[str, int], str]:
        """Return the state of each task instance of a run by (task id, map index)."""
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances"
        found = self.get(path, limit=1000)["task_instances"]
        return {(ti["task_id"], ti["map_index"]): ti["state"] for ti in found}

    def set_state(self, review: Review, state: str, user: str) -> httpx.Response:
        """Mark a task instance, as the tick and the cross of the UI do."""
        return self.call("PATCH", review.path, user, json={"new_state": state})

    def clear(
        self, dag_id: str, run_id: str, user: str = "engineer", **more: Any
    ) -> httpx.Response:
        """Clear the tasks of a run, all of them unless told otherwise."""
        body = {"dag_run_id": run_id, "dry_run": False, "only_failed": False} | more
        return self.call("POST", f"/dags/{dag_id}/clearTaskInstances", user, json=body)

    # -- reviews -------------------------------------------------------------

    def reviews(self, subject: str = "") -> list[Review]:
        """Return the unanswered questions whose subject contains a text."""
        path = "/dags/~/dagRuns/~/hitlDetails"
        found = self.get(path, response_received=False, limit=100)["hitl_details"]
        return [_review(entry) for entry in found if subject in entry["subject"]]

    def is_parked(self, review: Review) -> bool:
        """Tell whether the task that asks has left its worker."""
        return bool(self.get(review.path)["state"] == "awaiting_input")

    def wait_for_review(self, subject: str = "", seconds: float = 60) -> Review:
        """Wait until a question is asked and its task has parked for good."""

        def parked() -> Review | None:
            return next(filter(self.is_parked, self.reviews(subject)), None)

        review = wait_for(parked, seconds, f"a review about {subject!r}")
        time.sleep(SETTLED_SECONDS)  # nothing that could be asked tells that the worker is through
        return review

    def answer(self, review: Review, choice: str, user: str, comment: str = "") -> httpx.Response:
        """Answer with the option that begins with ``choice``."""
        label = next(option for option in review.options if option.startswith(choice))
        body = {"chosen_options": [label], "params_input": {"comment": comment}}
        return self.call("PATCH", f"{review.path}/hitlDetails", user, json=body)

    # -- its processes -------------------------------------------------------

    def launch(self, part: str) -> None:
        """Start one of `PARTS`."""
        log = (self.home / f"{part}.log").open("ab")
        with log:
            self.processes[part] = subprocess.Popen(
                [sys.executable, "-m", "airflow", *PARTS[part]],
                env=self.env,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """Kill one of `PARTS` and everything it started, without warning."""
        process = self.processes.pop(part)
        # Tasks have process groups of their own, but stay in the session of their part.
        for pid in [process.pid, *_session_of(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(10)

    def log_of(self, part: str) -> str:
        """Return what a process printed."""
        return (self.home / f"{part}.log").read_text(errors="replace")

    def task_logs(self) -> str:
        """Return the logs of all tasks as one text."""
        folder = self.home / "logs"
        return "\n".join(path.read_text(errors="replace") for path in sorted(folder.rglob("*.log")))

    def healthy(self) -> bool:
        """Tell whether all parts report themselves and every DAG was read."""
        for part, process in self.processes.items():
            if process.poll() is not None:
                raise HouseError(f"{part} ended:\n{self.log_of(part)[-4000:]}")
        try:
            health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (httpx.HTTPError, json.JSONDecodeError):
            return False
        if any(part["status"] != "healthy" for part in health.values()):
            return False
        return {dag["dag_id"] for dag in self.get("/dags")["dags"]} >= OUR_DAGS

    def stop(self) -> None:
        """Kill every process that this house started, and what those started."""
        for part in list(self.processes):
            self.kill(part)


def start(
    home: Path,
    *,
    ledger_url: str = "",
    metadata_url: str = "",
    connections: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    source: Path = ROOT,
    port: int = 0,
) -> AirflowHouse:
    """Start an Airflow in ``home`` and wait until it is healthy.

    ``connections`` are AIRFLOW_CONN_* variables, ``env`` is laid over everything else. Without
    addresses, ledger and metadata are SQLite files in ``home``; port 0 is any free one.
    """
    from invoicing.ledger.migrate import migrate

    for folder in ("config", "include"):
        shutil.copytree(source / folder, home / folder)
    ledger_url = ledger_url or f"sqlite:///{home}/ledger.db"
    migrate(ledger_url)
    if metadata_url:
        migrate_metadata({"AIRFLOW_HOME": str(home)}, metadata_url)
    else:
        shutil.copy(metadata_template(), home / "airflow.db")
        metadata_url = f"sqlite:///{home}/airflow.db"
    passwords = {user: password_of(user) for user in USERS}
    (home / "passwords.json").write_text(json.dumps(passwords))
    url = f"http://127.0.0.1:{port or free_port()}"
    house = AirflowHouse(
        home,
        url,
        ledger_url,
        clean_environ()
        | _airflow(home, url, metadata_url, source)
        | _invoicing(home, ledger_url)
        | dict(connections or {})
        | dict(env or {}),
    )
    try:
        for part in PARTS:
            house.launch(part)
        wait_for(house.healthy, BOOT_SECONDS, "a healthy Airflow")
    except BaseException:
        house.stop()
        raise
    return house


@contextmanager
def running(home: Path, **options: Any) -> Iterator[AirflowHouse]:
    """Start an Airflow and stop it at the end; the options are those of `start`."""
    house = start(home, **options)
    try:
        yield house
    finally:
        house.stop()


def wait_for(check: Callable[[], T | None], seconds: float, what: str) -> T:
    """Ask again and again until the answer is truthy, and return it."""
    ends = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > ends:
            raise HouseError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.2)
    return found


def password_of(user: str) -> str:
    """Return the password of one of `USERS`."""
    return f"{user}-password"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _session_of(leader: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(ValueError, ProcessLookupError, PermissionError):
            if os.getsid(int(entry.name)) == leader:
                found.append(int(entry.name))
    return found


def _airflow(home: Path, url: str, metadata_url: str, source: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_FOLDER": str(source / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(source / "plugins"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{user}:{role}" for user, role in USERS.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata_url,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        # docs/how-to/approvals.md says why these two are set like this.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    }


def _invoicing(home: Path, ledger_url: str) -> dict[str, str]:
    return {
        "INVOICING_ENV": "sandbox",
        "INVOICING_HOME": str(home),
        "INVOICING_STATE": str(home),
        "INVOICING_PORTAL": str(home / "portal"),
        "INVOICING_LEDGER_URL": ledger_url,
    }


def _review(entry: Json) -> Review:
    instance = entry["task_instance"]
    return Review(
        instance["dag_id"],
        instance["dag_run_id"],
        instance["task_id"],
        instance["map_index"],
        entry["subject"],
        entry["body"] or "",
        tuple(entry["options"]),
    )
