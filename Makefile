# `make lab` and `make test` are all there is to set up; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
# The backend of the set-up that exists is kept, so that `make lab` after `make setup TORCH_BACKEND=cpu` stays small.
# The first set-up chooses between `default` and `cpu`.
TORCH_BACKEND ?= $(or $(patsubst $(VENV)/.setup-%,%,$(wildcard $(VENV)/.setup-*)),auto)
TORCH_INDEX ?= https://download.pytorch.org/whl
# Two processes, a test file to each: most tests wait for another process, a server or one core. One thread in each, since
# four threads on two cores wait for each other.
UNIT := OMP_NUM_THREADS=1 $(BIN)/pytest mnist_tutorial tests -p no:nbmake --numprocesses 2 --dist loadfile --no-loadscope-reorder
# Two processes again: worksteal gives one half, that of the students, to one and the instructors' to the other, in order.
# A notebook may take longer than the ten minutes of a test where the machine is slow and busy.
NOTEBOOKS := OMP_NUM_THREADS=1 $(BIN)/pytest --nbmake --nbmake-kernel=python3 --nbmake-timeout=300 --timeout=1800 --numprocesses 2 --dist worksteal
# Threads that wait for each other sleep soon instead of spinning, also where torch is loaded before our package: on a
# busy machine, spinning costs several times the time.
ifndef OMP_WAIT_POLICY
export GOMP_SPINCOUNT ?= 10000
endif
STAMP := $(VENV)/.setup-$(TORCH_BACKEND)
TORCH_FROM := $(if $(filter cpu,$(TORCH_BACKEND)),--no-deps --index $(TORCH_INDEX)/cpu,--torch-backend $(TORCH_BACKEND))
# Another build of the same release counts as installed already, unless uv is told to look again.
OTHER_BUILD := $(if $(wildcard $(STAMP)),,--reinstall-package torch --reinstall-package torchvision)
COURSE ?= course

.DEFAULT_GOAL := help
.PHONY: help setup data lab test unit versions versions-lowest versions-3.12 versions-3.13 checks lint kit fuzz wheel lock benchmark reproduce robustness readme measure peers site check-site clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(STAMP)  ## make .venv with all that is needed (TORCH_BACKEND=cpu for a small torch)

data: setup
	$(BIN)/python -m mnist_tutorial fetch --variant auto

lab: setup  ## open JupyterLab on the course, in COURSE=course (LAB_ARGS="--port 9999" are passed on)
	$(BIN)/python -m mnist_tutorial lab "$(COURSE)" $(LAB_ARGS)

test: setup  ## run the unit tests and every notebook, as students and as instructors get it, on all of MNIST
	$(BIN)/python -m mnist_tutorial fetch --variant full
	$(UNIT)
	rm -rf build/workshop
	$(BIN)/python -m mnist_tutorial workshop build/workshop
	$(NOTEBOOKS) build/workshop/student build/workshop/instructor

unit: setup  ## run the unit tests only, without the notebooks
	$(UNIT)

# What leans on other people's releases: data, pipelines, training, figures. The notebooks 03 and 06 only with the oldest ones.
VERSIONS := $(foreach folder,data pipeline training stats,mnist_tutorial/$(folder) tests/$(folder)) \
  $(foreach module,compat device plots,mnist_tutorial/$(module).py tests/test_$(module).py)
