#!/usr/bin/env python3
"""A kubo node driven by JSON lines, with the commands of the other interop peers.

Starts a private node with kubo.sh (all of `kubo.sh init`'s options are accepted), talks
to its RPC API, and removes it at `stop`, SIGTERM or the end of stdin. Python 3.9+, nothing
but the standard library.
"""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
CHUNK = 64 * 1024


class Unsupported(Exception):
    pass


class Kubo:
    def __init__(self, options):
        self.dir = tempfile.mkdtemp(prefix="kubo-peer-")
        self.repo = f"{self.dir}/repo"
        self.lock = threading.Lock()
        self.env = dict(os.environ)
        if "KUBO_BIN" not in self.env and "KUBO_DIR" not in self.env:
            cache = self.env.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
            self.env["KUBO_DIR"] = f"{cache}/peernet/interop/kubo"
            self.script("unpack", self.env["KUBO_DIR"])
        self.script("init", self.repo, *options)
        info = json.loads(self.script("start", self.repo))
        self.watch(info["pid"])
        self.peer_id, self.api = info["peerId"], urllib.parse.urlsplit(info["api"])
        self.topics = {}
        self.relays = [options[i + 1] for i, o in enumerate(options) if o == "--relay"]

    def script(self, *args):
        done = subprocess.run([str(HERE / "kubo.sh"), *args], env=self.env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"kubo.sh {args[0]} failed")
        return done.stdout

    def watch(self, daemon):
        """The daemon outlives this process if it is killed outright, so a shell waits for the end of a pipe
        that only this process holds open, then ends the daemon and removes its folder. The shell is no child
        of ours, or it would be killed with us."""
        mine, self.alive = os.pipe()
        script = (f'exec 3<&0; (while read -r _ <&3; do :; done; [ -d "{self.dir}" ] || exit 0; '
                  f'kill {daemon} 2>/dev/null; sleep 1; rm -rf "{self.dir}") &')
        subprocess.run(["sh", "-c", script], stdin=mine, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        os.close(mine)

    def stop(self):
        self.script("stop", self.repo)
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- output

    def line(self, message):
        with self.lock:
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()

    def event(self, name, **fields):
        self.line({"event": name, "t": int(time.time() * 1000), **fields})

    # --- RPC

    def request(self, path, args=(), body=None, timeout=30.0, **params):
        query = urllib.parse.urlencode([("arg", a) for a in args] + [(k.replace("_", "-"), v) for k, v in params.items()])
        c = http.client.HTTPConnection(self.api.hostname, self.api.port, timeout=timeout)
        headers = {}
        if body is not None:
            mark = secrets.token_hex(12)
            headers["Content-Type"] = f"multipart/form-data; boundary={mark}"
            body = (f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="data"\r\n'
                    f"Content-Type: application/octet-stream\r\n\r\n").encode() + body + f"\r\n--{mark}--\r\n".encode()
        c.request("POST", f"/api/v0/{path}?{query}", body=body, headers=headers)
        r = c.getresponse()
        if r.status != 200:
            text = r.read().decode("utf-8", "replace")
            try:
                text = json.loads(text)["Message"]
            except Exception:
                pass
            raise RuntimeError(text.strip() or f"HTTP {r.status}")
        return r

    def rpc(self, path, args=(), **kw):
        """All JSON values of the answer."""
        data = self.request(path, args, **kw).read().decode()
        out, decoder, at = [], json.JSONDecoder(), 0
        while at < len(data):
            while at < len(data) and data[at].isspace():
                at += 1
            if at < len(data):
                value, at = decoder.raw_decode(data, at)
                out.append(value)
        return out

    # --- views

    def me(self):
        return self.rpc("id")[0]

    def addrs(self):
        return self.me()["Addresses"] or []

    def conns(self, peer=None):
        out = []
        for p in self.rpc("swarm/peers", verbose="true", direction="true", latency="true", streams="true")[0].get("Peers") or []:
            if peer in (None, p["Peer"]):
                limited = "/p2p-circuit" in p["Addr"]
                out.append({"connId": p["Addr"], "peerId": p["Peer"], "remoteAddr": p["Addr"],
                            "direction": {1: "inbound", 2: "outbound"}.get(p.get("Direction")), "latency": p.get("Latency"),
                            "limited": limited, "direct": not limited, "status": "open",
                            "streams": [{"protocol": s.get("Protocol")} for s in p.get("Streams") or []]})
        return out

    def wait(self, check, until, every=0.05):
        while not (v := check()):
            if time.monotonic() > until:
                raise TimeoutError("timed out")
            time.sleep(every)
        return v

    def reach(self, a):
        to = a.get("addr") or a.get("peer")
        if to is None:
            raise ValueError("peer or addr missing")
        if to.startswith("/"):
            self.rpc("swarm/connect", [to], timeout=a["left"])
            return to.rsplit("/p2p/", 1)[-1]
        if not self.conns(to):
            self.rpc("swarm/connect", [f"/p2p/{to}"], timeout=a["left"])
        return to

    # --- commands

    def cmd_help(self, a):
        return {"commands": sorted(n[4:] for n in dir(self) if n.startswith("cmd_")) + ["stop"]}

    def cmd_self(self, a):
        me = self.me()
        return {"peerId": me["ID"], "addrs": me["Addresses"] or [], "protocols": me["Protocols"] or []}

    def cmd_addrs(self, a):
        return {"addrs": [{"addr": x, "type": "transport", "verified": True} for x in self.addrs()]}

    def cmd_dial(self, a):
        error = None
        for addr in a.get("addrs") or [a.get("addr") or a.get("peer")]:
            try:
                return self.conns(self.reach({**a, "addr": addr}))[-1]
            except Exception as e:
                error = e
        raise error

    def cmd_connections(self, a):
        return {"connections": self.conns(a["peer"].rsplit("/p2p/", 1)[-1] if a.get("peer") else None)}

    def cmd_disconnect(self, a):
        self.rpc("swarm/disconnect", ["/p2p/" + a["peer"].rsplit("/p2p/", 1)[-1]])

    def cmd_waitConnected(self, a):
        def find():
            return next((c for c in self.conns(a["peer"]) if (not a.get("direct") or c["direct"]) and (not a.get("limited") or c["limited"])), None)
        return self.wait(find, a["until"])

    def cmd_waitDisconnected(self, a):
        self.wait(lambda: not self.conns(a["peer"]), a["until"])

    def cmd_ping(self, a):
        peer = self.reach(a)
        lines = self.rpc("ping", [peer], count=str(a.get("count", 1)), timeout=a["left"])
        if bad := [x["Text"] for x in lines if not x.get("Success")]:
            raise RuntimeError(bad[-1])
        return {"rtts": [x["Time"] / 1e6 for x in lines if x.get("Time")]}

    def cmd_identifyInfo(self, a):
        peer = self.wait(lambda: self.conns((a.get("peer") or a["addr"]).rsplit("/p2p/", 1)[-1]), a["until"])[0]["peerId"]
        def known():
            r = self.rpc("id", [peer])[0]
            return r if r.get("Protocols") else None
        r = self.wait(known, a["until"])
        return {"peerId": r["ID"], "agentVersion": r["AgentVersion"], "protocolVersion": r.get("ProtocolVersion", ""),
                "publicKey": r["PublicKey"], "listenAddrs": r["Addresses"] or [], "protocols": r["Protocols"]}

    cmd_identify = cmd_identifyInfo

    # streams go through `ipfs p2p`: a TCP port here for a protocol there

    def forward(self, peer, protocol):
        local = f"/ip4/127.0.0.1/tcp/{free_port()}"
        self.rpc("p2p/forward", [protocol, local, f"/p2p/{peer}"], allow_custom_protocol="true")
        return int(local.rsplit("/", 1)[-1]), local

    def cmd_echo(self, a):
        """Sends, and compares what comes back; the stream is not half-closed."""
        data = bytes.fromhex(a["hex"]) if a.get("hex") else a["text"].encode() if a.get("text") else secrets.token_bytes(a.get("size", 32))
        protocol, peer = a.get("protocol", "/echo/1.0.0"), self.reach(a)
        port, local = self.forward(peer, protocol)
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=a["left"]) as s:
                sender = threading.Thread(target=lambda: s.sendall(data), daemon=True)
                sender.start()
                got = bytearray()
                while len(got) < len(data) and (part := s.recv(CHUNK)):
                    got += part
        finally:
            self.rpc("p2p/close", listen_address=local)
        if bytes(got) != data:
            raise RuntimeError(f"echo differs: sent {len(data)} bytes, got {len(got)}")
        return {"bytes": len(data), "protocol": protocol}

    def cmd_handle(self, a):
        if a.get("mode", "echo") != "echo":
            raise Unsupported("only mode echo")
        listener = socket.create_server(("127.0.0.1", 0))
        def serve(s):
            with s:
                while part := s.recv(CHUNK):
                    s.sendall(part)
        def accept():
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        self.rpc("p2p/listen", [a["protocol"], f"/ip4/127.0.0.1/tcp/{listener.getsockname()[1]}"], allow_custom_protocol="true")

    def cmd_unhandle(self, a):
        self.rpc("p2p/close", protocol=a["protocol"])

    # content and DHT

    def cid(self, a):
        """The raw CIDv1 of a text, which is stored here: kubo only provides what it has."""
        return a["cid"] if a.get("cid") else self.cmd_blockPut(a)["cid"]

    def cmd_blockPut(self, a):
        data = bytes.fromhex(a["hex"]) if a.get("hex") else (a.get("text") or "").encode()
        return {"cid": self.rpc("block/put", body=data, cid_codec="raw")[0]["Key"]}

    def cmd_blockGet(self, a):
        """From here or, over bitswap, from whoever has it."""
        data = self.request("block/get", [a["cid"]], timeout=a["left"]).read()
        return {"bytes": len(data), "hex": data.hex(), "text": data.decode("utf-8", "replace")}

    def cmd_blockRemove(self, a):
        self.rpc("block/rm", [a["cid"]], force="true")

    def cmd_dhtProvide(self, a):
        cid = self.cid(a)
        self.rpc("routing/provide", [cid], timeout=a["left"])
        return {"cid": cid}

    def cmd_dhtFindProviders(self, a):
        cid = a["cid"] if a.get("cid") else raw_cid(a.get("text") or "")
        found = {}
        for e in self.rpc("routing/findprovs", [cid], num_providers=str(a.get("count") or 20), timeout=a["left"]):
            if e["Type"] == 4:
                for r in e["Responses"] or []:
                    found[r["ID"]] = r["Addrs"] or []
        return {"cid": cid, "providers": [{"peerId": p, "addrs": x} for p, x in found.items()]}

    def cmd_dhtFindPeer(self, a):
        for e in self.rpc("routing/findpeer", [a["peer"]], timeout=a["left"]):
            if e["Type"] == 2:
                r = e["Responses"][0]
                return {"peerId": r["ID"], "addrs": r["Addrs"] or []}
        raise LookupError("not found")

    cmd_findPeer = cmd_dhtFindPeer

    def cmd_dhtTable(self, a):
        tables = {t["Name"]: [p["ID"] for b in t.get("Buckets") or [] for p in b.get("Peers") or []] for t in self.rpc("stats/dht")}
        peers = sorted({p for t in tables.values() for p in t})
        return {"size": len(peers), "peers": peers, "tables": tables}

    def cmd_dhtPut(self, a):
        self.rpc("routing/put", [a["key"]], body=a["value"].encode(), timeout=a["left"])

    def cmd_dhtGet(self, a):
        for e in self.rpc("routing/get", [a["key"]], timeout=a["left"]):
            if e["Type"] == 5:
                return {"base64": e["Extra"], "value": e["Extra"]}
        raise LookupError("not found")

    # pubsub

    def cmd_subscribe(self, a):
        topic = a["topic"]
        if topic in self.topics:
            return
        r = self.request("pubsub/sub", [topic_arg(topic)], timeout=86400)
        self.topics[topic] = r
        def listen():
            try:
                for line in r:
                    m = json.loads(line)
                    data = from_multibase(m["data"])
                    self.event("message", topic=topic, **{"from": m["from"]}, seqno=from_multibase(m["seqno"]).hex(),
                               text=data.decode("utf-8", "replace"), size=len(data))
            except Exception:
                pass
        threading.Thread(target=listen, daemon=True).start()

    def cmd_unsubscribe(self, a):
        self.topics.pop(a["topic"]).close()

    def cmd_publish(self, a):
        data = a["text"].encode() if a.get("text") is not None else secrets.token_bytes(a.get("size", 32))
        self.rpc("pubsub/pub", [topic_arg(a["topic"])], body=data)
        return {"recipients": self.rpc("pubsub/peers", [topic_arg(a["topic"])])[0].get("Strings") or []}

    def cmd_topicPeers(self, a):
        return {"subscribers": self.rpc("pubsub/peers", [topic_arg(a["topic"])])[0].get("Strings") or [], "mesh": [], "topics": list(self.topics)}

    def cmd_waitSubscriber(self, a):
        self.wait(lambda: a["peer"] in self.cmd_topicPeers(a)["subscribers"], a["until"])

    # relay

    def cmd_relayWait(self, a):
        """Waits for the relays given with --relay. go announces no relay address that is not
        public, so these are put together here; the reservation itself is real."""
        self.wait(lambda: all(self.conns(r.rsplit("/p2p/", 1)[-1]) for r in self.relays), a["until"], 0.2)
        time.sleep(1)  # the reservation follows the connection at once
        return {"addrs": [f"{r}/p2p-circuit/p2p/{self.peer_id}" for r in self.relays]}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def raw_cid(text):
    cid = b"\x01\x55\x12\x20" + hashlib.sha256(text.encode()).digest()
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def topic_arg(topic):
    return "u" + base64.urlsafe_b64encode(topic.encode()).decode().rstrip("=")


