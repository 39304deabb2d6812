# The targets are the steps of CI and of the README; nothing else is needed to work on the project.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/python -m pytest
# Lakeproof is a wheel in vendor/ as long as no index has it.
VENDOR := $(if $(wildcard vendor),--find-links vendor)
INSTALL := $(UV) pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode $(VENDOR)

# [starter-only] `kedro new` leaves such lines out (kedro_new/files.py).
include packages/lakeproof/repository.mk
# [/starter-only]

# What a person types in this folder may say so; a run sends nothing anywhere.
export KEDRO_DISABLE_TELEMETRY = 1
export DO_NOT_TRACK = 1
export MLFLOW_DISABLE_TELEMETRY = true

.DEFAULT_GOAL := help
.PHONY: help install run spark test check lock upgrade-lakeproof clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12
	@echo "Begin with: make run. Then: $(BIN)/kedro --help"

.venv/uv: requirements/run.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another one: make run PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r <(sed -n '/^uv==/,/^    # via/p' $<)
	@touch $@
.venv/uv: SHELL := /bin/bash

.venv/run: .venv/uv requirements/run.txt pyproject.toml $(wildcard vendor/*.whl) $(addsuffix /pyproject.toml,$(PACKAGE))
	$(INSTALL) -r requirements/run.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps $(addprefix --editable ,$(PACKAGE) .)
	@touch $@

.venv/spark: .venv/run requirements/spark.txt
	$(INSTALL) -r requirements/spark.txt
	@touch $@

.venv/jars: .venv/spark requirements/jars.txt
	$(BIN)/python -m lakeproof.spark.jars
	@touch $@

.venv/test: .venv/run requirements/test.txt
	$(INSTALL) -r requirements/test.txt
	@touch $@

install: .venv/run  ## install what the embedded engine needs, and run nothing
	@echo "Next: $(BIN)/kedro run"

run: .venv/run  ## install what the embedded engine needs and run the example
	$(BIN)/kedro run
	@echo "See it in the browser: $(BIN)/mlflow ui, then http://127.0.0.1:5000"

spark: .venv/jars  ## add the Spark engine (needs Java 17 or 21)
	@echo "Next: $(BIN)/kedro run --env spark"

test: .venv/test  ## the tests
	$(or $(TEST_ALL),$(PYTEST) tests)

check: .venv/test  ## style, types and the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(CHECK_PACKAGE)

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes $(VENDOR) \
	--custom-compile-command "make lock" $(if $(PACKAGE),--no-emit-package lakeproof) pyproject.toml

lock: .venv/uv  ## resolve the dependencies again, each set within the larger one's bounds
	$(COMPILE) --output-file requirements/run.txt
	$(COMPILE) --extra spark --constraint requirements/run.txt --output-file requirements/spark.txt
	$(COMPILE) --extra spark --group test --constraint requirements/spark.txt --output-file requirements/test.txt

upgrade-lakeproof: .venv/run  ## take another Lakeproof: make upgrade-lakeproof WHEEL=lakeproof-….whl
	$(BIN)/kedro lakeproof upgrade $(WHEEL)
	$(MAKE) .venv/run

clean:  ## remove the environment (not your data)
	rm -rf .venv
