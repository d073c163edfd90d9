# run · test · bench · lint · demo · reference
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STORE := $(or $(ECOSYSTEM_STORE),data/store)
# No flags of ours hide warnings: the tests turn them into errors.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test bench lint demo reference

run: $(VENV)/.run
	@test -e "$(STORE)/current" || $(BIN)/python -m analytics demo
	$(BIN)/streamlit run dashboard.py

test: $(VENV)/.dev
	@tests/ensure_chromium.sh $(BIN)/python
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

demo: $(VENV)/.dev
	$(BIN)/python -m data.demo.make_demo

reference: $(VENV)/.dev
	$(BIN)/python data/reference/make_reference.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@
