#!/bin/bash
# A small internet in network namespaces. Nothing in it can reach the machine's
# own network: no namespace has a link to the one the machine boots with.
#
#   nat-lab.sh up [--a TYPE] [--b TYPE]     build (or rebuild) it
#   nat-lab.sh nat A|B TYPE                 change a gateway's NAT, forgetting its state
#   nat-lab.sh shape A|B [delay=MS] [jitter=MS] [loss=PERCENT] [rate=KBIT] | off
#   nat-lab.sh block A|B udp|tcp|off        drop a protocol at the gateway
#   nat-lab.sh forward A|B tcp|udp PORT HOST|off   forward a port of the gateway to a LAN host (a1 ...)
#   nat-lab.sh liberal A|B on|off           let conntrack pass TCP packets it finds out of window
#   nat-lab.sh upnp A|B on|off              run miniupnpd on the gateway (UPnP IGD + NAT-PMP/PCP)
#   nat-lab.sh exec HOST CMD...             run something on a host (r1 r2 ... gwA a1 a2 b1 b2)
#   nat-lab.sh show | env | down
#
# NAT types: full-cone, address-restricted, port-restricted, symmetric,
#   port-restricted-remap (like port-restricted, but ports 4000-4099 become 24000-24099),
#   none (the gateway only routes: the LAN is reachable at its private addresses)
#
#      r1 11.0.1.10 (.11)  r2 21.0.1.10  r3 22.0.1.10  r4 26.0.1.10  r5 28.0.1.10
#              \______________|_____________|______________|____________/
#                                         inet
#               wan 33.0.1.2 gwA __________/  \__________ gwB wan 55.0.1.2
#             lan 192.168.1.1 |                          | lan 192.168.2.1
#        a1 192.168.1.10  a2 .11                 b1 192.168.2.10  b2 .11
#
# The "public" ranges are ones that libp2p implementations take for public
# (documentation ranges such as 203.0.113.0/24 are treated as private).
#
# PREFIX (default nl-) names the namespaces, so several labs can stand side by side.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
P=${PREFIX:-nl-}
STATE=${STATE:-/tmp/nat-lab-$P}
# Debian's miniupnpd-nftables, unpacked by setup.sh rather than installed (a
# package script would start it on the machine's own network)
MINIUPNPD=${MINIUPNPD:-$here/.miniupnpd/usr/sbin/miniupnpd}
LAN_A=${LAN_A:-192.168.1}
LAN_B=${LAN_B:-192.168.2} # may equal LAN_A, as in real life
WAN_A=33.0.1 WAN_B=55.0.1
PUBS=(r1:11.0.1 r2:21.0.1 r3:22.0.1 r4:26.0.1 r5:28.0.1)
ALL=(inet r1 r2 r3 r4 r5 wireA wireB gwA gwB a1 a2 b1 b2)

ns() { ip netns exec "$P$1" "${@:2}"; }
sys() { ns "$1" sysctl -qw "$2" 2>/dev/null || true; }
die() { echo "nat-lab: $*" >&2; exit 2; }

add_ns() {
  ip netns add "$P$1"
  ns "$1" ip link set lo up
  sys "$1" net.ipv6.conf.all.disable_ipv6=1
  sys "$1" net.bridge.bridge-nf-call-iptables=0
}

# veth NS1 DEV1 NS2 DEV2
veth() {
  ip link add "$2" netns "$P$1" type veth peer name "$4" netns "$P$3"
  ns "$1" ip link set "$2" up
  ns "$3" ip link set "$4" up
}

# Without segmentation and checksum offload, so that captures and the
# userspace link emulator see real packets.
plain() { ns "$1" ethtool -K "$2" tso off gso off gro off tx off >/dev/null 2>&1 || true; }

lan_of() { [ "$1" = A ] && echo "$LAN_A" || echo "$LAN_B"; }
wan_of() { [ "$1" = A ] && echo "$WAN_A" || echo "$WAN_B"; }
low() { [ "$1" = A ] && echo a || echo b; }

