#!/bin/bash
# Private kubo (IPFS) nodes on loopback, for interop tests. No node made here
# contacts anything but the peers it is told about.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive=${KUBO_ARCHIVE:-${PEERNET_INTEROP_PEERS:+$PEERNET_INTEROP_PEERS/bin/ipfs.xz}}

usage () {
  cat <<'HELP'
kubo.sh unpack DIR            unpack the program to DIR/ipfs (once; prints the path)
kubo.sh init REPO [options]   a new repository with a private configuration
kubo.sh start REPO            start its daemon; prints one line of JSON (as `info`)
kubo.sh info REPO             {"pid","peerId","addrs","api","gateway"} of a running daemon
kubo.sh cmd REPO ARGS...      run `ipfs ARGS...` against it
kubo.sh log REPO              what the daemon printed
kubo.sh stop REPO             stop the daemon
The program is $KUBO_BIN, or ipfs in $KUBO_DIR, or what `unpack` left in REPO/../ipfs. It is
unpacked from $KUBO_ARCHIVE, or from bin/ipfs.xz in $PEERNET_INTEROP_PEERS.

options of init:
  --dht lan|both|client|none  lan (default): server of /ipfs/lan/kad/1.0.0; /ipfs/kad/1.0.0 is
                              served too, but takes in no loopback peer.
                              both: the same, and /ipfs/kad/1.0.0 without its address filters
                              client: asks, does not serve.  none: no DHT
  --swarm MA                  a listen address (repeat); default: tcp, ws and quic-v1 on 127.0.0.1
  --ip6                       the default addresses on ::1 as well
  --webtransport, --webrtc    more default addresses
  --relay-server              serve circuit relay v2 (hop)
  --relay MA                  reserve on this relay (repeat; MA ends in /p2p/ID)
  --pubsub                    gossipsub (`ipfs pubsub`)
  --mdns                      LAN discovery: only inside a network namespace of your own
  --bootstrap MA              a bootstrap peer (repeat)
  --psk FILE                  private network (a swarm.key)
  --set PATH=JSON             any other setting, e.g. --set Swarm.ConnMgr.HighWater=20 (repeat)
HELP
}

die () { echo "kubo.sh: $*" >&2; exit 1; }

program () { # of a repository
  local c
  for c in "${KUBO_BIN:-}" "${KUBO_DIR:+$KUBO_DIR/ipfs}" "$(dirname "$1")/ipfs"; do
    if [ -n "$c" ] && [ -x "$c" ]; then echo "$c"; return; fi
  done
  die "no ipfs program: run '$0 unpack $(dirname "$1")', or set KUBO_BIN"
}

private_env () { # whatever the caller's environment says
  export IPFS_PATH=$1 IPFS_TELEMETRY=off DO_NOT_TRACK=1 GOLOG_LOG_LEVEL=${GOLOG_LOG_LEVEL:-error}
  unset IPFS_HTTP_ROUTERS LIBP2P_FORCE_PNET IPFS_DNS_RESOLVERS HTTP_PROXY HTTPS_PROXY http_proxy https_proxy ALL_PROXY all_proxy TEST_DHT_STUB
  export NO_PROXY='*'
  if [ -f "$1/interop.env" ]; then set -a; . "$1/interop.env"; set +a; fi
}

running () { [ -f "$1/daemon.pid" ] && kill -0 "$(cat "$1/daemon.pid")" 2>/dev/null; }

