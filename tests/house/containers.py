"""Rules of the container set-up: the right processes, no secrets, no more rights than needed."""

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]
Service = Mapping[str, Value]

PROCESSES = {"api-server", "scheduler", "dag-processor", "triggerer"}
SERVICES = PROCESSES | {"postgres", "init"}
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|CONN|_URL$")
ASKED_FOR = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")
PASSWORD_IN_URL = re.compile(r"://[^:/@\s]+:(?P<password>(?:\$\{[^}]*\}|[^@$])+)@")


def read(text: str) -> Mapping[str, Service]:
    """The services of a compose file."""
    services: Mapping[str, Service] = yaml.safe_load(text)["services"]
    return services


def complaints(text: str) -> list[str]:
    """Everything that is wrong with a compose file."""
    services = read(text)
    found = [f"{name} is missing" for name in sorted(SERVICES - services.keys())]
    for name, service in services.items():
        found += [f"{name}: {complaint}" for complaint in _service(name, service)]
    return found


def _service(name: str, service: Service) -> Iterator[str]:
    yield from _rights(service)
    if ":latest" in str(service.get("image", ":latest")):
        yield "its image is not pinned"
    if name != "init" and "healthcheck" not in service:
        yield "nobody sees when it is ill"
    if name != "api-server" and "ports" in service:
        yield "is reachable from outside"
    environment = service.get("environment")
    if isinstance(environment, Mapping):
        yield from _secrets(environment)


def _rights(service: Service) -> Iterator[str]:
    if str(service.get("user", "0")).split(":", maxsplit=1)[0] in {"0", "root"}:
        yield "runs as root"
    if service.get("read_only") is not True:
        yield "may write to its own image"
    if service.get("cap_drop") != ["ALL"]:
        yield "keeps capabilities"
    if "no-new-privileges:true" not in str(service.get("security_opt")):
        yield "may gain privileges"


def _secrets(environment: Mapping[str, Value]) -> Iterator[str]:
    for key, value in environment.items():
        text = str(value)
        if ":-" in text:
            yield f"{key} has a default"
        in_url = PASSWORD_IN_URL.search(text)
        secret = in_url["password"] if in_url else text
        if ("://" not in text or in_url) and SECRET.search(key) and not ASKED_FOR.fullmatch(secret):
            yield f"{key} is not asked for with ${{NAME:?why}}"
