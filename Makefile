# SPDX-License-Identifier: BSD-3-Clause
# make demo    handwritten digits to bit-exact RTL on 36 defective dies; then open runs/demo/report.html
# make loop    the life of a die: written, characterised, fitted, trained for, written again; runs/loop/report.html
# make test    every test, on two workers
# make lint    ruff and mypy
# make reproduce   a small slice of each published experiment; spintile reproduce does them in earnest
# make bitstreams  the bitstream of each board; report.json has its logic, memory, clock and speed
# make bench   how fast the engines run here
# make clean   removes what was built; runs/ and .venv/ stay
# Each target makes .venv first (once) and installs what it needs from pyproject.toml and constraints.txt.

SHELL  := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP     = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
WORKERS ?= 2

# Two BLAS threads on a loaded machine can be a thousand times slower than one.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PIP_NO_INPUT := 1

.PHONY: help demo loop reproduce test lint bench bitstreams clean tools
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# \(make .*\)/  \1/p' Makefile

demo: $(VENV)/.installed
	$(BIN)/spintile demo --out runs/demo

loop: $(VENV)/.installed
	$(BIN)/spintile loop --out runs/loop

reproduce: $(VENV)/.installed
	$(BIN)/spintile reproduce borders --quick --out runs/reproduce-borders-quick
	$(BIN)/spintile reproduce goodwill --quick --out runs/reproduce-goodwill-quick
	$(BIN)/spintile reproduce drolet --quick --out runs/reproduce-drolet-quick

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests

BOARDS ?= icebreaker ulx3s

bitstreams: $(VENV)/.installed-fpga
	@for board in $(BOARDS); do $(BIN)/spintile fpga build --board $$board --out runs/fpga-$$board || exit 1; done

bench: $(VENV)/.installed
	$(BIN)/spintile bench

# mypy cannot follow an editable install: it reads a plain one, made afresh in build/lint. Every tool has its say.
lint: $(VENV)/.installed-lint
	@rm -rf build && mkdir -p build/lint
	@$(PIP) --no-deps --target build/lint/site . 2> build/lint/pip.log || { cat build/lint/pip.log; exit 1; }
	@failed=0; \
	$(BIN)/ruff check . || failed=1; \
	$(BIN)/ruff format --check --quiet . || failed=1; \
	MYPYPATH=build/lint/site $(BIN)/mypy --cache-dir .mypy_cache -p spintile || failed=1; \
	exit $$failed

clean:
	rm -rf build .spintile .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

# One line for whatever is missing, before anything is downloaded.
tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "spintile: Python must be 3.11 or newer and $(PYTHON) is not: install python3.11, or run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "spintile: $(PYTHON) lacks the venv module: install python3-venv (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || \
	  { echo "spintile: no C++ compiler found: install one (Debian: apt-get install g++)" >&2; exit 1; }
	@command -v perl >/dev/null || \
	  { echo "spintile: perl not found, Verilator needs it: install it (Debian: apt-get install perl)" >&2; exit 1; }

# The stamps hold what was installed; they are renewed when a dependency changes.
$(VENV)/.installed: pyproject.toml constraints.txt | tools
	@test -x $(BIN)/pip || { echo "spintile: making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "spintile: installing into $(VENV); the first time takes a few minutes"
	@$(PIP) --editable '.[all]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.installed-fpga: $(VENV)/.installed
	@$(PIP) --editable '.[all,fpga]'
	@touch $@

$(VENV)/.installed-lint: $(VENV)/.installed
	@$(PIP) --editable '.[all,lint]'
	@touch $@
