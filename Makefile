# Two commands for everybody: `make demo` and `make test`. Whatever they need is installed into .venv first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# A real interpreter, not a shim: 3.11 where there is one, else whatever python3 is (3.11 or newer for ansible-core 2.19).
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
VENV216 := .venv-2.16
VENVAZURE := .venv-azure
VENVGALAXY := .venv-galaxy
VENVDOCS := .venv-docs
VENVAWX := .venv-awx
BIN := $(CURDIR)/$(VENV)/bin
# Integration tests in parallel; each starts processes of its own.
JOBS ?= 2

# The checkout as an installed collection: a link, so that nothing is ever stale. Relative here and quoted below, since the
# folder of a clone may have spaces in its name.
NAMESPACE := $(VENV)/collections/ansible_collections/mssp
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(VENV)/collections
# Neither the machine's Ansible configuration nor its paths take part.
export ANSIBLE_CONFIG := $(CURDIR)/$(VENV)/ansible.cfg
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := pip install --quiet

help: ## Show the commands
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(VENV)/.ready: requirements-dev.txt requirements.txt tests/sandbox/requirements.txt
	@test -n "$(PYTHON)" || { echo "mssp.defender needs Python 3.11 or newer: install it, or set PYTHON=..."; exit 1; }
	@echo "Installing what is needed into $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m $(PIP) -r requirements-dev.txt
	@mkdir -p $(NAMESPACE)
	@ln -sfn "$(CURDIR)" $(NAMESPACE)/defender
	@touch $(VENV)/ansible.cfg $@

$(VENV216)/.ready: requirements.txt requirements-core.txt
	@echo "Installing ansible-core 2.16 into $(VENV216) (once) ..."
	@$(PYTHON) -m venv $(VENV216)
	@$(VENV216)/bin/python -m $(PIP) 'ansible-core>=2.16,<2.17' -r requirements-core.txt
	@touch $@ $(VENV216)/.core

$(VENVGALAXY)/.ready: requirements.txt requirements-galaxy.txt
	@echo "Installing galaxy-importer into $(VENVGALAXY) (once) ..."
	@$(PYTHON) -m venv $(VENVGALAXY)
	@$(VENVGALAXY)/bin/python -m $(PIP) -r requirements-galaxy.txt
	@touch $@

$(VENVDOCS)/.ready: requirements.txt requirements-docs.txt
	@echo "Installing Sphinx and antsibull-docs into $(VENVDOCS) (once) ..."
	@$(PYTHON) -m venv $(VENVDOCS)
	@$(VENVDOCS)/bin/python -m $(PIP) -r requirements-docs.txt
	@touch $@

$(VENVAWX)/.ready: requirements.txt
	@echo "Installing Ansible with awx.awx into $(VENVAWX) (once, 500 MB) ..."
	@$(PYTHON) -m venv $(VENVAWX)
	@$(VENVAWX)/bin/python -m $(PIP) 'ansible>=12,<13' 'ansible-builder>=3.1,<4' -r requirements.txt
	@touch $@

.PHONY: help venv demo gates matrix release-check test lint units sandbox-tests robustness sweeps integration core216 docs \
    docs-troubleshooting build bench bench-azure awx clean

venv: $(VENV)/.ready ## Install what is needed into .venv

demo: $(VENV)/.ready ## Onboard three customers on the sandbox, and show what drift looks like
	@tests/demo.sh

test: lint units sandbox-tests robustness integration core216 build ## All tests: lint, unit, sandbox, sweeps, integration, build

lint: $(VENV)/.ready ## Style, types, ansible-lint (production), documentation
	ruff check .
	ruff format --check .
	ansible-lint --profile production --strict --offline
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --disallow-unknown-collection-refs --check-extra-docs-refs .
	antsibull-changelog lint
	tests/gates.sh typing

units: $(VENV)/.ready ## Unit tests
	python -m pytest -p no:cacheprovider -q -n $(JOBS) tests/unit

sandbox-tests: $(VENV)/.ready ## The sandbox, judged by clients that nobody here wrote
	python -m pytest -p no:cacheprovider -q -n $(JOBS) tests/sandbox/tests

