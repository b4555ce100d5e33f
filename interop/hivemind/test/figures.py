"""Speed of one kind of node beside another, same work, in one run on 127.0.0.1:
`DIR/bin/python test/figures.py --other "peernet-peer --hivemind" [--nodes 12] [--records 200]`."""
import argparse
import asyncio
import os
import shlex
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from hmpeer.driver import Peer  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def family(pid):
    """A process and its children: a Python node works through its daemon."""
    pids = [pid]
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as f:
                for child in f.read().split():
                    pids += family(int(child))
    except OSError:
        pass
    return pids


def cpu(peers):
    total = 0
    for p in peers:
        for pid in family(p.process.pid):
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def rss(peers):
    total = 0
    for p in peers:
        for pid in family(p.process.pid):
            with open(f"/proc/{pid}/status") as f:
                total += next((int(line.split()[1]) for line in f if line.startswith("VmRSS")), 0)
    return total / 1024 / len(peers)


async def timed(calls, parallel):
    times, gate = [], asyncio.Semaphore(parallel)

    async def one(call):
        async with gate:
            t = time.perf_counter()
            await call()
            times.append(1000 * (time.perf_counter() - t))

    t = time.perf_counter()
    await asyncio.gather(*(one(c) for c in calls))
    wall = time.perf_counter() - t
    times.sort()
    return {"rate": len(times) / wall, "p50": statistics.median(times), "p99": times[int(len(times) * 0.99)]}


async def measure(name, command, nodes, records, wait):
    flags = ["--set", f"wait_timeout={wait}"]
    peers = [await Peer.start(*flags, command=command, timeout=120)]
    for _ in range(1, nodes):
        peers.append(await Peer.start(*flags, "--initial-peer", peers[0].addrs[0], command=command, timeout=120))
    rows = {}
    try:
        storer, reader = peers[1], peers[-1]
        await storer("storeMany", items=[{"key": f"warm {i}", "value": i, "ttl": 600} for i in range(100)], timeout=120)
        await reader("getMany", keys=[f"warm {i}" for i in range(100)], timeout=120)
        for parallel in (1, 16):
            before = cpu(peers)
            rows[f"store x{parallel}"] = await timed(
                [lambda i=i: storer("store", key=f"{parallel} {i}", value="x" * 100, ttl=600, timeout=120) for i in range(records)], parallel)
            rows[f"store x{parallel}"]["cpu"] = 1000 * (cpu(peers) - before) / records
        for parallel in (1, 16):
            rows[f"get x{parallel}"] = await timed([lambda i=i: reader("get", key=f"{parallel} {i}", timeout=120) for i in range(records)], parallel)
        memory = rss(peers)
    finally:
        await asyncio.gather(*(p.stop() for p in peers))
    for row, r in rows.items():
        extra = f"  {r['cpu']:7.2f} ms of CPU, whole swarm" if "cpu" in r else ""
        print(f"{name:10} {row:10} {r['rate']:9.1f}/s  p50 {r['p50']:8.2f} ms  p99 {r['p99']:8.2f} ms{extra}", flush=True)
    print(f"{name:10} memory     {memory:9.1f} MiB a node", flush=True)
    return rows, memory


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--other", required=True, help="command of the other kind of node")
    p.add_argument("--nodes", type=int, default=12)
    p.add_argument("--records", type=int, default=200)
    p.add_argument("--wait-timeout", type=float, default=20)
    opt = p.parse_args()
    python, mine = await measure("hivemind", None, opt.nodes, opt.records, opt.wait_timeout)
    other, its = await measure("other", shlex.split(opt.other), opt.nodes, opt.records, opt.wait_timeout)
    for row in python:
        extra = f", CPU x{other[row]['cpu'] / python[row]['cpu']:.2f}" if "cpu" in python[row] else ""
        print(f"ratio      {row:10} x{other[row]['rate'] / python[row]['rate']:.1f}{extra}")
    print(f"ratio      memory     x{its / mine:.2f}")


asyncio.run(main())
