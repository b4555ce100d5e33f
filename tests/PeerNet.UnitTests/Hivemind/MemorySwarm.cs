using PeerNet.Connections.Transports.Memory;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Testing.Nodes;

namespace PeerNet.UnitTests.Hivemind;

/// <summary>Members of a Hivemind swarm in this process, over memory.</summary>
internal sealed class MemorySwarm : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];
    private readonly List<HivemindSwarm> _members = [];

    public IReadOnlyList<HivemindSwarm> Members => _members;

    public IReadOnlyList<TestNode> Nodes => _nodes;

    /// <summary>Starts members that all know each other's addresses; all but the first join by the first.</summary>
    public static async Task<MemorySwarm> StartAsync(int count, TimeProvider? time = null)
    {
        var swarm = new MemorySwarm();
        var network = new MemoryNetwork();
        for (byte i = 0; i < count; i++)
            swarm._nodes.Add(await TestNode.StartInMemoryAsync(network, (byte)(i + 1), time));
        for (var i = 0; i < count; i++)
        {
            for (var other = 0; other < i; other++)
                await swarm._nodes[i].ConnectAsync(swarm._nodes[other]);
            var options = new DhtOptions
            {
                InitialPeers = i == 0 ? [] : [swarm._nodes[0].Address],
                NodeId = DhtId.OfKey(i),

                // The machine that runs the tests is slow.
                CallTimeout = TimeSpan.FromSeconds(60),
                BootstrapTimeout = TimeSpan.FromSeconds(60),
            };
            swarm._members.Add(await HivemindSwarm.JoinAsync(swarm._nodes[i].Swarm, options));
        }

        return swarm;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
            await member.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }
}
