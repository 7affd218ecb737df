"""Parcels: many retainers of established clients that leave in one run, all on PostgreSQL."""

from datetime import UTC, datetime

from bench.figures import table
from bench.runs import Stage, carriers, instances_of, run_began, stages_of
from bench.town import BrokenError, check_promises, mails_taken, measured_town
from invoicing.ledger.clocks import move_clock
from sandbox.airflow_house import wait_for
from sandbox.client import mails
from sandbox.town import Town

DAG_ID = "retainer_invoices"
DUE_DAY = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)  # when the made-up retainers fall due
PATIENCE_PER_INVOICE = 3.0


def parcels(count: int = 300) -> None:
    """Print what ``count`` retainers took from the start of their run to the last mail."""
    with measured_town(postgres=True, config=company(count)) as town:
        wait_for(lambda: _idle(town), 120, "the first sweeps to end")
        move_clock(town.ledger, DUE_DAY, movable=True)
        town.airflow.trigger(DAG_ID)
        patience = 120 + PATIENCE_PER_INVOICE * count
        wait_for(lambda: mails_taken(town) >= count, patience, f"{count} mails")
        # A sweep may have met them first, or between two stages.
        runs = carriers(town.airflow, DAG_ID)
        for run_id in runs:
            town.airflow.finish(DAG_ID, run_id)
        check_promises(town)
        _tell(town, runs, _last_mail(town, count))


def _idle(town: Town) -> bool:
    states = ("queued", "running")
    return not town.airflow.get("/dags/~/dagRuns", state=states)["total_entries"]


def _last_mail(town: Town, count: int) -> float:
    arrived = mails(town.sandbox.url)
    if len({mail["to"] for mail in arrived}) != count or len(arrived) != count:
        raise BrokenError(f"{len(arrived)} mails for {count} clients")
    return max(datetime.fromisoformat(mail["received_at"]).timestamp() for mail in arrived)


def _tell(town: Town, runs: list[str], last_mail: float) -> None:
    house = town.airflow
    began = min(run_began(house, DAG_ID, run_id) for run_id in runs)
    for run_id in runs:
        instances = instances_of(house, DAG_ID, run_id)
        table(
            f"Run {run_id}: {len(instances)} task instances",
            ("task", "instances", "begins after s", "takes s"),
            [_row(stage, began) for stage in stages_of(instances)],
        )
    count, took = mails_taken(town), last_mail - began
    table(
        "Retainers, ledger and Airflow on PostgreSQL",
        ("invoices", "runs that sent", "first start to last mail s", "invoices/s"),
        [(str(count), len(runs), took, count / took)],
    )


def _row(stage: Stage, began: float) -> tuple[str, int, float, float]:
    return (stage.task_id, stage.instances, stage.began - began, stage.took)


def company(count: int) -> dict[str, str]:
    """Return the files of config/ with ``count`` made-up clients, a retainer each, nobody else."""
    numbers = range(count)
    return {
        "clients.yaml": "clients:" + "".join(_CLIENT.format(n=number) for number in numbers),
        "agreements.yaml": "agreements:" + "".join(_CARE.format(n=number) for number in numbers),
        "rules.yaml": "rules:\n  - model: retainer\n    name: monthly-retainers\n",
    }


_CLIENT = """
  c{n:05d}:
    name: Client {n:05d} GmbH
    address:
      street: Lindenstraße {n}
      postal_code: 10969
      city: Berlin
      country: DE
    currency: EUR
    zone: Europe/Berlin
    terms: 14 days
    billing_to: [billing@c{n:05d}.example.com]
    established: true
"""
_CARE = """
  c{n:05d}-care:
    kind: retainer
    client: c{n:05d}
    entity: brightwater
    description: Website care, monthly retainer
    fee: 180.00 EUR
    starts_on: 2026-01-01
    bill_from: 2026-12-01
"""
