"""The demo: a real Airflow, a make-believe company around it, and events that become invoices.

`python -m sandbox.demo` runs until Ctrl-C; with ONCE=1 it plays the people, checks and ends.
"""

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from sandbox.acts import prove
from sandbox.airflow_house import USERS, password_of
from sandbox.airflow_setup import ROOT
from sandbox.client import let_happen, win_deal
from sandbox.town import BIG_DEAL, BUSINESS_DAY, SMALL_DEAL, STRANGE_DEAL, Town, say, town_in


def main() -> int:
    """Run the demo; returns 0 if nothing failed."""
    # The demo ends with its terminal or its supervisor, and takes what it started with it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with _alone(ROOT / ".demo") as folder:
        try:
            with town_in(folder) as town:
                return _run(town)
        except KeyboardInterrupt:
            say("stopped")
            return 0


def _run(town: Town) -> int:
    for deal_id in (SMALL_DEAL, BIG_DEAL, STRANGE_DEAL):
        town.events.append(win_deal(town.sandbox.url, deal_id)["event_id"])
    for happening in ("contract", "estimate"):
        town.events.append(let_happen(town.sandbox.url, happening)["event_id"])
    if os.environ.get("ONCE") == "1":
        return prove(town)
    say(_guide(town))
    threading.Event().wait()
    return 0


def _guide(town: Town) -> str:
    airflow, company = town.airflow.url, town.sandbox.url
    logins = "\n".join(
        f"    {user:9} {password_of(user):20} {_MAY[role]}" for user, role in USERS.items()
    )
    return f"""
Airflow      {airflow}
{logins}
The company  {company}   its mailbox, its CRM and its accounting

It is {BUSINESS_DAY:%d %B %Y} in this company. Retainers and an instalment fell due, three deals
were won, a contract was signed and an estimate accepted:
    Harbor's retainer and the small deal {SMALL_DEAL} leave by themselves: look into the mailbox.
    The big deal {BIG_DEAL}, Kestrel's deposit and the first invoice to Aurora wait for you.
    Deal {STRANGE_DEAL} is of a client nobody knows: it stands in the queue.

What to do:
    1. Log in as finance. Browse > Required Actions: approve one, reject the other.
    2. Invoices (left side): open an invoice; every figure says how it came about.
    3. In the company: finish a milestone, approve a change, close the hours, win a deal, pay.
    4. In its mailbox: answer a question that went to finance with "approve", answer an invoice as
       the client, or send one back. A minute later it is done, or stands in the queue.
    5. Ask for a single invoice: Dags > one_off_invoice > Trigger.
    6. Let time pass: {_clock_command(town)}
       A minute later reminders leave, and what December and the hours of November owe is drafted.

Ctrl-C stops all of this and nothing else.
"""


_MAY = {"op": "authors DAGs", "user": "approves", "viewer": "only looks"}


def _clock_command(town: Town) -> str:
    command = Path(sys.executable).with_name("invoicing")
    return (
        f"INVOICING_ENV=sandbox INVOICING_LEDGER_URL={town.airflow.ledger_url}"
        f" {command} clock --to 2026-12-03T10:00+00:00"
    )


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Hold the demo's folder; a second demo would wipe what the first one stands on."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit("a demo is running already; stop it with Ctrl-C first") from None
        yield folder


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
