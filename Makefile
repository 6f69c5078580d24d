# Two targets matter: `make demo` builds the shipped example for all four families, `make test` runs everything.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := examples/digits

.PHONY: demo test lint fast clean

demo: $(VENV)/.demo
	$(BIN)/edgepack build $(DEMO)/digits.tflite --target raspberrypi --target coral --target jetson --target fpga \
	  --calibration $(DEMO)/calibration.npz --eval $(DEMO)/evaluation.npz -o dist

test: lint $(VENV)/.dev
	$(BIN)/python -X warn_default_encoding -m pytest -n 2

fast: $(VENV)/.dev
	$(BIN)/python -X warn_default_encoding -m pytest -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.pip:
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 13) else "EdgePack needs Python 3.11 or 3.12; say which with: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.pip pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[torch,cross]" --group dev
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache
