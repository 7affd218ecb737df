"""Invoicing for Apache Airflow: the whole outgoing-invoice cycle of a services company."""

__version__ = "0.1.0"
