# The commands of the project; `make` alone lists them. All of them work in a fresh clone with Python 3.11+ and nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PIP = $(BIN)/pip install --quiet --disable-pip-version-check
UV = $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python

# Under these two Python 3.11 reads the path of this folder as ASCII, and ends where it is in Vietnamese.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

# A .venv knows its folder by heart: where that was moved or copied, it is made again.
ifneq "$(shell cat $(BIN)/.made 2>/dev/null)" "$(CURDIR)"
.PHONY: $(BIN)/.made
endif

$(BIN)/.made: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11+ is needed: make PYTHON=python3.12")'
	@echo "Making .venv from the locked requirements"
	@test ! -s $@ || test "$$(cat $@)" = "$$(pwd -P)" || rm -r .venv
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@command -v $(BIN)/uv >/dev/null || $(PIP) uv
	@$(UV) --compile-bytecode --require-hashes -r requirements/dev.txt || { \
		echo "uv does not reach the packages; pip tries, which has settings of its own"; \
		$(PIP) --require-hashes -r requirements/dev.txt; }
	@test -x $(BIN)/longan || $(UV) --no-deps -e . || $(PIP) --no-deps -e .
	@pwd -P > $@

install: $(BIN)/.made ## make .venv from the locked requirements

run: $(BIN)/.made ## start everything on this machine: API, worker, PostgreSQL, Valkey, object storage, sample data, local SMS and push
	@exec $(BIN)/longan dev

demo: $(BIN)/.made ## walk from sign-in to a rating against the running service and show each request and answer
	@$(BIN)/python -m longan.devkit.demo

test: $(BIN)/.made ## the test suite
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: $(BIN)/.made ## ruff, mypy --strict, import-linter, and the document's lint where Node is there
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/lint_document.py openapi.json

openapi: $(BIN)/.made ## write openapi.json again
	@$(BIN)/longan openapi > openapi.json.new && mv openapi.json.new openapi.json

bench: $(BIN)/.made ## measure against the limit and the alternative; prints one table (needs wrk)
	@$(BIN)/python -m bench

crash: $(BIN)/.made ## minutes: kill -9 of API, worker and PostgreSQL under load; nothing acknowledged may be lost
	@$(BIN)/python -m pytest -m long

faults: $(BIN)/.made ## minutes: 20,000 pushes through faults, kill -9 of two workers and an outage; none lost or overtaken
	@$(BIN)/python -m pytest -m long tests/push/test_push_faults.py

lock: ## lock the newest versions that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header --extra dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header --group bench -o requirements/bench.txt

.PHONY: help install run demo test check openapi bench crash faults lock
