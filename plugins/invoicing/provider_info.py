"""What Airflow's provider manager learns about this distribution; imports nothing of ours."""

from importlib.metadata import version

DISTRIBUTION = "airflow-provider-invoicing"


def get_provider_info() -> dict[str, object]:
    """Describe the provider in the terms of Airflow's provider schema.

    It brings no type of connection of its own: mail and sources use `smtp` and `http`. The plugin
    has an entry point of its own and must not be named here again.
    """
    return {
        "package-name": DISTRIBUTION,
        "name": "Invoicing",
        "description": "The whole outgoing-invoice cycle of a services company as DAGs.",
        "versions": [version(DISTRIBUTION)],
    }
