# Two commands are enough on a machine with Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
SENDER := examples/typescript
CLIENT := examples/client
PROVIDER := tests/interop/sign_in
AXE := tests/ui/axe
PROCESSES := tests/end_to_end
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url
export PYTHONDONTWRITEBYTECODE=

.PHONY: demo test test-processes test-rest soak mutants test-interop test-ops test-ui screenshots recording bench check coverage schemas histories \
	openapi policy-page settings-page dispositions-page sbom format constraints clean

.venv/.installed: constraints.txt pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r constraints.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.venv/.ops: constraints-ops.txt constraints-traces.txt .venv/.installed
	$(BIN)/pip install --quiet --require-hashes -r constraints-ops.txt
	$(BIN)/pip install --quiet --require-hashes -r constraints-traces.txt
	touch $@

demo: .venv/.installed ## one case as it happens, then every rule, on an embedded server
	$(BIN)/conviction-gate demo $(DEMO)

test: .venv/.installed check ## `make check` and all tests, in two runs side by side that print when they end
	@echo 'Two runs of tests side by side; each prints when it ends, in about ten minutes.'
	@$(MAKE) --jobs=2 --keep-going --output-sync=target --no-print-directory test-processes test-rest

test-processes: .venv/.installed # whole programs, which mostly wait for each other
	$(BIN)/pytest $(PYTEST) $(PROCESSES)

test-rest: .venv/.installed
	$(BIN)/pytest $(PYTEST) $(PROCESSES:%=--ignore=%)

soak: .venv/.interop ## the tests that take an hour
	$(BIN)/pytest $(PYTEST) -m soak
	$(BIN)/pytest $(PYTEST) -m soak tests/interop

mutants: .venv/.installed ## remove each condition of conviction_gate/policy/ in turn: some test must fail (20 minutes)
	$(BIN)/pytest $(PYTEST) -m mutants -s

.venv/.interop: constraints-interop.txt .venv/.installed
	$(BIN)/pip install --quiet --require-hashes -r constraints-interop.txt
	touch $@

test-interop: .venv/.interop $(SENDER)/dist/main.js $(CLIENT)/dist/main.js $(PROVIDER)/node_modules/.package-lock.json ## senders in other languages, a sign-in of others (needs npm and curl)
	$(BIN)/pytest $(PYTEST) tests/interop

test-ops: .venv/.ops ## check the files in deploy/, and run what can run here (needs promtool)
	$(BIN)/pytest $(PYTEST) tests/ops

.venv/.ui: constraints-ui.txt .venv/.installed
	$(BIN)/pip install --quiet --require-hashes -r constraints-ui.txt
	touch $@

$(AXE)/node_modules/.package-lock.json: $(AXE)/package-lock.json
	cd $(AXE) && npm ci
	touch $@

test-ui: .venv/.ui $(AXE)/node_modules/.package-lock.json ## what a person reads in the web UI and at the desk (needs Debian's chromium, and npm)
	$(BIN)/pytest $(PYTEST) tests/ui

screenshots: .venv/.ui ## write docs/images/, and every page of the desk to build/desk/ to look at (needs Debian's chromium)
	$(BIN)/python -m tests.ui.screenshots docs/images
	$(BIN)/python -m tests.ui.desk_screenshots docs/images build/desk

recording: .venv/.installed ## write docs/images/*.svg: what the commands print on a terminal of 80 columns
	$(BIN)/python -m tests.ui.recording docs/images

bench: .venv/.installed ## measure what a case costs, as ratios (BENCH="--quick", "--only NAME", "--full")
	$(BIN)/python -m bench $(BENCH)

$(SENDER)/node_modules/.package-lock.json: $(SENDER)/package-lock.json
	cd $(SENDER) && npm ci
	touch $@

$(SENDER)/dist/main.js: $(SENDER)/node_modules/.package-lock.json $(SENDER)/tsconfig.json $(wildcard $(SENDER)/src/*.ts)
	cd $(SENDER) && npm run build

$(CLIENT)/node_modules/.package-lock.json: $(CLIENT)/package-lock.json
	cd $(CLIENT) && npm ci
	touch $@

$(PROVIDER)/node_modules/.package-lock.json: $(PROVIDER)/package-lock.json
	cd $(PROVIDER) && npm ci
	touch $@

$(CLIENT)/dist/main.js: $(CLIENT)/node_modules/.package-lock.json $(CLIENT)/src/main.ts docs/openapi.json
	cd $(CLIENT) && npm run build

check: .venv/.installed ## lint, format, types, import directions, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

TABLES ?= tests/data/tables
coverage: .venv/.installed ## what share of public tables the catalog places (TABLES=folder for others)
	$(BIN)/python -m tests.support.catalog_coverage $(TABLES)
	$(BIN)/python -m bench.county

sbom: .venv/.installed ## write sbom.cdx.json: the installed packages, as CycloneDX
	$(BIN)/python deploy/sbom.py > sbom.cdx.json

format: .venv/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: .venv/.installed ## write docs/schemas/ from conviction_gate/contracts/
	$(BIN)/python -m conviction_gate.contracts.schemas docs/schemas

histories: .venv/.installed ## record the contracts and event histories of the next release, each in a new folder
	$(BIN)/python -m tests.contracts.samples
	$(BIN)/python -m tests.replay.record

openapi: .venv/.installed ## write docs/openapi.json, the description of the door, from conviction_gate/door/
	$(BIN)/python -m conviction_gate.door.openapi docs/openapi.json

policy-page: .venv/.installed ## write docs/policy.md, the public page of the rules, from conviction_gate/policy/
	$(BIN)/python -m conviction_gate.policy.page > docs/policy.md

settings-page: .venv/.installed ## write docs/settings.md, the reference of all settings, from conviction_gate/config/
	$(BIN)/python -m conviction_gate.config.page > docs/settings.md

dispositions-page: .venv/.installed ## write docs/dispositions.md, what to send for courts' words, from conviction_gate/files/
	$(BIN)/python -m conviction_gate.files.page > docs/dispositions.md

constraints: ## resolve the dependencies in pyproject.toml again (needs uv); the files name no package index
	$(COMPILE) pyproject.toml --extra dev --upgrade -o constraints.txt
	$(COMPILE) pyproject.toml --extra traces --constraints constraints.txt --upgrade -o constraints-traces.txt
	$(COMPILE) --group ops --constraints constraints.txt --upgrade -o constraints-ops.txt
	$(COMPILE) --group interop --constraints constraints.txt --upgrade -o constraints-interop.txt
	$(COMPILE) --group ui --constraints constraints.txt --upgrade -o constraints-ui.txt

clean:
	rm -rf .venv .conviction-gate build *.egg-info $(SENDER)/node_modules $(SENDER)/dist \
		$(CLIENT)/node_modules $(CLIENT)/dist $(CLIENT)/src/door.d.ts $(PROVIDER)/node_modules $(AXE)/node_modules