gateway() { # A|B
  local s=$1 l lan wan
  l=$(low "$s"); lan=$(lan_of "$s"); wan=$(wan_of "$s")
  veth inet "wan$s" "wire$s" wup
  veth "wire$s" wdn "gw$s" wan
  plain inet "wan$s"; plain "gw$s" wan; plain "wire$s" wup; plain "wire$s" wdn
  ns inet ip addr add "$wan.1/24" dev "wan$s"
  ns "gw$s" ip addr add "$wan.2/24" dev wan
  ns "gw$s" ip route add default via "$wan.1"
  sys "gw$s" net.ipv4.ip_forward=1
  ns "gw$s" ip link add lan type bridge
  ns "gw$s" ip link set lan up
  ns "gw$s" ip addr add "$lan.1/24" dev lan
  local i
  for i in 1 2; do
    veth "gw$s" "to$l$i" "$l$i" eth0
    ns "gw$s" ip link set "to$l$i" master lan
    ns "$l$i" ip addr add "$lan.$((9 + i))/24" dev eth0
    ns "$l$i" ip route add default via "$lan.1"
  done
  wire_bridge "$s"
}

wire_bridge() { # join the two ends of a gateway's uplink in the kernel
  ns "wire$1" ip link add br0 type bridge
  ns "wire$1" ip link set br0 up
  ns "wire$1" ip link set wup master br0
  ns "wire$1" ip link set wdn master br0
}

# NS FILE CMD..: runs it in the background, with FILE.pid and FILE.log
spawn_ns() {
  (exec ip netns exec "$P$1" "${@:3}" </dev/null >"$2.log" 2>&1) &
  echo $! > "$2.pid"
  disown
}

emulator_pid() { cat "$STATE/wire$1.pid" 2>/dev/null || true; }
stop_emulator() {
  local pid; pid=$(emulator_pid "$1")
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.02; done
  rm -f "$STATE/wire$1.pid"
}

nat() { # A|B TYPE
  local s=$1 type=$2 wan lan port
  wan=$(wan_of "$s"); lan=$(lan_of "$s")
  local maps='' pre='' learn='' post='masquerade' elements=''
  case $type in
    full-cone)
      # any remote may use a mapping that exists
      maps='map cone { type inet_proto . inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 10m; size 65535; }'
      learn='oifname "wan" meta l4proto { tcp, udp } update @cone { meta l4proto . th sport : ip saddr . th sport }'
      pre='iifname "wan" meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @cone' ;;
    address-restricted)
      # only addresses that the mapping has sent to
      maps='map cone { type inet_proto . inet_service . ipv4_addr : ipv4_addr . inet_service; flags dynamic,timeout; timeout 10m; size 65535; }'
      learn='oifname "wan" meta l4proto { tcp, udp } update @cone { meta l4proto . th sport . ip daddr : ip saddr . th sport }'
      pre='iifname "wan" meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport . ip saddr map @cone' ;;
    port-restricted) ;; # what Linux does: port preserved, exact remote only
    port-restricted-remap)
      for port in $(seq 4000 4099); do elements+="$port : $((port + 20000)), "; done
      maps="map remap { type inet_service : inet_service; elements = { ${elements%, } } }"
      post="meta l4proto { tcp, udp } th sport 4000-4099 snat ip to $wan.2 : th sport map @remap
    oifname \"wan\" masquerade" ;;
    symmetric) post='masquerade fully-random' ;; # another port for every remote endpoint
    none)
      ns "gw$s" nft flush ruleset
      ns inet ip route replace "$lan.0/24" via "$wan.2"
      echo none > "$STATE/nat$s"
      return ;;
    *) die "unknown NAT type $type" ;;
  esac
  ns inet ip route del "$lan.0/24" via "$wan.2" 2>/dev/null || true
  ns "gw$s" nft -f - <<EOF
