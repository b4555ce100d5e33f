#!/bin/bash
# What the lab needs: Debian packages (as root, where missing), and miniupnpd unpacked.
set -euo pipefail
cd "$(dirname "$0")"
need=()
for p in ip:iproute2 nft:nftables ethtool:ethtool conntrack:conntrack sysctl:procps cc:gcc python3:python3 ping:iputils-ping; do
  command -v "${p%%:*}" >/dev/null || need+=("${p##*:}")
done
if [ ${#need[@]} -gt 0 ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
fi
if [ ! -x .miniupnpd/usr/sbin/miniupnpd ]; then
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  if (cd "$dir" && apt-get download -qq miniupnpd-nftables >/dev/null 2>&1 && dpkg -x miniupnpd-nftables_*.deb x); then
    mkdir -p .miniupnpd && cp -r "$dir/x/usr" .miniupnpd/
  else
    echo 'natlab: no miniupnpd package: port mapping cannot be tested' >&2
  fi
fi
