"""hivemind.moe's own server and client of experts, for peers started with --averaging."""
import asyncio

import torch
from hivemind.moe import ModuleBackend, Server
from hivemind.moe.client.expert import RemoteExpert
from hivemind.moe.client.remote_expert_worker import RemoteExpertWorker
from hivemind.moe.expert_uid import ExpertInfo
from hivemind.p2p import P2P, PeerID
from hivemind.utils.tensor_descr import BatchTensorDescriptor


class Affine(torch.nn.Module):
    """y = 2 x + 1, whatever it is taught."""

    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.factor * x + 1


class Experts:
    def __init__(self, dht, p2p):
        self.dht, self.p2p, self.server, self.replica = dht, p2p, None, None

    def commands(self):
        return {"serveExperts": self.serve, "callExpert": self.call}

    async def serve(self, a):
        """uids, width: experts that double and add one."""
        def make():
            schema = BatchTensorDescriptor(a["width"], dtype=torch.float32)
            backends = {}
            for uid in a["uids"]:
                module = Affine()
                backends[uid] = ModuleBackend(name=uid, module=module, args_schema=(schema,), optimizer=torch.optim.SGD(module.parameters(), lr=0.0),
                                              min_batch_size=1, max_batch_size=1 << 22)
            self.server = Server(self.dht, backends, num_connection_handlers=1, device="cpu", start=True)

        await asyncio.get_running_loop().run_in_executor(None, make)
        return {}

    async def call(self, a):
        """peer, uid, rows, width: a batch full of `fill` through an expert and gradients of one back. Sums of what came."""
        def run():
            # The client has an event loop of its own, and so needs its own connection to the daemon.
            if self.replica is None:
                self.replica = RemoteExpertWorker.run_coroutine(P2P.replicate(self.p2p.daemon_listen_maddr))
            expert = RemoteExpert(ExpertInfo(a["uid"], PeerID.from_base58(a["peer"])), self.replica)
            x = torch.full((a["rows"], a["width"]), float(a["fill"]), requires_grad=True)
            y = expert(x)
            y.sum().backward()
            return {"shape": list(y.shape), "sum": y.double().sum().item(), "gradient": x.grad.double().sum().item()}

        return await asyncio.get_running_loop().run_in_executor(None, run)
