using System.Buffers.Binary;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Simulation.Network;
using PeerNet.Simulation.Time;

namespace PeerNet.Simulation.Nodes;

/// <summary>Everything that a run has: clock, network and nodes, all of one seed. Not thread-safe.</summary>
public sealed class World
{
    private readonly int _seed;
    private int _created;

    /// <summary>An empty world.</summary>
    public World(int seed, LinkOptions? links = null)
    {
        _seed = seed;
        Network = new SimulatedNetwork(Time, new LinkModel(links ?? new LinkOptions(), seed), seed + 1);
        Random = new Random(seed + 2);
    }

    /// <summary>The clock.</summary>
    public VirtualTime Time { get; } = new();

    /// <summary>The network.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>Chance, for scenarios.</summary>
    public Random Random { get; }

    /// <summary>The nodes that run.</summary>
    public List<SimulatedNode> Nodes { get; } = [];

    /// <summary>What every node of this world is set to: the public network's settings, as a server.</summary>
    public KadOptions Options { get; set; } = new() { Mode = KadMode.Server };

    /// <summary>A key that no other node of this world has.</summary>
    public PrivateKey NewKey()
    {
        Span<byte> seed = stackalloc byte[32];
        seed.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(seed, _seed);
        BinaryPrimitives.WriteInt32LittleEndian(seed[4..], ++_created);
        return PrivateKey.FromEd25519Seed(seed);
    }

    /// <summary>Starts a node on a host of its own.</summary>
    public SimulatedNode StartNode(Func<KadOptions, KadOptions>? change = null) => StartNode(Network.AddHost(), NewKey(), change);

    /// <summary>Starts a node.</summary>
    public SimulatedNode StartNode(SimulatedHost host, PrivateKey key, Func<KadOptions, KadOptions>? change = null)
    {
        var options = Options with { Seed = Random.Next() };
        var node = SimulatedNode.Start(Network, host, key, change?.Invoke(options) ?? options);
        Nodes.Add(node);
        return node;
    }

    /// <summary>One of the nodes that run.</summary>
    public SimulatedNode RandomNode() => Nodes[Random.Next(Nodes.Count)];

    /// <summary>The nodes that run nearest to a key, but one.</summary>
    public HashSet<PeerId> TrueClosest(KadKey target, SimulatedNode except, int count = KadProtocol.BucketSize)
    {
        // The nearest few of many: a queue of that size, the farthest in front.
        var nearest = new PriorityQueue<PeerId, Distance>(Comparer<Distance>.Create(static (left, right) => right.CompareTo(left)));
        foreach (var node in Nodes)
        {
            if (node == except || !node.IsUp)
                continue;
            var distance = node.Key.DistanceTo(target);
            if (nearest.Count < count)
                nearest.Enqueue(node.Peer, distance);
            else
                nearest.EnqueueDequeue(node.Peer, distance);
        }

        return [.. nearest.UnorderedItems.Select(item => item.Element)];
    }

    /// <summary>Random bytes to look up.</summary>
    public byte[] RandomKey()
    {
        var key = new byte[32];
        Random.NextBytes(key);
        return key;
    }

    /// <summary>Lets virtual time go by.</summary>
    public Task PassAsync(TimeSpan span) => Task.Delay(span, Time);
}
