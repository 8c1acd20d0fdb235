# make run   opens the app on the bundled release
# make test  checks the style, the types and everything the program promises
# Both do all the set-up on a machine that has Python 3.11 or later; only the first run uses the network.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable

.PHONY: run test test-deploy fuzz lint clean
.DEFAULT_GOAL := run

run: .venv/installed-app
	$(BIN)/python -m streamlit run app.py --server.address=127.0.0.1 --server.headless=false --server.showEmailPrompt=false

# The files of tests are shared out between as many processes as there are processors, four at most.
test: lint
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# nginx, two app processes and a PostgreSQL register on this machine's loopback (Debian: apt install nginx-light postgresql openssl)
test-deploy: .venv/installed-dev
	KEPT_OPEN_REQUIRE_DEPLOY=1 KEPT_OPEN_REQUIRE_DATABASE=1 $(BIN)/python -m pytest tests/deploy

# 100,000 damaged files at every place where a file comes in (about half an hour); `make test` throws 5,000
fuzz: .venv/installed-dev
	$(BIN)/python tests/hostile.py --inputs 100000

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

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; '$(PYTHON)' is older or missing. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
