"""Latency: from a deal's webhook to the mail server's yes, one small deal after the other."""

import time
from datetime import datetime
from typing import Any

from bench.figures import SPREAD, spread, table
from bench.runs import carriers, stage_medians
from bench.town import DEALS_ONLY, BrokenError, check_promises, mails_taken, measured_town
from sandbox.airflow_house import wait_for
from sandbox.client import mails, win_deal
from sandbox.town import Town

SEEDED = [f"D-{number}" for number in range(1101, 1131)]  # the sandbox has thirty small deals
WARM_UP = SEEDED[-1]
PATIENCE = 300.0


def latency(count: int = 10, *, postgres: bool = False) -> None:
    """Print what ``count`` small deals took."""
    with measured_town(postgres=postgres, config=DEALS_ONLY) as town:
        settle(town)
        took = [send_off(town, deal_id) for deal_id in SEEDED[:count]]
        check_promises(town)
        place = "PostgreSQL" if postgres else "SQLite"
        table(
            f"Webhook to mail accepted, no approval, {place}, seconds",
            ("", *SPREAD),
            [("small deals", *spread(took))],
        )
        stages = stage_medians(
            town.airflow, "deal_invoices", carriers(town.airflow, "deal_invoices")
        )
        table("Inside the run, medians, seconds", ("task", "waits", "takes"), stages)


def settle(town: Town) -> None:
    """Let one deal leave that nobody counts: everything is loaded then."""
    send_off(town, WARM_UP)


def send_off(town: Town, deal_id: str) -> float:
    """Win a deal and return the seconds until the mail server had taken its invoice."""
    known = mails_taken(town)
    won_at = time.time()
    win_deal(town.sandbox.url, deal_id)
    wait_for(lambda: mails_taken(town) > known, PATIENCE, f"the mail of {deal_id}")
    arrived = mails(town.sandbox.url)[known:]
    if len(arrived) != 1 or not _is_about(town, arrived[0], deal_id):
        raise BrokenError(f"the next mail is not the one of {deal_id}: {arrived}")
    return datetime.fromisoformat(arrived[0]["received_at"]).timestamp() - won_at


def _is_about(town: Town, mail: dict[str, Any], deal_id: str) -> bool:
    with town.ledger.read() as work:
        newest = work.invoices.recent(1)[0]
    unit = next(iter(newest.content.obligations)).unit
    return newest.number in mail["subject"] and unit.startswith(deal_id)
