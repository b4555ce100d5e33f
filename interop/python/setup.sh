#!/bin/bash
# A virtual environment with py-libp2p from the wheels of wheels.txt, which are in the folder that
# PYLIBP2P_WHEELS names, or in python/wheels of PEERNET_INTEROP_PEERS; asks no package index.
# Usage: setup.sh DIR. Prints the interpreter.
set -euo pipefail
dir=${1:?usage: setup.sh DIR}
wheels=${PYLIBP2P_WHEELS:-${PEERNET_INTEROP_PEERS:-.}/python/wheels}
[ -n "$(ls "$wheels"/libp2p-*.whl 2>/dev/null)" ] || { echo "setup.sh: no wheels in $wheels (PYLIBP2P_WHEELS)" >&2; exit 1; }
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || { echo "setup.sh: no $python: the wheels are for CPython 3.11 (set PYTHON)" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "setup.sh: $python is not 3.11" >&2; exit 1; }
ldconfig -p | grep -q 'libgmp\.so\.10' || { apt-get update -qq && apt-get install -y -qq --no-install-recommends libgmp10 >/dev/null; }
if ! "$dir/bin/python" -c 'import libp2p' 2>/dev/null; then
  rm -rf "$dir"
  "$python" -m venv --without-pip "$dir"
  "$python" "$(echo "$wheels"/pip-*.whl)/pip" --python "$dir/bin/python" install -q --disable-pip-version-check \
    --no-warn-script-location --no-index --find-links "$wheels" libp2p==0.8.1 >&2
fi
echo "$dir/bin/python"
