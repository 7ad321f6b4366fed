# What a user starts: `make help` lists what there is. Everything runs in .venv, made from requirements.lock.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
PROFILE ?= profiles/local
CONFIG ?= config.yaml
ifneq ($(STUDY),)
  ifeq ($(origin CONFIG),command line)
    $(error STUDY=$(STUDY) and CONFIG=$(CONFIG) name two studies; give one of them)
  endif
  CONFIG := studies/$(STUDY).yaml
endif
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.complete
READY := $(VENV)/.lethe
# An environment of its own for what looks at the packages, so that none of it is among them.
SUPPLY := .venvs/supply
LETHE := $(BIN)/lethe
# What a user sets for other programs is not for these.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONOPTIMIZE PYTHONSAFEPATH PYTHONINSPECT BASH_ENV
# A variable as one word of the shell, whatever its letters are; what make was given is not expanded.
given = $(if $(filter command environment,$(firstword $(origin $(1)))),$(value $(1)),$($(1)))
as_word = '$(subst ','\'',$(call given,$(1)))'
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --jaxtyping-packages=lethe,beartype.beartype -n 4 --dist loadfile --no-loadscope-reorder --durations=10
LOOK_AT_PACKAGES := PYTHONPATH=workflow/scripts $(BIN)/python -m lethe.run.supply
SNAKEMAKE := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake
# What `make test-long` tries beside the Python of .venv; each gets an environment of about 6 GB. By default one of every
# version that this project supports and that is found on the PATH or at pyenv.
PYTHONS ?= $(shell for minor in 11 12 13; do \
  for python in python3.$$minor "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.$$minor.*/bin/python; do \
  "$$python" -c pass 2>/dev/null && echo "$$python" && break; done; done)
PLACE := import os, sys; [open(file, "w").write(os.path.relpath("workflow/scripts", os.path.dirname(file)) + "\n") \
  for file in sys.argv[1:]]
SOURCES := workflow tests benchmarks
VERSION := import platform; print(platform.python_version())
RULES := Snakefile rules workflow/Snakefile
YAML := $(wildcard *.yaml .*.yaml .*.yml .github/workflows/*.yml */*.yaml profiles/*/*.yaml) CITATION.cff

.PHONY: help setup run study smoke pool plan export test test-long faults test-machines test-pythons test-smoke test-gpu test-fast lint types format reference dag status
.PHONY: prune licences sbom audit clean clean-environment

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv from requirements.lock, and the command `lethe` in it

$(PACKAGES): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the packages of requirements.lock into $(VENV) (once; a few minutes)"
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $(PACKAGES)

# The library itself, where it lies: an edit of it needs no new installation. Python reads the place from a file, in the
# letters of the user's locale; written from there, it holds none of the letters of this folder's path.
$(READY): $(PACKAGES) pyproject.toml
	LC_ALL=C.UTF-8 $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -S -c '$(PLACE)' $(VENV)/lib/python*/site-packages/__editable__.*lethe*.pth
	touch $(READY)

$(SUPPLY)/.complete: supply.lock | $(READY)
	@echo "Installing the packages of supply.lock into $(SUPPLY) (once)"
	@rm -rf $(SUPPLY)
	@$(BIN)/python -m venv $(SUPPLY)
	@$(SUPPLY)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement supply.lock || \
	  { echo "the packages of supply.lock cannot be had here; see what pip says above" >&2; exit 1; }
	@touch $@

run: $(READY) ## run the default study (or STUDY=name, CONFIG=file, PROFILE=profiles/slurm, REPLACE=1) and say where the report is
	@$(LETHE) run --config $(call as_word,CONFIG) --profile $(call as_word,PROFILE) $(if $(REPLACE),--replace)

study: ## run studies/NAME.yaml: make study STUDY=fashion_mnist
	@test -n $(call as_word,STUDY) || { echo "name a study: make study STUDY=NAME, one of: $(patsubst studies/%.yaml,%,$(wildcard studies/*.yaml))" >&2; exit 1; }
	@test -f studies/$(call as_word,STUDY).yaml || { echo "there is no "studies/$(call as_word,STUDY)".yaml; known: $(patsubst studies/%.yaml,%,$(wildcard studies/*.yaml))" >&2; exit 1; }
	@$(MAKE) --no-print-directory run

smoke: ## run a toy study, under a minute
	@$(MAKE) --no-print-directory study STUDY=smoke

pool: ## train sixty networks, from which tests of the statistics draw (studies/pool_digits.yaml)
	@$(MAKE) --no-print-directory study STUDY=pool_digits

plan: $(READY) ## say which jobs a study would start, how many need a GPU, and what they will take (STUDY=name, CONFIG=file)
	@$(LETHE) plan --config $(call as_word,CONFIG)

prune: $(READY) ## show the files that a study no longer asks for; YES=1 removes them (STUDY=name, CONFIG=file)
	@$(LETHE) prune --config $(call as_word,CONFIG) $(if $(YES),--yes)

export: $(READY) ## write one network for other programs: make export CELL=supervised/fold/0.50 [SEED=0] [CONFIG=file]
	@$(LETHE) export --cell $(call as_word,CELL) --seed $(if $(SEED),$(call as_word,SEED),0) --config $(call as_word,CONFIG) --profile $(call as_word,PROFILE)

test: $(READY) ## run every test but those that take minutes or need a GPU
	$(PYTEST) -m "not gpu and not long" tests

test-long: $(READY) ## run the tests that take minutes, then test-pythons
	$(PYTEST) -m "long and not gpu" tests
	@$(MAKE) --no-print-directory test-pythons

faults: $(READY) ## inject what can befall a study, and print a table: injected, survived, lost (FAULTS="--short")
	$(BIN)/python tests/faults/table.py $(FAULTS)

test-machines: $(READY) ## run the fast tests with other processors' instructions and in odd surroundings
	$(PYTEST) -m "long and not gpu" tests/machines

test-pythons: $(READY) ## run the fast tests and a toy study on other Pythons, each in .venvs: make test-pythons PYTHONS="python3.12 python3.13"
	@for python in $(PYTHONS); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$$python does not start, or is older than 3.11; name others: make $@ PYTHONS=\"python3.12 python3.13\"" >&2; exit 1; }; done
	@own=$$($(BIN)/python -c '$(VERSION)'); tried=; for python in $(PYTHONS); do \
	  version=$$($$python -c '$(VERSION)'); \
	  if [ "$$version" = "$$own" ]; then echo "$$python is that of $(VENV), which make test runs on"; continue; fi; \
	  echo "Python $$version ($$python): the fast tests and the smoke study"; tried=1; \
	  $(MAKE) --no-print-directory VENV=.venvs/$$version PYTHON=$$python test-fast test-smoke; done; \
	test -n "$$tried" || echo "No other Python was tried; name some: make $@ PYTHONS=\"python3.12 python3.13\"" >&2

test-smoke: $(READY) ## run the toy study of `make smoke` in a fresh folder
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; cd "$$folder"; \
	  "$(CURDIR)/$(LETHE)" run --config "$(CURDIR)/studies/smoke.yaml"; test -s results/smoke/report.html

test-gpu: $(READY) ## run the tests that need a GPU
	$(PYTEST) -m gpu tests

test-fast: $(READY) ## run the tests that take seconds
	$(PYTEST) -n 2 -m "not slow and not slurm and not gpu" tests

lint: $(READY) ## ruff, snakefmt, snakemake --lint, import-linter, YAML, spelling
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/snakefmt --check $(RULES)
	$(SNAKEMAKE) --lint
	PYTHONPATH=workflow/scripts $(BIN)/lint-imports
	$(BIN)/check-yaml $(YAML)
	$(BIN)/codespell

types: $(READY) ## mypy
	$(BIN)/mypy

format: $(READY) ## format Python and Snakemake files
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/snakefmt $(RULES)

reference: $(READY) ## write anew the pages and the schema that are made from the code
	@for page in options:docs/options.md keys:config/README.md schema:docs/study.schema.json; do \
	  $(LETHE) config --$${page%%:*} > .reference.part; mv .reference.part $${page#*:}; done

licences: $(READY) ## print the licence of every package; fail where one is unknown or not allowed
	@$(LOOK_AT_PACKAGES) licences

sbom: $(READY) $(SUPPLY)/.complete ## write sbom.cdx.json, the bill of materials (CycloneDX), and check it against its schema
	@$(LOOK_AT_PACKAGES) bill > .sbom.part
	@$(SUPPLY)/bin/python -P workflow/scripts/lethe/run/check_bill.py .sbom.part
	@mv .sbom.part sbom.cdx.json
	@echo "The bill of materials: sbom.cdx.json"

audit: $(READY) $(SUPPLY)/.complete ## look for known vulnerabilities of the packages, where a database of them can be reached
	@$(LOOK_AT_PACKAGES) audit --program $(SUPPLY)/bin/pip-audit

dag: $(READY) ## draw the rule graph anew in the README
	@$(SNAKEMAKE) --forceall --rulegraph mermaid-js --quiet all > .rulegraph.raw
	@{ grep -v -e '-->' .rulegraph.raw; grep -e '-->' .rulegraph.raw | LC_ALL=C sort; } > .rulegraph.part
	@awk '/^```mermaid/ {print; while ((getline line < ".rulegraph.part") > 0) print line; old = 1} \
	  /^```$$/ {old = 0} !old' README.md > .readme.part
	@mv .readme.part README.md && rm .rulegraph.part .rulegraph.raw

status: $(READY) ## table of cells: done, running, in part, missing, orphaned, replaced (STUDY=name, CONFIG=file)
	@$(LETHE) status --config $(call as_word,CONFIG)

clean-environment: clean ## remove .venv and caches; results/ stays
	rm -rf .venv

clean: ## remove caches; .venv and results/ stay
	rm -rf .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find workflow tests -name __pycache__ -type d -exec rm -rf {} +
