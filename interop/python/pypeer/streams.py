"""Commands that open, serve and measure streams."""

import struct
import time

import trio
from libp2p.custom_types import TProtocol
from libp2p.network.stream.exceptions import StreamError

from pypeer.common import CHUNK, ECHO, PERF, echo_handler, payload, read_some


class StreamCommands:
    async def open_stream(self, a, default=None):
        protocols = a.get("protocols") or [a.get("protocol") or default]
        return await self.host.new_stream(await self.reach(a), [TProtocol(p) for p in protocols])

    async def cmd_echo(self, a):
        data, chunk = payload(a), a.get("chunk", CHUNK)
        stream = await self.open_stream(a, ECHO)
        got = bytearray()
        try:
            async with trio.open_nursery() as nursery:
                async def send():
                    for i in range(0, len(data), chunk):
                        await stream.write(data[i:i + chunk])
                    await stream.close_write()
                nursery.start_soon(send)
                while part := await read_some(stream):
                    got += part
        except BaseException:
            with trio.CancelScope(shield=True), trio.move_on_after(1):
                await stream.reset()
            raise
        if bytes(got) != data:
            raise StreamError(f"echo differs: sent {len(data)} bytes, got {len(got)}")
        await stream.close()
        return {"bytes": len(data), "protocol": stream.get_protocol()}

    async def cmd_perf(self, a):
        up, down, zeros = a.get("up", 0), a.get("down", 0), bytes(CHUNK)
        stream = await self.open_stream(a, PERF)
        start = time.monotonic()
        got, first = 0, None
        await stream.write(struct.pack(">Q", down))
        for left in range(up, 0, -CHUNK):
            await stream.write(zeros[:left])
        await stream.close_write()
        sent = time.monotonic()
        while part := await read_some(stream):
            first = first or time.monotonic()
            got += len(part)
        end = time.monotonic()
        await stream.close()
        if got != down:
            raise StreamError(f"perf: wanted {down} bytes, got {got}")
        up_s, down_s = ((first or end) - start) if down else (end - start), end - (first or end)
        return {"up": up, "down": down, "upMs": round(up_s * 1000, 2), "localSendMs": round((sent - start) * 1000, 2),
                "downMs": round(down_s * 1000, 2), "upMbps": round(up * 8e-6 / max(up_s, 1e-6), 1),
                "downMbps": round(down * 8e-6 / max(down_s, 1e-6), 1) if down else 0}

    def track(self, stream, reading=True) -> str:
        handle = f"s{len(self.streams) + 1}"
        s = self.streams[handle] = {"stream": stream, "got": bytearray(), "ended": False, "error": None}

        async def pump():
            try:
                while part := await read_some(stream):
                    s["got"] += part
            except Exception as e:
                s["error"] = str(e) or repr(e)
            s["ended"] = True
            self.out.event("stream:close", stream=handle, error=s["error"])
        if reading:
            self.nursery.start_soon(pump)
        return handle

    async def cmd_open(self, a):
        stream = await self.open_stream(a)
        return {"stream": self.track(stream), "protocol": stream.get_protocol()}

    async def cmd_write(self, a):
        data = payload(a)
        await self.streams[a["stream"]]["stream"].write(data)
        return {"bytes": len(data)}

    async def cmd_read(self, a):
        s, n = self.streams[a["stream"]], a.get("bytes", 1)
        await self.wait_for(lambda: len(s["got"]) >= n or s["ended"])
        data = bytes(s["got"][:n])
        del s["got"][:n]
        return {"hex": data.hex(), "ended": s["ended"], "error": s["error"]}

    async def cmd_closeWrite(self, a):
        await self.streams[a["stream"]]["stream"].close_write()

    async def cmd_closeRead(self, a):
        await self.streams[a["stream"]]["stream"].close_read()

    async def cmd_reset(self, a):
        await self.streams[a["stream"]]["stream"].reset()

    async def cmd_streamStatus(self, a):
        return {"status": (await self.streams[a["stream"]]["stream"].state).name.lower()}

    async def cmd_handle(self, a):
        mode = a.get("mode", "echo")

        async def serve(stream):
            if mode == "echo":
                return await echo_handler(stream)
            if mode == "reset":
                return await stream.reset()
            if mode == "close":
                return await stream.close()
            handle = self.track(stream, reading=mode != "hang")
            self.out.event("stream", stream=handle, protocol=str(a["protocol"]), peerId=str(stream.muxed_conn.peer_id))
            await trio.sleep_forever()
        self.host.set_stream_handler(TProtocol(a["protocol"]), serve)

    async def cmd_unhandle(self, a):
        self.host.remove_stream_handler(TProtocol(a["protocol"]))
