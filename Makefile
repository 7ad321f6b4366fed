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
BIN := .venv/bin
PACKAGES := .venv/.complete
READY := .venv/.lethe
LETHE := $(BIN)/lethe
# What a user sets for other programs is not for these.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONOPTIMIZE PYTHONSAFEPATH PYTHONINSPECT BASH_ENV
# A variable as one word of the shell, whatever its letters are; what make was given is not expanded.
given = $(if $(filter command environment,$(firstword $(origin $(1)))),$(value $(1)),$($(1)))
as_word = '$(subst ','\'',$(call given,$(1)))'
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --jaxtyping-packages=lethe,beartype.beartype -n 3 --dist loadfile --durations=10
SNAKEMAKE := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake
SOURCES := workflow tests benchmarks
RULES := Snakefile rules workflow/Snakefile
YAML := $(wildcard *.yaml .*.yaml .*.yml .github/workflows/*.yml */*.yaml profiles/*/*.yaml) CITATION.cff

.PHONY: help setup run study smoke plan export test test-long test-gpu test-fast lint types format reference dag status
.PHONY: prune clean clean-environment

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv from requirements.lock, and the command `lethe` in it

$(PACKAGES): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the packages of requirements.lock into .venv (once; a few minutes)"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $(PACKAGES)

# The library itself, where it lies: an edit of it needs no new installation.
$(READY): $(PACKAGES) pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

run: $(READY) ## run the default study (or STUDY=name, CONFIG=file, PROFILE=profiles/slurm, REPLACE=1) and say where the report is
	@$(LETHE) run --config $(call as_word,CONFIG) --profile $(call as_word,PROFILE) $(if $(REPLACE),--replace)

study: ## run studies/NAME.yaml: make study STUDY=fashion_mnist
	@test -n $(call as_word,STUDY) || { echo "name a study: make study STUDY=NAME, one of: $(patsubst studies/%.yaml,%,$(wildcard studies/*.yaml))" >&2; exit 1; }
	@test -f studies/$(call as_word,STUDY).yaml || { echo "there is no "studies/$(call as_word,STUDY)".yaml; known: $(patsubst studies/%.yaml,%,$(wildcard studies/*.yaml))" >&2; exit 1; }
	@$(MAKE) --no-print-directory run

smoke: ## run a toy study, under a minute
	@$(MAKE) --no-print-directory study STUDY=smoke

plan: $(READY) ## say which jobs a study would start, how many need a GPU, and what they will take (STUDY=name, CONFIG=file)
	@$(LETHE) plan --config $(call as_word,CONFIG)

prune: $(READY) ## show the files that a study no longer asks for; YES=1 removes them (STUDY=name, CONFIG=file)
	@$(LETHE) prune --config $(call as_word,CONFIG) $(if $(YES),--yes)

export: $(READY) ## write one network for other programs: make export CELL=supervised/fold/0.50 [SEED=0] [CONFIG=file]
	@$(LETHE) export --cell $(call as_word,CELL) --seed $(if $(SEED),$(call as_word,SEED),0) --config $(call as_word,CONFIG) --profile $(call as_word,PROFILE)

test: $(READY) ## run every test but those that take minutes or need a GPU
	$(PYTEST) -m "not gpu and not long" tests

test-long: $(READY) ## run the tests that take minutes
	$(PYTEST) -m "long and not gpu" tests

test-gpu: $(READY) ## run the tests that need a GPU
	$(PYTEST) -m gpu tests

test-fast: $(READY) ## run the tests that take seconds
	$(PYTEST) -m "not slow and not slurm and not gpu" tests

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
