# make demo and make test do everything on a machine that has Python 3.11 (or 3.12) and nothing else.
# Everything lives in .venv; remove that folder and nothing is left.

# Compiled modules are kept, or every start of Python would compile the libraries anew.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.up-to-date

# The first of these that is Python 3.11 or 3.12; the exact versions in constraints.txt were tested with 3.11.
FIND_PYTHON = for p in "$(PYTHON)" python3.11 python3.12 python3 python; do \
	if [ -n "$$p" ] && "$$p" -c 'import sys, venv; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})' 2>/dev/null; \
	then found=$$p; break; fi; done; \
	if [ -z "$$found" ]; then echo "opsef-core needs Python 3.11 or 3.12, and neither was found. Install one, or name it: make venv PYTHON=/path/to/python3.11" >&2; exit 1; fi

# $(call install,VENV,CONSTRAINTS,WHAT): with uv where it can be had, else with pip, which is slower.
install = if $(1)/bin/python -m pip install --quiet --disable-pip-version-check -c $(2) uv; \
	then $(1)/bin/python -m uv pip install --python $(1)/bin/python -c $(2) $(3); \
	else echo "uv could not be installed; going on with pip, which takes longer." >&2; \
	$(1)/bin/python -m pip install -c $(2) $(3); fi

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint notebooks docs benchmark test-cellpose4 clean

help:  ## what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## */\1\t/' | awk -F '\t' '{printf "make %-16s %s\n", $$1, $$2}'

venv: $(STAMP)  ## build .venv (nothing happens where it is up to date)

$(STAMP): pyproject.toml constraints.txt
	@$(FIND_PYTHON); [ -x $(BIN)/python ] || "$$found" -m venv $(VENV)
	@$(call install,$(VENV),constraints.txt,-e ".[test]")
	@touch $@

demo: $(STAMP)  ## segment the sample images, compare, and write a report
	$(BIN)/python -m opsef_core demo

# Two processes with one thread each: torch's own threads are slow where they have to share the cores.
test: $(STAMP)  ## all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)  ## style, types, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py tests/test_house.py

notebooks: $(STAMP)  ## open JupyterLab at the first notebook
	$(BIN)/jupyter lab --notebook-dir=. notebooks/0_start_here.ipynb

docs: $(STAMP)  ## build the docs site into docs/_build/html, first notebooks executed (OPSEF_DOCS=all: all of them)
	$(BIN)/sphinx-build -W --keep-going -b html -d docs/_build/trees -c docs . docs/_build/html
	@echo "Open docs/_build/html/docs/index.html"

benchmark: $(STAMP)  ## measure speed and memory, write benchmarks/RESULTS.md
	$(BIN)/python benchmarks/run_all.py

# Cellpose 3 and 4 cannot live in one environment; the tests of the adapter run against 4 in one of their own.
test-cellpose4: .venv-cellpose4/.up-to-date  ## the Cellpose adapter against Cellpose 4
	.venv-cellpose4/bin/python -m pytest tests/models -k cellpose

.venv-cellpose4/.up-to-date: pyproject.toml constraints.txt
	@$(FIND_PYTHON); [ -x .venv-cellpose4/bin/python ] || "$$found" -m venv .venv-cellpose4
	@grep -v '^cellpose==' constraints.txt > .venv-cellpose4/constraints.txt
	@$(call install,.venv-cellpose4,.venv-cellpose4/constraints.txt,-e ".[cellpose]" "cellpose>=4$(COMMA)<5" pytest pytest-timeout hypothesis)
	@touch $@

COMMA := ,

clean:  ## remove what was built (.venv too)
	rm -rf $(VENV) .venv-cellpose4 build dist docs/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find opsef_core tests datasets benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
