"""The compose file and the image: what runs, as whom, with which secrets."""

import os
import re
import shutil
import subprocess

import pytest

from tests.house import containers
from tests.house.source import ROOT

TEXT = (ROOT / "docker-compose.yaml").read_text("utf-8")


def test_compose_file_is_in_order() -> None:
    assert containers.complaints(TEXT) == []
    assert containers.read(TEXT).keys() == containers.SERVICES


def test_each_process_runs_its_own_command() -> None:
    services = containers.read(TEXT)

    assert {name: services[name]["command"] for name in containers.PROCESSES} == {
        name: [name] for name in containers.PROCESSES
    }


def test_every_variable_is_explained_to_the_one_who_fills_it_in() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert asked == offered


def test_example_of_the_environment_holds_no_secret() -> None:
    filled = re.findall(r"^([A-Z_]+)=\S+", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert filled == ["BASE_URL", "LISTEN"]


def test_image_is_the_locked_airflow_and_ends_as_nobody_special() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    locked = re.search(
        r"^apache-airflow==(\S+)", (ROOT / "requirements-docker.txt").read_text(), re.M
    )

    assert locked
    assert f"-{locked[1]}-python" in dockerfile
    assert "--require-hashes" in dockerfile
    assert re.findall(r"^USER (\w+)", dockerfile, re.MULTILINE)[-1] == "airflow"


def test_what_the_image_copies_is_let_into_the_build() -> None:
    copied = re.findall(r"^COPY (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()

    assert "*" in ignore
    assert all(f"!{name}" in ignore and (ROOT / name).exists() for name in copied)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('user: "50000:0"', 'user: "0:0"', "scheduler: runs as root"),
        ("read_only: true", "read_only: false", "triggerer: may write to its own image"),
        ("cap_drop: [ALL]", "cap_drop: []", "init: keeps capabilities"),
        ("no-new-privileges:true", "no-new-privileges:false", "init: may gain privileges"),
        ("postgres:16-bookworm", "postgres:latest", "postgres: its image is not pinned"),
        ("  scheduler:\n", "  planner:\n", "scheduler is missing"),
        ("    volumes:\n", '    ports: ["5432:5432"]\n    volumes:\n', "postgres: is reachable"),
        ("FERNET_KEY: ${FERNET_KEY:?", "FERNET_KEY: ${FERNET_KEY:-", "FERNET_KEY has a default"),
        (
            "JWT_SECRET: ${JWT_SECRET:?set it in .env, see .env.example}",
            "JWT_SECRET: secret",
            "init: AIRFLOW__API_AUTH__JWT_SECRET is not asked for",
        ),
        (
            "invoicing:${LEDGER_PASSWORD:?set it in .env, see .env.example}@",
            "invoicing:invoicing@",
            "init: INVOICING_LEDGER_URL is not asked for",
        ),
    ],
)
def test_careless_compose_file_is_caught(old: str, new: str, complaint: str) -> None:
    assert old in TEXT
    told = "\n".join(containers.complaints(TEXT.replace(old, new)))

    assert complaint in told


def test_docker_reads_the_compose_file() -> None:
    docker = shutil.which("docker")
    if (
        not docker
        or subprocess.run(
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("docker compose is not installed here")
    names = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))
    values = dict.fromkeys(names, "x" * 32) | {"LISTEN": "127.0.0.1:8080"}
    done = subprocess.run(
        [docker, "compose", "--env-file", os.devnull, "config", "--quiet"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "")} | values,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
