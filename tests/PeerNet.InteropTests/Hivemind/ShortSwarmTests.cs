using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>The short form of what <see cref="DhtInteropTests"/> does at length: a real Hivemind node, one of ours, and fifty records.</summary>
[TestClass, TestCategory("Interop")]
public sealed class ShortSwarmTests
{
    private const int Records = 50;

    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Hivemind);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task Fifty_records_of_all_kinds_pass_both_ways() => PeerGroup.RunAsync(async group =>
    {
        var token = TestContext.CancellationToken;
        await using var node = await HivemindNode.JoinAsync((string?)null, token: token);
        var peer = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--initial-peer", node.Address, "--set", "wait_timeout=30"), token);
        await RecordExchange.RunAsync(node, peer, Records, token);
    });
}
