# Needs make and Python 3.11 or newer; the rest is installed into environments in this directory.

# A candidate may be found and yet be of no use: a pyenv shim can refuse to run, and a system Python
# can lack ensurepip. So each one is tried.
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions
CANDIDATES = python3 python3.14 python3.13 python3.12 python3.11 python $(wildcard $(PYENV)/*/bin/python3)
USABLE = import sys, venv, ensurepip; sys.exit(sys.version_info[:2] < (3, 11))
usable = $(shell $(1) -c '$(USABLE)' 2>/dev/null && echo $(1))
first_usable = $(firstword $(foreach candidate,$(1),$(call usable,$(candidate))))

# A target may need one VERSION.
python_version = $(call first_usable,python$(1) $(wildcard $(PYENV)/$(1).*/bin/python$(1)))
PYTHON = $(if $(VERSION),$(call python_version,$(VERSION)),$(call first_usable,$(CANDIDATES)))
NO_PYTHON = no Python $(or $(VERSION),3.11 or newer) with venv and ensurepip (on Debian: python3-venv) was \
found on PATH or in $(PYENV). Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python
VERSIONS := 3.11 3.12 3.13 3.14
test_if_found = $(if $(call python_version,$(1)),test-$(1))

# The environment of the checkers and the tests.
ENV = .venv

# A test waits for a third of its time: for processes that it kills, or for a server.
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
PYTEST = -m pytest -n $(shell expr $(CORES) + \( $(CORES) + 1 \) / 2)

.DEFAULT_GOAL := help
.PHONY: help demo test coverage test-all test-latest test-oldest tests lint prose ruff mypy pyright integrations examples \
docs pictures bench mutation diagnosis torture field scaling lock clean $(VERSIONS:%=test-%)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: .venv-demo/installed ## Train a classifier, see its log in three places, and certify the store
	@.venv-demo/bin/python docs/examples/digits
	@.venv-demo/bin/python docs/examples/certification

test: lint tests ## Check with ruff, mypy and pyright, then run the tests

tests: $(ENV)/installed
	$(ENV)/bin/python $(PYTEST)

# Coverage starts with each process, before pytest imports the kit as a plugin. So child processes of
# tests count too, except those that a test kills.
COVERAGE = $(ENV)/bin/python -m coverage
coverage: export COVERAGE_FILE = $(CURDIR)/.coverage
coverage: $(ENV)/installed ## Run the tests, and report the lines they run (TESTS=tests/sdk for some)
	$(COVERAGE) erase
	COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml $(ENV)/bin/python $(PYTEST) $(TESTS)
	$(COVERAGE) combine --quiet
	$(COVERAGE) report

test-all: lint ## The same, with the tests on every Python from 3.11 to 3.14 that is found
	@$(MAKE) --no-print-directory --keep-going $(foreach version,$(VERSIONS),$(call test_if_found,$(version)))

$(VERSIONS:%=test-%): test-%: .venv-%/installed
	.venv-$*/bin/python $(PYTEST)

# Old releases use what newer releases of their own dependencies deprecate. Of the kit's tests, those of
# the pytest plugin depend on releases most; the demo and the commands of the docs use the locked ones.
test-oldest: .venv-oldest/installed ## Test with the oldest releases that the package accepts
	.venv-oldest/bin/python $(PYTEST) -W ignore::DeprecationWarning \
		--ignore=tests/sdk/test_demo.py --ignore=tests/conformance/pytest_session/test_plugin_docs.py \
		tests/sdk tests/sources tests/command tests/conformance/pytest_session

# pyright looks for an environment named .venv in a folder that it is given.
test-latest: ## Check and test with the newest release of everything
	rm -rf .venv-latest
	@$(MAKE) --no-print-directory --keep-going ENV=.venv-latest/.venv ruff mypy pyright tests

examples: .venv-examples/installed ## Test and certify the packages in docs/examples (PACKAGES="http sqlite"; EFFORT=quick)
	.venv-examples/bin/python docs/examples/check.py $(PACKAGES) $(if $(filter quick,$(EFFORT)),--quick)

lint: prose ruff ## Only the checks
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target mypy pyright

prose: $(ENV)/installed
	PYTHONPATH=tests $(ENV)/bin/python -m prose

ruff: $(ENV)/installed
	$(ENV)/bin/python -m ruff check
	$(ENV)/bin/python -m ruff format --check

mypy: $(ENV)/installed
	$(ENV)/bin/python -m mypy

pyright: $(ENV)/installed
	$(ENV)/bin/python -m pyright --venvpath $(dir $(ENV))

integrations: .venv-integrations/torch ## Run the adapters' tests with the real libraries
	EVSYS_INTEGRATIONS_REQUIRED=1 .venv-integrations/bin/python -m pytest tests/integrations

docs: .venv-docs/installed ## Build the site, docs/_build/html; warnings are errors
	.venv-docs/bin/python -m sphinx --quiet --nitpicky --fail-on-warning --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

pictures: .venv/installed ## Make the pictures of the docs again (needs chromium)
	.venv/bin/python docs/pictures/make.py

bench: .venv-bench/torch ## Measure beside other loggers; BENCH=quick or SECTION=imports for less
	PYTHONPATH=tests .venv-bench/bin/python -m benchmarks --effort $(or $(BENCH),full) \
		--section $(SECTION) --subject $(SUBJECT) $(if $(BENCH)$(SUBJECT),,$(BENCH_PAGE))
