# Two commands are enough: `make test` and `make play`. Both make what they need, from python3 alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
SERVER := $(VENV)/server
# The stories wait more than they work, so three keep two cores busy.
WORKERS ?= 3

.PHONY: test soak bench play check texts pictures lock clean

test: check $(SERVER) ## format, lint, types, imports, and every test
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

soak: $(READY) $(SERVER) ## what takes long: the same stories longer, more often and in the other language
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m soak

bench: $(READY) ## measure, and write docs/benchmarks.md
	$(BIN)/python -m tests.bench

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

play: $(READY) ## the real bot against the stand-in, on loopback
	@$(BIN)/tend play

texts: $(READY) ## bring what the code says into every language's catalogue, for its translators
	$(BIN)/python -m tests.catalogue

pictures: $(READY) ## take the README's pictures anew, from the real page in Chromium, and draw sample weeks
	$(BIN)/python -m tests.browser_pictures
	$(BIN)/python -m tests.draw_weeks

$(READY): pyproject.toml .ci/test.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement .ci/test.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# There is no such server for every system (none for musl); the tests then look for an installed one.
$(SERVER): $(READY) .ci/server.lock
	-$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --requirement .ci/server.lock && touch $@

lock: ## work out the locked versions anew, with hashes and without index addresses; needs uv
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file .ci/run.lock
	uv pip compile pyproject.toml --group test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file .ci/test.lock
	uv pip compile --group server --no-deps --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file .ci/server.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
