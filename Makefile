# The two that matter: `make run` and `make test`. Each does its own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
ENV := . script/env;

.PHONY: help run test check bench soak dev build site advisories

help: ## Show what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

run: ## Build, start with SQLite and file mail, print the address and the first-run link
	@script/bootstrap run
	@script/build-site
	@$(ENV) cargo build --quiet --package server
	@$(ENV) exec "$$TARGET/debug/rollcall" serve

build: ## Build target/release/rollcall with the site it serves beside it
	@script/bootstrap run
	@script/build-site
	@$(ENV) cargo build --quiet --release --package server && rm -rf "$$TARGET/release/site" && cp -r "$$SITE" "$$TARGET/release/site"

check: ## Formatting, lints and unit tests: fast
	@script/bootstrap run
	@script/check

test: ## Everything: formatting, lints, unit, both databases, browser
	@script/bootstrap test
	@script/check
	@script/test

bench: ## Measure; one line `name value unit` for each figure
	@script/bootstrap test >&2
	@script/bench

advisories: ## What is known against the dependencies, by cargo deny (builds it once, some minutes)
	@script/advisories

soak: ## The bad days of an import for half an hour (ROLLCALL_SOAK_MINUTES)
	@script/bootstrap test
	@$(ENV) ROLLCALL_SOAK_MINUTES=$${ROLLCALL_SOAK_MINUTES:-30} script/with-postgres cargo test --quiet --package server --test faults

dev: ## Rebuild and reload while you type (needs cargo-leptos)
	@script/bootstrap run
	@command -v cargo-leptos >/dev/null || { echo "make dev needs cargo-leptos: cargo install cargo-leptos"; exit 1; }
	@$(ENV) rm -rf "$$SITE" "$$TARGET/bindgen"
	@script/build-site roster-worker
	@$(ENV) cargo leptos watch
