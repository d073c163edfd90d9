# run · test · audit · sbom · bench · lint · demo · reference
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STORE := $(or $(ECOSYSTEM_STORE),data/store)
# No flags of ours hide warnings: the tests turn them into errors.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test audit sbom bench lint demo reference

run: $(VENV)/.run
	@ls "$(STORE)"/*/manifest.json >/dev/null 2>&1 || $(BIN)/python -m analytics demo
	$(BIN)/streamlit run dashboard.py

test: $(VENV)/.dev
	@tests/ensure_chromium.sh $(BIN)/python
	@$(BIN)/python -m tests.axe_core
	@$(BIN)/python -m tests.identity_provider
	$(MAKE) --no-print-directory lint audit
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Licences, known vulnerabilities where a database answers, requirements that are unused or undeclared.
audit: $(VENV)/.dev
	$(BIN)/python -m tests.audit

sbom: $(VENV)/.dev
	$(BIN)/python -m tests.audit --sbom sbom.cdx.json

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
