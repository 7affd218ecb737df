# Every verb is explained by the comment behind it: `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
RUN := .venv/bin

.PHONY: help setup test check fmt schema lock demo bench crash crash-mutants clean

help: ## This list
	@echo "Invoicing for Apache Airflow"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## System libraries, .venv and the locked packages; does nothing when all is there
	@PYTHON=$(PYTHON) bin/setup

test: setup ## All tests but the slow ones: the domain with its 100 % coverage floor, then everything else
	$(RUN)/python -m pytest tests/domain --cov --cov-report=term
	$(RUN)/python -m pytest -m "not slow" --ignore=tests/domain

check: setup ## Lint, format, types, layers and the house rules
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/python -m pytest tests/house

fmt: setup ## Format the code and repair what ruff can repair
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

schema: setup ## Write config/schema/*.json anew from the config models
	$(RUN)/invoicing schema

lock: setup ## Compile requirements*.txt anew from pyproject.toml (newest allowed versions)
	bin/lock

demo: setup ## The make-believe company in a real Airflow; Ctrl-C stops it. ONCE=1 checks itself and ends
	@$(RUN)/python -m sandbox.demo

bench: setup ## Measure batches and parcels
	@$(RUN)/python -m bench

N ?= 500
DB ?= sqlite
SEED ?= 1

crash: setup ## Kill, stop and race the product and judge what is left: N=500 DB=sqlite|postgresql SEED=1
	@$(RUN)/python -m tests.crash $(N) --db $(DB) --seed $(SEED)

crash-mutants: setup ## Put known mistakes into the product; the crash programme must find each
	@$(RUN)/python -m tests.crash 200 --mutant all

clean: ## Remove .venv, caches, build results and what the demo left
	rm -rf .venv .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
