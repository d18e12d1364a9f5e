# The two main commands are `make demo` and `make test`. The others are parts of them or for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo down env test programs lint fuzz faults bench mutants lock contracts clean

demo: $(READY)  ## start the stack and run one night of deliveries
	$(BIN)/lmw demo

down: $(READY)  ## stop the stack
	$(BIN)/lmw down

env: $(READY)  ## create the Python environment from the hashed lock

# pip installs uv (by hash, from the same lock), and uv installs the rest ten times faster; where uv fails, pip installs everything
$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	awk '/^uv==/ {on = 1; print; next} /^[^ ]/ {on = 0} on && !/#/' requirements.lock > $(VENV)/uv.lock
	$(BIN)/pip install -q --no-deps --require-hashes -r $(VENV)/uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --compile-bytecode --no-deps --require-hashes -r requirements.lock \
		|| $(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e . \
		|| $(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $(READY)

# two test files at a time; then the tests of the stack, which need both cores
test: $(READY) programs  ## run every test, with a real PostgreSQL, Airflow and browser
	$(BIN)/pytest -n 2 --dist loadfile -m "not stack"
	$(BIN)/pytest -m stack

INSTALL := test "$$(id -u)" = 0 && apt-get update -q >/dev/null && apt-get install -yq >/dev/null

# some systems start Redis when it is installed; it is stopped, because the tests start their own
programs:  ## install the programs that some tests need; tests are skipped where that is not possible
	@command -v chromium >/dev/null || { $(INSTALL) chromium; } || echo "no Chromium here: the tests of the page will be skipped"
	@command -v redis-server >/dev/null || { $(INSTALL) redis-server \
		&& { service redis-server stop; update-rc.d redis-server disable; true; } >/dev/null 2>&1; } \
		|| echo "no Redis here: the commands of docker-compose.yml will not be run"
	@command -v ip >/dev/null || { $(INSTALL) iproute2; } || echo "no ip here: the network will not be cut"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests --disable-progress-bar -q

bench: $(READY)  ## run the benchmarks, which compare ratios within one run; results are in bench-results/
	$(BIN)/python -m tests.bench

fuzz: $(READY)  ## load 2,000 random deliveries; they must end nothing but themselves
	$(BIN)/python -m tests.fuzz 2000

faults: $(READY) programs  ## run every fault with many seeds, and write docs/promises.md
	LMW_FAULT_SEEDS=6 LMW_FAULT_PAGE=docs/promises.md $(BIN)/pytest -n 2 --dist loadfile tests/faults

mutants: $(READY)  ## change code at random and see whether the tests notice; at least 90 % must be noticed
	$(BIN)/python -m tests.mutants

contracts: $(READY)  ## generate the files that are derived from the contracts
	$(BIN)/lmw contracts render

lock: $(READY)  ## pin the requirements of requirements.in again
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-package dbt-core-experimental-parser requirements.in -o requirements.lock

clean: down  ## stop the stack and delete the installation's data
	rm -rf var
