# Everything runs in its own virtual environment; nothing outside this folder is touched.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: default demo test check bench docs clean
default: check test

demo: $(VENV)/.installed        ## install and divide the sample city
	$(BIN)/gridplan partition configs/sample.toml -o out/sample --overwrite
	@echo
	@echo "Open out/sample/maps/district.png, out/sample/tables/gridplan.xlsx,"
	@echo "and out/sample/plan.gpkg in QGIS. Check it again: $(BIN)/gridplan audit out/sample"

test: $(VENV)/.installed-test   ## install and run all tests
	$(BIN)/python -m pytest -n auto --dist loadscope $(PYTEST_ARGS)

check: $(VENV)/.installed-dev   ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-bench ## gridplan beside its peers; takes hours
	$(BIN)/python -m benchmarks.make_problems
	$(BIN)/python -m benchmarks.run

docs: $(VENV)/.installed-dev    ## refresh the generated pages
	$(BIN)/python docs/refresh.py

$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e ".[test]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e ".[dev]"
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e ".[bench]"
	@touch $@

clean:                          ## remove the environment and all outputs
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
