.PHONY: build test clean
build:
	dotnet build PeerNet.sln -v q -nologo
test:
	dotnet test --solution PeerNet.sln
clean:
	dotnet clean PeerNet.sln -v q -nologo
