#!/bin/sh
# Installs what peer.py needs: Debian packages, and a virtual environment with
# hivemind from its wheels. No package index is asked.
#
#   ./setup.sh DIR                 DHT and RPC only (no torch; about 21 MB of Debian packages)
#   ./setup.sh DIR --with-torch    also averaging (about 360 MB to download, 1.6 GB installed)
#
# The wheels are those of wheels.txt, in the folder that HIVEMIND_WHEELS names, or in
# hivemind/wheels of PEERNET_INTEROP_PEERS.
# Root is needed only where a Debian package is missing. Run it again at will.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?usage: setup.sh DIR [--with-torch]}
torch=no
[ "${2:-}" = --with-torch ] && torch=yes
python=/usr/bin/python3
wheels=${HIVEMIND_WHEELS:-${PEERNET_INTEROP_PEERS:-.}/hivemind/wheels}
[ -n "$(ls "$wheels"/hivemind-*.whl 2>/dev/null)" ] || { echo "setup.sh: no wheels in $wheels (HIVEMIND_WHEELS)" >&2; exit 1; }

want="python3 python3-venv python3-numpy python3-msgpack python3-sortedcontainers python3-uvloop python3-cryptography python3-yaml python3-packaging"
[ $torch = yes ] && want="$want python3-torch python3-scipy python3-configargparse"
missing=
for p in $want; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
    echo "Debian packages:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1 || {
        DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1 || {
            cat "$log" >&2
            exit 1
        }
    }
    rm -f "$log"
fi

stamp=$(cd "$wheels" && ls -l --time-style=+ ./*.whl | cksum)
if [ ! -x "$dir/bin/python" ] || [ "$(cat "$dir/.wheels" 2>/dev/null || :)" != "$stamp" ]; then
    rm -rf "$dir"
    $python -m venv --system-site-packages "$dir"
    "$dir/bin/python" -m pip install -q --no-index --no-deps --no-warn-script-location --disable-pip-version-check \
        --find-links "$wheels" --ignore-installed "$wheels"/*.whl
    chmod 755 "$dir"/lib/python3*/site-packages/hivemind/hivemind_cli/p2pd
    echo "$stamp" >"$dir/.wheels"
fi

"$dir/bin/python" "$here/peer.py" --check
if [ $torch = yes ]; then
    "$dir/bin/python" "$here/peer.py" --check --torch real
fi