def from_multibase(text):
    assert text[0] == "u"
    return base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))


def shared_name(error):
    """The name that the other peers give such an error; kubo's API only has words."""
    if isinstance(error, LookupError):
        return "NotFoundError"
    for words, name in (("peer id mismatch", "UnexpectedPeerError"), ("protocols not supported", "UnsupportedProtocolError"),
                        ("deadline exceeded", "TimeoutError"), ("timed out", "TimeoutError"), ("stream reset", "StreamResetError"),
                        ("not found", "NotFoundError"), ("resource limit exceeded", "ResourceLimitError")):
        if words in str(error):
            return name
    return type(error).__name__


def answer(node, m):
    start = time.monotonic()
    reply = {"id": m.get("id")}
    limit = m.get("timeout", 30_000) / 1000
    try:
        run = getattr(node, f"cmd_{m.get('cmd')}", None)
        if run is None:
            raise Unsupported(f"no command {m.get('cmd')}")
        result = run({**m, "left": limit, "until": start + limit})
        reply.update(ok=True, result=result if result is not None else {})
    except Unsupported as e:
        reply.update(ok=False, name="UnsupportedCommand", error=str(e))
    except Exception as e:
        reply.update(ok=False, name=shared_name(e), error=str(e) or repr(e))
    reply["ms"] = round((time.monotonic() - start) * 1000, 2)
    node.line(reply)


def main():
    if "--help" in sys.argv:
        print(__doc__)
        return
    start = time.monotonic()
    node = Kubo(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        node.event("ready", **node.cmd_self({}), ms=int((time.monotonic() - start) * 1000))
        pool = concurrent.futures.ThreadPoolExecutor(32)
        for line in sys.stdin:
            try:
                m = json.loads(line)
            except ValueError as e:
                node.line({"ok": False, "name": "BadCommand", "error": str(e)})
                continue
            if m.get("cmd") == "stop":
                node.line({"id": m.get("id"), "ok": True, "ms": 0, "result": {}})
                break
            pool.submit(answer, node, m)
    finally:
        node.stop()
        node.event("stopped")
        os._exit(0)


if __name__ == "__main__":
    main()
