# simk: the two commands of the README are `make run` and `make test`.

SCENARIO ?= scenarios/node-failure.json

.PHONY: help setup build run test bench format clean

help:
	@echo "make run     set up, build in release mode, run $(SCENARIO)"
	@echo "make test    set up, build, run every test"
	@echo "make build   set up, build in release mode: .build/release/simk"
	@echo "make bench   the benchmarks of benchmarks/README.md"
	@echo "make format  lay out the sources with swift format"

setup:
	@scripts/setup.sh

# The dynamic half of the exclusivity checks stays in the debug build, in which every test runs.
RELEASE := -c release -Xswiftc -enforce-exclusivity=unchecked

build: setup
	swift build $(RELEASE) --product simk

run: build
	.build/release/simk run $(SCENARIO)

test: setup
	swift test

bench: build
	benchmarks/run.sh

format:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

clean:
	swift package clean
