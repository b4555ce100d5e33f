.PHONY: build test clean
build:
	dotnet build PeerNet.sln -v q -nologo
test:
	dotnet test PeerNet.sln -v q -nologo
clean:
	dotnet clean PeerNet.sln -v q -nologo
