# `make demo` needs Python >= 3.11, Node >= 20 and make; everything else is fetched into the ignored
# folders .venv, node_modules, .tools and build.
PYTHON ?= python3
ORGS ?= examples/organizations.csv
LIMIT ?= 0

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.tools/bin
export NPM_CONFIG_UPDATE_NOTIFIER := false

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup contracts demo test lint fix bench gas docs kubo geth postgres chromium forge slither halmos lock clean

say = @printf '\n== %s\n'

help: ## Say what the targets do
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 12

# Setup, in stamps: run (library and Foundry), dev (Brownie, linters), slither and halmos (environments
# of their own).

.tools/run: requirements/run.txt package-lock.json tools/link.mjs
	$(say) "setup: library and Foundry"
	@tools/ensure.sh $(PYTHON)
	@npm ci --ignore-scripts --loglevel=error
	@node tools/link.mjs
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.tools/dev: requirements/dev.txt .tools/run
	$(say) "setup: Brownie and linters"
	@.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

.tools/slither/bin/slither: requirements/slither.txt | .tools/run
	$(say) "setup: slither"
	@.venv/bin/python -m venv .tools/slither
	@.tools/slither/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

.tools/halmos/bin/halmos: requirements/halmos.txt | .tools/run
	$(say) "setup: halmos"
	@.venv/bin/python -m venv .tools/halmos
	@.tools/halmos/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

setup: .tools/dev ## Fetch everything (the other targets do it when they need it)

demo: .tools/run ## Found a meta-organization from ORGS (a CSV; LIMIT rows, 0: all) on a chain of its own
	$(say) "demo"
	@.venv/bin/python -m scripts.demo --organizations "$(ORGS)" --limit $(LIMIT)

contracts: .tools/dev ## Compile contracts/ into metaorg/artifacts/
	@python -m tools.artifacts

lint: .tools/dev ## Check format, rules, layers, types, artifacts
	$(say) "lint"
	@ruff format --check -q .
	@ruff check -q .
	@lint-imports --no-logo
	@mypy --no-error-summary metaorg tools $(wildcard scripts)
	@forge fmt --check
	@FOUNDRY_PROFILE=halmos forge fmt --check
	@python -m tools.artifacts --check

fix: .tools/dev ## Repair what can be repaired without thinking
	@ruff check -q --fix .; ruff format -q .; forge fmt

forge: .tools/run ## Contract tests: units, fuzzing, invariants
	$(say) "forge"
	@forge test

# Left out: comparisons of enums with ==, and local variables that start at zero.
slither: .tools/slither/bin/slither ## Static analysis of the contracts
	$(say) "slither"
	@.tools/slither/bin/slither . --compile-force-framework foundry \
		--filter-paths "node_modules|tests" --fail-medium \
		--exclude-informational --exclude-low --exclude-optimization

halmos: .tools/halmos/bin/halmos ## Symbolic proofs about the contracts' arithmetic
	$(say) "halmos"
	@tools/halmos.sh

kubo: ## Provide a Kubo daemon for the tests that need a real one
	$(say) "kubo"
	@tools/go.sh ipfs github.com/ipfs/kubo@v0.43.0

geth: ## Provide geth for the tests on a second kind of node
	$(say) "geth"
	@tools/go.sh geth github.com/ethereum/go-ethereum@v1.17.8

postgres: ## Provide PostgreSQL for the tests that need a real one
	$(say) "postgres"
	@tools/postgres.sh

chromium: ## Provide Chromium for the tests of pages
	$(say) "chromium"
	@tools/chromium.sh

test: lint forge slither halmos kubo geth postgres chromium ## Everything that CI runs
	$(say) "pytest"
	@pytest -q -n 2
	$(say) "brownie"
	@pytest -q -o addopts= tests/brownie

bench: .tools/dev ## Measure
	@python -m scripts.bench

gas: .tools/run ## Write gas, from receipts, and bytecode sizes to snapshots/gas.json
	@.venv/bin/python -m scripts.gas

docs: .tools/dev ## Write the generated pages of docs/
	@python -m tools.docs

lock: ## Write package-lock.json and requirements/ anew
	@tools/lock.sh

clean: ## Remove everything that was fetched or built
	@rm -rf .venv .tools build node_modules *.egg-info
