# `make demo` runs the main job, `make test` the tests; the first of any target makes the virtual environment.

PYTHON ?= python3
INSTALLER ?= uv
BIN := .venv/bin
READY := .venv/.ready
PAGE_READY := web/node_modules/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check

# uv takes a third of pip's time, but ignores pip's settings, such as an index, a certificate or local wheels, so they
# are passed on. It compiles bytecode only on request: otherwise the first import of torch takes 20 s instead of 7, and
# so does every later one if Python may not write bytecode.
of_pip = $$($(PIP) config list | sed -n "s/^[^=]*\.$(1)='\(.*\)'$$/\1/p" | sed 's/\\n/ /g' | head -n 1)
UV = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX-$(call of_pip,index-url)}" UV_INDEX="$${UV_INDEX-$(call of_pip,extra-index-url)}" \
	UV_FIND_LINKS="$${UV_FIND_LINKS-$(call of_pip,find-links)}" SSL_CERT_FILE="$${SSL_CERT_FILE-$(call of_pip,cert)}" \
	$(BIN)/uv pip
install = if [ $(INSTALLER) = uv ] && $(PIP) install --quiet --constraint constraints.txt uv; \
	then $(UV) install --compile-bytecode --constraint constraints.txt $(1); \
	else $(PIP) install --progress-bar on --constraint constraints.txt $(1); fi

# .env takes precedence over the environment, and a variable on the command line (make demo STORE=…) over both.
-include .env
PASSED := ALGORHYTHMS_% DATABASE_% MODEL_BUCKET RELEASE_KEY AWS_%
$(foreach name,$(filter-out PYTHON INSTALLER $(PASSED),$(.VARIABLES)),\
  $(if $(filter command,$(firstword $(origin $(name)))),$(eval override ALGORHYTHMS_$(name) := $($(name)))))
export $(filter $(PASSED),$(.VARIABLES))

.PHONY: demo test faults services check format dev doctor clean serve page page-check page-dev bench audit layer openapi help
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml lambda/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@echo "Installing some 200 packages into .venv, once: on Linux 3 GB to download, most of it torch, and 9 GB on disk with uv's cache"
	@$(PYTHON) -m venv .venv
	@$(call install,--editable './lambda[serve]' --editable '.[dev]')
	@touch $@

demo: $(READY) ## materialize everything on PLAYLISTS, release it and ask the endpoint once
	@$(BIN)/python -m algorhythms_assets.demo

test: $(READY) ## run all tests
	@$(BIN)/python -m algorhythms_assets_tests.services.fetch
	$(BIN)/pytest

faults: $(READY) ## run the long tests: faults that take minutes, ten thousand requests
	$(BIN)/pytest -m faults

services: $(READY) ## install what the tests of real services need (Debian, as root)
	@algorhythms_assets_tests/services/install
	@$(BIN)/python -m algorhythms_assets_tests.services.fetch

check: $(READY) ## format, lint, types, import rules, the deployment's template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint lambda/template.yaml
	@if command -v npm > /dev/null || [ -n "$$CI" ]; then $(MAKE) --no-print-directory page-check; \
		else echo "left out: the page's checks, which need Node"; fi

format: $(READY) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

dev: $(READY) ## Dagster's UI and daemon at http://127.0.0.1:3000
	@exec $(BIN)/python -m algorhythms_assets.operate.dev

doctor: $(READY) ## what this machine has, what that enables, and what is wrong with the settings
	@$(BIN)/python -m algorhythms_assets.operate.doctor

clean: $(READY) ## free what can be made again, and say what; releases, Dagster's history and your data stay
	@$(BIN)/python -m algorhythms_assets.operate.prune --clean
	@rm -rf build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

serve: $(READY) ## the endpoint, and the page if it was built, at http://127.0.0.1:8000, on what is released
	@exec $(BIN)/python -m algorhythms_ask serve

$(PAGE_READY): web/package-lock.json
	@command -v npm >/dev/null || { echo "The page needs Node 20.19 or newer: https://nodejs.org"; exit 1; }
	@cd web && npm ci --no-audit --no-fund
	@touch $@

page: $(PAGE_READY) ## build the page, which `make serve` serves (Node)
	@cd web && npm run build

page-check: $(PAGE_READY) ## format, lint, types and unit tests of the page (Node)
	@cd web && npm run check

page-dev: $(PAGE_READY) ## the page at http://127.0.0.1:5173 while you change it, on what `make serve` answers (Node)
	@cd web && exec npm run dev

bench: $(READY) ## benchmarks with their peers in one run, into benchmarks/results
	@$(call install,--editable '.[bench]')
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.edges
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.cold_start
	$(BIN)/python -m benchmarks.function_start
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.options

audit: $(READY) ## known holes in dependencies, where their databases on the internet can be asked
	@$(call install,--editable '.[audit]')
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/audit

layer: $(READY) ## Lambda's zips for this version of Python and their bills of materials, into dist
	$(BIN)/python lambda/package.py

openapi: $(READY) ## regenerate lambda/openapi.json
	$(BIN)/python -m algorhythms_ask openapi > lambda/openapi.json
