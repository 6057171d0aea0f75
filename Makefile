# What a developer runs. Each target says what it does in `make help`; the work is in infra/local and in cargo.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
LOCAL := $(PYTHON) infra/local
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: HAAT_PORT=8080 (the API of make dev), F=checkout (make logs), T=name (make test-one), XDG_CACHE_HOME"

.PHONY: dev
dev: ## a local Haat with demo data, on AWS's real interfaces; run again after an edit
	@$(LOCAL)/dev.py

.PHONY: stop
stop: ## end what make dev started (its data goes with it)
	@$(LOCAL)/stop.py

.PHONY: reset
reset: ## make dev from nothing: all local data is forgotten
	@$(LOCAL)/stop.py --reset

.PHONY: logs
logs: ## follow what the functions say; F=checkout for one of them
	@$(LOCAL)/logs.py

.PHONY: env
env: ## the settings of the local stack, as lines for a shell to eval (then: cargo nextest run)
	@$(LOCAL)/env.py

.PHONY: test
test: ## every check and every test, on a stack of its own; what CI runs
	@$(LOCAL)/test.py

.PHONY: test-one
test-one: ## the tests whose name contains T, on the stack of make dev
	@eval "$$($(LOCAL)/env.py)" && cargo nextest run --workspace -E 'test($(T))'

.PHONY: fmt
fmt: ## format the code
	@cargo fmt --all

.PHONY: lint
lint: ## clippy, as make test runs it
	@cargo clippy --workspace --all-targets -- -D warnings

.PHONY: openapi
openapi: ## write the OpenAPI document anew from the code
	@cargo build --quiet --workspace --bins && "$${CARGO_TARGET_DIR:-target}/debug/haat" openapi

.PHONY: audit
audit: ## ask the database of security advisories about our dependencies (needs the network)
	@$(LOCAL)/tools.py cargo-deny && .local/tools/cargo-deny/bin/cargo-deny check advisories

.PHONY: bench
bench: ## measure the release build on a stack of its own; writes BENCHMARKS.md
	@$(LOCAL)/bench.py

.PHONY: load
load: ## 200 buyers over 20 products for a minute, on the stack of make dev: is every piece accounted for?
	@eval "$$($(LOCAL)/env.py)" && cargo nextest run --workspace --run-ignored only --no-capture -E 'package(checkout) & test(/load/)'

.PHONY: build
build: ## the arm64 packages that sam deploy puts on a real account
	@$(LOCAL)/tools.py sam build
	@PATH="$(CURDIR)/.local/tools/build/bin:$$PATH" SAM_CLI_TELEMETRY=0 .local/tools/sam/bin/sam build

.PHONY: clean
clean: stop ## also remove .local and built packages; the cache of tools and target/ stay
	@rm -rf .local .aws-sam
