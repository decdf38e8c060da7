# `make run` and `make test` are all a new machine needs.
PYTHON ?= python3.11
PORT ?= 8501
BIN := .venv/bin

.PHONY: run serve test check format lint types layers bench messages screenshots

run: .venv/app ## start on loopback in local mode: one person, all roles
	DISCERN_MODE=local $(BIN)/python -m cli serve --port $(PORT)

serve: .venv/app ## start with accounts and signing in
	$(BIN)/python -m cli serve --port $(PORT)

test: .venv/dev ## install what the tests need, a browser included, and run them
	$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=8 --dist=worksteal --ignore=tests/browser
	$(BIN)/python -m pytest tests/browser # one by one: a browser and its server need the cores

check: .venv/dev lint types layers test

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev
	$(BIN)/mypy

layers: .venv/dev
	$(BIN)/lint-imports

bench: .venv/dev
	$(BIN)/python -m tests.bench

screenshots: .venv/dev
	$(BIN)/python -m tests.browser.screenshots

# For one more language: an empty file ui/translations/<code>.po, then make messages.
messages: .venv/dev ## put new sentences of the code into the catalogues, take old ones out
	$(BIN)/python -m babel.messages.frontend --quiet extract --mapping-file=babel.cfg \
		--add-comments="For translators:" --no-location --sort-output \
		--output-file=.venv/messages.pot app.py api pages ui workbench
	for file in ui/translations/*.po; do \
		$(BIN)/pybabel --quiet update --input-file=.venv/messages.pot --output-file=$$file \
			--locale=$$(basename $$file .po) --width=100 --ignore-obsolete --no-fuzzy-matching \
			--ignore-pot-creation-date || exit 1; \
		sed -i '1,9{/^#/d}; /^"\(Project-Id\|Report\|POT-\|PO-\|Last-T\|Language-Team\|Generated\)/d' $$file; \
	done

.venv/bin/python:
	$(PYTHON) -m venv .venv

# On all cores, and whatever a library has for another Python is left as it is.
COMPILE := $(BIN)/python -m compileall -qq -j 0 .venv/lib || true

.venv/app: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements.txt
	$(COMPILE)
	touch $@

.venv/dev: requirements.txt requirements-dev.txt tests/install_browser.sh | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements-dev.txt
	$(COMPILE)
	sh tests/install_browser.sh
	touch $@ .venv/app