integration: $(VENV)/.ready $(VENV216)/.ready ## Real playbooks against the sandbox
	python -m pytest -p no:cacheprovider -q -n $(JOBS) --dist loadfile tests/integration

robustness: $(VENV)/.ready ## Runs that are cut, throttled, lied to or doubled, in one process (MSSP_SWEEP=full: all of them)
	python -m pytest -p no:cacheprovider -q -n $(JOBS) --dist loadfile tests/robustness

core216: $(VENV)/.ready $(VENV216)/.ready ## Unit tests and one whole playbook on ansible-core 2.16
	$(VENV216)/bin/python -m pytest -p no:cacheprovider -q -n $(JOBS) tests/unit
	MSSP_TEST_ANSIBLE="$(CURDIR)/$(VENV216)/bin" python -m pytest -p no:cacheprovider -q tests/integration/targets/playbook_onboard -k smoke

docs-troubleshooting: $(VENV)/.ready ## Write docs/troubleshooting.md from the table of failures
	cd tests/support && python -m troubleshooting.page

build: $(VENV)/.ready ## Build the collection and look into the tarball
	@mkdir -p .build
	ansible-galaxy collection build --force --output-path .build
	python tests/check_tarball.py .build/mssp-defender-*.tar.gz

# Each goes on after another has failed: the table in .build/gates.md says how all of them went. Not $(MAKE): that would run the
# whole line for `make -n` as well.
gates: $(VENV)/.ready $(VENVGALAXY)/.ready ## Everything: test, site, release, the ecosystem's own tools, every ansible-core (hours)
	@rm -f .build/gates.md; code=0; \
	for goal in test sweeps docs release-check awx; do tests/gated.sh "make $$goal" make $$goal || code=1; done; \
	tests/gates.sh || code=1; \
	JOBS=$(JOBS) tests/matrix.sh || code=1; \
	cat .build/gates.md; exit $$code

sweeps: $(VENV)/.ready ## The sweeps of robustness, all of them
	MSSP_SWEEP=full python -m pytest -p no:cacheprovider -q -n $(JOBS) --dist loadfile tests/robustness

matrix: $(VENV)/.ready ## The other ansible-cores: sanity, units, integration (VERSIONS="2.20 2.21", MSSP_MATRIX=smoke)
	JOBS=$(JOBS) tests/matrix.sh $(VERSIONS)

release-check: $(VENV)/.ready ## Install the tarball as a user does, and onboard with it from an empty folder
	python tests/release_check.py

docs: $(VENVDOCS)/.ready ## The documentation as a site: .build/docs/html/index.html
	PATH="$(CURDIR)/$(VENVDOCS)/bin:$$PATH" python docs/site/build.py .build/docs

awx: $(VENV)/.ready $(VENVAWX)/.ready ## extensions/awx by awx.awx: a closed port, a stand-in, with CONTROLLER_HOST a controller
	MSSP_TEST_AWX="$(CURDIR)/$(VENVAWX)/bin" MSSP_SWEEP=full python -m pytest -p no:cacheprovider -q -n $(JOBS) --dist loadfile \
	    tests/integration/targets/awx_configure tests/integration/targets/awx_runner

bench: $(VENV)/.ready ## What a task, a customer and a fleet cost (SIZE=small|full); writes .bench/
	python tests/bench --size $(or $(SIZE),small) --out .bench

bench-azure: $(VENV)/.ready ## The same three groups by azure_rm_adgroup; installs 2 GB into .venv-azure
	@test -x $(VENVAZURE)/bin/ansible-playbook || $(PYTHON) -m venv $(VENVAZURE)
	@$(VENVAZURE)/bin/python -m $(PIP) 'ansible>=12,<13' -r requirements.txt
	@$(VENVAZURE)/bin/python -m $(PIP) -r $(VENVAZURE)/lib/python3*/site-packages/ansible_collections/azure/azcollection/requirements.txt
	MSSP_TEST_ANSIBLE=$(VENVAZURE)/bin python tests/bench --size $(or $(SIZE),small) --only azure --out .bench/azure

clean: ## Remove everything that make has made
	rm -rf $(VENV) .venv-* .build .bench .demo .pytest_cache .hypothesis
