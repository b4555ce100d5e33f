.PHONY: build test clean interop-peers interop-peer
build:
	dotnet build PeerNet.sln -v q -nologo

# One test program at a time: the interop suite measures its deadlines on the same cores.
test:
	@rm -rf artifacts/test-results
	@dotnet test --solution PeerNet.sln --max-parallel-test-modules 1 \
		--results-directory artifacts/test-results --report-trx; \
	status=$$?; tests/summary.sh artifacts/test-results && exit $$status

# The go and rust peers of the interop suite, with the toolchains that are here.
interop-peers:
	@interop/build.sh artifacts/interop/bin

# Our own control peer as one self-contained file.
interop-peer:
	dotnet publish interop/peernet -v q -nologo -c Release --use-current-runtime --self-contained \
		-p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -o artifacts/interop/peernet
	cp artifacts/interop/peernet/peernet-peer artifacts/peernet-peer

clean:
	dotnet clean PeerNet.sln -v q -nologo
