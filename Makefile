# Everything starts here: `make demo` for a working portal, `make test` for the proof.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Some tests wait for processes: a lane more than there are processors. 0 is one process.
LANES ?= $(shell $(PYTHON) -c "import os; print(min(8, 1 + (os.cpu_count() or 1)))")

.PHONY: demo code test bench soak screenshots lint types audit run worker setup setup-dev lock locked clean

$(VENV)/.ready: requirements.txt requirements-nodeps.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Candor needs Python 3.11 or newer: make PYTHON=python3.12 demo")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-nodeps.txt
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	touch $@

setup: $(VENV)/.ready

setup-dev: $(VENV)/.ready-dev

demo: setup
	$(BIN)/python manage.py demo $(ARGS)

code: setup
	@$(BIN)/python manage.py demo_code

run: setup
	$(BIN)/python manage.py serve $(ARGS)

worker: setup
	$(BIN)/python manage.py work $(ARGS)

test: setup-dev
	$(BIN)/python -m pytest -n $(LANES) $(ARGS)

bench: setup-dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

soak: setup-dev
	$(BIN)/python -m tests.soak $(ARGS)

screenshots: setup-dev
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.browser.tutorial_pictures

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --check --lint portal accounts searches evaluation galleries training oversight

types: setup-dev
	$(BIN)/mypy

var/audit-tools/.ready: requirements-audit.txt constraints.txt
	$(PYTHON) -m venv var/audit-tools
	var/audit-tools/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-audit.txt
	touch $@

# Ends with 1 for a known flaw or an SBOM with a gap, with 3 when the service for flaws gave no answer.
audit: setup-dev var/audit-tools/.ready
	var/audit-tools/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --no-validate --output-reproducible --output-file var/sbom.cdx.json
	$(BIN)/python -m tests.dependencies sbom var/sbom.cdx.json
	rm -f var/flaws.json
	-var/audit-tools/bin/pip-audit --progress-spinner off --disable-pip --no-deps --requirement constraints.txt --format json --output var/flaws.json
	$(BIN)/python -m tests.dependencies flaws var/flaws.json

# What a server runs on with the hashes of all its files, for `make locked` and the container image.
lock: setup-dev var/audit-tools/.ready
	$(BIN)/python -m tests.dependencies serving >var/serving.in
	var/audit-tools/bin/uv pip compile --quiet --no-deps --no-annotate --no-header --generate-hashes --output-file requirements.lock var/serving.in

# Instead of `setup` on a server: nothing but what serves, and no file that is not one of the locked.
locked:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	touch $(VENV)/.ready

clean:
	rm -rf $(VENV) var
