# What CI runs is what you run: `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin

.PHONY: help .venv demo test test-engines system lint types imports deps docs unit bench bench-full focus-validator format lock clean

help: ## this list
	@grep -hE '^[a-z.-]+:.*## ' Makefile | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv: .venv/ready ## the environment, from the lock

.venv/locked: requirements.lock
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/ready: .venv/locked pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/ready ## a statement from sample data, in demo/
	$(BIN)/python examples/demo.py

test: system lint imports deps unit types docs focus-validator bench ## everything that CI checks

test-engines: .venv/engines ## the same answers from PostgreSQL and Spark; installs them where they are missing
	$(BIN)/pytest -q -n 0 tests/engines/test_interpreters_of_a_question.py tests/engines/test_engines_elsewhere.py \
	  benchmarks/bench_engines.py

.venv/engines: .venv/ready requirements-engines.lock | system
	scripts/test-engines
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-engines.lock
	@touch $@

system: ## programs that the tests drive: a browser, a spreadsheet, a PDF reader
	scripts/system-packages

lint: .venv/ready ## style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/ready ## types, strict
	$(BIN)/mypy

imports: .venv/ready ## floors, purity, rings
	$(BIN)/lint-imports --no-logo

deps: .venv/ready ## declared dependencies are the used ones
	$(BIN)/deptry src

docs: .venv/ready ## the documentation, in build/docs
	$(BIN)/sphinx-build --quiet -W --keep-going -n -b html -d build/doctrees docs build/docs

unit: .venv/ready ## tests, doctests and the pages' examples
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup

bench: .venv/ready ## benchmarks, tiny: do they run, do both sides agree
	$(BIN)/pytest -q benchmarks

bench-full: .venv/ready ## benchmarks, full size, timed
	$(BIN)/pytest benchmarks --full --benchmark-enable --benchmark-columns=min,median,rounds

focus-validator: .venv/ready ## an export held against the public FOCUS validator, where there is Python 3.12
	$(BIN)/python scripts/focus-validate

format: .venv/ready ## mend style and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: .venv/ready ## pin every dependency anew, with hashes
	$(BIN)/uv pip compile --quiet --universal --upgrade --group dev --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml -o requirements.lock
	printf '%s\n' 'psycopg[binary]>=3.2' 'pyspark>=4' | $(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes \
	  --no-header --no-emit-index-url --no-emit-find-links --no-annotate -c requirements.lock - -o requirements-engines.lock

clean: ## remove what was made
	rm -rf .venv build dist demo .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
