# make help lists the targets. Each sets up its own environment (.venv) first.

PROFILE ?= quick
DATA    ?= data
SOURCE  ?= auto
ARCH    ?=
SCHEDULER ?=
GRID    ?= notebooks/languages.yaml
ARGS    ?=
CHECK   ?=
# the first that runs: a name alone may be that of a launcher without the version behind it
PYTHON  ?= $(shell for each in python3.11 python3.12 python3.13; do $$each -c "" 2>/dev/null && echo $$each && exit; done; echo python3)

KNOWN   := PROFILE DATA SOURCE ARCH SCHEDULER GRID ARGS CHECK PYTHON
UNKNOWN := $(filter-out $(KNOWN),$(foreach each,$(.VARIABLES),$(if $(findstring command line,$(origin $(each))),$(each))))
$(if $(UNKNOWN),$(error unknown variable $(UNKNOWN); the variables are $(KNOWN)))

READY := .venv/.ready
BIN   := .venv/bin
# what an environment's Jupyter reads: what it saves of a notebook in git
JUPYTER := .venv/etc/jupyter
# make ends what it started when it is stopped; killed it cannot, and then that ends by itself
STUDY  = STUDY_PARENT=$$PPID exec $(BIN)/python -m study
OPTIONS = --data "$(DATA)" --source "$(SOURCE)" --profile "$(PROFILE)" --arch "$(ARCH)" --scheduler "$(SCHEDULER)"

# After a move or a copy of the project, the scripts in .venv and the code that it imports are those of the other folder.
HERE    := $(CURDIR)/.venv
MADE_AS := $(or $(shell sed -n 's/^command = .* -m venv //p' .venv/pyvenv.cfg 2>/dev/null),$(HERE))
ifneq "$(MADE_AS)" "$(HERE)"
$(READY): anew
endif

.DELETE_ON_ERROR:
.PHONY: help setup report verify batch test lint train keep status tune data readme publish notebook bench wheel clean clean-all

help: ## list the targets and their variables
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo "  PROFILE=quick|full|tiny       how much is trained; tiny is for tests, no result worth reading (now: $(PROFILE))"
	@echo "  DATA=folder                   where the real data lies or is put (now: $(DATA))"
	@echo "  SOURCE=auto|real|sample       real data if there is any, real data only, or the built-in sample (now: $(SOURCE))"
	@echo "  ARCH=name                     one architecture only (now: $(or $(ARCH),all)):"
	@echo "                               $(basename $(notdir $(shell grep -l "^ARCHITECTURE = " study/architectures/*.py)))"
	@echo "  SCHEDULER=tcp://host:8786     train on this Dask cluster (now: $(or $(SCHEDULER),the cores of this machine))"
	@echo "  GRID=file.yaml                the parameters of make batch (now: $(GRID))"
	@echo "  ARGS=\"--port 8899 ...\"        what make notebook hands on to JupyterLab (now: $(or $(ARGS),nothing))"
	@echo "  CHECK=1                       make bench fails where forward/ is slower than it must be"
	@echo "  PYTHON=command                the Python 3.11 to 3.13 that .venv is made with (now: $(PYTHON))"

setup: $(READY) ## make .venv and install requirements.txt into it

$(READY): requirements.txt pyproject.toml study/jupyter_server_config.json
	"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d; name one: make setup PYTHON=python3.11" % sys.version_info[:2])'
	@[ "$(MADE_AS)" = "$(HERE)" ] || { echo ".venv was made as $(MADE_AS), and is made anew here"; rm -rf .venv; }
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	mkdir -p $(JUPYTER)
	cp study/jupyter_server_config.json $(JUPYTER)
	touch $@

anew: # what depends on it is always made

report: $(READY) ## train, check numpy against Keras, write reports/<profile>/index.html
	$(STUDY) report $(OPTIONS)

verify: $(READY) ## check the full profile's networks that are here: their tables with numpy alone, then Keras
	$(STUDY) verify --data "$(DATA)" --arch "$(ARCH)"

batch: $(READY) ## run the notebooks over the parameters in GRID, write reports/<its name>/index.html
	$(STUDY) batch --data "$(DATA)" --source "$(SOURCE)" --grid "$(GRID)" --scheduler "$(SCHEDULER)"

train: $(READY) ## train only, into weights/<profile>; what is there is not trained again
	$(STUDY) train $(OPTIONS)

status: $(READY) ## tell which runs are there, under way, interrupted or missing, and how long the rest will take
	$(STUDY) status $(OPTIONS)

keep: $(READY) ## put what is trained of a report that is not made yet into reports/unfinished: another machine goes on
	$(STUDY) keep $(OPTIONS)

tune: $(READY) ## search the settings that are not studied, on validation data, into reports/tuning
	$(STUDY) tune $(OPTIONS)

data: $(READY) ## download the real data into DATA, unless it is there
	$(STUDY) data $(OPTIONS)

readme: $(READY) ## write what the full profile found into README.md and docs/, from the tables in reports/full
	$(STUDY) readme

publish: readme ## put the full profile's tables, pages, pictures and the networks that are light into git's index
	@files=$$($(STUDY) publish) && echo "$$files" | git add --force --pathspec-from-file=-

test: $(READY) ## run the tests, two at a time; with real data in DATA also on real data
	DATA="$(DATA)" $(BIN)/python -m pytest -n 2 --no-loadscope-reorder

lint: $(READY) ## look over the code without running it: rules, layout, types of the plain functions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet . || { echo "run .venv/bin/ruff format . to lay these files out"; exit 1; }
	$(BIN)/mypy

bench: train ## time forward/ beside other engines, those of benchmarks/requirements.txt that are there; CHECK=1 fails under a must
	$(BIN)/python benchmarks/bench.py --data "$(DATA)" --source "$(SOURCE)" --profile "$(PROFILE)" $(if $(CHECK),--check)

notebook: $(READY) ## open the notebooks in JupyterLab, with what ARGS says; also as root, in a container
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/try_it.ipynb $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

wheel: $(READY) ## build the wheel of forward/ in dist/, and try it in an empty environment of each Python that is here
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	tests/release dist

CACHES = $(wildcard .venv dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis)

clean: ## say what of .venv and caches is there, and remove it; reports, figures, weights and data stay
	@echo "removing $(CACHES) and every __pycache__; reports, figures, weights and data stay"
	@rm -rf $(CACHES)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-all: clean ## the same, and what git ignores of reports and figures; weights and data stay
	@git clean -ndX reports figures | sed 's/^Would remove/removing/'
	@git clean -fdXq reports figures