BACKEND_OF_VERSIONS := $(if $(filter-out default,$(TORCH_BACKEND)),--torch-backend $(TORCH_BACKEND) --no-verify-hashes)
# uv looks for a Python on PATH, and fetches one where it may; pyenv's are not on PATH until somebody chooses one.
PYENVS = $$(printf '%s:' "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/*/bin)
# $(1) names the environment, $(2) is the Python, $(3) says which releases.
define install-versions
	PATH="$(PYENVS)$$PATH" $(BIN)/uv python find --quiet '$(2)' >/dev/null || \
	  PATH="$(PYENVS)$$PATH" $(BIN)/uv python install --quiet '$(2)' || \
	  { echo 'versions: expected Python $(2), found none: install it, or name it as in: make versions PYTHON312=/path/to/python3.12' >&2; exit 1; }
	PATH="$(PYENVS)$$PATH" $(BIN)/uv venv --quiet --clear --python '$(2)' build/versions/$(1)
	$(UV) install --quiet --python build/versions/$(1) --compile-bytecode $(BACKEND_OF_VERSIONS) $(3) --editable '.[lab,dev]'
	OMP_NUM_THREADS=1 build/versions/$(1)/bin/pytest $(VERSIONS) -p no:nbmake --numprocesses 2 --dist loadfile --quiet
endef

versions: versions-lowest versions-3.12 versions-3.13  ## run the tests of data, pipelines and training with the oldest releases, and with newer Pythons: build/versions

versions-lowest: data
	$(call install-versions,lowest,$(or $(PYTHON311),3.11),--resolution lowest-direct)
	build/versions/lowest/bin/pytest --nbmake --nbmake-kernel=python3 --nbmake-timeout=300 --quiet notebooks/03_*.ipynb notebooks/06_*.ipynb
	@echo 'versions: passed with the oldest releases'

versions-3.12: data
	$(call install-versions,3.12,$(or $(PYTHON312),3.12),--constraints requirements.lock)
	@echo 'versions: passed with Python 3.12'

versions-3.13: data
	$(call install-versions,3.13,$(or $(PYTHON313),3.13),--constraints requirements.lock)
	@echo 'versions: passed with Python 3.13'

# The last lines say how far each answer is from the limit.
DRAWS ?= 200
checks: data  ## ask each check of an exercise 200 times about right and wrong answers, an hour and a half: build/checks.md (DRAWS=20, CHECKS=warps for less)
	mkdir -p build
	OMP_NUM_THREADS=1 $(BIN)/python -W ignore tests/course/submissions.py $(DRAWS) $(CHECKS) > build/checks.md; status=$$?; cat build/checks.md; exit $$status

# Notebooks that have run already are not run again.
site: data  ## build the course as web pages, from README, notebooks, docstrings and results: site/
	$(UV) install --python $(BIN)/python --quiet --compile-bytecode --requirements website/requirements.lock
	$(BIN)/python website/assemble.py

check-site: site  ## look at each page of the site in a browser, at three widths, in light and dark
	SITE=site $(BIN)/pytest tests/website/test_site.py -p no:nbmake --numprocesses 2

lint: setup  ## check style, the arrows between modules, and that notebooks carry no outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

kit: data  ## write a kit (KIT=build/kit) and set the course up from it without a network, 10 GB (Linux, as root)
	KIT=$${KIT:-build/kit} $(BIN)/pytest -p no:nbmake tests/setup/test_kit_alone.py

SECONDS_EACH ?= 60
fuzz: setup  ## feed random bytes to all readers of files, a minute each (SECONDS_EACH=600 for more; Linux)
	$(UV) install --python $(BIN)/python --quiet --editable '.[fuzz]'
	for target in archive png idx result leaderboard workshop notebook; do $(BIN)/python tools/fuzz.py $$target $(SECONDS_EACH) || exit 1; done

# Run it again, and it carries on where it stopped.
benchmark: data  ## run the benchmark suite, three hours, as it says before it starts: results/cpu
	$(BIN)/python -m mnist_tutorial benchmark run --out results/cpu

NETWORKS := linear mlp mlp-augmented lenet5 cnn-tiny cnn-1s cnn-6s cnn cnn-augmented train-mnist-fast
robustness: data  ## measure one seed of each network on corrupted digits, a quarter of an hour: results/cpu
	for recipe in $(NETWORKS); do $(BIN)/python -m mnist_tutorial benchmark robustness $$recipe --out build/robustness || exit 1; done
	cp build/robustness/*.json results/cpu

# Who has only tidied up need not train for hours: one seed of each recipe shows that nothing has changed.
reproduce: data  ## train one seed of each recipe again, and mark the results as those of the present code if they are
	$(BIN)/python -m mnist_tutorial benchmark reproduce results/cpu/*-test-seed0.json

readme: setup  ## write the README's tables and pictures anew from results/
	$(BIN)/python tools/readme.py

measure: data  ## measure load, the notebooks and the routes of digits: the other files of results/
	$(BIN)/python -m mnist_tutorial benchmark loading --force
	$(BIN)/python -m mnist_tutorial benchmark augmentation --force
	$(BIN)/python -m mnist_tutorial benchmark optics --force
	$(BIN)/python -m mnist_tutorial benchmark overhead --force
	$(BIN)/python tools/measure.py

peers: data  ## train what other libraries show on MNIST beside our recipes, on a quiet machine, half an hour: results/peers.json
	env -u GOMP_SPINCOUNT $(BIN)/python tools/peers.py

lock: $(BIN)/uv  ## write requirements.lock anew from pyproject.toml (LOCK_ARGS=--upgrade for newer releases)
	$(UV) compile pyproject.toml --extra lab --extra dev --extra dask --extra kit --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --quiet -o requirements.lock $(LOCK_ARGS)
	$(UV) compile --group site --constraints requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --quiet -o website/requirements.lock $(LOCK_ARGS)

wheel: $(BIN)/uv  ## build the wheel and the sdist into dist/, and check what a package index will show
	rm -rf dist
	$(BIN)/uv build --out-dir dist
	$(BIN)/uv tool run twine check --strict dist/*.whl dist/*.tar.gz

clean:  ## remove .venv and what tools left behind; the data and course/ stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "found Python %d.%d, expected 3.11 or newer: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The stamp will bear the name of the backend that is chosen, so no file of this name appears. MAKE_COMMAND is $(MAKE), but
# `make --dry-run` does not run it.
$(VENV)/.setup-auto: | $(BIN)/uv
	@backend=$$($(BIN)/python tools/torch_backend.py $(TORCH_INDEX) requirements.lock) && \
	  "$(MAKE_COMMAND)" --no-print-directory setup TORCH_BACKEND=$$backend

# Bytecode is compiled here, by all cores, or the first import of the 5,000 modules of the stack takes half a minute.
# A CPU-only torch has other files, so other hashes, than the lock's, and needs no CUDA packages: torch and torchvision come
# first, from one build; the rest follows at the lock's versions, with the hashes checked. Torch's index has old releases of
# other packages, too, so the CPU build comes alone; those with CUDA need packages that only this index has.
$(VENV)/.setup-%: pyproject.toml requirements.lock | $(BIN)/uv
	rm -f $(VENV)/.setup-*
ifeq ($(TORCH_BACKEND),default)
	$(UV) install --python $(BIN)/python --compile-bytecode $(OTHER_BUILD) --requirements requirements.lock
else
	$(UV) install --python $(BIN)/python --compile-bytecode $(OTHER_BUILD) $(TORCH_FROM) --no-verify-hashes \
	  --constraints requirements.lock torch torchvision
	$(UV) install --python $(BIN)/python --compile-bytecode --constraints requirements.lock --editable '.[lab,kit,dev,dask]'
endif
	$(UV) install --python $(BIN)/python --compile-bytecode --no-deps --editable .
	@touch $@
