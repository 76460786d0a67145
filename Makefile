# What a person types. `make` alone lists it. Everything runs from .venv, made from requirements.lock.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run test faults check bench bench-wall growth soak load clean lock sbom protocol environment pages chromium

BIN := .venv/bin
PAGES := scripts/build_ui.py
# The pure core and the conversations: no store, no network, no browser.
UNIT := $(wildcard tests/hub tests/channels tests/model) \
	$(filter-out $(addprefix tests/loadtests/test_,load.py nodes.py own_hub.py life.py),$(wildcard tests/loadtests/test_*.py))

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: environment pages ## start Vigie with a demo session on this machine (data in ./var, Ctrl-C stops it)
	@exec $(BIN)/vigie run

# Most of these tests live in real time, on machines shared with others: what fails is played once more, alone. What
# fails twice fails, and the first failure stays in the output. Much of their time they wait: three fit on two cores. The
# crash rig has the machine to itself.
test: environment pages chromium ## run every test but the long tier, browser tests included
	@sh scripts/play.sh tests 3 --ignore tests/faults
	@sh scripts/play.sh faults 2 tests/faults

faults: environment pages chromium ## the long tier: kill, freeze and wipe everything, drop every guard (MINUTES=60: a soak)
	@$(BIN)/python -m pytest --long-faults -m long_faults $(if $(MINUTES),--faults-minutes $(MINUTES)) \
		--junit-xml build/junit/long.xml tests/faults tests/model tests/attacks tests/mutants tests/simulation

# Load generators throw dice and trust themselves: there B311 and B101 say nothing.
check: environment ## lint, types, imports, security and unit tests, in a minute or so
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit -q -c pyproject.toml -r hub channels state web scripts
	@$(BIN)/bandit -q -c pyproject.toml -r loadtests --skip B101,B311
	@$(BIN)/zizmor --offline --quiet --persona pedantic .github
	@if [ -f $(PAGES) ]; then $(BIN)/python $(PAGES) --check; fi
	@if [ -n "$(UNIT)" ]; then $(BIN)/python -m pytest -q $(UNIT); fi

bench: environment ## the hub against its peers, in one table (some 25 minutes; QUICK=1: 5 minutes, ARMS=hub,socketio: these)
	@exec $(BIN)/python -m loadtests.bench $(if $(QUICK),--quick) $(if $(ARMS),--arms $(ARMS))

growth: environment ## how the hub grows: connections, rooms, nodes, dashboards (some 20 minutes; QUICK=1: 2 minutes)
	@exec $(BIN)/python -m loadtests.growth $(if $(QUICK),--quick) $(if $(CURVES),--curves $(CURVES))

soak: environment ## half an hour of 40 rooms: does anything grow that should not? (SOAK="--minutes 5 --rooms 10")
	@exec $(BIN)/python -m loadtests.soak $(SOAK)

bench-wall: environment pages ## how smooth a wall of 100 rooms is, in a real browser (4 minutes)
	@$(BIN)/python -m loadtests.wall_frames

# One line of LOAD is what stands behind it: make load LOAD="--scene end-rush --rooms 8"
load: environment ## play an exam of 100 candidates against a running hub, and judge it (a minute; WEB=1: in a browser)
	@$(BIN)/python -m loadtests.load $(if $(WEB),--web) $(LOAD)

clean: ## remove what these commands made; your data in ./var stay
	rm -rf .venv build *.egg-info web/ui/dist web/ui/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# For maintainers, with uv installed. The lock names no place to download from: whoever installs chooses that.
lock: ## bring requirements.lock up to date with pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock

sbom: environment ## write build/sbom.cdx.json: every locked package, with digests and licences (CycloneDX)
	@$(BIN)/python scripts/sbom.py

protocol: environment ## write docs/protocol.md, its JSON Schema and the pages' types from channels/wire.py
	@$(BIN)/python scripts/generate_docs.py

environment:
	@sh scripts/environment.sh

# The script knows by itself whether anything changed since the last build.
pages: environment
	@if [ -f $(PAGES) ]; then $(BIN)/python $(PAGES); fi

chromium:
	@sh scripts/chromium.sh
