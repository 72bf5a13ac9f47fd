# Needs Python 3.11+ and make, nothing else. `make demo` shows the whole product; README.md explains.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test up down check bench lock clean chromium

export OUTCOMES_HOME ?= $(CURDIR)/var
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
STAMP := .venv/installed
BLANK := .venv/blank-warehouse
WAREHOUSE := include/outcome_reporting/warehouse
COMPILE := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(STAMP) $(BLANK) ## .venv with the locked requirements (at once when nothing changed)

$(STAMP): tests/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || { echo "Making .venv"; $(PYTHON) -m venv .venv; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Installing the locked requirements"
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --compile-bytecode --require-hashes -r tests/requirements.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --no-deps -e .
	@$(BIN)/python -m compileall -q include dags plugins
	@touch $(STAMP)

# what a new home's warehouse begins with, made once; without it each home makes its own
$(BLANK): $(STAMP) $(wildcard $(addprefix $(WAREHOUSE)/,*.py sql/*.sql migrations/*.py migrations/versions/*.py))
	@$(BIN)/python -m outcome_reporting.warehouse.pack_blank || echo "No blank warehouse could be packed; homes make their own"
	@touch $(BLANK)

demo: setup ## one night over sample workbooks, by the real DAGs, with a summary
	@$(BIN)/python -m airflow_local.demo

test: setup chromium ## the whole test suite
	@$(BIN)/pytest

chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium (the tests open the report pages in it)"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu >/dev/null; \
	  else echo "chromium is missing: install it (Debian: apt-get install chromium), then run make test again"; exit 1; \
	  fi; }

up: setup ## Airflow and its UI on 127.0.0.1:8080; prints address and login
	@$(BIN)/python -m airflow_local.services up

down: ## ends everything that `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m airflow_local.services down; fi

check: setup ## format, lint (with Airflow's rules), types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy include
	@$(BIN)/pytest tests/test_architecture.py

bench: setup ## ours, a peer, the floor and a strong script in turn over a seeded night: LINES=1000000 BOOKS=100 ROUNDS=3 SEED=1
	@$(BIN)/python -m compileall -q include
	@PYTHONPATH=include $(BIN)/python -m benchmark

lock: setup ## compiles both requirement files anew, hashes included
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --extra test pyproject.toml -c requirements.txt -o tests/requirements.txt

clean: down ## removes .venv and var/
	rm -rf .venv var
