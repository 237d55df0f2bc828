# Everything starts here: `make demo` for a working portal, `make test` for the proof.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo code test bench soak screenshots lint types run worker setup setup-dev clean

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
	$(BIN)/python -m pytest $(ARGS)

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

clean:
	rm -rf $(VENV) var
