# make demo: the whole chain on real traffic; make test: lint, types, unit, end to end.
.DEFAULT_GOAL := help
.PHONY: help setup demo up down lint unit e2e test compose-test faults soak proof bench bench-setup screens lock sbom audit
RUN := PYTHONPATH=src:. TZ=UTC
BIN := .venv/bin
# Tests start dozens of short JVMs, in which half of the time went into compiling what runs once.
SHORT := JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"

help: ## these lines
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## resolve all that is needed; a second time does nothing
	./shoplog setup

demo: ## start everything, send traffic, print the scorecard (ARGS="--lines 200000 --exit")
	./shoplog demo $(ARGS)

up: ## start the stack
	./shoplog up

down: ## stop the stack
	./shoplog down

lint: setup ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(RUN) $(BIN)/mypy src jobs dashboard expectations

unit: setup ## tests that start no service
	$(RUN) $(SHORT) $(BIN)/python -m pytest --durations 15 -n 2 --dist loadfile -m "not e2e and not faults and not soak and not proof and not compose"

e2e: setup ## tests with the real parts: pages and windows two by two, the stack by itself
	$(RUN) $(SHORT) $(BIN)/python -m pytest --durations 15 -n 2 --dist loadfile -m e2e tests/dashboard
	$(RUN) $(SHORT) $(BIN)/python -m pytest --durations 15 -m e2e --ignore tests/dashboard

test: lint unit e2e ## lint, types, unit, end to end

compose-test: setup ## build and run docker-compose.yml for real; writes docs/containers.md (error 77: no container engine starts here)
	$(RUN) COMPOSE_REPORT=docs/containers.md tests/compose/with-engine $(BIN)/python -m pytest -m compose

faults: setup ## kill each part in turn and count
	$(RUN) $(SHORT) $(BIN)/python -m pytest -m faults

MINUTES := 30
soak: setup ## kill parts at random under traffic, then count; writes docs/soak.md (MINUTES=30, SOAK_SEED=n for the same faults)
	$(RUN) SOAK_MINUTES=$(MINUTES) SOAK_REPORT=docs/soak.md $(BIN)/python -m pytest -m soak -s

SCALE := 1
LINES := 1000000
proof: setup ## every figure against the truth, a million lines of three shops through the real parts; writes docs/proof.md
	$(RUN) PROOF_LINES=$(LINES) PROOF_REPORT=docs/proof.md $(BIN)/python -m pytest -m proof

bench-setup: setup ## install the peers of the benchmarks
	bench/setup

bench: bench-setup ## how fast, peers beside us; writes docs/performance.json and docs/performance.md (SCALE=0.1 for a quick look)
	./shoplog bench all --scale $(SCALE) --results docs/performance.json

screens: setup ## take a picture of every screen into docs/screens/
	$(RUN) $(BIN)/python -m tests.dashboard.take_screens

lock: ## write requirements.lock anew
	$(BIN)/uv pip compile --universal --generate-hashes --group dev pyproject.toml -o requirements.lock

sbom: setup ## write dist/sbom.json: every library that is shipped (CycloneDX)
	$(RUN) $(BIN)/python -m deploy.supply_chain.sbom

audit: setup ## ask OSV for known weaknesses of what is shipped (needs the network); exceptions: docs/security-exceptions.toml
	$(RUN) $(BIN)/python -m deploy.supply_chain.audit
