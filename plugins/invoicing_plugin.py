"""The door of the folder install: shows Airflow the plugin when the distribution is not installed.

An installed wheel registers the same plugin by its entry point; a second registration would be
reported by Airflow as an import error.
"""

from importlib.metadata import PackageNotFoundError, distribution

try:
    distribution("airflow-provider-invoicing")
except PackageNotFoundError:
    from invoicing.plugin import InvoicingPlugin  # noqa: F401 - Airflow finds it among the names here
