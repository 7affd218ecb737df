"""Parked: what runs that wait for approvals cost the deals that need none."""

import time
from functools import partial

from bench.figures import SPREAD, spread, table
from bench.latency import PATIENCE, SEEDED, send_off, settle
from bench.town import DEALS_ONLY, check_promises, measured_town
from sandbox.airflow_house import wait_for
from sandbox.client import win_deal
from sandbox.company import Deal
from sandbox.town import Town, say

MEASURED = 10


def parked(count: int = 20, *, postgres: bool = False) -> None:
    """Print the latency of small deals without and with ``count`` parked runs, of one Airflow."""
    large = [_large_deal(number) for number in range(1, count + 1)]
    with measured_town(postgres=postgres, deals=large, config=DEALS_ONLY) as town:
        settle(town)
        free = [send_off(town, deal_id) for deal_id in SEEDED[:MEASURED]]
        began = time.monotonic()
        for place, deal in enumerate(large, start=1):
            win_deal(town.sandbox.url, deal.id)
            wait_for(partial(_asked, town, place), PATIENCE, f"the review of {deal.id}")
        say(f"{count} runs parked within {time.monotonic() - began:.0f} s")
        among = [send_off(town, deal_id) for deal_id in SEEDED[MEASURED : 2 * MEASURED]]
        runs = len({review.run_id for review in town.airflow.reviews("Nordwind")})
        check_promises(town)
        table(
            f"Webhook to mail accepted, {'PostgreSQL' if postgres else 'SQLite'}, seconds",
            ("", *SPREAD),
            [("no run parked", *spread(free)), (f"{runs} runs parked", *spread(among))],
        )


def _asked(town: Town, count: int) -> bool:
    return len(town.airflow.reviews("Nordwind")) >= count


def _large_deal(number: int) -> Deal:
    deal_id = f"D-2{number:03d}"
    line = {
        "id": "1",
        "description": "Project phase",
        "quantity": "80",
        "unit": "h",
        "unit_price": "150.00",
        "tax_category": "standard",
    }
    return Deal(deal_id, "nordwind", "nordwind-projects", f"Phase {number}", "EUR", [line])
