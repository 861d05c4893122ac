SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
SOURCES := Sources Tests Package.swift

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what building, testing and the microVM need
	@scripts/install-dependencies

.PHONY: build
build: setup ## Build the debug binary and the tests
	$(SWIFT) build --build-tests

.PHONY: release
release: setup ## Build the static release binary
	$(SWIFT) build -c release --product memreg --static-swift-stdlib

.PHONY: format
format: ## Format the sources
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

.PHONY: lint
lint: ## Check format and shell scripts
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	shellcheck $$(git ls-files scripts Tests .ci | xargs grep -lE '^#!.*sh$$')

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build
