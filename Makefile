# What one does here. `make` alone explains it.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/
# each process has a database of its own
TEST_PROCESSES ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 4 ? n : 4)))

.PHONY: help serve test check schema migration seed bench bench-full

help:
	@echo 'make serve              the service with a demo world, on port 8000 (DUDAO_PORT)'
	@echo 'make test               everything we promise (only="tests/app -k settings" for a part)'
	@echo 'make check              style, types, rooms, the printed schema'
	@echo 'make schema             print gql/schema.graphql anew'
	@echo 'make migration m="..."  write the next migration from the models'
	@echo 'make seed               fill an empty database with the demo world'
	@echo 'make bench              measure, in six minutes'
	@echo 'make bench-full         measure everything beside the peers, in more than an hour (parts="operations,plans" for some)'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11'; exit 1; }
	@echo 'Installing into $(VENV); the first time takes about a minute.'
	@test -x $(RUN)python || $(PYTHON) -m venv $(VENV)
	@$(RUN)python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

serve: $(STAMP)
	@DUDAO_DEMO=$${DUDAO_DEMO:-on} DUDAO_JOBS=$${DUDAO_JOBS:-on} exec $(RUN)dudao serve

test: $(STAMP)
	@$(RUN)python -m pytest --numprocesses=$(TEST_PROCESSES) --dist=loadfile $(only)

check: $(STAMP)
	@$(RUN)ruff check .
	@$(RUN)ruff format --check .
	@$(RUN)mypy
	@$(RUN)lint-imports
	@$(RUN)dudao schema --check

schema: $(STAMP)
	@$(RUN)dudao schema

migration: $(STAMP)
	@DUDAO_DEMO=$${DUDAO_DEMO:-on} $(RUN)dudao revise "$(m)"

seed: $(STAMP)
	@DUDAO_DEMO=$${DUDAO_DEMO:-on} $(RUN)dudao seed

bench: $(STAMP)
	@$(RUN)python -m bench.run

# parts="operations,plans" runs these alone
bench-full: $(STAMP)
	@$(RUN)python -m bench.full $(if $(parts),--only $(parts))
