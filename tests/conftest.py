"""What every test stands on: nothing inherited from the shell, properties without a stopwatch."""

import os

from hypothesis import settings

# A developer's own Airflow or ledger must never be what a test writes to.
for name in [n for n in os.environ if n.startswith(("AIRFLOW", "_AIRFLOW", "INVOICING"))]:
    del os.environ[name]

# Examples of a property take as long as the machine is busy; a slow one is no failure.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
