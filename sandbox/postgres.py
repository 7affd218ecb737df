"""A private PostgreSQL cluster for tests and measurements, gone when the process ends."""

import atexit
import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "postgres"  # initdb refuses to run as root, so root lends the cluster to this user
_NAMES = count(1)


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL server of our own, on a socket and on a port of the loopback."""

    folder: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database, as `INVOICING_LEDGER_URL` takes it."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{database}"

    @property
    def data(self) -> str:
        """The folder PostgreSQL keeps its files in."""
        return str(self.folder / "data")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        flags = (
            f"-F -c port={self.port} -c listen_addresses=127.0.0.1"
            f" -c unix_socket_directories={self.folder}"
        )
        log = str(self.folder / "log")
        _as_owner("pg_ctl", "-D", self.data, "-w", "-l", log, "-o", flags, "start")

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if (self.folder / "data/postmaster.pid").exists():
            _as_owner("pg_ctl", "-D", self.data, "-m", "fast", "stop")

    def become_standby(self) -> None:
        """Start again as a server that follows another one, which never comes."""
        self.stop()
        (self.folder / "data/standby.signal").touch()
        self.start()

    def create(self, template: str = "template0") -> str:
        """Create a database as a copy of ``template`` and return its name."""
        name = f"sandbox_{os.getpid()}_{next(_NAMES)}"
        self.run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def run(self, statement: str, *names: str) -> None:
        """Run a statement on the server, its names quoted."""
        composed = sql.SQL(statement).format(*(sql.Identifier(name) for name in names))
        where = f"host=127.0.0.1 port={self.port} user={OWNER} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(composed)

    @contextlib.contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give a database of its own to whoever needs one, and drop it afterwards."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)


@cache
def missing() -> str:
    """Say why there can be no cluster here; nothing when there can."""
    if _binaries() is None:
        return "PostgreSQL's server programs are not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and runuser is not installed"
    return ""


@cache
def shared_cluster() -> Cluster:
    """Start the one cluster of this process, or return it when it runs already."""
    return start_cluster()


def start_cluster() -> Cluster:
    """Start a cluster of one's own, which ends with this process at the latest."""
    # Not TMPDIR: the path of a socket has about a hundred characters at most.
    folder = Path(tempfile.mkdtemp(prefix="ledger-pg-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER, OWNER)
    cluster = Cluster(folder, _free_port())
    flags = ("-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
    _as_owner("initdb", "-D", cluster.data, *flags)
    cluster.start()
    atexit.register(cluster.stop)
    return cluster


def _binaries() -> Path | None:
    """Return the folder of the newest server programs."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return max(folders, key=lambda path: path.parent.name.zfill(4), default=None)


def _as_owner(program: str, *arguments: str) -> None:
    folder = _binaries()
    if folder is None:
        raise RuntimeError(missing())
    command: Sequence[str] = (str(folder / program), *arguments)
    if os.geteuid() == 0:
        command = ("runuser", "-u", OWNER, "--", *command)
    done = subprocess.run(
        command, cwd="/", env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "USER": getpass.getuser()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
