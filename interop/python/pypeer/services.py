"""Commands of the DHT, relay, pubsub and rendezvous."""

import trio
from libp2p.peer.id import ID

from pypeer.common import Unsupported, cid_of, payload, peer_of, text_of


class ServiceCommands:
    def need(self, service, flag):
        if service is None:
            raise Unsupported(f"this peer was started without {flag}")
        return service

    async def cmd_dhtTable(self, a):
        peers = [str(p) for p in self.need(self.dht, "--dht").routing_table.get_peer_ids()]
        return {"size": len(peers), "peers": peers}

    async def cmd_dhtMode(self, a):
        return {"mode": self.need(self.dht, "--dht").mode.name.lower()}

    async def cmd_dhtRefresh(self, a):
        await self.need(self.dht, "--dht").refresh_routing_table()

    async def cmd_dhtPut(self, a):
        await self.need(self.dht, "--dht").put_value(text_of(a["key"]), a["value"].encode())

    async def cmd_dhtGet(self, a):
        v = await self.need(self.dht, "--dht").get_value(text_of(a["key"]))
        if v is None:
            raise LookupError("not found")
        return {"value": v.decode("utf-8", "replace"), "found": [{"text": v.decode("utf-8", "replace")}]}

    async def cmd_dhtProvide(self, a):
        cid = cid_of(a)
        if not await self.need(self.dht, "--dht").provide(cid):
            raise LookupError("no peer took the provider record")
        return {"cid": cid}

    async def cmd_dhtFindProviders(self, a):
        cid = cid_of(a)
        found = await self.need(self.dht, "--dht").find_providers(cid, a.get("count") or 20)
        return {"cid": cid, "providers": [{"peerId": str(p.peer_id), "addrs": [str(x) for x in p.addrs]} for p in found]}

    async def cmd_dhtFindPeer(self, a):
        p = await self.need(self.dht, "--dht").find_peer(peer_of(a["peer"]))
        if p is None:
            raise LookupError("not found")
        return {"peerId": str(p.peer_id), "addrs": [str(x) for x in p.addrs]}

    cmd_findPeer = cmd_dhtFindPeer

    async def cmd_dhtClosest(self, a):
        dht = self.need(self.dht, "--dht")
        return {"peers": [str(p) for p in await dht.peer_routing.find_closest_peers_network(text_of(a["key"]).encode("utf-8", "surrogateescape"))]}

    # --- relay

    async def cmd_relayListen(self, a):
        circuit = self.need(self.circuit, "--transports ...,circuit")
        relay = a["addr"].split("/p2p-circuit")[0]
        peer = await self.reach({"addr": relay})
        from libp2p.relay.circuit_v2.protocol import PROTOCOL_ID
        stream = await self.host.new_stream(peer, [PROTOCOL_ID])
        if not await circuit.reserve(stream, peer, self.nursery):
            raise ConnectionError("the relay refused")
        addr = f"{relay}/p2p-circuit/p2p/{self.host.get_id()}"
        self.out.event("relay:reservation", relay=str(peer), expire=circuit._reservations.get(peer), addrs=[addr])
        return {"addrs": [addr]}

    async def cmd_relayReservations(self, a):
        relay = self.need(self.relay, "--relay-server")
        return {"reservations": [{"peerId": str(p), "expiry": r.expires_at} for p, r in relay.resource_manager._reservations.items()]}

    # --- pubsub

    async def cmd_subscribe(self, a):
        pubsub, topic = self.need(self.pubsub, "--pubsub"), a["topic"]
        if topic in self.subscriptions:
            return
        subscription, scope = await pubsub.subscribe(topic), trio.CancelScope()
        self.subscriptions[topic] = scope

        async def listen():
            with scope:
                while True:
                    m = await subscription.get()
                    self.out.event("message", topic=topic, **{"from": str(ID(m.from_id))}, seqno=m.seqno.hex(),
                                   text=m.data.decode("utf-8", "replace"), size=len(m.data))
        self.nursery.start_soon(listen)

    async def cmd_unsubscribe(self, a):
        self.subscriptions.pop(a["topic"]).cancel()
        await self.need(self.pubsub, "--pubsub").unsubscribe(a["topic"])

    async def cmd_publish(self, a):
        pubsub = self.need(self.pubsub, "--pubsub")
        await pubsub.publish(a["topic"], payload(a))
        return {"recipients": [str(p) for p in pubsub.peer_topics.get(a["topic"], ())]}

    async def cmd_topicPeers(self, a):
        pubsub = self.need(self.pubsub, "--pubsub")
        mesh = self.gossip.mesh.get(a["topic"], ()) if self.gossip else ()
        return {"subscribers": [str(p) for p in pubsub.peer_topics.get(a["topic"], ())], "mesh": [str(p) for p in mesh],
                "peers": [str(p) for p in pubsub.peers], "topics": list(pubsub.topic_ids)}

    async def cmd_waitSubscriber(self, a):
        pubsub, topic = self.need(self.pubsub, "--pubsub"), a["topic"]

        def there():
            seen = self.gossip.mesh.get(topic, ()) if a.get("mesh") and self.gossip else pubsub.peer_topics.get(topic, ())
            return a["peer"] in [str(p) for p in seen]
        await self.wait_for(there)

    # --- rendezvous

    async def rendezvous_client(self, a):
        from libp2p.discovery.rendezvous.client import RendezvousClient
        return RendezvousClient(self.host, await self.reach({"addr": a["server"]}))

    async def cmd_rvRegister(self, a):
        client = await self.rendezvous_client(a)
        return {"ttl": await client.register(a["ns"], **({"ttl": a["ttl"]} if a.get("ttl") else {}))}

    async def cmd_rvUnregister(self, a):
        await (await self.rendezvous_client(a)).unregister(a["ns"])

    async def cmd_rvDiscover(self, a):
        client = await self.rendezvous_client(a)
        peers, cookie = await client.discover(a.get("ns") or "", **({"limit": a["limit"]} if a.get("limit") else {}))
        return {"peers": [{"peerId": str(p.peer_id), "addrs": [str(x) for x in p.addrs]} for p in peers], "cookie": cookie.hex() if cookie else ""}
