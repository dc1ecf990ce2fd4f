# Chores. Everything runs from .venv, which is made once and made again only when the dependencies change.
# Any Python >= 3.11 will do: make setup PYTHON=python3.13

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.PHONY: help setup demo test lint types contracts bench docs reference clean

help:
	@echo "make setup   .venv with everything, $(BIN)/eoxserver included"
	@echo "make demo    a server with sample data; prints URLs that work    (ARGS='--port 9000')"
	@echo "make test    all tests                                           (ARGS='tests/conf -x')"
	@echo "make lint    ruff, mypy and the import contracts"
	@echo "make docs    the documentation held to the code, executed"
	@echo "make reference   write the generated parts of conf/ and docs/ again"
	@echo "make bench   the benchmarks"

setup: $(STAMP)

# After a change of dependencies pip brings an existing .venv up to date; a broken one is removed with `make clean`.
$(STAMP): setup.cfg constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, $(PYTHON) is " + sys.version.split()[0] + "; say: make setup PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: setup
	$(BIN)/eoxserver demo $(ARGS)

test: setup
	@$(BIN)/python tests/programs.py
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory types contracts

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports --no-cache

docs: setup
	$(BIN)/python -m pytest -m docs $(ARGS)

reference: setup
	$(BIN)/python -m eoxserver.conf.reference
	$(BIN)/python -m eoxserver.cli.reference
	$(BIN)/python -m eoxserver.wcst_import.reference

bench: setup
	$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
