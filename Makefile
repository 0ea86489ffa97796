# Works on a machine that has Python 3.11 or newer and make: uv is fetched into .tools when it is not installed.
PYTHON ?= python3
PYTEST ?= pytest
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
UV_HERE := $(if $(filter .tools/%,$(UV)),$(CURDIR)/$(UV),$(UV))
export UV_PYTHON_DOWNLOADS ?= never
# thousands of processes are started here: without bytecode each of them would compile everything it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test coverage lint api format bench core-alone interop-node interop-python-binance interop-page conformance-reports example-bitmex packages wheels clean template invariant soak mutation coverage-proven

help:
	@echo "make demo        plan, apply and verify account settings on simulated venues: no keys, nothing leaves this machine"
	@echo "make test        every test"
	@echo "make coverage    every test, and how much of the product those of core and plugins run, branch by branch"
	@echo "make coverage-proven  the lines and branches of pipeline, clock, credentials and settings that the last make coverage did not run"
	@echo "make lint        ruff, mypy --strict, pyright over the public surface, both over the documentation, and the declared dependencies"
	@echo "make api         the breaking changes of the public API since the last release; fails for one that the changelog does not name"
	@echo "make bench       measure speed and size; writes bench/RESULTS.md"
	@echo "make core-alone  the framework's tests with one made-up venue installed and no exchange"
	@echo "make interop-python-binance  python-binance against the simulator, in an environment of its own"
	@echo "make interop-node  clients for Node against the simulator; needs Node 18 or newer and npm"
	@echo "make interop-page  docs/interop.md is the result of the last runs of other people's clients"
	@echo "make example-bitmex  a third party's venue in clean environments, by uv and by pip; its conformance.json is the result"
	@echo "make conformance-reports  the tiers that plugins ship are those of the last make coverage"
	@echo "make template    write every plugin that venuekit new-plugin can write, and check form, types and conformance"
	@echo "make invariant   the state machine of writes: 2,000 histories of every venue, and the seed they grow from"
	@echo "make soak        60 s of disturbed calls at 64 in flight, then the state machine with 50,000 histories: half an hour on 2 cores"
	@echo "make mutation    mutants of recovery, fences, resolution, budgets and signing, and those that no quick test notices"
	@echo "make packages    build and install every distribution with pip, and ask for the venues; then make wheels"
	@echo "make wheels      build every wheel, and trade on venuekit sim as uvx runs it from them"

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet uv

# what the demo needs and nothing more, so that it shows the exchanges and no test venue
demo: | $(filter .tools/%,$(UV))
	@$(UV) sync --quiet --locked --no-default-groups --group exchanges
	@$(UV) run --no-sync venuekit demo

test: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync $(PYTEST) -q -n auto --dist worksteal $(TESTS)

# the same tests, and the conformance reports of their run; fails below the floor in pyproject.toml. A measured test takes
# more than twice the time: those of these folders run 97.5 % of the product, and the others are not measured
MEASURED := tests/core tests/plugins plugins
coverage: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync coverage erase
	rm -rf .conformance
	$(MAKE) test PYTEST="coverage run -m pytest --conformance-report .conformance" TESTS="$(MEASURED)"
	$(MAKE) test PYTEST="pytest --conformance-report .conformance" TESTS="tests $(MEASURED:%=--ignore=%)"
	$(UV) run --no-sync coverage combine --quiet
	$(UV) run --no-sync coverage report --skip-covered --format=total

# of the packages whose promises docs/reliability.md lists, every line and branch; to be run after make coverage
PROVEN := */venuekit/pipeline/*,*/venuekit/credentials/*,*/venuekit/settings/*,*/venuekit/clock.py
coverage-proven:
	$(UV) run --no-sync coverage report --include="$(PROVEN)" --skip-covered --show-missing --fail-under=100

