# PeerNet. `make help` lists the targets.
CONFIGURATION ?= Release
DOTNET_FLAGS  := -v q -nologo
BOOTSTRAP     ?=
# With a bootstrap address a network is joined; without one, two neighbours in the same process make a network to see.
RUN_FLAGS     := $(if $(BOOTSTRAP),$(foreach address,$(BOOTSTRAP),--bootstrap $(address)),--neighbours 2)
TARGET        ?=
ITERATIONS    ?= 1000000
SEED          ?= 1
SCENARIO      ?=

.PHONY: help run build test test-long test-averaging matrix bench figures interop-peer interop-peers fuzz format clean simulate

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Start a node (BOOTSTRAP="ADDRESS …" joins a network; ARGS="…" adds flags of `peernet run`)
	@echo "Building peernet…"
	@dotnet build src/PeerNet.Cli $(DOTNET_FLAGS) -c $(CONFIGURATION) -p:RunAnalyzers=false
	@exec src/PeerNet.Cli/bin/$(CONFIGURATION)/net10.0/peernet run $(RUN_FLAGS) $(ARGS)

build: ## Build everything
	dotnet build PeerNet.sln $(DOTNET_FLAGS)

# One test program at a time: the interop suite measures its deadlines on the same cores.
test: ## Restore, build and run all tests; closes with the interop matrix and the sum
	@rm -rf artifacts/test-results artifacts/matrix.md
	@dotnet test --solution PeerNet.sln --max-parallel-test-modules 1 \
		--results-directory artifacts/test-results --report-trx --filter 'TestCategory!=LongRunning&TestCategory!=Averaging'; \
	status=$$?; cat artifacts/matrix.md 2>/dev/null; tests/summary.sh artifacts/test-results && exit $$status

test-long: ## Run the tests that take a quarter of an hour and more
	@rm -rf artifacts/test-results-long
	@dotnet test --solution PeerNet.sln --max-parallel-test-modules 1 \
		--results-directory artifacts/test-results-long --report-trx --filter 'TestCategory=LongRunning'; \
	status=$$?; tests/summary.sh artifacts/test-results-long && exit $$status

test-averaging: ## Average with Hivemind's own averagers (installs torch from Debian packages, 1.6 GB, as root)
	@interop/hivemind/setup.sh artifacts/interop/hivemind --with-torch
	@dotnet build tests/PeerNet.InteropTests $(DOTNET_FLAGS) -p:RunAnalyzers=false
	@dotnet run --no-build --project tests/PeerNet.InteropTests -- --filter TestCategory=Averaging --no-progress

matrix: ## Run the interop matrix with its full sizes and print it (ONLY="go tcp/noise" runs the cells with these words)
	@dotnet build tests/PeerNet.InteropTests $(DOTNET_FLAGS) -p:RunAnalyzers=false
	@PEERNET_MATRIX="$(ONLY)" PEERNET_MATRIX_SIZES=full dotnet run --no-build --project tests/PeerNet.InteropTests -- --filter TestCategory=Matrix --no-progress; \
	status=$$?; cat artifacts/matrix.md && exit $$status

simulate: ## Run a scenario in virtual time: SCENARIO=name SEED=number (without SCENARIO: list them); results in artifacts/simulation
	@dotnet build src/PeerNet.Simulation $(DOTNET_FLAGS) -c Release -p:RunAnalyzers=false
	@src/PeerNet.Simulation/bin/Release/net10.0/PeerNet.Simulation $(if $(SCENARIO),$(SCENARIO) $(SEED) artifacts/simulation)

bench: ## Measure the building blocks (ARGS="yamux", "noise-transport", …)
	@dotnet run -c Release --project tests/PeerNet.Benchmarks -- $(ARGS)

# KEEP=1 puts the report among the published ones; without it the run is just a look.
figures: ## Measure PeerNet beside the Go and Rust peers (KEEP=1, ARGS="--rounds 3 --only one --peers go,rust,js")
	@dotnet run -c Release --project tests/PeerNet.Benchmarks -- peers \
		--out $(if $(KEEP),tests/PeerNet.Benchmarks/results/peers-$(shell date -u +%Y-%m-%d),artifacts/figures) $(ARGS)

interop-peers: ## Build the Go and Rust peers, with the toolchains that are here
	@interop/build.sh artifacts/interop/bin

interop-peer: ## Publish our own interop peer as one self-contained file, artifacts/peernet-peer
	dotnet publish interop/peernet $(DOTNET_FLAGS) -c Release --use-current-runtime --self-contained \
		-p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -o artifacts/interop/peernet
	cp artifacts/interop/peernet/peernet-peer artifacts/peernet-peer

fuzz: ## Fuzz one decoder: TARGET=name ITERATIONS=number SEED=number (without TARGET: list them)
	@dotnet run -c Release --project tests/PeerNet.Fuzz -- $(if $(TARGET),$(TARGET) --iterations $(ITERATIONS) --seed $(SEED),--list)

format: ## Format the sources
	dotnet format PeerNet.sln

clean: ## Remove what was built
	dotnet clean PeerNet.sln $(DOTNET_FLAGS)
	rm -rf artifacts
