# The two commands are `make demo` and `make test`; everything else is a part of them or for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo down env test programs lint bench lock contracts clean

demo: $(READY)  ## start everything and watch a province night
	$(BIN)/lmw demo

down: $(READY)  ## stop everything
	$(BIN)/lmw down

env: $(READY)  ## the Python environment, from the hashed lock

# pip alone brings uv (by hash, from the same lock), which then installs the rest ten times faster; without uv, pip does it all
$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	awk '/^uv==/ {on = 1; print; next} /^[^ ]/ {on = 0} on && !/#/' requirements.lock > $(VENV)/uv.lock
	$(BIN)/pip install -q --no-deps --require-hashes -r $(VENV)/uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --require-hashes -r requirements.lock \
		|| $(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e . \
		|| $(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $(READY)

# two at a time, a file each; the stack alone afterwards, since it wants the whole machine
test: $(READY) programs  ## every test, with a real PostgreSQL, a real Airflow and a real browser
	$(BIN)/pytest -n 2 --dist loadfile -m "not stack"
	$(BIN)/pytest -m stack

INSTALL := test "$$(id -u)" = 0 && apt-get update -q >/dev/null && apt-get install -yq >/dev/null

# where a system starts the services of its packages, Redis runs after its installation; the tests start their own
programs:  ## what some tests want beside Python; where it cannot be installed they say so and are skipped
	@command -v chromium >/dev/null || { $(INSTALL) chromium; } || echo "no Chromium here: the tests of the page will be skipped"
	@command -v redis-server >/dev/null || { $(INSTALL) redis-server \
		&& { service redis-server stop; update-rc.d redis-server disable; true; } >/dev/null 2>&1; } \
		|| echo "no Redis here: the commands of docker-compose.yml will not be run"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests --disable-progress-bar -q

bench: $(READY)  ## ratios, each taken in one run; results in bench-results/
	$(BIN)/python -m tests.bench

contracts: $(READY)  ## write again what is derived from the contracts
	$(BIN)/lmw contracts render

lock: $(READY)  ## pin again what requirements.in asks for
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-package dbt-core-experimental-parser requirements.in -o requirements.lock

clean: down  ## forget the installation's state (not its environment)
	rm -rf var
