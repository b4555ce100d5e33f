#!/bin/bash
# lookup.sh MULTIADDR: what an old rust-libp2p program (libp2p-lookup 0.6.4) identifies there
set -euo pipefail
# The program is LOOKUP_BIN, or unpacked once from bin/libp2p-lookup.xz in PEERNET_INTEROP_PEERS.
program=${LOOKUP_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/peernet/interop/lookup/libp2p-lookup}
if [ ! -x "$program" ]; then
  mkdir -p "$(dirname "$program")"
  xz -dc "${PEERNET_INTEROP_PEERS:?names the folder with bin/libp2p-lookup.xz}/bin/libp2p-lookup.xz" >"$program.$$"; chmod +x "$program.$$"; mv "$program.$$" "$program"
fi
[[ ${1:-} == /ip[46]/*/p2p/* ]] || { echo "usage: lookup.sh /ip4/.../p2p/ID" >&2; exit 2; }
exec timeout 30 "$program" direct --address "$1" # never `dht`: that asks public boot nodes
