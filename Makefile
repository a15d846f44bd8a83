# The commands of this project. Each sets up what it needs; a second run is quick.
.PHONY: help run build test check bench
help: ## What can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10
run: ## Everything up to a running demo shop
	@scripts/run
build: ## A release in dist/
	@scripts/build
test: ## Everything up to all tests passed
	@scripts/test
check: ## Formatting, lints, audits: before each commit
	@scripts/check
bench: ## Benchmarks, with their comparison and limit in the same run
	@scripts/bench
