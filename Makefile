# make report   the report of sample_data (make report ARGS=--all passes options on)
# make test     the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
INSTALLED := $(VENV)/.installed
TESTED := $(VENV)/.tested
LINTED := $(VENV)/.linted
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: report test test-slow lint clean

report: $(INSTALLED)
	@$(BIN)/cxkpi report $(ARGS) sample_data

test: $(TESTED)
	$(BIN)/python -m pytest -n auto -m "not slow" $(ARGS)

test-slow: $(TESTED)
	$(BIN)/python -m pytest -n auto -m slow $(ARGS)

lint: $(LINTED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "cxkpi needs Python 3.11 or newer; name one with: make report PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# One installation is kept for report and test; a changed pyproject.toml renews it.
$(INSTALLED): pyproject.toml $(VENV)/.made
	@echo "Installing cxkpi into $(VENV) ..." >&2
	@$(PIP) install --editable .
	@touch $@

$(TESTED): tools/requirements-test.txt $(INSTALLED)
	@$(PIP) install --requirement tools/requirements-test.txt
	@touch $@

$(LINTED): tools/requirements-lint.txt $(TESTED)
	@$(PIP) install --requirement tools/requirements-lint.txt
	@touch $@
