# The one door. `make help` lists what it opens.
PRESET ?= release
BUILD := build/$(PRESET)
SHELL := bash

.DEFAULT_GOAL := help
.PHONY: help setup build programs run test smoke bench fault isolation interop sim conformance fuzz permissions asan tsan fmt fmt-check tidy clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo "  PRESET=dev|release|asan|tsan chooses the build (release when not given)."

setup: ## Install what is missing: Debian packages, Python packages
	@tools/setup

build: setup ## Build everything
	@cmake --preset $(PRESET) >/dev/null && ninja -C $(BUILD)

# What run and smoke need, without the tests.
programs: setup
	@cmake --preset $(PRESET) >/dev/null && ninja -C $(BUILD) controlplane migrate sbctl

run: programs ## Start the control plane on a private PostgreSQL and Redis; Ctrl-C stops all of it
	@BUILD_DIR=$(BUILD) tools/run

test: build ## Run every test: unit, integration, end to end, faults in short form
	@BUILD_DIR=$(BUILD) tools/test

smoke: programs ## Boot in a temporary folder and walk through the product, a line a step
	@BUILD_DIR=$(BUILD) .venv/bin/python tools/smoke

bench: ## Measure a room beside its peer: ROOM=gateway|pipeline|tenant|identity|task|casbin|cel|ledger|rule
	@test -n "$(ROOM)" || { echo "make bench needs ROOM=, one of: $$(ls bench/*/run.sh | cut -d/ -f2 | xargs)"; exit 2; }
	@test -x bench/$(ROOM)/run.sh || { echo "there is no bench/$(ROOM)/run.sh"; exit 2; }
	@$(MAKE) --no-print-directory programs PRESET=release
	@BUILD_DIR=build/release bench/$(ROOM)/run.sh

fault: programs ## Kill and cut: CASE=create_tenant (SHORT=1: fewer rounds)
	@test -n "$(CASE)" || { echo "make fault needs CASE=, one of: $$(ls test/fault/test_kill_*.py | sed 's/.*test_kill_//; s/\.py//' | xargs)"; exit 2; }
	@BUILD_DIR=$(BUILD) SHORT=$(SHORT) .venv/bin/python -m pytest -q -s test/fault/test_kill_$(CASE).py

isolation: programs ## Every RPC x reference x value x protocol x principal: no tenant learns anything of another
	@BUILD_DIR=$(BUILD) .venv/bin/python -m pytest -q test/isolation

interop: setup ## Against real peers: PEER=asynq|cron|redis|openid (SHORT=1: fewer rounds)
	@test -x test/interop/$(PEER)/run.sh || { echo "make interop needs PEER=, one of: $$(ls test/interop/*/run.sh | cut -d/ -f3 | xargs)"; exit 2; }
	@cmake --preset $(PRESET) >/dev/null
	@BUILD_DIR=$(BUILD) SHORT=$(SHORT) test/interop/$(PEER)/run.sh

sim: setup ## Simulate a room: ROOM=ledger|tampering (SEED=n: as before; OPS=n; SHORT=1: fewer)
	@test -x test/sim/$(ROOM)/run.sh || { echo "make sim needs ROOM=, one of: $$(ls test/sim/*/run.sh | cut -d/ -f3 | xargs)"; exit 2; }
	@cmake --preset $(PRESET) >/dev/null
	@BUILD_DIR=$(BUILD) SHORT=$(SHORT) SEED=$(SEED) OPS=$(OPS) test/sim/$(ROOM)/run.sh

conformance: setup ## Other people's suites: SUITE=cel|cel-hostile|cel-differential|casbin (SHORT=1: fewer rounds)
	@test -x test/conformance/$(SUITE)/run.sh || { echo "make conformance needs SUITE=, one of: $$(ls test/conformance/*/run.sh | cut -d/ -f3 | xargs)"; exit 2; }
	@cmake --preset $(PRESET) >/dev/null
	@BUILD_DIR=$(BUILD) SHORT=$(SHORT) test/conformance/$(SUITE)/run.sh

fuzz: ## libFuzzer under AddressSanitizer: TARGET=cel_parse|cel_check|cel_eval (SECONDS_MOST=600; KEEP=1: keep what it finds)
	@test -f test/fuzz/corpus/$(TARGET).txt || { echo "make fuzz needs TARGET=, one of: $$(ls test/fuzz/corpus/*.txt | xargs -n1 basename -s .txt | xargs)"; exit 2; }
	@tools/setup fuzz
	@cmake --preset fuzz >/dev/null
	@BUILD_DIR=build/fuzz SECONDS_MOST=$(SECONDS_MOST) KEEP=$(KEEP) test/fuzz/run.sh $(TARGET)

asan: ## Unit and integration tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory build PRESET=asan && BUILD_DIR=build/asan ONLY=ctest tools/test

tsan: ## Unit and integration tests under ThreadSanitizer
	@$(MAKE) --no-print-directory build PRESET=tsan && BUILD_DIR=build/tsan ONLY=ctest tools/test

permissions: setup ## Write docs/permissions.md anew: who may call what
	@cmake --preset $(PRESET) >/dev/null && ninja -C $(BUILD) permissions_page && $(BUILD)/services/access/permissions_page >docs/permissions.md

fmt: setup ## Format the C++ sources
	@git ls-files -z '*.cc' '*.h' | xargs -0 clang-format -i

fmt-check: setup ## Fail when a C++ source is not formatted
	@git ls-files -z '*.cc' '*.h' | xargs -0 clang-format --dry-run -Werror && echo "format: clean"

tidy: setup ## Check the house rules that a compiler does not
	@.venv/bin/python tools/tidy

clean: ## Remove the builds (never the private stack's data)
	@rm -rf build
