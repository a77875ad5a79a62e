# What one does in a clone. Needs Python 3.11 or later, make and pip; everything else is installed
# into .venv from the hashed locks in requirements/. Written for GNU make 3.81, which macOS ships.

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { command -v "$$name"; break; }; done)

# Debian's python3 without python3-venv makes a .venv without pip: then the pip outside fills it.
venv = { test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none is on the PATH." \
		"Debian: apt install python3 python3-pip. macOS: brew install python." >&2; exit 1; }; } && \
	{ "$(PYTHON)" -m venv $(1) >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear --without-pip $(1); }
pip = $$($(1)/bin/python -m pip --version >/dev/null 2>&1 && echo $(1)/bin/python -m pip \
	|| echo "$(PYTHON)" -m pip --python $(1)/bin/python) \
	install --quiet --no-input --disable-pip-version-check --no-deps
locked = --require-hashes --only-binary :all:

# New releases wait a week before a lock takes them. FastAPI: pyproject.toml asks for a younger one.
COOLDOWN = --exclude-newer P7D --exclude-newer-package fastapi=P1D
compile = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-emit-index-url --custom-compile-command 'make lock' --override requirements/overrides.txt $(COOLDOWN) \
	$(if $(UPGRADE),--upgrade)

# The order of tests is shuffled; in CI by a seed that a commit always gets again.
SEED = $(if $(CI),$(shell printf '%d' "0x0$$(git rev-parse --short=7 HEAD 2>/dev/null)"))
S3_SERVER := $(if $(wildcard requirements/s3-server.txt),.venv-s3/stamp)

.PHONY: help demo test lint fix serve bench clean lock postgresql

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 8

demo: .venv/project.stamp ## make a sample library, run the whole job on it, show what was found
	.venv/bin/python -m shotlog.cli.demo

test: lint $(S3_SERVER) postgresql ## everything that CI runs
	.venv/bin/pytest -n auto --dist worksteal $(if $(SEED),-p randomly --randomly-seed=$(SEED))

lint: .venv/dev.stamp ## formatting, lint, types, layers, docstrings, spelling
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/interrogate --quiet src
	.venv/bin/codespell
	.venv/bin/validate-pyproject --disable distutils setuptools -- pyproject.toml

fix: .venv/dev.stamp ## format, and mend what can be mended
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

serve: ## the web page, which a later release brings
	@echo "There is no web page yet: a later release brings it. Until then: .venv/bin/shotlog search, assets, runs." >&2; exit 1

bench: .venv/dev.stamp ## run every benchmark and print its numbers
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; .venv/bin/python "$$script"; done

clean: ## remove all that make has made, the environments too
	rm -rf .venv .venv-s3 .demo build dist .coverage .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

lock: .venv/dev.stamp ## pin dependencies anew (UPGRADE=1: to their latest)
	$(compile) pyproject.toml requirements/run.in --output-file requirements/run.txt
	$(compile) pyproject.toml requirements/run.in requirements/dev.in --output-file requirements/dev.txt
	$(compile) requirements/s3-server.in --output-file requirements/s3-server.txt

postgresql:
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing PostgreSQL for the tests."; export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends postgresql </dev/null >/dev/null; \
	else echo "PostgreSQL is missing: tests on it are skipped here, and fail in CI." \
		"Debian: apt install postgresql. macOS: brew install postgresql."; fi

.venv/bin/python:
	@$(call venv,.venv)

.venv/run.stamp: requirements/run.txt | .venv/bin/python
	@echo "Installing what Shotlog runs with into .venv (once)."
	@$(call pip,.venv) $(locked) -r requirements/run.txt
	@touch $@

.venv/project.stamp: pyproject.toml | .venv/run.stamp
	@$(call pip,.venv) --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/project.stamp
	@echo "Installing what testing needs into .venv (once)."
	@$(call pip,.venv) $(locked) -r requirements/dev.txt
	@touch $@

.venv-s3/stamp: requirements/s3-server.txt
	@echo "Installing the S3 server of the tests into .venv-s3 (once)."
	@$(call venv,.venv-s3)
	@$(call pip,.venv-s3) --require-hashes -r requirements/s3-server.txt
	@touch $@
