using System.Text.Json;
using PeerNet.Identity;
using PeerNet.Protocols.Fetch;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Perf;
using PeerNet.Protocols.Ping;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Testing.Interop;
using PeerNet.Testing.Nodes;

namespace PeerNet.InteropTests.Protocols;

/// <summary>A node of ours on loopback with the small protocols on it, inside the test's process.</summary>
internal sealed class OwnNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private OwnNode(TestNode node)
    {
        Node = node;
        Identify = new IdentifyService(node.Swarm, new IdentifyOptions { AgentVersion = "peernet/test", Timeout = Patience });
        Ping = new PingService(node.Swarm, new PingOptions { Timeout = Patience });
        Perf = new PerfService(node.Swarm, new PerfOptions { Serve = true });
        Fetch = new FetchService(node.Swarm, new FetchOptions { Timeout = Patience });
    }

    public TestNode Node { get; }

    public SwarmHost Swarm => Node.Swarm;

    public IdentifyService Identify { get; }

    public PingService Ping { get; }

    public PerfService Perf { get; }

    public FetchService Fetch { get; }

    public static async Task<OwnNode> StartAsync(KeyType type = KeyType.Ed25519, int rsaBits = 2048)
        => new(await TestNode.StartOnLoopbackAsync(PrivateKey.Generate(type, rsaBits)));

    /// <summary>Connects in one direction or the other and waits until both ends know each other.</summary>
    public async Task<PeerId> ConnectAsync(PeerProcess peer, bool weDial, CancellationToken token)
    {
        var id = PeerId.Parse(peer.PeerId);
        if (weDial)
            await Node.ConnectAsync(peer.Addresses[0], token);
        else
            await peer.CallAsync("dial", new { addr = Node.Address.ToString() }, cancellation: token);
        await peer.CallAsync("waitConnected", new { peer = Node.Id.ToString() }, cancellation: token);
        await WaitAsync<ConnectionOpened>(_ => true, () => Swarm.IsConnected(id), token);
        if (!await Identify.WaitIdentifiedAsync(id, token))
            throw new InvalidOperationException($"{peer.Name} did not tell what it is.");
        return id;
    }

    /// <summary>Waits for something that an event of the swarm announces.</summary>
    public async Task WaitAsync<T>(Func<T, bool> isIt, Func<bool> isSo, CancellationToken token)
        where T : SwarmEvent
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(token);
        deadline.CancelAfter(Patience);
        var events = Swarm.SubscribeAsync(deadline.Token);
        if (isSo())
            return;
        await foreach (var happened in events)
        {
            if (happened is T wanted && isIt(wanted) && isSo())
                return;
        }
    }

    /// <summary>What a peer knows of this node by now, once it satisfies a condition.</summary>
    public async Task<JsonElement> SeenByAsync(PeerProcess peer, Func<JsonElement, bool> condition, CancellationToken token)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(token);
        deadline.CancelAfter(Patience);
        while (true)
        {
            var info = await peer.CallAsync("identifyInfo", new { peer = Node.Id.ToString() }, cancellation: deadline.Token);
            if (condition(info))
                return info;
            await Task.Delay(50, deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Identify.DisposeAsync();
        Ping.Dispose();
        Perf.Dispose();
        Fetch.Dispose();
        await Node.DisposeAsync();
    }
}
