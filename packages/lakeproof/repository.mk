# What only this repository has: Lakeproof itself lies beside the project that stands on it.
# The package's tests. Two at a time, each file by one of them: a file's tests may share a project.
# The files in the order in which they are collected, long ones first (conftest.py).
# Those with Spark are one process beside them, so that it starts once, after the project's own.
# Where one of them dies, the run ends and says of which test: with another in its place it may wait
# for ever (https://github.com/pytest-dev/pytest-xdist/issues/1327).
BOTH := --numprocesses 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
# Typed in the package's folder, from which Spark's workers import the tests, too.
BESIDE = cd $(PACKAGE) && { { $(or $(2),true) && $(CURDIR)/$(PYTEST) -m "$(1) and spark"; } & spark=$$!; \
	$(CURDIR)/$(PYTEST) $(BOTH) -m "$(1) and not spark"; others=$$?; wait $$spark && exit $$others; }
PACKAGE := packages/lakeproof
ROOTS = (cd $(CURDIR) && $(PYTEST) tests)
TEST_ALL = $(call BESIDE,not slow,$(ROOTS))
CHECK_PACKAGE = cd $(PACKAGE) && ../../$(BIN)/mypy && ../../$(BIN)/lint-imports

.PHONY: test-slow test-fuzz test-matrix bench bench-spark
test-slow: .venv/test  ## the long matrix
	$(call BESIDE,slow and not long)

.PHONY: test-ci
test-ci: .venv/test  ## test and test-slow but for what takes it beyond its time (beyond_ci), with one Spark
	$(call BESIDE,not long and not beyond_ci,$(ROOTS))

.PHONY: test-long
test-long: .venv/test  ## every member of the matrices of which test-slow has some
	$(call BESIDE,long)

.PHONY: test-plain
test-plain: .venv/test  ## the fast tests without the tricks of start-up, as long as with them
	cd $(PACKAGE) && LAKEPROOF_PLAIN=1 $(CURDIR)/$(PYTEST) $(BOTH) -m "not slow and not spark"

SEED ?= 2026
COUNT ?= 300
test-fuzz: .venv/test  ## forged records through all commands: make test-fuzz SEED=7 COUNT=1000
	cd $(PACKAGE) && PYTHONPATH=tests:.:../../tests ../../$(BIN)/python -P -m tests.proof.fuzz --seed $(SEED) --count $(COUNT)

.PHONY: test-models
LIBRARIES ?= lightgbm xgboost catboost torch
test-models: .venv/test  ## estimators of other libraries, gigabytes of them: make test-models LIBRARIES=lightgbm
	$(UV) venv --quiet --clear --python $(BIN)/python .venv/models
	$(UV) pip install --quiet --python .venv/models/bin/python -r requirements/run.txt -r requirements/test.txt
	$(UV) pip install --quiet --python .venv/models/bin/python --no-deps --editable $(PACKAGE) --editable .
	$(UV) pip install --quiet --python .venv/models/bin/python $(LIBRARIES)
	cd $(PACKAGE) && ../../.venv/models/bin/python -m pytest -m "models or torch" tests/model tests/digest

.PHONY: test-export
VALIDATORS := 'cyclonedx-python-lib[json-validation]==11.12.0' openlineage-python==1.54.0 roc-validator==0.13.0 rocrate==0.16.0 securesystemslib==1.6.0 cryptography
test-export: .venv/test  ## what `kedro export` writes, held against the validators of others (71 MB)
	$(UV) venv --quiet --clear --python $(BIN)/python .venv/validators
	$(UV) pip install --quiet --python .venv/validators/bin/python $(VALIDATORS)
	cd $(PACKAGE) && PYTHONPATH=tests:. ../../$(BIN)/python -P -m tests.export.written ../../.venv/validators/written
	.venv/validators/bin/python $(PACKAGE)/dev/check_exports.py .venv/validators/written

.PHONY: test-stores stores-need
STORES ?= .venv/stores/versitygw .venv/stores/node_modules/.bin/azurite-blob
stores-need:
	@for program in go npm initdb pg_ctl; do command -v $$program > /dev/null || { echo "make test-stores \
	needs '$$program' on PATH: Go (go), Node.js (npm) and PostgreSQL (initdb, pg_ctl)"; exit 1; }; done

.venv/stores/versitygw: | stores-need
	GOBIN=$(CURDIR)/.venv/stores go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

.venv/stores/node_modules/.bin/azurite-blob: | stores-need
	npm install --silent --no-save --prefix .venv/stores azurite@3.37.0

# What an MLflow server with users and PostgreSQL needs beside the lock.
.venv/stores/python:
	$(UV) pip install --quiet --python $(BIN)/python --target $@ 'psycopg[binary]>=3.2,<4' 'flask-wtf>=1.2,<2'

# On each store: the contract of tables, races, whole runs with deliveries that are checked and re-run, held
# versions, erasures.
ON_STORE := tests/delta/test_dataset.py tests/delta/test_races.py tests/run/test_runs_on_a_store.py \
	tests/proof/test_stored_deliveries.py tests/leases/test_stored_copies.py \
	tests/commands/test_erased_in_a_store.py -k "store" -m "not spark"
test-stores: stores-need .venv/test $(STORES) .venv/stores/python  ## on versitygw (needs Go), Azurite (npm), PostgreSQL, a server with users: started and ended by the tests
	cd $(PACKAGE) && for store in $(STORES); do LAKEPROOF_TEST_STORE=$(CURDIR)/$$store \
		$(CURDIR)/$(PYTEST) $(ON_STORE) || exit 1; done
	cd $(PACKAGE) && LAKEPROOF_TEST_SERVER=$(CURDIR)/.venv/stores/python \
		$(CURDIR)/$(PYTEST) tests/proof/test_team.py tests/proof/test_read_only.py

SETS ?=
test-matrix: .venv/test  ## the oldest and newest versions: make test-matrix SETS="oldest newest"
	$(BIN)/python $(PACKAGE)/dev/matrix.py $(SETS)

BENCHMARKS ?= whole_run startup pinned_read digest open_old_version memory recording reproduce diff many_runs large_run
bench: .venv/test  ## measure; some minutes each (see packages/lakeproof/benchmarks/README.md)
	$(BIN)/python $(PACKAGE)/benchmarks/collect.py $(BENCHMARKS)

bench-spark: .venv/test .venv/jars  ## measure Spark, up to 100M rows: an hour, and 40 GB of disk
	$(BIN)/python $(PACKAGE)/benchmarks/collect.py spark_small spark_merge spark_feature engines

.PHONY: release
release: .venv/test  ## cut a release and try it: make release VERSION=0.2.0
	$(BIN)/python $(PACKAGE)/dev/release.py $(VERSION)