flush ruleset
table ip natlab {
  $maps
  chain pre { type nat hook prerouting priority dstnat; policy accept;
    $pre
  }
  chain post { type nat hook postrouting priority srcnat; policy accept;
    oifname != "wan" accept
    $post
  }
  chain forward { type filter hook forward priority filter; policy accept;
    $learn
    iifname "wan" ct state established,related accept
    iifname "wan" ct status dnat accept
    iifname "wan" drop
  }
  # Unwanted packets must be dropped, not refused: a RST would end a hole punch,
  # and an accepted packet would leave conntrack state that takes the port away.
  chain input { type filter hook input priority filter; policy accept;
    iifname "wan" ct state established,related accept
    iifname "wan" icmp type echo-request accept
    iifname "wan" drop
  }
}
EOF
  ns "gw$s" conntrack -F >/dev/null 2>&1 || true
  echo "$type" > "$STATE/nat$s"
}

have_netem() {
  ns inet ip link add probe0 type dummy 2>/dev/null
  local ok=1
  ns inet tc qdisc add dev probe0 root netem delay 1ms 2>/dev/null && ok=0
  ns inet ip link del probe0 2>/dev/null || true
  return $ok
}

shape() { # A|B delay=.. jitter=.. loss=.. rate=.. | off
  local s=$1; shift
  local delay=0 jitter=0 loss=0 rate=0 kv
  if [ "${1:-off}" = off ]; then
    stop_emulator "$s"
    ns "wire$s" tc qdisc del dev wup root 2>/dev/null || true
    ns "wire$s" tc qdisc del dev wdn root 2>/dev/null || true
    ns "wire$s" ip link show br0 >/dev/null 2>&1 || wire_bridge "$s"
    return
  fi
  for kv in "$@"; do
    case $kv in
      delay=*) delay=${kv#*=} ;; jitter=*) jitter=${kv#*=} ;; loss=*) loss=${kv#*=} ;; rate=*) rate=${kv#*=} ;;
      *) die "shape: $kv" ;;
    esac
  done
  if have_netem; then # the delay applies each way, so a round trip is twice that
    local dev
    for dev in wup wdn; do
      ns "wire$s" tc qdisc replace dev $dev root netem delay "${delay}ms" "${jitter}ms" loss "$loss%" $([ "$rate" != 0 ] && echo "rate ${rate}kbit")
    done
  else # no netem in this kernel: forward the frames ourselves
    build wirelink
    stop_emulator "$s"
    ns "wire$s" ip link del br0 2>/dev/null || true
    spawn_ns "wire$s" "$STATE/wire$s" "$STATE/wirelink" wup wdn "$delay" "$jitter" "$loss" "$rate"
    sleep 0.2
    kill -0 "$(emulator_pid "$s")" 2>/dev/null || { cat "$STATE/wire$s.log" >&2; die 'link emulator did not start'; }
  fi
}

build() { # a C program of this folder, when newer
  [ "$STATE/$1" -nt "$here/$1.c" ] || cc -O2 -Wall -o "$STATE/$1" "$here/$1.c"
}

block() {
  local s=$1
  ns "gw$s" nft delete table ip block 2>/dev/null || true
  [ "$2" = off ] || ns "gw$s" nft -f - <<EOF
table ip block {
  chain forward { type filter hook forward priority filter - 5; policy accept;
    meta l4proto $2 drop
  }
}
EOF
}

forward() { # port forward, as a user would set up by hand
  local s=$1
  ns "gw$s" nft delete table ip forward 2>/dev/null || true
  [ "$2" = off ] && return
  local host; host=$(environment | sed -n "s/^$4=//p")
  ns "gw$s" nft -f - <<EOF
table ip forward {
  chain pre { type nat hook prerouting priority dstnat - 5; policy accept;
    iifname "wan" $2 dport $3 dnat to $host:$3
  }
}
EOF
}

liberal() { sys "gw$1" "net.netfilter.nf_conntrack_tcp_be_liberal=$([ "$2" = on ] && echo 1 || echo 0)"; }

