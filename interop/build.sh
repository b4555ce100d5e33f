#!/bin/sh
# Builds the go and rust peers into DIR with whatever toolchain is here. One that is missing is said and
# skipped; one that fails leaves its log beside the programs, does not stop the other, and fails the script.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: build.sh DIR}"
dir=$(cd "$1" && pwd)
failed=0

build() { # NAME TOOL COMMAND...
    name=$1 tool=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        echo "$name: not built, there is no $tool here"
    elif "$@" >"$dir/$name.log" 2>&1; then
        echo "$name: built, $dir/$name"
    else
        failed=1
        echo "$name: FAILED, the end of $dir/$name.log is:"
        tail -n 5 "$dir/$name.log" | sed 's/^/    /'
    fi
}

go_peer() {
    cd "$here/go" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$dir/go-peer" .
}

rust_peer() {
    cd "$here/rust" &&
        RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/rust/.cargo --remap-path-prefix=$here=/interop" \
            cargo build --release --locked --target-dir "$dir/../rust" &&
        cp "$dir/../rust/release/rust-peer" "$dir/rust-peer"
}

build go-peer go go_peer
build rust-peer cargo rust_peer
exit $failed