# the blocks of the documentation are modules there: how users write, who annotate no more than they want
BLOCKS := .tools/docs
lint: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync ruff check
	$(UV) run --no-sync ruff format --check
	$(UV) run --no-sync mypy
	$(UV) run --no-sync basedpyright
	$(UV) run --no-sync python -m tests.docs.typed_blocks $(BLOCKS)
	cd $(BLOCKS) && $(UV_HERE) run --no-sync mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache \
		--allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls --no-strict-equality .
	$(UV) run --no-sync basedpyright -p $(BLOCKS)
	$(UV) run --no-sync deptry core
	set -e; for directory in plugins/*/; do (cd "$$directory" && $(UV_HERE) run --no-sync deptry .); done

# tests/contract/api has the API of the last release: with a release, python -m tests.contract.public_api --write
api: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync python -m tests.contract.public_api

format: | $(filter .tools/%,$(UV))
	$(UV) run --no-sync ruff check --fix
	$(UV) run --no-sync ruff format

bench: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync python bench/run.py

CORE_TESTS ?= tests/core
core-alone: | $(filter .tools/%,$(UV))
	$(UV) run --isolated --locked --no-dev --group test pytest -q -n auto $(CORE_TESTS)

# the locked clients, without their install scripts; writes .interop/node.json
interop-node: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	npm ci --prefix tests/interop/node --loglevel=error
	$(UV) run --no-sync node tests/interop/node/run.mjs

# its package has the name of that of another client
interop-python-binance: | $(filter .tools/%,$(UV))
	$(UV) run --isolated --locked --no-default-groups --group test --group exchanges --group interop-python-binance \
		pytest -q -n auto tests/interop/python_binance

interop-page:
	$(UV) run --no-sync python -m tests.interop.page --check

# what plugins ship as their conformance.json is the result of the last run of make coverage
conformance-reports:
	$(UV) run --no-sync python -m tests.contract.conformance --check

# a failure is found again with the seed that is printed; making its history shorter takes minutes: only with SHRINK=1
EXAMPLES ?= 2000
SEED ?= $(shell $(PYTHON) -c "import secrets; print(secrets.randbelow(10**9))")
invariant: SEED := $(SEED)
invariant: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	@echo "SEED=$(SEED) EXAMPLES=$(EXAMPLES)"
	VENUEKIT_MACHINE_EXAMPLES=$(EXAMPLES) VENUEKIT_MACHINE_SHRINK=$(SHRINK) $(UV) run --no-sync \
		pytest -q -n auto -p no:randomly --hypothesis-seed=$(SEED) tests/proof/test_machine.py || \
		{ echo "the same again, made shorter: make invariant SEED=$(SEED) EXAMPLES=$(EXAMPLES) SHRINK=1"; exit 1; }

soak: SEED := $(SEED)
soak: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync python -m tests.proof.soak 60 $(SEED)
	$(MAKE) invariant EXAMPLES=50000 SEED=$(SEED)

# what no test of the quick ones notices is printed with its difference
mutation: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked --group mutation
	$(UV) run --no-sync python -m tests.proof.mutation $(SUBJECTS)

# every plugin that venuekit new-plugin can write: form and types of all, the suite of two as uv and as pip install them
template: | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked
	$(UV) run --no-sync python -m tests.core.new_plugin.check $(UV_HERE)

# a third party's distribution: its tests, the conformance suite among them, as uv and as pip install it
BITMEX := examples/venuekit_bitmex
BITMEX_TESTS := "looptime>=0.6" "pytest>=8.4" "pytest-asyncio>=1.1" "pytest-xdist>=3.6"
example-bitmex: | $(filter .tools/%,$(UV))
	rm -rf .tools/bitmex
	cd $(BITMEX) && $(UV_HERE) run --isolated --no-project --no-cache \
		--with ../.. --with . $(BITMEX_TESTS:%=--with %) pytest -q -n auto --conformance-report=../../.tools/bitmex/uv
	$(PYTHON) -m venv .tools/bitmex/venv
	.tools/bitmex/venv/bin/python -m pip install --quiet . $(BITMEX) $(BITMEX_TESTS)
	cd $(BITMEX) && ../../.tools/bitmex/venv/bin/pytest -q -n auto --conformance-report=../../.tools/bitmex/pip
	cmp .tools/bitmex/uv/venuekit-bitmex/conformance.json .tools/bitmex/pip/venuekit-bitmex/conformance.json
	cmp .tools/bitmex/pip/venuekit-bitmex/conformance.json $(BITMEX)/venuekit_bitmex/conformance.json || \
		{ echo "the report has changed: cp .tools/bitmex/pip/venuekit-bitmex/conformance.json $(BITMEX)/venuekit_bitmex/"; exit 1; }
	grep -qE '"tier": "(gold|platinum)"' $(BITMEX)/venuekit_bitmex/conformance.json

packages:
	rm -rf .tools/packages
	$(PYTHON) -m venv .tools/packages
	.tools/packages/bin/python -m pip install --quiet . ./plugins/*/
	.tools/packages/bin/python -m venuekit venues
	$(MAKE) wheels

# the simulator from built wheels in an environment of its own, as docs/simulator_control.md starts it; a client trades there
WHEELS := .tools/wheels
WHEEL = $(WHEELS)/$(1)-$(shell $(PYTHON) -c "import tomllib; print(tomllib.load(open('pyproject.toml', 'rb'))['project']['version'])")-py3-none-any.whl
wheels: | $(filter .tools/%,$(UV))
	rm -rf $(WHEELS)
	$(UV) build --quiet --wheel --all-packages --out-dir $(WHEELS)
	$(PYTHON) examples/simulator_client.py $(UV) tool run --isolated --quiet --from $(call WHEEL,venuekit) \
		--with $(call WHEEL,venuekit_binance_common) --with $(call WHEEL,venuekit_binance_usdm) venuekit

clean:
	rm -rf .venv .tools dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .interop .conformance .mutation tests/interop/node/node_modules
