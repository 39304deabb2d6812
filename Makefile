# The targets are the steps of CI and of the README; nothing else is needed to work on the project.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/python -m pytest
INSTALL := $(UV) pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode

# What a person types in this folder may say so; a run sends nothing anywhere.
export KEDRO_DISABLE_TELEMETRY = 1
export DO_NOT_TRACK = 1
export MLFLOW_DISABLE_TELEMETRY = true

.DEFAULT_GOAL := help
.PHONY: help run spark test check lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/uv: requirements/run.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another one: make run PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r <(sed -n '/^uv==/,/^    # via/p' $<)
	@touch $@
.venv/uv: SHELL := /bin/bash

.venv/run: .venv/uv requirements/run.txt pyproject.toml $(wildcard packages/*/pyproject.toml)
	$(INSTALL) -r requirements/run.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps $(addprefix --editable ,$(wildcard packages/*) .)
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

run: .venv/run  ## install what the embedded engine needs and run the example
	$(BIN)/kedro run

spark: .venv/jars  ## add the Spark engine (needs Java 17 or 21)

test: .venv/test  ## the tests, without the long matrix
	$(PYTEST) tests
	$(call BESIDE,not slow)

# [starter-only] `kedro new` leaves such lines out (kedro_new/files.py).
PACKAGE := packages/lakeproof
# The package's tests. Two at a time, each file by one of them: a file's tests may share a project.
# Those with Spark are one process beside them, so that it starts once.
BOTH := --numprocesses 2 --dist loadfile
BESIDE = $(PYTEST) $(PACKAGE) -m "$(1) and spark" & spark=$$!; \
	$(PYTEST) $(PACKAGE) $(BOTH) -m "$(1) and not spark"; others=$$?; wait $$spark && exit $$others
.PHONY: test-slow test-fuzz bench bench-spark
test-slow: .venv/test  ## the long matrix
	$(call BESIDE,slow)

SEED ?= 2026
COUNT ?= 300
test-fuzz: .venv/test  ## forged records through all commands: make test-fuzz SEED=7 COUNT=1000
	cd $(PACKAGE) && PYTHONPATH=tests:.:../../tests ../../$(BIN)/python -P -m tests.proof.fuzz --seed $(SEED) --count $(COUNT)

bench: .venv/test  ## measure; some minutes each (see packages/lakeproof/benchmarks/README.md)
	for script in whole_run startup pinned_read digest open_old_version memory recording reproduce; do \
		$(BIN)/python $(PACKAGE)/benchmarks/$$script.py || exit 1; done

bench-spark: .venv/test .venv/jars  ## measure Spark, up to 100M rows: an hour, and 40 GB of disk
	for script in spark_small spark_merge spark_feature engines; do \
		$(BIN)/python $(PACKAGE)/benchmarks/$$script.py || exit 1; done
# [/starter-only]

check: .venv/test  ## style, types and the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	# [starter-only]
	cd $(PACKAGE) && ../../$(BIN)/mypy && ../../$(BIN)/lint-imports
	# [/starter-only]

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" pyproject.toml

lock: .venv/uv  ## resolve the dependencies again, each set within the larger one's bounds
	$(COMPILE) --constraint requirements/bounds.in --output-file requirements/run.txt
	$(COMPILE) --extra spark --constraint requirements/run.txt --output-file requirements/spark.txt
	$(COMPILE) --extra spark --group test --constraint requirements/spark.txt --output-file requirements/test.txt

clean:  ## remove the environment (not your data)
	rm -rf .venv
