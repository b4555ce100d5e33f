using PeerNet.Hivemind.Petals;
using PeerNet.Identity;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Hivemind.Petals;

[TestClass]
public sealed class ModelMapTests
{
    private static readonly PeerId A = PeerStreamPair.KeyOf(1).PeerId;
    private static readonly PeerId B = PeerStreamPair.KeyOf(2).PeerId;

    [TestMethod]
    public void Spans_are_cut_to_the_model_and_named_by_the_server()
    {
        var map = Map(3, (A, Server(0, 2, 5), [0, 1]), (B, Server(1, 9, 7), [1, 2]));
        CollectionAssert.AreEquivalent(new[] { (A, 0, 2), (B, 1, 3) }, map.SpansOf(ServerState.Online).Select(span => (span.Peer, span.Start, span.End)).ToArray());
        CollectionAssert.AreEqual(new[] { 5.0, 12.0, 7.0 }, map.Coverage.Select(block => block.Throughput).ToArray());
        Assert.IsTrue(map.IsComplete);
    }

    [TestMethod]
    public void Spans_without_a_name_grow_with_the_blocks()
    {
        var bare = new ServerInfo { State = ServerState.Online, Throughput = 1 };
        var span = Map(4, (A, bare, [1, 2])).SpansOf(ServerState.Online).Single();
        Assert.AreEqual((1, 3), (span.Start, span.End));
    }

    [TestMethod]
    public void Joining_servers_count_for_coverage_and_not_for_service()
    {
        var map = Map(2, (A, Server(0, 1, 5) with { State = ServerState.Joining }, [0]), (B, Server(1, 2, 3) with { State = ServerState.Offline }, [1]));
        Assert.IsEmpty(map.SpansOf(ServerState.Online));
        Assert.AreEqual(new BlockCoverage(0, 0, 1, 5), map.Coverage[0]);
        Assert.AreEqual(new BlockCoverage(1, 0, 0, 0), map.Coverage[1]);
        Assert.IsFalse(map.IsComplete);
    }

    [TestMethod]
    public void The_weakest_blocks_come_first()
    {
        var map = Map(4, (A, Server(0, 3, 5), [0, 1, 2]), (B, Server(2, 3, 1), [2]));
        CollectionAssert.AreEqual(new[] { 3, 0, 1 }, map.WeakestBlocks(3).Select(block => block.Block).ToArray());
    }

    [TestMethod]
    public void Spans_outside_the_model_are_none()
        => Assert.IsEmpty(Map(2, (A, Server(7, 9, 5), [0]), (B, Server(2, 1, 5), [1])).SpansOf(ServerState.Online));

    private static ServerInfo Server(int start, int end, double throughput) => new() { State = ServerState.Online, Throughput = throughput, StartBlock = start, EndBlock = end };

    private static ModelMap Map(int count, params (PeerId Peer, ServerInfo Info, int[] Blocks)[] servers) => new("m", new ModelInfo(count), [.. Enumerable.Range(0, count).Select(block
        => new BlockServers(block, servers.Where(server => server.Blocks.Contains(block)).ToDictionary(server => server.Peer, server => server.Info)))]);
}
