# make run · make test · make check · make format · make eval · make bench · make prove · make locks
PYTHON ?= python3
VENV := .venv
# One more than there are cores: some tests wait for processes (tests/conftest.py), and none shall wait for a core.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes

.PHONY: run test check format eval bench prove locks manifest clean
.DEFAULT_GOAL := run

# `kabar` without a command is `kabar run` once a token stands in .env (or the environment), `kabar try` before that.
run: $(VENV)/.run
	@$(BIN)/kabar

# Compiled beforehand: many tests start the program, and where Python may not write bytecode each start would compile it.
test: $(VENV)/.dev
	@$(BIN)/python -m compileall -q bot tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(VENV)/.dev
	$(BIN)/ruff check bot tests
	$(BIN)/ruff format --check bot tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/kabar check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix bot tests
	$(BIN)/ruff format bot tests

# How good the rules are on labelled headlines (see config/README.md); EVAL names the folder.
EVAL ?= ../shared/eval
eval: $(VENV)/.run
	@test -d $(EVAL) && $(BIN)/kabar eval $(EVAL) || echo "There is no $(EVAL) here; name a folder with headlines.jsonl: make eval EVAL=folder"

# Timings, as ratios against a peer in the same run; never part of the tests.
bench: $(VENV)/.dev $(VENV)/bench/.peers
	$(BIN)/python -m tests.bench $(VENV)/bench/bin/python

# That nothing is lost, repeated or sent too quickly, whatever is killed: about half an hour; SEED begins elsewhere.
SEED ?= 1
prove: $(VENV)/.dev
	$(BIN)/python -m tests.prove all --seed $(SEED)

# The Slack manifest in deploy/ is written from the command registry.
manifest: $(VENV)/.run
	$(BIN)/kabar manifest > deploy/slack-manifest.yaml

# Renews deploy/locks/*.txt from pyproject.toml and the .in files (needs `uv`).
locks:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade -q -o deploy/locks/run.txt pyproject.toml deploy/locks/build.in
	cd deploy/locks && uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade -q -o dev.txt dev.in
	cd deploy/locks && uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade -q -o bench.txt bench.in

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kabar needs Python 3.11 or newer; $$($(PYTHON) --version) is here. Install it and run: make PYTHON=python3.11" >&2; exit 2; }
	@echo "Setting up (once, about half a minute) ..." >&2
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; exit 2; }

$(VENV)/.run: $(VENV)/bin/python deploy/locks/run.txt pyproject.toml
	@$(PIP) -r deploy/locks/run.txt
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run deploy/locks/dev.txt
	@$(PIP) -r deploy/locks/dev.txt
	@touch $@

# What the bench compares with; no part of Kabar, so it lives in an environment of its own.
$(VENV)/bench/.peers: deploy/locks/bench.txt | $(VENV)/bin/python
	@$(BIN)/python -m venv $(VENV)/bench
	@$(VENV)/bench/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r deploy/locks/bench.txt
	@touch $@
