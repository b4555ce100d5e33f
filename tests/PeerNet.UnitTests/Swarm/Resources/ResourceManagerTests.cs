using CsCheck;
using PeerNet.Core;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Resources;

namespace PeerNet.UnitTests.Swarm.Resources;

[TestClass]
public sealed class ResourceManagerTests
{
    private static readonly Multiaddress Remote = Multiaddress.Parse("/ip4/1.2.3.4/tcp/4001");
    private static readonly PeerId[] Peers = [.. Enumerable.Range(1, 5).Select(KeyOf)];
    private static readonly ProtocolId[] Protocols = ["/a", "/b", "/c"];

    [TestMethod]
    public void A_refusal_names_the_scope_and_the_limit()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited with { PerPeer = new ResourceLimits { StreamsInbound = 1 } });
        Assert.IsTrue(manager.TryOpenStream(Peers[0], Direction.Inbound, out var scope, out _));
        Assert.IsFalse(manager.TryOpenStream(Peers[0], Direction.Inbound, out _, out var refusal));
        Assert.AreEqual($"peer:{Peers[0]}", refusal.Scope);
        Assert.AreEqual("streams.inbound", refusal.Limit);
        Assert.AreEqual((1L, 1L, 1L), (refusal.Used, refusal.Requested, refusal.Maximum));
        Assert.IsTrue(manager.TryOpenStream(Peers[1], Direction.Inbound, out _, out _), "another peer is not affected");
        scope!.Dispose();
        Assert.IsTrue(manager.TryOpenStream(Peers[0], Direction.Inbound, out _, out _));
        Assert.AreEqual(1, manager.Refusals);
    }

    [TestMethod]
    public void A_peer_over_its_own_limit_takes_nothing_from_what_all_share()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited with
        {
            System = new ResourceLimits { Streams = 10 },
            PerPeer = new ResourceLimits { Streams = 4 },
        });
        for (var i = 0; i < 100; i++)
            manager.TryOpenStream(Peers[0], Direction.Inbound, out _, out _);
        Assert.AreEqual(4, manager.SystemUsage.StreamsInbound);
        Assert.IsTrue(manager.TryOpenStream(Peers[1], Direction.Outbound, out _, out _));
    }

    [TestMethod]
    public void A_connection_moves_from_the_transient_scope_to_its_peers()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited);
        Assert.IsTrue(manager.TryOpenConnection(Direction.Inbound, true, Remote, out var scope, out _));
        Assert.IsTrue(scope!.TryReserveMemory(1000, out _));
        Assert.AreEqual((1, 1000L), (manager.TransientUsage.ConnectionsInbound, manager.TransientUsage.MemoryBytes));
        Assert.IsTrue(scope.TrySetPeer(Peers[0], out _));
        Assert.IsTrue(scope.TrySetPeer(Peers[0], out _), "repeating it changes nothing");
        Assert.IsTrue(manager.TransientUsage.IsEmpty);
        var usage = manager.GetPeerUsage().Single();
        Assert.AreEqual((1, 1, 1000L), (usage.ConnectionsInbound, usage.FileDescriptors, usage.MemoryBytes));
        scope.Dispose();
        scope.Dispose();
        Assert.IsTrue(manager.SystemUsage.IsEmpty);
        Assert.AreEqual(0, manager.GetPeerUsage().Count);
    }

    [TestMethod]
    public void A_stream_moves_from_the_transient_scope_to_its_protocols()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited with { PerProtocolPeer = new ResourceLimits { StreamsOutbound = 1 } });
        Assert.IsTrue(manager.TryOpenStream(Peers[0], Direction.Outbound, out var first, out _));
        Assert.IsTrue(manager.TryOpenStream(Peers[0], Direction.Outbound, out var second, out _));
        Assert.IsTrue(first!.TryReserveMemory(5, out _));
        Assert.AreEqual(2, manager.TransientUsage.StreamsOutbound);
        Assert.IsTrue(first.TrySetProtocol("/a", out _));
        Assert.AreEqual(1, manager.TransientUsage.StreamsOutbound);
        Assert.AreEqual(5, manager.GetProtocolUsage().Single().MemoryBytes);
        Assert.IsFalse(second!.TrySetProtocol("/a", out var refusal));
        Assert.AreEqual($"protocol-peer:/a:{Peers[0]}", refusal.Scope);
        Assert.IsTrue(second.TrySetProtocol("/b", out _), "a refusal leaves the stream where it was");
        first.Dispose();
        second.Dispose();
        Assert.IsTrue(manager.SystemUsage.IsEmpty);
        Assert.IsTrue(manager.TransientUsage.IsEmpty);
        Assert.AreEqual(0, manager.GetProtocolUsage().Count);
    }

    [TestMethod]
    public void Memory_over_a_limit_anywhere_on_the_way_up_is_refused_and_taken_back()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited with { System = new ResourceLimits { Memory = 100 } });
        Assert.IsTrue(manager.TryOpenStream(Peers[0], Direction.Inbound, out var stream, out _));
        Assert.IsTrue(stream!.TrySetProtocol("/a", out _));
        Assert.IsFalse(stream.TryReserveMemory(101, out var refusal));
        Assert.AreEqual("system", refusal.Scope);
        Assert.IsFalse(stream.TryReserveMemory(long.MaxValue, out _), "no overflow");
        Assert.AreEqual(0, manager.GetPeerUsage().Single().MemoryBytes);
        Assert.AreEqual(0, manager.GetProtocolUsage().Single().MemoryBytes);
        Assert.IsTrue(stream.TryReserveMemory(100, out _));
        stream.ReleaseMemory(40);
        Assert.AreEqual(60, manager.SystemUsage.MemoryBytes);
        Assert.ThrowsExactly<InvalidOperationException>(() => stream.ReleaseMemory(61));
        stream.Dispose();
        Assert.IsFalse(stream.TryReserveMemory(1, out _), "an ended stream reserves nothing");
        stream.ReleaseMemory(1);
        Assert.IsTrue(manager.SystemUsage.IsEmpty);
    }

    [TestMethod]
    public void One_protocol_may_have_limits_of_its_own()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited with
        {
            Protocols = new Dictionary<ProtocolId, ResourceLimits> { ["/a"] = new ResourceLimits { Streams = 0 } },
        });
        Assert.IsTrue(manager.TryOpenStream(Peers[0], Direction.Inbound, out var stream, out _));
        Assert.IsFalse(stream!.TrySetProtocol("/a", out var refusal));
        Assert.AreEqual("protocol:/a", refusal.Scope);
    }

    [TestMethod]
    public void Inner_limits_are_smaller_than_outer_ones_at_every_size()
    {
        foreach (var memory in new[] { 0, 1L << 26, 1L << 30, 1L << 34, 1L << 40, long.MaxValue })
        {
            var options = ResourceManagerOptions.ScaledTo(memory, 4096);
            Assert.IsLessThan(options.System.StreamsInbound, options.PerPeer.StreamsInbound);
            Assert.IsLessThan(options.System.Memory, options.PerPeer.Memory);
            Assert.IsLessThan(options.System.Connections, options.PerPeer.Connections);
            Assert.IsLessThan(options.PerProtocol.StreamsInbound, options.PerProtocolPeer.StreamsInbound);
            Assert.IsLessThanOrEqualTo(options.PerPeer.StreamsInbound, options.PerProtocolPeer.StreamsInbound);
            Assert.IsLessThanOrEqualTo(options.PerPeer.Memory, options.PerConnection.Memory);
            Assert.IsLessThanOrEqualTo(options.System.StreamsInbound, options.Transient.StreamsInbound);
        }
    }

    [TestMethod]
    public void Whatever_is_opened_moved_refused_and_closed_in_the_end_nothing_is_left()
        => Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var manager = new ResourceManager(Tight);
            var connections = new List<(IConnectionScope Scope, PeerId Peer)>();
            var streams = new List<IStreamScope>();
            for (var i = 0; i < 400; i++)
                Act(random, manager, connections, streams);
            Assert.IsTrue(manager.SystemUsage.StreamsInbound <= Tight.System.StreamsInbound);
            foreach (var (scope, _) in connections)
                scope.Dispose();
            foreach (var scope in streams)
                scope.Dispose();
            Assert.IsTrue(manager.SystemUsage.IsEmpty, manager.SystemUsage.ToString());
            Assert.IsTrue(manager.TransientUsage.IsEmpty, manager.TransientUsage.ToString());
            Assert.AreEqual(0, manager.GetPeerUsage().Count);
            Assert.AreEqual(0, manager.GetProtocolUsage().Count);
        }, iter: 1000);

    [TestMethod]
    public void Many_threads_leave_nothing_behind_either()
    {
        var manager = new ResourceManager(Tight);
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            var connections = new List<(IConnectionScope Scope, PeerId Peer)>();
            var streams = new List<IStreamScope>();
            for (var i = 0; i < 5_000; i++)
                Act(random, manager, connections, streams);
            foreach (var (scope, _) in connections)
                scope.Dispose();
            foreach (var scope in streams)
                scope.Dispose();
        });
        Assert.IsTrue(manager.SystemUsage.IsEmpty, manager.SystemUsage.ToString());
        Assert.IsTrue(manager.TransientUsage.IsEmpty, manager.TransientUsage.ToString());
        Assert.AreEqual(0, manager.GetPeerUsage().Count);
        Assert.AreEqual(0, manager.GetProtocolUsage().Count);
    }

    [TestMethod]
    public void Scopes_of_peers_and_protocols_do_not_pile_up()
    {
        var manager = new ResourceManager(ResourceManagerOptions.Unlimited);
        for (var i = 0; i < 2_000; i++)
        {
            Assert.IsTrue(manager.TryOpenStream(KeyOf(i + 100), Direction.Inbound, out var stream, out _));
            Assert.IsTrue(stream!.TrySetProtocol($"/invented/{i}", out _));
            stream.Dispose();
        }

        Assert.IsLessThan(200, manager.KnownScopes);
        manager.Trim();
        Assert.AreEqual(0, manager.KnownScopes);
    }

    private static ResourceManagerOptions Tight { get; } = new()
    {
        System = new ResourceLimits { Memory = 10_000, StreamsInbound = 30, Streams = 50, Connections = 12, FileDescriptors = 10 },
        Transient = new ResourceLimits { Memory = 4_000, Streams = 20, Connections = 8 },
        PerProtocol = new ResourceLimits { Memory = 5_000, Streams = 25 },
        PerProtocolPeer = new ResourceLimits { Memory = 3_000, StreamsInbound = 6 },
        PerPeer = new ResourceLimits { Memory = 4_000, Streams = 15, Connections = 4 },
        PerConnection = new ResourceLimits { Memory = 2_000 },
        PerStream = new ResourceLimits { Memory = 1_000 },
    };

    private static void Act(Random random, ResourceManager manager, List<(IConnectionScope Scope, PeerId Peer)> connections, List<IStreamScope> streams)
    {
        var peer = Peers[random.Next(Peers.Length)];
        var direction = random.Next(2) == 0 ? Direction.Inbound : Direction.Outbound;
        switch (random.Next(8))
        {
            case 0 when manager.TryOpenConnection(direction, random.Next(2) == 0, Remote, out var connection, out _):
                connections.Add((connection!, peer));
                break;
            case 1 when connections.Count > 0:
                var chosen = connections[random.Next(connections.Count)];
                chosen.Scope.TrySetPeer(chosen.Peer, out _);
                break;
            case 2 when connections.Count > 0:
                connections[random.Next(connections.Count)].Scope.TryReserveMemory(random.Next(1500), out _);
                break;
            case 3 when connections.Count > 0:
                var index = random.Next(connections.Count);
                connections[index].Scope.Dispose();
                connections.RemoveAt(index);
                break;
            case 4 when manager.TryOpenStream(peer, direction, out var stream, out _):
                streams.Add(stream!);
                break;
            case 5 when streams.Count > 0:
                var named = random.Next(streams.Count);
                if (streams[named].TrySetProtocol(Protocols[random.Next(Protocols.Length)], out _))
                {
                    streams[named].Dispose();
                    streams.RemoveAt(named);
                }

                break;
            case 6 when streams.Count > 0:
                streams[random.Next(streams.Count)].TryReserveMemory(random.Next(800), out _);
                break;
            case 7 when streams.Count > 0:
                var ended = random.Next(streams.Count);
                streams[ended].Dispose();
                streams.RemoveAt(ended);
                break;
        }
    }

    private static PeerId KeyOf(int number)
    {
        var seed = new byte[32];
        BitConverter.TryWriteBytes(seed, number);
        return PrivateKey.FromEd25519Seed(seed).PeerId;
    }
}
