"""What Airflow recorded about runs: when each task instance began and ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from urllib.parse import quote

from bench.figures import Cell
from sandbox.airflow_house import AirflowHouse

PAGE = 100


@dataclass(frozen=True)
class Instance:
    """A task instance that ran."""

    run_id: str
    task_id: str
    map_index: int
    state: str
    began: float
    ended: float


@dataclass(frozen=True)
class Stage:
    """All instances of one task in one run."""

    task_id: str
    instances: int
    began: float
    ended: float

    @property
    def took(self) -> float:
        """From the first instance's beginning to the last one's end."""
        return self.ended - self.began


def run_began(house: AirflowHouse, dag_id: str, run_id: str) -> float:
    """Return the instant a run began."""
    return _instant(house.get(f"/dags/{dag_id}/dagRuns/{quote(run_id)}")["start_date"])


def instances_of(
    house: AirflowHouse, dag_id: str, run_id: str = "~", **named: str
) -> list[Instance]:
    """Return the instances that ran, of one run or of all."""
    path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='~')}/taskInstances"
    found: list[Instance] = []
    total, offset = 1, 0
    while offset < total:
        page = house.get(path, limit=PAGE, offset=offset, **named)
        total, offset = page["total_entries"], offset + PAGE
        found += [_instance(one) for one in page["task_instances"] if one["end_date"]]
    return found


def carriers(house: AirflowHouse, dag_id: str) -> list[str]:
    """Return the runs that dispatched something, oldest first."""
    found = instances_of(house, dag_id)
    sent = [one for one in found if one.task_id == "release.dispatch" and one.state == "success"]
    return list(dict.fromkeys(one.run_id for one in sorted(sent, key=lambda one: one.ended)))


def stages_of(instances: Iterable[Instance]) -> list[Stage]:
    """Sum the instances of one run up by task, in the order of the way."""
    by_task: dict[str, list[Instance]] = {}
    for one in instances:
        by_task.setdefault(one.task_id, []).append(one)
    stages = [
        Stage(task, len(some), min(one.began for one in some), max(one.ended for one in some))
        for task, some in by_task.items()
    ]
    return sorted(stages, key=lambda stage: stage.began)


def stage_medians(house: AirflowHouse, dag_id: str, run_ids: Iterable[str]) -> list[list[Cell]]:
    """Return for each task how long it waited after the one before, and how long it took."""
    waits: dict[str, list[float]] = {}
    tooks: dict[str, list[float]] = {}
    for run_id in run_ids:
        before = run_began(house, dag_id, run_id)
        for stage in stages_of(instances_of(house, dag_id, run_id)):
            waits.setdefault(stage.task_id, []).append(stage.began - before)
            tooks.setdefault(stage.task_id, []).append(stage.took)
            before = stage.ended
    return [[task, median(waits[task]), median(tooks[task])] for task in waits]


def _instance(told: dict[str, str]) -> Instance:
    return Instance(
        told["dag_run_id"],
        told["task_id"],
        int(told["map_index"]),
        told["state"],
        _instant(told["start_date"]),
        _instant(told["end_date"]),
    )


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
