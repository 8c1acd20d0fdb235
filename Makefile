# make run   opens the app on the bundled release
# make test  checks the style, the types and everything the program promises
# Both do all the set-up on a machine that has Python 3.11 or later; only the first run uses the network.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable

.PHONY: run test test-deploy test-writers load soak fuzz bench dist lock advisories lint clean
.DEFAULT_GOAL := run

run: .venv/installed-app
	$(BIN)/python -m exclusion app

# The files of tests are shared out between as many processes as there are processors, four at most.
test: lint
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# 8 processes that write 200 answers each to one PostgreSQL register, each killed three times (four minutes); `make test` does 4 of 100
test-writers: .venv/installed-dev
	KEPT_OPEN_WRITERS=8x200 KEPT_OPEN_REQUIRE_DATABASE=1 $(BIN)/python -m pytest tests/test_register_faults.py -k "killed_writers and postgresql"

# nginx, two app processes and a PostgreSQL register on this machine's loopback (Debian: apt install nginx-light postgresql openssl)
test-deploy: .venv/installed-dev
	KEPT_OPEN_REQUIRE_DEPLOY=1 KEPT_OPEN_REQUIRE_DATABASE=1 $(BIN)/python -m pytest tests/deploy

# How long a click takes with 20 to 200 pages open, on one process and on two behind nginx (ten minutes)
load: .venv/installed-dev
	$(BIN)/python benchmarks/load.py --sessions 20 50 100 200 --every 10 5
	$(BIN)/python benchmarks/load.py --processes 2 --sessions 100 200 --every 10 5

# People come and go for an hour: memory grows by less than a twentieth, nothing fails. `.ci/run` does three minutes of it
MINUTES ?= 60
soak: .venv/installed-dev
	$(BIN)/python benchmarks/load.py --soak --minutes $(MINUTES) --sessions 20 --every 4

# 100,000 damaged files at every place where a file comes in, then 3,000 at each that look for their own way in (atheris);
# an hour or so. `make test` throws 5,000
fuzz: .venv/installed-fuzz
	$(BIN)/python tests/hostile.py --inputs 100000
	$(BIN)/python tests/guided.py --runs 3000

# Headline figures as ratios measured in one run, with their table and plot in docs/ (about ten minutes on a quiet machine)
DATA ?= ../shared/data
bench: .venv/installed-bench
	$(BIN)/python benchmarks/bench.py $(DATA)

# What is handed on: wheel and source archive, what they bring with them (CycloneDX) and under which licences, and hashes.
# They are read off an environment that holds nothing else, installed by hash.
dist: .venv/installed-supply
	rm -rf dist build/clean
	$(BIN)/python -m build --outdir dist
	$(PYTHON) -m venv build/clean
	build/clean/bin/python -m pip install --quiet --require-hashes -r deploy/requirements.txt
	build/clean/bin/python -m pip install --quiet --no-deps dist/*.whl
	cd build && clean/bin/exclusion release verify
	$(BIN)/cyclonedx-py environment build/clean/bin/python --output-reproducible --of JSON -o dist/sbom.json
	$(BIN)/pip-licenses --python=build/clean/bin/python --ignore-packages exclusion --format=csv --output-file=docs/licences.csv
	cp docs/licences.csv dist/
	cd dist && sha256sum * > ../build/SHA256SUMS && mv ../build/SHA256SUMS .

# deploy/requirements.txt again, after pyproject.toml or constraints.txt changed
lock: .venv/installed-supply
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11.5 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --extra app --extra login --extra postgresql -c constraints.txt pyproject.toml -o deploy/requirements.txt

# Known vulnerabilities of what is installed; asks the package index, and fails where there is one or nobody answers
advisories: .venv/installed-supply
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r deploy/requirements.txt

lint: .venv/installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy

# A stamp is newer than the two files that say what to install, so a second run installs nothing.
.venv/installed-app: .venv/made pyproject.toml constraints.txt
	$(INSTALL) ".[app]"
	@touch $@

.venv/installed-dev: .venv/made pyproject.toml constraints.txt
	$(INSTALL) ".[app,dev,spatial]"
	@touch $@ .venv/installed-app

.venv/installed-bench: .venv/installed-dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt matplotlib
	@touch $@

.venv/installed-supply: .venv/installed-dev
	$(BIN)/python -m pip install --quiet build cyclonedx-bom pip-audit pip-licenses uv
	@touch $@

.venv/installed-fuzz: .venv/installed-dev
	$(BIN)/python -m pip install --quiet atheris
	@touch $@

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; '$(PYTHON)' is older or missing. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
