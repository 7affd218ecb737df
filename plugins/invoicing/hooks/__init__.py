"""Hooks: where Airflow's connections become our settings; the lowest layer that knows Airflow."""
