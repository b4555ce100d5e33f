"""Commands about connections, the peer store and the protocols that are built in."""

import time

import trio
from multiaddr import Multiaddr
from libp2p.identity.identify.pb.identify_pb2 import Identify
from libp2p.identity.identify_push.identify_push import push_identify_to_peers
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr
from libp2p.utils.varint import read_length_prefixed_protobuf

from pypeer.common import IDENTIFY, identify_info, peer_of


class ConnectionCommands:
    async def reach(self, a) -> ID:
        """Dials what a command names, if need be."""
        to = a.get("addr") or a.get("peer")
        if a.get("connId"):
            return next(c for c in self.conns() if self.conn_ids.get(id(c)) == a["connId"]).muxed_conn.peer_id
        if to is None:
            raise ValueError("peer or addr missing")
        if to.startswith("/"):
            if "/p2p-circuit" in to:
                await self.dial_circuit(to)
            else:
                await self.host.connect(info_from_p2p_addr(Multiaddr(to)))
            return peer_of(to)
        peer = peer_of(to)
        if not self.conns(peer):
            await self.host.connect(PeerInfo(peer, self.host.get_peerstore().addrs(peer)))
        return peer

    async def dial_circuit(self, addr: str) -> None:
        if self.circuit is None:
            raise ValueError("needs --transports ...,circuit")
        if not self.conns(peer_of(addr)):
            await self.circuit.dial(Multiaddr(addr))

    async def cmd_dial(self, a):
        addrs = a.get("addrs") or [a.get("addr") or a.get("peer")]
        if a.get("force") and str(addrs[0]).startswith("/") and "/p2p-circuit" not in addrs[0]:
            conn = await self.network.dial_addr(Multiaddr(addrs[0]), peer_of(addrs[0]))
            return self.conn_info(conn)
        error = None
        for addr in addrs:
            try:
                peer = await self.reach({"addr": addr})
                return self.conn_info(self.conns(peer)[-1])
            except Exception as e:
                error = e
        raise error

    async def cmd_connections(self, a):
        return {"connections": [self.conn_info(c) for c in self.conns(peer_of(a["peer"]) if a.get("peer") else None)]}

    async def cmd_disconnect(self, a):
        await self.host.disconnect(peer_of(a["peer"]))

    async def cmd_closeConnection(self, a):
        for c in self.conns():
            if self.conn_ids.get(id(c)) == a["connId"]:
                return await c.close()
        raise ValueError("no such connection")

    async def cmd_waitConnected(self, a):
        def find():
            infos = [self.conn_info(c) for c in self.conns(peer_of(a["peer"]))]
            return next((i for i in infos if (not a.get("direct") or i["direct"]) and (not a.get("limited") or i["limited"])), None)
        return await self.wait_for(find)

    async def cmd_waitDisconnected(self, a):
        await self.wait_for(lambda: not self.conns(peer_of(a["peer"])))

    # --- peer store

    def peer_info(self, peer: ID) -> dict:
        store = self.host.get_peerstore()
        known = self.identified.get(str(peer), {})

        def ask(f, default):
            try:
                return f(peer)
            except Exception:
                return default
        return {"peerId": str(peer), "addrs": [{"addr": str(x)} for x in ask(store.addrs, [])],
                "protocols": ask(store.get_protocols, []), "agent": known.get("agentVersion"),
                "protocolVersion": known.get("protocolVersion"), "signedRecord": known.get("signedPeerRecord") is not None}

    async def cmd_peers(self, a):
        return {"peers": [self.peer_info(p) for p in self.host.get_peerstore().peer_ids()]}

    async def cmd_peer(self, a):
        return self.peer_info(peer_of(a["peer"]))

    async def cmd_addAddrs(self, a):
        self.host.get_peerstore().add_addrs(peer_of(a["peer"]), [Multiaddr(x) for x in a["addrs"]], 3600)

    async def cmd_forget(self, a):
        self.host.get_peerstore().clear_peerdata(peer_of(a["peer"]))

    # --- built-in protocols

    async def cmd_ping(self, a):
        peer, rtts = await self.reach(a), []
        for _ in range(a.get("count", 1)):
            start = time.monotonic()
            await self.pings.ping(peer)  # its own figure is in whole milliseconds
            rtts.append(round((time.monotonic() - start) * 1000, 3))
            await trio.sleep(a.get("every", 0) / 1000)
        return {"rtts": rtts}

    async def cmd_identifyInfo(self, a):
        return await self.wait_for(lambda: self.identified.get(str(peer_of(a.get("peer") or a["addr"]))))

    async def cmd_identify(self, a):
        peer = await self.reach(a)
        stream = await self.host.new_stream(peer, [IDENTIFY])
        try:
            m = Identify()
            m.ParseFromString(await read_length_prefixed_protobuf(stream, use_varint_format=True))
        finally:
            await stream.close()
        return identify_info(peer, m)

    async def cmd_identifyPush(self, a):
        await push_identify_to_peers(self.host)
