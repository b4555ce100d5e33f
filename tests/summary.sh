#!/bin/sh
# summary.sh DIR: sums the TRX files that a test run left in DIR, names what failed, and closes with the
# line "N passed, N failed, N skipped" (inconclusive counts as skipped). Fails if a test failed, if there
# is no result at all, or if a peer that PEERNET_REQUIRED_PEERS lists was reported as not available.
# TRX is XML whose text holds no bare '<', so cutting it at '<' yields exactly its tags.
set -u
dir=${1:?usage: summary.sh DIR}
ls "$dir"/*.trx >/dev/null 2>&1 || { echo "no test results in $dir" >&2; echo "0 passed, 0 failed, 0 skipped"; exit 1; }
awk -v required="${PEERNET_REQUIRED_PEERS:-}" '
function attribute(name) {
    if (!match($0, " " name "=\"[^\"]*\"")) return ""
    return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}
BEGIN {
    RS = "<"
    count = split(required, kinds, /[ ,]+/)
}
/^UnitTestResult[ \t\r\n]/ {
    outcome = attribute("outcome"); test = attribute("testName")
    if (outcome == "Passed") passed++
    else if (outcome == "NotExecuted" || outcome == "Inconclusive") skipped++
    else { failed++; print "failed: " test }
}
/^Message>/ && outcome == "NotExecuted" {
    for (i = 1; i <= count; i++)
        if (kinds[i] != "" && index($0, "peer " kinds[i] " is not available")) {
            missing++; print "required peer " kinds[i] " was not available: " test
        }
}
END {
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit (failed || missing || passed + skipped == 0) ? 1 : 0
}' "$dir"/*.trx