init () {
  local repo=$1; shift
  [ ! -e "$repo/config" ] || die "$repo exists"
  mkdir -p "$repo"; repo=$(cd "$repo" && pwd)
  local bin; bin=$(program "$repo")
  private_env "$repo"
  "$bin" init --empty-repo --profile=test >/dev/null
  python3 - "$repo" "$@" <<'PY'
import json, shutil, sys
repo, args = sys.argv[1], sys.argv[2:]
with open(f"{repo}/config") as f: c = json.load(f)
env = {}
opt = {"dht": "lan", "swarm": [], "relay": [], "bootstrap": [], "set": [], "flags": set(), "psk": None}
i = 0
while i < len(args):
    a = args[i].removeprefix("--")
    if a in ("ip6", "webtransport", "webrtc", "relay-server", "pubsub", "mdns"):
        opt["flags"].add(a); i += 1; continue
    if a not in ("dht", "swarm", "relay", "bootstrap", "set", "psk") or i + 1 >= len(args):
        sys.exit(f"kubo.sh: unknown option or missing value: {args[i]}")
    if isinstance(opt[a], list): opt[a].append(args[i + 1])
    else: opt[a] = args[i + 1]
    i += 2
f = opt["flags"]

def put(path, value):
    at = c
    *front, last = path.split(".")
    for p in front:
        if at.get(p) is None: at[p] = {}
        at = at[p]
    at[last] = value

ips = ["/ip4/127.0.0.1"] + (["/ip6/::1"] if "ip6" in f else [])
swarm = opt["swarm"]
if not swarm:
    for ip in ips:
        swarm += [f"{ip}/tcp/0", f"{ip}/tcp/0/ws", f"{ip}/udp/0/quic-v1"]
        if "webtransport" in f: swarm.append(f"{ip}/udp/0/quic-v1/webtransport")
        if "webrtc" in f: swarm.append(f"{ip}/udp/0/webrtc-direct")
put("Addresses.Swarm", swarm)
put("Addresses.API", "/ip4/127.0.0.1/tcp/0")
put("Addresses.Gateway", "/ip4/127.0.0.1/tcp/0")
put("Addresses.NoAnnounce", [])
put("Bootstrap", opt["bootstrap"])
put("Discovery.MDNS.Enabled", "mdns" in f)
put("AutoConf.Enabled", False)
put("AutoTLS.Enabled", False)
put("DNS.Resolvers", {".": "https://127.0.0.1:1/dns-query"})   # names resolve nowhere
put("Ipns.DelegatedPublishers", [])
put("Ipns.UsePubsub", False)
put("HTTPRetrieval.Enabled", False)
put("Gateway.NoFetch", True)
put("Version.SwarmCheckEnabled", False)
put("Plugins.Plugins.telemetry", {"Disabled": True})
put("Routing.DelegatedRouters", [])
put("Routing.LoopbackAddressesOnLanDHT", True)
kinds = {"lan": "dhtserver", "both": "dhtserver", "client": "dhtclient", "none": "none"}
if opt["dht"] not in kinds: sys.exit("kubo.sh: --dht lan|both|client|none")
put("Routing.Type", kinds[opt["dht"]])
if opt["dht"] == "both": env["TEST_DHT_STUB"] = "1"
put("Swarm.AddrFilters", [])
put("Swarm.DisableNatPortMap", True)
put("Swarm.EnableHolePunching", bool(opt["relay"]))
put("Swarm.RelayClient", {"Enabled": bool(opt["relay"]), "StaticRelays": opt["relay"]} if opt["relay"] else {"Enabled": False})
put("Swarm.RelayService", {"Enabled": "relay-server" in f})
put("Swarm.Transports.Network.WebRTCDirect", "webrtc" in f)
if opt["relay"]: put("Internal.Libp2pForceReachability", "private")
if "relay-server" in f: put("Internal.Libp2pForceReachability", "public")
put("Pubsub.Enabled", "pubsub" in f)
put("Experimental.Libp2pStreamMounting", True)
put("Provide.DHT.SweepEnabled", False)   # announce at once, not in sweeps
for s in opt["set"]:
    path, _, value = s.partition("=")
    put(path, json.loads(value))
if opt["psk"]:
    shutil.copy(opt["psk"], f"{repo}/swarm.key")
    # neither speaks the private network protector
    put("Addresses.Swarm", [a for a in c["Addresses"]["Swarm"] if "/udp/" not in a])
    for t in ("QUIC", "WebTransport", "WebRTCDirect"): put(f"Swarm.Transports.Network.{t}", False)
with open(f"{repo}/config", "w") as fh: json.dump(c, fh, indent=2)
with open(f"{repo}/interop.env", "w") as fh: fh.writelines(f"{k}={v}\n" for k, v in env.items())
PY
}

start () {
  local repo; repo=$(cd "$1" && pwd)
  ! running "$repo" || die "already running"
  local bin; bin=$(program "$repo")
  private_env "$repo"
  rm -f "$repo/api"; : >"$repo/daemon.log"
  local extra=()
  [ "$(python3 -c "import json,sys;print(json.load(open(sys.argv[1]))['Pubsub'].get('Enabled',False))" "$repo/config")" = True ] && extra+=(--enable-pubsub-experiment)
  nohup "$bin" daemon --migrate=false "${extra[@]}" >"$repo/daemon.log" 2>&1 </dev/null &
  echo $! >"$repo/daemon.pid"
  local i
  for i in $(seq 300); do
    grep -q '^Daemon is ready' "$repo/daemon.log" && break
    running "$repo" || { tail -n 5 "$repo/daemon.log" >&2; die "the daemon stopped"; }
    sleep 0.1
  done
  info "$repo"
}

info () {
  local repo; repo=$(cd "$1" && pwd)
  running "$repo" || die "not running"
  python3 - "$repo" <<'PY'
import json, sys, time, urllib.request
repo = sys.argv[1]
def http_of(ma): _, _, ip, _, port = ma.strip().split("/")[:5]; return f"http://{ip}:{port}"
def read(name):
    for _ in range(100):
        try:
            with open(f"{repo}/{name}") as f: return f.read().strip()
        except FileNotFoundError: time.sleep(0.05)
    sys.exit(f"kubo.sh: no {name} file")
api = http_of(read("api"))
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
r = json.load(opener.open(urllib.request.Request(f"{api}/api/v0/id", method="POST"), timeout=20))
print(json.dumps({"pid": int(read("daemon.pid")), "peerId": r["ID"], "addrs": r["Addresses"] or [], "agent": r["AgentVersion"],
                  "protocols": r["Protocols"], "api": api, "gateway": read("gateway")}))
PY
}

stop () {
  local repo; repo=$(cd "$1" && pwd)
  running "$repo" || return 0
  local pid; pid=$(cat "$repo/daemon.pid")
  kill "$pid"
  local i
  for i in $(seq 100); do kill -0 "$pid" 2>/dev/null || { rm -f "$repo/daemon.pid"; return 0; }; sleep 0.1; done
  kill -9 "$pid"; rm -f "$repo/daemon.pid"
}

case ${1:-} in
  unpack)
    [ $# = 2 ] || die "unpack DIR"
    mkdir -p "$2"
    [ -x "$2/ipfs" ] || [ -f "$archive" ] || die "no archive: KUBO_ARCHIVE names an ipfs.xz"
    if [ ! -x "$2/ipfs" ]; then xz -dc "$archive" >"$2/ipfs.new.$$"; chmod +x "$2/ipfs.new.$$"; mv "$2/ipfs.new.$$" "$2/ipfs"; fi
    echo "$2/ipfs" ;;
  init) [ $# -ge 2 ] || die "init REPO"; shift; init "$@" ;;
  start|info|stop) [ $# = 2 ] || die "$1 REPO"; "$1" "$2" ;;
  log) cat "$2/daemon.log" ;;
  cmd) repo=$(cd "$2" && pwd); shift 2; bin=$(program "$repo"); private_env "$repo"; exec "$bin" "$@" ;;
  *) usage ;;
esac