upnp() {
  local s=$1 lan; lan=$(lan_of "$s")
  if [ -s "$STATE/upnp$s.pid" ]; then kill "$(cat "$STATE/upnp$s.pid")" 2>/dev/null || true; rm -f "$STATE/upnp$s.pid"; fi
  ns "gw$s" nft delete table inet miniupnpd 2>/dev/null || true
  [ "$2" = on ] || return 0
  command -v "$MINIUPNPD" >/dev/null || die 'needs miniupnpd: run setup.sh, or name the program in MINIUPNPD'
  cat > "$STATE/upnp$s.conf" <<EOF
ext_ifname=wan
listening_ip=lan
http_port=5000
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
system_uptime=yes
notify_interval=30
uuid=$([ "$s" = A ] && echo 11111111 || echo 22222222)-aaaa-bbbb-cccc-1234567890ab
serial=1
model_number=1
upnp_table_name=miniupnpd
upnp_nat_table_name=miniupnpd
upnp_forward_chain=forward
upnp_nat_chain=prerouting
upnp_nat_postrouting_chain=postrouting
allow 1024-65535 $lan.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
EOF
  ns "gw$s" nft -f - <<'EOF'
table inet miniupnpd {
  chain forward { }
  chain prerouting { type nat hook prerouting priority dstnat - 1; policy accept; }
  chain postrouting { type nat hook postrouting priority srcnat - 1; policy accept; }
}
EOF
  ns "gw$s" ip route replace 239.0.0.0/8 dev lan
  spawn_ns "gw$s" "$STATE/upnp$s" "$MINIUPNPD" -d -f "$STATE/upnp$s.conf" -P "$STATE/upnp$s.pidfile"
}

down() {
  local s n
  for s in A B; do
    stop_emulator "$s"
    if [ -s "$STATE/upnp$s.pid" ]; then kill "$(cat "$STATE/upnp$s.pid")" 2>/dev/null || true; fi
  done
  for n in "${ALL[@]}"; do ip netns del "$P$n" 2>/dev/null || true; done
  rm -rf "$STATE"
}

up() {
  local a=port-restricted b=port-restricted p name net
  while [ $# -gt 0 ]; do
    case $1 in --a) a=$2; shift 2 ;; --b) b=$2; shift 2 ;; *) die "up: $1" ;; esac
  done
  for p in ip nft ethtool sysctl; do command -v $p >/dev/null || die "needs $p (Debian: iproute2 nftables ethtool procps)"; done
  down
  mkdir -p "$STATE"
  for name in "${ALL[@]}"; do add_ns "$name"; done
  sys inet net.ipv4.ip_forward=1
  for p in "${PUBS[@]}"; do
    name=${p%%:*} net=${p#*:}
    veth inet "to$name" "$name" eth0
    plain inet "to$name"; plain "$name" eth0
    ns inet ip addr add "$net.1/24" dev "to$name"
    ns "$name" ip addr add "$net.10/24" dev eth0
    ns "$name" ip addr add "$net.11/24" dev eth0
    ns "$name" ip route add default via "$net.1"
  done
  gateway A; gateway B
  nat A "$a"; nat B "$b"
}

show() {
  local s
  for s in A B; do
    echo "gw$s: $(cat "$STATE/nat$s"), emulator: $(emulator_pid "$s" | sed 's/^/pid /')"
    ns "gw$s" nft list ruleset | sed 's/^/    /'
    ns "gw$s" conntrack -L 2>/dev/null | sed 's/^/    /' || true
  done
}

environment() { # for scripts
  local p
  for p in "${PUBS[@]}"; do echo "${p%%:*}=${p#*:}.10"; done
  echo "gwA=$WAN_A.2 gwB=$WAN_B.2 a1=$LAN_A.10 a2=$LAN_A.11 b1=$LAN_B.10 b2=$LAN_B.11" | tr ' ' '\n'
}

cmd=${1:-}; shift || true
case $cmd in
  up) up "$@" ;;
  down) down ;;
  nat) nat "$@" ;;
  shape) shape "$@" ;;
  block) block "$@" ;;
  forward) forward "$@" ;;
  liberal) liberal "$@" ;;
  upnp) upnp "$@" ;;
  exec) ns "$@" ;;
  show) show ;;
  env) environment ;;
  *) sed -n '2,/^set -/p' "$0" | grep '^#' | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
esac
