# Needs only Python 3.11 or newer, git and make; another Python: make dev PYTHON=python3.13
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
SOURCES := src $(wildcard plugins/*/src) tests benchmarks docs/generate.py
PLUGIN_TESTS := $(patsubst %/,%,$(sort $(dir $(wildcard plugins/*/tests/*.py))))
DOCS = $(shell grep -l '\[\[\[cog' README.md docs/*.md docs/*/*.md 2>/dev/null)
BENCHMARKS := $(addprefix benchmarks/,startup.py finance_extract.py finance_load.py finance_views.py \
  roster_load.py roster_pull.py roster_figures.py jobs_selection.py jobs_week.py jobs_writes.py)

.DEFAULT_GOAL := help
.PHONY: help dev demo test lint docs bench bench-report check clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

dev: $(STAMP) ## Create .venv with the core, every plugin and the tools, at pinned versions

demo: $(STAMP) ## Pull simulated data into demo/ and show it in Datasette (ARGS=--once: do not serve)
	@$(BIN)/clerk demo $(ARGS)

# One process more than there are cores: many tests wait for others that they started.
test: export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
test: $(STAMP) ## Run every test (ARGS="-k word" narrows them)
	@$(BIN)/pytest $(ARGS)

lint: $(STAMP) ## Check style, format, types, layers and generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	@for tests in $(PLUGIN_TESTS); do echo "$(BIN)/mypy $$tests"; $(BIN)/mypy "$$tests" || exit; done
	$(BIN)/lint-imports
	$(if $(DOCS),$(BIN)/cog --check --diff $(DOCS),@echo "no generated docs to check")

docs: $(STAMP) ## Regenerate the generated parts of the docs
	$(if $(DOCS),$(BIN)/cog -r $(DOCS),@echo "no generated docs")

bench: $(STAMP) ## Measure against the targets; takes minutes
	@status=0; for bench in $(BENCHMARKS); do $(BIN)/python "$$bench" || status=1; done; exit $$status

bench-report: $(STAMP) ## Measure rosters at 1 and 5 million rows and write docs/benchmarks.md; about half an hour
	$(BIN)/python benchmarks/report.py

check: lint test ## Run lint and test

clean: ## Remove the environment, caches, build output and the demo's folder
	rm -rf $(VENV) build dist plugins/*/build plugins/*/dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name .git -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
	@if [ -f demo/clerk.toml ]; then echo rm -rf demo; rm -rf demo; fi

# A relative path, because pip splits these variables at spaces. Build isolation reads the second one.
$(STAMP): export PIP_CONSTRAINT := constraints.txt
$(STAMP): export PIP_BUILD_CONSTRAINT := constraints.txt
$(STAMP): export PIP_DISABLE_PIP_VERSION_CHECK := 1
$(STAMP): constraints.txt pyproject.toml $(PLUGINS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "clerk needs Python 3.11 or newer; $(PYTHON) is not. Name another: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV); the first time takes about a minute" >&2
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet pip
	@$(BIN)/python -m pip install --quiet --editable '.[dev]' $(PLUGINS:%=--editable %)
	@touch $@
