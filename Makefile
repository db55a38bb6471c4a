# Needs make and Python 3.11 or newer; the rest is installed into environments in this directory.

# A candidate may be found and yet be of no use: a pyenv shim can refuse to run, and a system Python
# can lack ensurepip. So each one is tried.
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions
CANDIDATES = python3 python3.13 python3.12 python3.11 python $(wildcard $(PYENV)/*/bin/python3)
USABLE = import sys, venv, ensurepip; sys.exit(sys.version_info[:2] < (3, 11))
usable = $(shell $(1) -c '$(USABLE)' 2>/dev/null && echo $(1))
first_usable = $(firstword $(foreach candidate,$(1),$(call usable,$(candidate))))

PYTHON = $(call first_usable,$(CANDIDATES))
python_version = $(call first_usable,python$(1) $(wildcard $(PYENV)/$(1).*/bin/python$(1)))
test_if_found = $(if $(call python_version,3.$(1)),test-3.$(1))
NO_PYTHON = no Python 3.11 or newer with venv and ensurepip (on Debian: python3-venv) was found \
on PATH or in $(PYENV). Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python

# A test waits for a third of its time: for processes that it kills, or for a server.
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
PYTEST = -m pytest -n $(shell expr $(CORES) + \( $(CORES) + 1 \) / 2)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all examples integrations mutation torture bench scaling lint mypy pyright docs pictures clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: .venv-demo/installed ## Train a classifier and see its log in three places (runs/digits)
	@.venv-demo/bin/python docs/examples/digits

test: lint ## Check with ruff, mypy and pyright, then run the tests
	.venv/bin/python $(PYTEST)

test-all: lint ## The same, with the tests on every Python from 3.11 to 3.13 that is found
	@$(MAKE) --no-print-directory --keep-going $(foreach minor,11 12 13,$(call test_if_found,$(minor)))

examples: .venv-examples/installed ## Test and certify the packages in docs/examples (PACKAGES="http sqlite"; EFFORT=quick)
	.venv-examples/bin/python docs/examples/check.py $(PACKAGES) $(if $(filter quick,$(EFFORT)),--quick)

lint: .venv/installed ## Only the checks
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target mypy pyright

mypy pyright: .venv/installed
	.venv/bin/python -m $@

integrations: .venv-integrations/installed ## Run the adapters' tests with Lightning, Transformers and Keras
	EVSYS_INTEGRATIONS_REQUIRED=1 .venv-integrations/bin/python -m pytest tests/integrations

docs: .venv-docs/installed ## Build the site, docs/_build/html; every doubt is an error
	.venv-docs/bin/python -m sphinx --quiet --nitpicky --fail-on-warning --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

pictures: .venv/installed ## Make the pictures of the docs anew (needs chromium)
	.venv/bin/python docs/pictures/make.py

bench: .venv-bench/installed ## Measure beside other loggers; BENCH=quick or SECTION=imports for less
	PYTHONPATH=tests .venv-bench/bin/python -m benchmarks --effort $(or $(BENCH),full) \
		--section $(SECTION) --subject $(SUBJECT) $(if $(BENCH)$(SUBJECT),,$(BENCH_PAGE))
BENCH_PAGE = --document docs/benchmarks.md --picture docs/pictures/benchmarks.svg

mutation: .venv-mutation/installed ## Let the kit judge mutants of the jsonl store (MUTANTS=100); writes docs/mutation-score.md
	.venv-mutation/bin/python tests/conformance/mutation.py $(if $(MUTANTS),--mutants $(MUTANTS))

torture: .venv/installed ## Kill, fill up and damage at full length; writes the table in docs/durability.md
	PYTHONPATH=tests .venv/bin/python -m torture --write

scaling: .venv-examples/installed ## Measure 1, 4 and 16 processes in each store; SCALING=quick for less
	PYTHONPATH=src:conformance:$(subst $(SPACE),:,$(PACKAGE_FILES:pyproject.toml=src)) .venv-examples/bin/python \
		docs/examples/scaling/measure.py $(if $(SCALING),--quick,--into docs/scaling.md)

clean: ## Remove the environments and caches; runs stay
	rm -rf .venv .venv-* build dist docs/_build
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .evsys

.PHONY: test-3.11 test-3.12 test-3.13
test-3.11 test-3.12 test-3.13: test-%: .venv-%/installed
	.venv-$*/bin/python $(PYTEST)

# An environment is made once, and installed again when pyproject.toml has changed.
.venv-demo/installed: EXTRA = demo
.venv-docs/installed: EXTRA = docs
.venv/installed .venv-3.11/installed .venv-3.12/installed .venv-3.13/installed: EXTRA = dev
.venv-3.11/installed: PYTHON = $(call python_version,3.11)
.venv-3.12/installed: PYTHON = $(call python_version,3.12)
.venv-3.13/installed: PYTHON = $(call python_version,3.13)

ENVIRONMENTS := .venv .venv-demo .venv-docs .venv-3.11 .venv-3.12 .venv-3.13
$(ENVIRONMENTS:=/installed): %/installed: pyproject.toml
	@test -x $*/bin/python || $(or $(PYTHON),$(error $(NO_PYTHON))) -m venv --clear $*
	@echo "Installing evsys-sdk[$(EXTRA)] into $* (once; this takes a minute or two)"
	@$*/bin/python -m pip install --quiet --editable '.[$(EXTRA)]'
	@touch $@

.venv-bench/installed: PYTHON = $(or $(call python_version,3.11),$(call first_usable,$(CANDIDATES)))
.venv-bench/installed: pyproject.toml tests/benchmarks/requirements.txt
	@test -x .venv-bench/bin/python || $(or $(PYTHON),$(error $(NO_PYTHON))) -m venv --clear .venv-bench
	@.venv-bench/bin/python tests/benchmarks/install.py
	@.venv-bench/bin/python -m pip install --quiet --editable '.[tensorboard]'
	@touch $@

.venv-mutation/installed: pyproject.toml
	@test -x .venv-mutation/bin/python || $(or $(PYTHON),$(error $(NO_PYTHON))) -m venv --clear .venv-mutation
	@.venv-mutation/bin/python -m pip install --quiet cosmic-ray --editable '.[dev]'
	@touch $@

# The packages depend on this one by name, so all are installed by one command.
SPACE := $(subst ,, )
PACKAGE_FILES := $(wildcard docs/examples/*/pyproject.toml)
.venv-examples/installed: pyproject.toml $(PACKAGE_FILES)
	@test -x .venv-examples/bin/python || $(or $(PYTHON),$(error $(NO_PYTHON))) -m venv --clear .venv-examples
	@echo "Installing the packages of docs/examples into .venv-examples (once; this takes a minute or two)"
	@.venv-examples/bin/python -m pip install --quiet 'hatchling>=1.26' 'pytest-xdist>=3.6' '.[conformance]' \
		$(patsubst %/pyproject.toml,'./%[test]',$(PACKAGE_FILES))
	@touch $@

# torch comes first and by its version: what depends on it would bring gigabytes for CUDA.
.venv-integrations/installed: pyproject.toml
	@test -x .venv-integrations/bin/python || $(or $(PYTHON),$(error $(NO_PYTHON))) -m venv --clear .venv-integrations
	@echo "Installing Lightning, Transformers and Keras into .venv-integrations (once; this takes minutes)"
	@.venv-integrations/bin/python -m pip install --quiet torch==2.13.0
	@.venv-integrations/bin/python -m pip install --quiet lightning transformers accelerate keras
	@.venv-integrations/bin/python -m pip install --quiet --editable '.[conformance]'
	@touch $@
