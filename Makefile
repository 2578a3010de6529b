# `make lab` and `make test` are all there is to set up; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip
COURSE ?= course
LOCKED := --constraints requirements.lock
# Which build of torch: `auto` is the one that fits this machine, and `default` the one of the package index.
TORCH_BACKEND ?= auto
# Two processes with a thread in each: most tests wait for another process or use one core, and four threads on two cores
# wait for each other. A notebook may take longer than a test where the machine is slow and busy.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2
UNIT := $(PYTEST) mnist_tutorial tests -p no:nbmake --dist loadfile --no-loadscope-reorder
NOTEBOOKS := $(PYTEST) --nbmake --nbmake-kernel=python3 --timeout=1800 --dist worksteal
# Threads that wait for each other sleep soon instead of spinning, also where torch is loaded before our package: on a
# busy machine, spinning costs several times the time.
ifndef OMP_WAIT_POLICY
export GOMP_SPINCOUNT ?= 10000
endif
# uv looks for a Python on PATH, and fetches one where it may; pyenv's are not on PATH until somebody chooses one.
export PATH := $(PATH)$(shell printf ':%s' $${PYENV_ROOT:-$$HOME/.pyenv}/versions/*/bin)

.DEFAULT_GOAL := help
.PHONY: help setup data lab test unit notebooks site check-site lint full versions versions-lowest versions-3.12 versions-3.13 checks kit regression benchmark robustness reproduce readme speed measure peers lock wheel clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: .venv/.setup  ## make .venv with all that is needed (TORCH_BACKEND=cpu for a small torch)

data: setup
	$(BIN)/python -m mnist_tutorial fetch --variant full
lab: setup  ## open JupyterLab on the course, in COURSE=course (LAB_ARGS="--port 9999" are passed on)
	$(BIN)/python -m mnist_tutorial lab "$(COURSE)" $(LAB_ARGS)

test: unit notebooks  ## run the unit tests, and each notebook once, on all of MNIST
unit: data  ## run the unit tests only
	$(UNIT)
# The notebooks with their outputs serve the site, the solutions and the slides, too.
notebooks: data  ## run each notebook once: build/executed
	rm -rf build/executed
	mkdir -p build
	cp -R notebooks build/executed
	$(NOTEBOOKS) --overwrite build/executed
	@touch build/executed/.done
build/executed/.done: $(wildcard notebooks/*.ipynb) $(shell find mnist_tutorial -name '*.py')
	$(MAKE) notebooks

site: build/executed/.done  ## build the course as web pages, from README, notebooks, docstrings and results: site/
	$(UV) install --python $(BIN)/python --quiet --compile-bytecode --requirements docs/requirements.lock
	$(BIN)/python docs/assemble.py
check-site: site  ## follow the links of the site, and draw on its front page in a browser
	$(PYTEST) tests/docs -p no:nbmake -m 'site and not full'

lint: setup  ## check style, the arrows between modules, and that notebooks carry no outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

full: site  ## run what is slow and seldom breaks, as once a week: browsers, the wheel, other Pythons, a kit, 50 draws of each check
	$(UNIT) -m full
	$(MAKE) versions regression checks DRAWS=50

versions: versions-lowest versions-3.12 versions-3.13  ## run what leans on other libraries with their oldest releases, and with newer Pythons: build/versions

VERSIONS := $(foreach name,data pipeline training,mnist_tutorial/$(name) tests/$(name)) mnist_tutorial/stats.py $(foreach name,stats compat device plots,tests/test_$(name).py)
# Torch in the build that .venv has.
BUILD = $$($(BIN)/python -c 'from importlib.metadata import version; print(*map("--torch-backend {}".format, version("torch").split("+")[1:]))')
versions-lowest versions-3.12 versions-3.13: versions-%: data
	$(BIN)/uv venv --quiet --clear --python $(if $(filter lowest,$*),3.11,$*) build/versions/$*
	$(UV) install --quiet --python build/versions/$* --compile-bytecode --no-verify-hashes $(BUILD) \
	  $(if $(filter lowest,$*),--resolution lowest-direct,$(LOCKED)) --editable '.[lab,dev]'
	OMP_NUM_THREADS=1 build/versions/$*/bin/pytest $(VERSIONS) -p no:nbmake --numprocesses 2 --dist loadfile --quiet
	@echo 'versions: passed, $*'

DRAWS ?= 200
checks: data  ## ask each check of an exercise 200 times about right and wrong answers, an hour and a half (DRAWS=20, CHECKS=warps for less)
	DRAWS=$(DRAWS) $(PYTEST) tests/course/test_checks.py -p no:nbmake --timeout=3600 --dist worksteal -k '$(CHECKS)'
kit: data  ## write a kit (KIT=build/kit) and set the course up from it without a network, 10 GB (Linux, as root)
	KIT=$${KIT:-build/kit} $(BIN)/pytest -p no:nbmake -m full tests/setup/test_kit_alone.py
# Both on this machine: seconds of another machine say nothing.
FAST := -m mnist_tutorial benchmark run cnn-1s train-mnist-fast --seeds 5 --evaluate test --out
regression: data  ## train two fast networks with the locked releases and with the newest ones, and compare: build/newest
	rm -rf build/locked build/newest
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/versions/newest
	$(UV) install --quiet --python build/versions/newest --compile-bytecode $(BUILD) --editable .
	$(BIN)/python $(FAST) build/locked
	build/versions/newest/bin/python $(FAST) build/newest
	$(BIN)/python -m mnist_tutorial benchmark check build/locked build/newest

benchmark: data  ## run the benchmark suite, three hours, or what is missing of it: results/cpu
	$(BIN)/python -m mnist_tutorial benchmark run --out results/cpu
robustness: data  ## measure one seed of each network on corrupted digits, a quarter of an hour: results/cpu
	for recipe in linear mlp mlp-augmented lenet5 cnn-tiny cnn-1s cnn-6s cnn cnn-augmented train-mnist-fast; do \
	  $(BIN)/python -m mnist_tutorial benchmark robustness $$recipe --out build/robustness || exit 1; done
	cp build/robustness/*.json results/cpu
reproduce: data  ## train one seed of each recipe again, and mark the results as those of the present code if they are
	$(BIN)/python -m mnist_tutorial benchmark reproduce results/cpu/*-test-seed0.json
readme: setup  ## write the README's tables and pictures anew from results/
	$(BIN)/python tools/readme.py
speed: data  ## time loading, augmenting, imaging and training beside other ways, some minutes (SPEED=optics for one of them): results/
	$(BIN)/python tools/speed.py $(SPEED)
measure: speed  ## the same, and load and the notebooks: the other files of results/
	$(BIN)/python tools/measure.py
peers: data  ## train what other libraries show on MNIST beside our recipes, on a quiet machine, half an hour: results/peers.json
	env -u GOMP_SPINCOUNT $(BIN)/python tools/peers.py

COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet
lock: $(BIN)/uv  ## write requirements.lock anew from pyproject.toml (LOCK_ARGS=--upgrade for newer releases)
	$(UV) compile pyproject.toml --extra lab --extra dev --extra dask --extra kit $(COMPILE) -o requirements.lock $(LOCK_ARGS)
	$(UV) compile --group site $(LOCKED) $(COMPILE) -o docs/requirements.lock $(LOCK_ARGS)
wheel: $(BIN)/uv  ## build the wheel and the sdist into dist/, and check what a package index will show
	rm -rf dist
	$(BIN)/uv build --out-dir dist
	$(BIN)/uv tool run twine check --strict dist/*.whl dist/*.tar.gz
clean:  ## remove .venv and what tools left behind; the data and course/ stay
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "found Python %d.%d, expected 3.11 or newer: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# A backend that is named on the command line takes the place of the build that is there.
ifeq ($(origin TORCH_BACKEND),command line)
.PHONY: .venv/.setup
OTHER := --reinstall-package torch --reinstall-package torchvision
endif
# Other builds than the lock's have other hashes, so torch comes first. `auto` asks before it installs: without torch's
# index, the rest brings the default build. Bytecode is compiled by all cores, or the first import of the 5,000 modules of
# the stack takes half a minute.
INSTALL := $(UV) install --python $(BIN)/python --compile-bytecode $(LOCKED)
TORCH := $(INSTALL) $(OTHER) $(if $(filter-out default,$(TORCH_BACKEND)),--torch-backend $(TORCH_BACKEND) --no-verify-hashes) torch torchvision
.venv/.setup: pyproject.toml requirements.lock | $(BIN)/uv
ifeq ($(TORCH_BACKEND),auto)
	@if UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=1 $(TORCH) --dry-run 2>/dev/null; then $(TORCH); \
	  else echo 'torch: only the default build can be had; make setup TORCH_BACKEND=cpu says why' >&2; fi
else
	$(TORCH)
endif
	$(INSTALL) --editable '.[lab,kit,dev,dask]'
	@touch $@
