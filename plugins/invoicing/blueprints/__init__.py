"""Blueprints: the DAGs' common shape, so that a DAG file only says what it bills."""
