"""What every part of the peer uses: output, arguments, bytes."""

import hashlib
import json
import os
import secrets
import struct
import time

from multiaddr import Multiaddr
from libp2p.custom_types import TProtocol
from libp2p.identity.identify.pb.identify_pb2 import Identify
from libp2p.network.stream.exceptions import StreamError, StreamReset
from libp2p.peer.envelope import consume_envelope
from libp2p.peer.id import ID

ECHO = TProtocol("/echo/1.0.0")
PERF = TProtocol("/perf/1.0.0")
IDENTIFY = TProtocol("/ipfs/id/1.0.0")
KAD = "/ipfs/kad/1.0.0"
CHUNK = 64 * 1024


class Unsupported(Exception):
    """This stack, or this node's flags, do not have the command."""


class Out:
    """Writes whole lines, one writer at a time."""

    def __init__(self) -> None:
        self.raw = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)  # whatever a library prints goes to stderr

    def line(self, message: dict) -> None:
        data = (json.dumps(message) + "\n").encode()
        while data:
            data = data[self.raw.write(data):]

    def event(self, name: str, **fields) -> None:
        self.line({"event": name, "t": int(time.time() * 1000), **fields})


# ------------------------------------------------------------------ helpers

def peer_of(text: str) -> ID:
    return ID.from_base58(text.rsplit("/p2p/", 1)[-1]) if text.startswith("/") else ID.from_base58(text)


def payload(a: dict) -> bytes:
    if a.get("hex") is not None:
        return bytes.fromhex(a["hex"])
    if a.get("text") is not None:
        return a["text"].encode()
    return secrets.token_bytes(a.get("size", 32))


def cid_of(a: dict) -> str:
    """A CID given, or the raw sha2-256 CIDv1 of a text."""
    from cid import make_cid
    if a.get("cid") is not None:
        return a["cid"]
    digest = hashlib.sha256((a.get("text") or "").encode()).digest()
    return make_cid(1, "raw", b"\x12\x20" + digest).encode("base32").decode()


def text_of(key: str) -> str:
    return bytes.fromhex(key[2:]).decode("utf-8", "surrogateescape") if key.startswith("0x") else key


def addr_text(raw: bytes) -> str:
    try:
        return str(Multiaddr(raw))
    except Exception:
        return "0x" + raw.hex()


def identify_info(peer: ID, m: Identify) -> dict:
    record = None
    if m.signedPeerRecord:
        try:
            envelope, rec = consume_envelope(m.signedPeerRecord, "libp2p-peer-record")
            record = {"seq": str(rec.seq), "addrs": [str(x) for x in rec.addrs]}
        except Exception as e:
            record = {"error": repr(e)}
    return {
        "peerId": str(peer),
        "protocolVersion": m.protocol_version,
        "agentVersion": m.agent_version,
        "listenAddrs": [addr_text(x) for x in m.listen_addrs],
        "observedAddr": addr_text(m.observed_addr) if m.observed_addr else None,
        "protocols": list(m.protocols),
        "signedPeerRecord": record,
    }


async def read_some(stream, n: int = CHUNK) -> bytes:
    """Up to n bytes; b'' at the end of the stream; StreamReset when it was reset.

    Puts two things right: py-libp2p reports a QUIC stream that both sides have ended as
    reset, and a Yamux stream that the other side reset as ended.
    """
    try:
        return await stream.read(n)
    except Exception as e:
        muxed = stream.muxed_stream
        ended = type(e).__name__ in ("StreamEOF", "MuxedStreamEOF") or (
            type(e.__cause__).__name__ == "QUICStreamClosedError" and getattr(muxed, "_reset_error_code", None) is None)
        if ended and not getattr(muxed, "reset_received", False):
            return b""
        if ended:
            raise StreamReset("reset by the other side") from e
        raise


async def echo_handler(stream) -> None:
    try:
        while data := await read_some(stream):
            await stream.write(data)
        await stream.close_write()
    except Exception:
        await stream.reset()


async def perf_handler(stream) -> None:
    """8 bytes big endian say how many to send back once the other side has ended."""
    try:
        head = b""
        while data := await read_some(stream):
            if len(head) < 8:
                head += data[:8 - len(head)]
        if len(head) < 8:
            raise StreamError("short perf request")
        left, zeros = struct.unpack(">Q", head)[0], bytes(CHUNK)
        while left > 0:
            await stream.write(zeros[:left])
            left -= min(left, CHUNK)
        await stream.close_write()
    except Exception:
        await stream.reset()