BENCH_PAGE = --document docs/benchmarks.md --picture docs/pictures/benchmarks.svg

mutation: .venv-mutation/installed ## Let the kit judge mutants of two stores (MUTANTS=100); writes docs/mutation-score.md
	.venv-mutation/bin/python tests/measures/mutation.py $(if $(MUTANTS),--mutants $(MUTANTS))
	PYTHONPATH=tests .venv-mutation/bin/python -m measures.plain_mutation

diagnosis: .venv/installed ## Let the kit explain the zoo's faulty stores (EVERY=10); writes docs/diagnosis.md
	.venv/bin/python tests/measures/diagnosis.py $(if $(EVERY),--every $(EVERY))

torture: .venv/torch ## Kill, fill up and damage at full length; writes the table in docs/durability.md
	PYTHONPATH=tests .venv/bin/python -m torture --write

field: .venv-field/torch ## Certify other loggers (LOGGERS="wandb mlflow" for some); writes docs/field.md
	PYTHONPATH=docs:tests .venv-field/bin/python -m field $(LOGGERS)

scaling: .venv-examples/installed ## Measure 1, 4 and 16 processes in each store; SCALING=quick for less
	PYTHONPATH=src:conformance:$(subst $(SPACE),:,$(PACKAGE_FILES:pyproject.toml=src)) .venv-examples/bin/python \
		docs/examples/scaling/measure.py $(if $(SCALING),--quick,--into docs/scaling.md)

clean: ## Remove the environments and caches; runs stay
	rm -rf .venv .venv-* build dist docs/_build
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .evsys

lock: .venv-lock/locked ## Bring the locks to the newest releases
	$(COMPILE) --group build --output-file locks/build.txt
	$(COMPILE) --group lock --output-file locks/lock.txt
	$(COMPILE) pyproject.toml --extra dev --group torch --output-file locks/dev.txt
	$(COMPILE) pyproject.toml --extra tests --resolution lowest-direct --output-file locks/oldest.txt
	$(COMPILE) pyproject.toml --extra demo --output-file locks/demo.txt
	$(COMPILE) pyproject.toml --extra docs --output-file locks/docs.txt
	$(COMPILE) pyproject.toml $(PACKAGE_FILES) --extra conformance --extra test --group examples \
		--output-file locks/examples.txt
	$(COMPILE) pyproject.toml --extra conformance --group integrations --output-file locks/integrations.txt
	$(COMPILE) pyproject.toml --extra tensorboard --group bench --output-file locks/bench.txt
	$(COMPILE) pyproject.toml --extra tensorboard --extra conformance --group field --output-file locks/field.txt
	$(COMPILE) --group mutation --constraints locks/dev.txt --output-file locks/mutation.txt
COMPILE = .venv-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --custom-compile-command 'make lock'

# Each environment is installed from the lock in locks/ that has its name. It keeps a copy of that lock
# (git changes the times of files), and is made again when the lock differs, so that no package of the
# old one stays. A lock is complete, so pip looks for nothing else (--no-deps); a file must have a hash
# that the lock names. locks/build.txt builds this package and the few that have no wheel, so that no
# build looks for anything either (--no-build-isolation).
.venv/locked $(VERSIONS:%=.venv-%/locked): locks/dev.txt
.venv-mutation/locked: locks/dev.txt locks/mutation.txt
$(foreach name,demo docs examples integrations bench field oldest lock,$(eval .venv-$(name)/locked: locks/$(name).txt))
.venv-3.%/locked: VERSION = $(@D:.venv-%=%)
.venv-oldest/locked: VERSION = 3.11
.venv-bench/locked .venv-field/locked: PYTHON = $(or $(call python_version,3.11),$(call first_usable,$(CANDIDATES)))

INSTALL = $(@D)/bin/python -m pip install --quiet
FROM_LOCK = $(INSTALL) --no-deps --no-build-isolation
%/locked: locks/build.txt
	@if ! cat $^ | cmp -s - $@; then \
		echo "Installing $(filter-out $<,$^) into $(@D) (once; this takes a minute or two)" && \
		$(or $(PYTHON),$(error $(NO_PYTHON))) -m venv --clear $(@D) && \
		$(FROM_LOCK) --require-hashes --requirement $< && \
		$(FROM_LOCK) --require-hashes $(patsubst %,--requirement %,$(filter-out $<,$^)) && \
		cat $^ >$@; \
	fi && touch $@

.PRECIOUS: %/installed
%/installed: %/locked pyproject.toml
	@$(FROM_LOCK) --editable .
	@touch $@

SPACE := $(subst ,, )
PACKAGE_FILES := $(wildcard docs/examples/*/pyproject.toml)
.venv-examples/installed: .venv-examples/locked pyproject.toml $(PACKAGE_FILES)
	@$(FROM_LOCK) . $(PACKAGE_FILES:%/pyproject.toml=./%)
	@touch $@

# torch is in no lock: on Linux its own requirements are gigabytes for CUDA, unless pip is told of a
# build without. The locks have what else it requires.
%/torch: %/installed
	@echo "Installing torch into $(@D)"
	@$(INSTALL) torch==2.13.0
	@touch $@

.venv-latest/.venv/installed:
	@$(or $(PYTHON),$(error $(NO_PYTHON))) -m venv $(@D)
	@echo "Installing the newest releases into $(@D) (this takes a minute or two)"
	@$(INSTALL) --editable '.[dev]'
	@touch $@
